"""HistoryDisplay draws what training recorded, and says what is wrong with it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawing import exactly, texts
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import GRURegressor
from sklearn_rnn.datasets import make_adding_problem
from sklearn_rnn.display import HistoryDisplay

pytestmark = pytest.mark.usefixtures("no_figure_is_left")


@pytest.fixture(scope="module")
def data():
    X, y = make_adding_problem(120, n_steps=5, random_state=0)
    return X, y


@pytest.fixture(scope="module")
def stopped(data):
    model = GRURegressor(
        hidden_layer_sizes=(4,), max_epochs=30, early_stopping=True, n_iter_no_change=2, lr=0.1, random_state=0
    )
    return model.fit(*data)


def test_history_is_drawn(stopped):
    display = HistoryDisplay.from_estimator(stopped)
    assert [line.get_label() for line in display.lines_] == ["train_loss", "valid_loss", "mean of y"]
    for line, column in zip(display.lines_, ["train_loss", "valid_loss", "mean_loss"], strict=True):
        np.testing.assert_array_equal(line.get_xdata(), stopped.history_.index)
        np.testing.assert_array_equal(line.get_ydata(), stopped.history_[column])
    assert len(set(display.lines_[2].get_ydata())) == 1
    assert display.lines_[2].get_linestyle() == ":"
    assert display.ax_.get_xlabel() == "epoch"
    assert display.ax_.get_ylabel() == "loss (squared error)"
    assert display.ax_.get_title() == "GRURegressor"
    assert display.ax_.get_yscale() == "linear"
    assert texts(display.ax_.get_legend()) == [
        "train_loss",
        "valid_loss",
        "mean of y",
        f"weights kept: epoch {display.best_epoch}",
    ]


def test_the_epoch_is_marked_whose_weights_are_kept(data, stopped):
    display = HistoryDisplay.from_estimator(stopped)
    assert display.best_epoch == stopped.history_["valid_loss"].idxmin()
    assert display.best_epoch < stopped.n_iter_
    assert list(display.best_line_.get_xdata()) == [display.best_epoch] * 2
    # With a tolerance that nothing reaches, only the first epoch counts.
    first = GRURegressor(max_epochs=3, lr=0.1, early_stopping=True, tol=1e6, random_state=0).fit(*data)
    assert HistoryDisplay.from_estimator(first).best_epoch == 1


def test_without_early_stopping_no_epoch_is_marked(data):
    model = GRURegressor(max_epochs=1, early_stopping=False, random_state=0).fit(*data)
    display = HistoryDisplay.from_estimator(model)
    assert [line.get_label() for line in display.lines_] == ["train_loss"]
    assert display.lines_[0].get_marker() == "o"  # a line of one epoch has no length
    assert display.best_epoch is None
    assert display.best_line_ is None


def test_columns_scale_name_and_styles(data):
    model = GRURegressor(max_epochs=2, early_stopping=False, scoring="r2", random_state=0).fit(*data)
    ax = plt.figure().add_subplot()
    display = HistoryDisplay.from_estimator(
        model, columns=["train_r2"], ax=ax, name="mine", log_scale=True, line_kw={"lw": 5, "c": "red"}
    )
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert len(plt.get_fignums()) == 1
    assert ax.get_ylabel() == "score"
    assert ax.get_title() == "mine"
    assert ax.get_yscale() == "log"
    assert display.lines_[0].get_linewidth() == 5
    assert display.lines_[0].get_color() == "red"
    both = HistoryDisplay.from_estimator(model, columns=["train_loss", "train_r2"])
    assert both.ax_.get_ylabel() == "loss (squared error), score"


class Holder:
    def __init__(self, **attributes):
        vars(self).update(attributes)

    def fit(self):
        """Only for show."""


def test_what_holds_an_estimator_is_looked_into(data, stopped):
    X, y = data
    pipeline = make_pipeline(StandardScaler(), GRURegressor(max_epochs=1, random_state=0)).fit(X[:, :, 0], y)
    search = GridSearchCV(pipeline, {"gruregressor__lr": [0.1]}, cv=2).fit(X[:, :, 0], y)
    holders = {
        "pipeline": (pipeline, pipeline[-1]),
        "search": (search, search.best_estimator_[-1]),
        "forecaster": (Holder(estimator_=pipeline), pipeline[-1]),
        "target": (Holder(regressor_=stopped), stopped),
    }
    for holder, model in holders.values():
        display = HistoryDisplay.from_estimator(holder)
        np.testing.assert_array_equal(display.lines_[0].get_ydata(), model.history_["train_loss"])


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (
            GRURegressor(),
            NotFittedError,
            "GRURegressor is not fitted yet; call fit before HistoryDisplay.from_estimator.",
        ),
        (
            make_pipeline(StandardScaler(), GRURegressor()),
            NotFittedError,
            "GRURegressor, in Pipeline, is not fitted yet; call fit before HistoryDisplay.from_estimator.",
        ),
        (
            GridSearchCV(GRURegressor(), {}),
            NotFittedError,
            "GridSearchCV is not fitted yet; call fit before HistoryDisplay.from_estimator.",
        ),
        (
            LinearRegression().fit([[0], [1]], [0, 1]),
            ValueError,
            "LinearRegression has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what "
            "holds one: a pipeline, a search or a forecaster.",
        ),
        (
            GridSearchCV(LinearRegression(), {}, cv=2, refit=False).fit([[0], [1], [2], [3]], [0, 1, 2, 3]),
            ValueError,
            "GridSearchCV has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what "
            "holds one: a pipeline, a search or a forecaster. A search needs refit=True.",
        ),
        (
            Holder(estimators_=[None, None]),
            ValueError,
            "Holder holds several fitted estimators; pass one of them, such as estimators_[0].",
        ),
        (
            make_pipeline(StandardScaler(), "passthrough"),
            ValueError,
            "str, in Pipeline, has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what "
            "holds one: a pipeline, a search or a forecaster.",
        ),
    ],
)
def test_no_history(estimator, error, message):
    with pytest.raises(error) as raised:
        HistoryDisplay.from_estimator(estimator)
    assert str(raised.value) == message
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ["train_loss", "x"],
            "history_ has no column 'x'; choose from 'train_loss', 'valid_loss', 'mean_loss', 'dur'.",
        ),
        ([], "columns is empty; choose from 'train_loss', 'valid_loss', 'mean_loss', 'dur'."),
    ],
)
def test_bad_columns(stopped, columns, message):
    with pytest.raises(ValueError, match=exactly(message)):
        HistoryDisplay.from_estimator(stopped, columns=columns)
