"""Backtests: what the table holds, when models learn, and how skill and the naive forecasts are counted."""

import warnings

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from naive_forecasting import naive_forecast
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge

from sklearn_rnn import NaiveForecaster, SequenceForecaster
from sklearn_rnn.forecasting import SkillWarning, backtest, skill

STRATEGIES = ("recursive", "direct", "joint")
COLUMNS = ["cutoff", "series", "target", "time", "step", "y_true", "y_pred", "y_naive", "lower", "upper"]
NAIVE = {"last": None, "seasonal": 7, "drift": None, "mean": None}


def walks(n, n_columns=1, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(size=(n, n_columns)), axis=0)


def daily(n, columns=("sales", "visits", "plan"), seed=0):
    index = pd.date_range("2024-01-01", periods=n, freq="D", name="day")
    return pd.DataFrame(walks(n, len(columns), seed), columns=list(columns), index=index)


def forecaster(**params):
    return SequenceForecaster(Ridge(), **({"validation_fraction": None, "lags": 3, "horizon": 2} | params))


def panel(lengths=(40, 30, 12)):
    tables = [daily(length, ["sales"], seed=i) for i, length in enumerate(lengths)]
    return pd.concat(dict(zip(["north", "south", "east"], tables, strict=True)), names=["station"])


class Counting(Ridge):
    """Counts how often it is fitted and asked."""

    fits, calls = 0, 0

    def fit(self, X, y):
        Counting.fits += 1
        return super().fit(X, y)

    def predict(self, X):
        Counting.calls += 1
        return super().predict(X)


@pytest.fixture
def counting():
    Counting.fits = Counting.calls = 0
    return Counting()


# The table.


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_row_per_cutoff_target_and_step(strategy):
    X = daily(30, ["sales", "visits"])
    table = backtest(forecaster(horizon=3, strategy=strategy), X, initial=20, every=4)
    assert list(table.columns) == COLUMNS
    assert list(table.index) == list(range(len(table)))
    expected = [
        (X.index[cutoff], 0, target, X.index[cutoff + step], step, X[target].iloc[cutoff + step])
        for cutoff in (19, 23)
        for target in ("sales", "visits")
        for step in (1, 2, 3)
    ]
    assert list(table[COLUMNS[:6]].itertuples(index=False, name=None)) == expected
    assert table[["lower", "upper"]].isna().all(axis=None)
    assert np.isfinite(table[["y_true", "y_pred", "y_naive"]]).all(axis=None)


def test_the_last_cutoff_leaves_all_its_steps_in_the_table():
    for n, every, n_cutoffs in [(30, 1, 8), (30, 2, 4), (30, 7, 2), (30, 8, 1), (23, 1, 1)]:
        table = backtest(forecaster(horizon=3), walks(n), initial=20, every=every)
        assert table["cutoff"].nunique() == n_cutoffs
        assert list(table["cutoff"].unique()) == list(range(19, 19 + every * n_cutoffs, every))
        assert table["time"].max() <= n - 1


def test_initial_is_a_number_of_rows_or_a_share():
    X = daily(40, ["sales"])
    pd.testing.assert_frame_equal(backtest(forecaster(), X, initial=0.75), backtest(forecaster(), X, initial=30))
    long = panel()
    shares = backtest(forecaster(), long, initial=0.5)  # of the longest series
    pd.testing.assert_frame_equal(shares, backtest(forecaster(), long, initial=20))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fewer_steps_than_the_horizon(strategy):
    X = daily(40)
    ours = forecaster(strategy=strategy, horizon=4)
    whole = backtest(ours, X, initial=30)
    few = backtest(ours, X, initial=30, steps=2)
    assert list(few["step"].unique()) == [1, 2]
    assert few["cutoff"].max() == X.index[37]  # nothing is known ahead, so that two rows behind it are enough
    shared = few[few["cutoff"].isin(whole["cutoff"])].reset_index(drop=True)
    expected = whole[whole["step"] <= 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(shared, expected)


def test_more_steps_than_the_horizon():
    X = daily(40, ["sales"])
    table = backtest(forecaster(horizon=1), X, initial=30, steps=6)
    assert list(table["step"].unique()) == [1, 2, 3, 4, 5, 6]
    expected = forecaster().fit(X[:30]).forecast(6)["sales"]
    np.testing.assert_allclose(table["y_pred"][:6], expected)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("refit", "every"), [(False, 2), (True, 2), (3, 1), (1, 3)])
def test_models_learn_anew_from_the_rows_up_to_their_cutoff(refit, every, strategy):
    X = daily(44)
    target = ["sales", "visits"] if strategy == "recursive" else "visits"
    ours = forecaster(strategy=strategy, target=target, known="plan", horizon=2)
    table = backtest(ours, X, initial=30, every=every, refit=refit)
    forecasts, fitted = [], None
    for number, cutoff in enumerate(range(29, 42, every)):
        if fitted is None or (refit and number % int(refit) == 0):
            fitted = clone(ours).fit(X[: cutoff + 1])
        forecasts.append(fitted.forecast(2, X[["plan"]], history=X[: cutoff + 1]).to_numpy().T)
    np.testing.assert_allclose(table["y_pred"], np.ravel(forecasts), rtol=1e-9)


def test_a_refit_backtest_sees_nothing_after_its_cutoffs():
    X = daily(44, ["sales"])
    changed = X.copy()
    changed.iloc[35:] += 100
    before, after = (backtest(forecaster(), table, initial=30, refit=True) for table in (X, changed))
    seen = before["cutoff"] < X.index[35]
    columns = ["y_pred", "y_naive"]
    pd.testing.assert_frame_equal(before.loc[seen, columns], after.loc[seen, columns])
    assert (before.loc[~seen, "y_pred"] != after.loc[~seen, "y_pred"]).all()


@pytest.mark.parametrize("refit", [False, True, 4])
def test_two_jobs_return_what_one_does(refit):
    X = daily(44, ["sales"])
    with parallel_config(backend="threading"):  # processes take seconds to start
        one, two = (backtest(forecaster(), X, initial=30, refit=refit, n_jobs=n_jobs) for n_jobs in (None, 2))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("layout", ["index", "series", "interleaved"])
def test_series_of_a_panel(layout):
    X = panel()
    ids = X.index.get_level_values(0).to_numpy()
    order = np.argsort([time.day_of_year for _, time in X.index], kind="stable")
    if layout == "index":
        table = backtest(forecaster(), X, initial=20, every=5)
    elif layout == "series":
        table = backtest(forecaster(), X.to_numpy(), initial=20, every=5, series=ids)
    else:
        table = backtest(forecaster(), X.iloc[order], initial=20, every=5)
    # Cutoffs are made at the same place of each series that has two rows behind it; east has but twelve rows.
    assert list(table["series"][::2]) == ["north", "south"] * 2 + ["north"] * 2
    fitted = forecaster().fit(pd.concat([X.loc[[name]][:20] for name in ("north", "south", "east")]))
    for (_, name), part in table.groupby(["cutoff", "series"], sort=False):
        place = part["time"].iloc[0] if layout == "series" else X.loc[name].index.get_loc(part["time"].iloc[0])
        history = X.loc[[name]][:place]
        np.testing.assert_allclose(part["y_pred"], fitted.forecast(2, history=history)["sales"])
        np.testing.assert_array_equal(part["y_true"], X.loc[name]["sales"].iloc[place : place + 2])
        np.testing.assert_array_equal(part["y_naive"], history["sales"].iloc[-1])


def test_series_of_several_levels_are_called_by_all_of_them():
    X = panel((30, 30, 30)).assign(unit=1).set_index("unit", append=True).reorder_levels(["station", "unit", "day"])
    table = backtest(forecaster(), X, initial=20, every=9)
    assert list(table["series"].unique()) == [("north", 1), ("south", 1), ("east", 1)]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_joint_needs_what_is_known_up_to_its_horizon(strategy):
    X = daily(40, ["sales", "plan"])
    ours = forecaster(strategy=strategy, known="plan", horizon=5)
    table = backtest(ours, X, initial=30, steps=2)
    last = 40 - (5 if strategy == "joint" else 2)
    assert table["cutoff"].max() == X.index[last - 1]
    changed = X.copy()
    changed.iloc[30:, 1] += 9  # plans, of rows behind the first cutoff, move forecasts
    assert (backtest(ours, changed, initial=30, steps=2)["y_pred"] != table["y_pred"]).all()


@pytest.mark.parametrize("given", ["column", "no column"])
def test_y(given):
    X = daily(40)
    y = X["visits"] if given == "column" else pd.Series(walks(40, seed=9)[:, 0], index=X.index, name="stock")
    ours = forecaster(strategy="joint")
    table = backtest(ours, X, y, initial=30, every=3)
    assert list(table["target"].unique()) == [y.name]
    np.testing.assert_array_equal(table["y_true"], y.loc[table["time"]])
    first = clone(ours).fit(X[:30], y[:30]).forecast(2)
    np.testing.assert_allclose(table["y_pred"][:2], first[y.name])
    np.testing.assert_array_equal(table["y_naive"], y.loc[table["cutoff"]])


def test_a_series_and_an_array():
    X = daily(40, ["sales"])
    expected = backtest(forecaster(), X, initial=30)
    pd.testing.assert_frame_equal(backtest(forecaster(), X["sales"], initial=30), expected)
    array = backtest(forecaster(), X.to_numpy(), initial=30)
    assert list(array["target"].unique()) == ["x0"]
    np.testing.assert_array_equal(array["y_pred"], expected["y_pred"])
    assert list(array["cutoff"][:2]) == [29, 29]


def test_the_forecaster_is_left_alone():
    ours = forecaster()
    backtest(ours, walks(40), initial=30)
    assert not hasattr(ours, "target_")
    fitted = forecaster().fit(walks(50, seed=3))
    before = fitted.forecast(2)
    backtest(fitted, walks(40), initial=30)
    pd.testing.assert_frame_equal(fitted.forecast(2), before)


def test_a_bar_is_shown_if_wanted(capsys):
    backtest(forecaster(), walks(40), initial=30, refit=True)
    assert capsys.readouterr().err == ""
    backtest(forecaster(), walks(40), initial=30, refit=True, verbose=1)
    shown = capsys.readouterr().err
    assert "fits" in shown
    assert "9/9" in shown


def test_forecasts_without_refits_are_made_in_one_pass(counting):
    X = walks(1101)
    table = backtest(forecaster(horizon=2, strategy="joint").set_params(estimator=counting), X, initial=100)
    assert (len(table), counting.fits, counting.calls) == (2 * 1000, 1, 1)


@pytest.mark.parametrize(("strategy", "fits"), [("recursive", 1), ("direct", 5)])
def test_one_call_for_each_step(counting, strategy, fits):
    ours = forecaster(horizon=5, strategy=strategy).set_params(estimator=counting)
    backtest(ours, walks(1104), initial=100)
    assert (counting.fits, counting.calls) == (fits, 5)


def test_random_forecasters_are_seeded():
    ours = forecaster(random_state=3, horizon=1).set_params(estimator=RandomForestRegressor(3))
    one, two = (backtest(ours, walks(60), initial=50, refit=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    forecasts = [clone(ours).fit(walks(60)).forecast(3) for _ in range(2)]
    pd.testing.assert_frame_equal(*forecasts)
    assert all(model.random_state is not None for model in clone(ours).fit(walks(60)).estimators_)


# Naive forecasts.


@pytest.mark.parametrize("strategy", NAIVE)
def test_naive_forecasts(strategy):
    season, X = NAIVE[strategy], walks(60, 2)
    ours = NaiveForecaster(strategy, season=season, horizon=10).fit(X[:40])
    for n, forecast in [(40, ours.forecast(10)), (50, ours.forecast(10, history=X[:50]))]:
        expected = [[naive_forecast(x[:n], n - 1, step, strategy, season) for x in X.T] for step in range(1, 11)]
        np.testing.assert_allclose(forecast, expected)
    expected = [[naive_forecast(x, t - 10, 10, strategy, season) for x in X.T] for t in range(17, 60)]
    np.testing.assert_allclose(ours.predict(X)[17:], expected)
    assert np.isfinite(ours.predict(X)).all()
    table = backtest(ours, X, initial=40, every=4)
    expected = [
        naive_forecast(x, cutoff, step, strategy, season)
        for cutoff in range(39, 50, 4)
        for x in X.T
        for step in range(1, 11)
    ]
    np.testing.assert_allclose(table["y_pred"], expected)
    lasts = [X[row["cutoff"], int(row["target"][1])] for _, row in table.iterrows()]
    np.testing.assert_array_equal(table["y_naive"], lasts)


@pytest.mark.parametrize("strategy", NAIVE)
def test_naive_forecasts_continue_training_rows(strategy):
    X = daily(60, ["sales"])
    ours = NaiveForecaster(strategy, season=NAIVE[strategy], horizon=2).fit(X[:40])
    np.testing.assert_allclose(ours.predict(X[40:]), ours.predict(X)[40:])
    np.testing.assert_allclose(ours.forecast(3, history=X[40:50]), ours.forecast(3, history=X[:50]))


def test_naive_forecasts_of_a_panel_keep_series_apart():
    X = panel()
    for strategy, season in NAIVE.items():
        forecast = NaiveForecaster(strategy, season=season, validation_fraction=None).fit(X).forecast(3)
        for name in ("north", "south", "east"):
            own = NaiveForecaster(strategy, season=season, validation_fraction=None).fit(X.loc[name]).forecast(3)
            np.testing.assert_allclose(forecast.loc[name], own)


# Skill.


def test_skill_is_one_minus_a_ratio_of_errors():
    y, ours, naive = np.random.default_rng(0).normal(size=(3, 50, 2))
    ratios = [np.mean(np.abs(y[:, i] - ours[:, i])) / np.mean(np.abs(y[:, i] - naive[:, i])) for i in range(2)]
    assert skill(y, ours, naive) == pytest.approx(1 - np.mean(ratios))
    assert skill(y[:, 0], ours[:, 0], naive[:, 0]) == pytest.approx(1 - ratios[0])
    assert skill(y * [1, 1e6], ours * [1, 1e6], naive * [1, 1e6]) == pytest.approx(1 - np.mean(ratios))
    heavy = np.repeat([0.0, 2.0], 25)
    assert skill(y, ours, naive, sample_weight=heavy) == pytest.approx(skill(y[25:], ours[25:], naive[25:]))
    assert (skill(y, y, naive), skill(y, naive, naive)) == (1.0, 0.0)
    assert (skill(y, y, y), skill(y, ours, y)) == (0.0, -np.inf)
    for wrong in (y[:-1], np.full_like(y, np.nan)):
        with pytest.raises(ValueError, match=r"inconsistent|NaN"):
            skill(y, wrong, naive)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("anchor", [None, "last", 7])
def test_skill_is_measured_on_the_end_of_the_table(anchor, strategy):
    X, horizon, held = walks(80, 2), 3, 20
    ours = forecaster(anchor=anchor, horizon=horizon, strategy=strategy, validation_fraction=0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkillWarning)
        ours.fit(X)
    rest = forecaster(anchor=anchor, horizon=horizon, strategy=strategy).fit(X[:-held])
    samples, naive_errors = [], []
    for origin in range(80 - held - 1, 80 - horizon):
        truth = X[origin + 1 : origin + 1 + horizon]
        samples.append(truth - rest.forecast(horizon, history=X[: origin + 1]).to_numpy())
        kind = ("seasonal", 7) if anchor == 7 else ("last", None)
        naive = [[naive_forecast(x, origin, step, *kind) for x in X.T] for step in range(1, horizon + 1)]
        naive_errors.append(truth - np.array(naive))
    samples, naive_errors = np.array(samples), np.array(naive_errors)
    np.testing.assert_allclose(ours.forecast_samples_, samples, rtol=1e-9, atol=1e-9)
    table = ours.validation_
    assert list(table.index) == [(target, step) for target in ("x0", "x1") for step in (1, 2, 3)]
    assert list(table.columns) == ["mae", "naive_mae", "skill"]
    for (target, step), row in table.iterrows():
        error = np.mean(np.abs(samples[:, step - 1, int(target[1])]))
        naive = np.mean(np.abs(naive_errors[:, step - 1, int(target[1])]))
        np.testing.assert_allclose(row, [error, naive, 1 - error / naive])
    # Of the step that predict returns.
    ratios = [np.abs(samples[:, -1, i]).mean() / np.abs(naive_errors[:, -1, i]).mean() for i in range(2)]
    assert ours.skill_ == pytest.approx(1 - np.mean(ratios))
    whole = forecaster(anchor=anchor, horizon=horizon, strategy=strategy).fit(X)
    np.testing.assert_allclose(ours.forecast(horizon), whole.forecast(horizon))  # learned from all in the end
    assert not hasattr(whole, "skill_")


@pytest.mark.parametrize("strategy", NAIVE)
def test_skill_of_naive_forecasts_is_against_the_last_value(strategy):
    x, season = walks(60)[:, 0], NAIVE[strategy]
    ours = NaiveForecaster(strategy, season=season, horizon=2, validation_fraction=0.25).fit(x[:, None])
    errors = [
        [x[origin + 2] - naive_forecast(x, origin, 2, kind, size) for origin in range(44, 58)]
        for kind, size in ((strategy, season), ("last", None))
    ]
    assert ours.skill_ == pytest.approx(1 - np.abs(errors[0]).mean() / np.abs(errors[1]).mean())


@pytest.mark.parametrize("seed", range(8))
def test_a_warning_is_given_exactly_where_there_is_no_skill(seed):
    X = walks(150, seed=seed)  # the next value of a random walk is not to be known
    ours = forecaster(horizon=1, validation_fraction=0.2, anchor=(None, "last", 7)[seed % 3])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours.fit(X)
    given = [warning for warning in caught if issubclass(warning.category, SkillWarning)]
    assert len(given) == (ours.skill_ <= 0)
    for warning in given:
        naive = "the value 7 rows before" if ours.anchor == 7 else "the last value"
        ratio = f"{1 - ours.skill_:.2f} times that of the naive forecast (skill {ours.skill_:.2f})"
        assert str(warning.message).startswith(f"The forecasts are no better than {naive}: on held-out rows ")
        assert ratio in str(warning.message)
        assert warning.filename == __file__


def test_skill_is_not_promised_by_nearer_steps():
    """A walk whose steps last for two rows: the next row can be forecast, the eighth hardly."""
    noise = np.random.default_rng(9).normal(size=301)
    X = np.cumsum(noise[1:] + 0.9 * noise[:-1])[:, None]
    ours = forecaster(lags=4, horizon=8, validation_fraction=0.25)
    message = "The forecasts of 8 steps ahead, those of predict, are no better than the last value: on held-out rows "
    with pytest.warns(SkillWarning, match=f"^{message}"):
        ours.fit(X)
    assert ours.validation_["skill"].iloc[0] > 0.2
    assert ours.skill_ == ours.validation_["skill"].iloc[-1] <= 0
    assert 1 - ours.validation_["mae"].sum() / ours.validation_["naive_mae"].sum() > 0.02


def test_what_skill_compares_with_can_be_chosen():
    X = walks(80)
    ours = forecaster(validation_fraction=0.25, naive=NaiveForecaster("mean"), horizon=1).fit(X)
    expected = [X[t, 0] - naive_forecast(X[:, 0], t - 1, 1, "mean") for t in range(60, 80)]
    assert ours.validation_["naive_mae"].iloc[0] == pytest.approx(np.abs(expected).mean())
    table = backtest(ours, X, initial=60)
    means = [X[: cutoff + 1].mean() for cutoff in table["cutoff"]]
    np.testing.assert_allclose(table["y_naive"], means)


def test_rows_of_interleaved_arrays_are_counted_within_their_series():
    ids, table = np.array([0, 1] * 20), walks(40)
    tested = backtest(NaiveForecaster(validation_fraction=None), table, initial=15, every=2, steps=2, series=ids)
    for name in (0, 1):
        own = backtest(NaiveForecaster(validation_fraction=None), table[ids == name], initial=15, every=2, steps=2)
        rows = tested[tested["series"] == name].drop(columns="series").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, own.drop(columns="series"))
