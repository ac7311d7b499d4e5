"""The step of time is decided once: what the framer and the forecaster expect to come next is the same."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from sklearn_rnn import SequenceForecaster, TimeGapWarning, regularize
from sklearn_rnn._data.clock import next_time, usual_step
from sklearn_rnn.preprocessing import ShiftFramer


def months(day, n=31):
    """One day of each month from January 2003; where a month is too short, its last."""
    firsts = pd.date_range("2003-01-01", periods=n, freq="MS")
    return pd.DatetimeIndex([first.replace(day=min(day, first.days_in_month)) for first in firsts])


INDEXES = {
    **{f"months on day {day}": months(day) for day in (1, 15, 28, 29, 30, 31)},
    "months that begin in a short one": months(30, 32)[1:],
    "business days": pd.bdate_range("2024-01-01", periods=31)._with_freq(None),
    "weeks": pd.date_range("2024-01-06", periods=31, freq="W-SAT")._with_freq(None),
    "hours": pd.date_range("2024-01-01", periods=31, freq="h")._with_freq(None),
    "hours of Berlin": pd.date_range("2024-03-30", periods=31, freq="h", tz="Europe/Berlin"),
    "quarters": pd.date_range("2020-03-31", periods=31, freq="QE")._with_freq(None),
    "timedeltas": pd.timedelta_range("0h", periods=31, freq="15min"),
    "periods": pd.period_range("2020-01", periods=31, freq="M"),
    "every other period": pd.period_range("2020-01", periods=62, freq="M")[::2],
    "integers": pd.RangeIndex(31),
    "every third integer": pd.Index(np.arange(31) * 3),
    "small integers": pd.Index(np.arange(31, dtype=np.int8) + 97),
}


def table(index):
    values = np.random.default_rng(0).normal(size=len(index))
    return pd.DataFrame({"value": values}, index=index)


def next_of_framer(X):
    """The time that comes next for the framer."""
    remembered = ShiftFramer(lags=2).fit(X).context_.series[None]
    return next_time(remembered.times[-1], remembered.step)


@pytest.mark.parametrize("name", INDEXES)
@pytest.mark.parametrize("n", [14, 28, 30])
def test_framer_and_forecaster_expect_the_same_next_time(name, n):
    X = table(INDEXES[name])
    forecast = SequenceForecaster(Ridge(), lags=2, validation_fraction=None).fit(X[:n]).forecast(1)
    assert forecast.index[0] == next_of_framer(X[:n]) == X.index[n]
    window = np.asarray(ShiftFramer(lags=1).fit(X[:n]).transform(X[n:]))[0]
    np.testing.assert_array_equal(window, X[n - 1 : n])  # not blind


@pytest.mark.parametrize("name", INDEXES)
def test_a_gap_hides_the_step_from_nobody(name):
    X = table(INDEXES[name])
    gappy = X[:30].drop(X.index[[9, 20]])
    is_warned_of = name != "business days"  # one that is missing may be a holiday
    with pytest.warns(TimeGapWarning, match="2 gaps, the first before row 9: ") if is_warned_of else nullcontext():
        assert next_of_framer(gappy) == X.index[30]
    with pytest.raises(ValueError, match="There is a gap in time: row 9 "):
        SequenceForecaster(Ridge(), lags=2).fit(gappy)


def test_a_gap_between_thirtieths_of_months_is_named():
    X = table(months(30)).drop(months(30)[5])
    expected = r"the frequency pd.DateOffset\(months=1, day=30\). Lags count rows, so add the rows that are missing"
    with pytest.raises(ValueError, match=expected):
        SequenceForecaster(Ridge(), lags=2).fit(X)
    assert regularize(X).index.equals(months(30))


def test_the_step_is_that_of_most_rows():
    days, hours = pd.date_range("2024-01-01", periods=30), pd.date_range("2024-02-01", periods=60, freq="h")
    assert usual_step(days.append(hours)) == pd.Timedelta(hours=1)
    assert usual_step(pd.DatetimeIndex(["2024-01-01", "2024-01-31"])) == pd.Timedelta(days=30)
    irregular = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(20) ** 2, unit="D")
    assert usual_step(irregular) is None


def test_a_single_row_has_the_step_of_its_frequency():
    assert usual_step(pd.period_range("2024-01", periods=1, freq="M")) == pd.offsets.MonthEnd()
    assert usual_step(pd.RangeIndex(1)) is None
