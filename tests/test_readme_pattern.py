"""The README: its first pattern chooses and predicts as with the index kept, and its code runs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from framed import predict_all
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import LSTMRegressor, PipelineStream, SequenceScaler, ShiftFramer
from sklearn_rnn.datasets import load_sunspots

ROOT = Path(__file__).parents[1]
# The table of sunspots from its last 1,500 months on, and a network that learns in a second.
X, Y = (part[-1500:] for part in load_sunspots(return_X_y=True))
SMALL = {"hidden_layer_sizes": (8,), "max_epochs": 5, "lr": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def searches():
    """The same search over lags through the first pattern, and with a scaler that keeps the index before the framer."""
    models = {
        "framer first": make_pipeline(ShiftFramer(), SequenceScaler(), LSTMRegressor(**SMALL)),
        "pandas": make_pipeline(StandardScaler(), ShiftFramer(), LSTMRegressor(**SMALL)).set_output(transform="pandas"),
    }
    folds = TimeSeriesSplit(4, test_size=24)
    return {
        name: GridSearchCV(model, {"shiftframer__lags": [3, 72]}, cv=folds).fit(X[:-120], Y[:-120])
        for name, model in models.items()
    }


def test_the_last_rows_are_predicted_as_in_context(searches):
    search = searches["framer first"]
    np.testing.assert_allclose(search.predict(X[-120:]), predict_all(search, X)[-120:], rtol=1e-5)


def test_the_search_chooses_the_lags_that_it_chooses_with_the_index_kept(searches):
    first, kept = searches.values()
    assert first.best_params_ == kept.best_params_
    np.testing.assert_allclose(first.cv_results_["mean_test_score"], kept.cv_results_["mean_test_score"], atol=0.05)


def test_rows_one_by_one_are_predicted_as_in_context(searches):
    search = searches["framer first"]
    stream = PipelineStream(search.best_estimator_, history=X[:-120])
    stepped = [stream.step(X.iloc[row]) for row in range(-120, -100)]
    np.testing.assert_allclose(np.concatenate(stepped), predict_all(search, X)[-120:-100], rtol=1e-5)


def test_windows_stay_a_view_after_the_scaler():
    windows = make_pipeline(ShiftFramer(lags=72), SequenceScaler()).fit_transform(X)
    whole = np.asarray(windows[72:])  # no window of these is padded
    assert np.shares_memory(whole, windows.table)
    assert windows.table.shape == X.shape
    expected = StandardScaler().fit(X[:-1]).transform(X)  # the last row is in no window
    np.testing.assert_allclose(windows.table[:-1], expected[:-1])


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_no_scaler_of_tables_comes_before_a_framer_in_the_texts(path):
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"make_pipeline\((?:Standard|MinMax|Robust)Scaler\(\), ?\n? *ShiftFramer", text)


@pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # so few epochs
def test_the_code_of_the_readme_runs_up_to_the_search():
    """All blocks run one after the other, with fewer epochs and candidates."""
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    code = re.sub(r"max_epochs=\d+", "max_epochs=1", "\n".join(blocks))
    code = code.replace(
        "X, y = load_sunspots(return_X_y=True)", "X, y = (part[-600:] for part in load_sunspots(return_X_y=True))"
    )
    code = code.replace('interval="rolling", random_state=0', 'interval="rolling", estimator=Ridge()')
    names = {}
    exec("from sklearn.linear_model import Ridge\n" + code, names)
    assert names["search"].best_params_["shiftframer__lags"] in (12, 24)
