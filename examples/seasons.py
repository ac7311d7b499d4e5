"""
Two series with a season, and four strategies
=============================================

Carbon dioxide at Mauna Loa rises and falls with the year, on a rising trend. Sunspots come and go in cycles of about
eleven years, no two alike. Each series is forecast from every row of its last fifth, 26 weeks or 12 months ahead, with
every strategy:

- recursive: one estimator learns one step, and its forecasts are fed back;
- direct: one estimator for each step ahead;
- joint: one estimator that predicts all steps at once;
- encoder-decoder: the same, with a decoder that runs once for each step ahead.

All are compared with the last season repeated, and with a linear model on the same lags::

    python examples/seasons.py
    python examples/seasons.py --quick              # few epochs and forecasts, for a first run
    python examples/seasons.py --plot seasons.png
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline, make_pipeline
from skorch.callbacks import LRScheduler

from sklearn_rnn import (
    EncoderDecoderRegressor,
    LSTMRegressor,
    NaiveForecaster,
    SequenceForecaster,
    SequenceScaler,
    backtest,
    skill,
)
from sklearn_rnn.datasets import load_co2, load_sunspots
from sklearn_rnn.lags import suggest_lags

SHARE = 0.8  # of the rows are for training


@dataclass(frozen=True)
class Study:
    """A series, how far it is forecast, and how networks are trained on it.

    Lags are chosen below. The other settings were chosen on the last fifth of the training rows, after training on the
    four fifths before. For CO2, changes from the last value beat changes from the value a year before; for sunspots,
    the values themselves beat changes by little. Of 20 to 40 epochs for CO2, and 8 to 15 for sunspots, more were
    slightly better. The numbers here lie in between, to save time.
    """

    table: pd.DataFrame
    unit: str
    season: int
    steps: int
    lags_tried: Sequence[int]
    anchor: str | None
    max_epochs: int

    @property
    def n_learn(self) -> int:
        return int(SHARE * len(self.table))

    @property
    def naive(self) -> NaiveForecaster:
        return NaiveForecaster("seasonal", season=self.season, horizon=self.steps, validation_fraction=None)

    def forecaster(self, regressor: Any, strategy: str, lags: int) -> SequenceForecaster:
        """Errors are measured by `backtest`, so `fit` need not measure them. Only "direct" uses `n_jobs`."""
        return SequenceForecaster(
            regressor, lags=lags, horizon=self.steps, strategy=strategy, anchor=self.anchor, naive=self.naive,
            validation_fraction=None, random_state=0, n_jobs=2,
        )  # fmt: skip


def studies() -> dict[str, Study]:
    co2, sunspots = load_co2().frame, load_sunspots().frame
    return {
        "CO2, weekly": Study(co2[["co2"]], "ppm", 52, 26, (26, 52, 104), "last", 24),
        "Sunspots, monthly": Study(sunspots[["sunspots"]], "sunspots", 132, 12, (33, 66, 132, 264), None, 12),
    }


def main(
    n_rows: int | None = None, steps: int | None = None, max_epochs: int | None = None, every: int = 1,
    plot: str | None = None,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Choose lags, then compare strategies, on all or the last `n_rows`; return the table of each series."""
    begin = time.perf_counter()
    tables, tests = {}, {}
    for name, full in studies().items():
        study = Study(
            full.table[-(n_rows or len(full.table)) :], full.unit, full.season, steps or full.steps, full.lags_tried,
            full.anchor, max_epochs or full.max_epochs,
        )  # fmt: skip
        n_test = len(study.table) - study.n_learn
        print(f"{name}: {study.n_learn} training rows, {n_test} held out, {study.steps} steps ahead")
        lags = choose_lags(study)
        tests[name] = {}
        for way, forecaster in ways(study, lags).items():
            start = time.perf_counter()
            tests[name][way] = backtest(forecaster, study.table, initial=study.n_learn, every=every)
            print(f"  {way:24} {time.perf_counter() - start:5.1f} s", flush=True)
        tables[name] = compare(tests[name])
        print(f"{name}, {study.steps} steps ahead: mean absolute error in {study.unit}, and skill")
        print(f"{in_words(tables[name])}\n{best_of(tables[name])}\n")
    if plot is not None:
        draw(tests, plot)
    print(f"{time.perf_counter() - begin:.0f} s in all")
    return tables


def choose_lags(study: Study) -> int:
    """Choose lags by a search on the training rows. The suggestion from the correlogram is printed beside it."""
    learn = study.table[: study.n_learn]
    folds = TimeSeriesSplit(3, test_size=len(learn) // 10)  # one for each of the last three tenths
    search = GridSearchCV(
        study.forecaster(Ridge(), "recursive", lags=1),
        {"lags": study.lags_tried},
        cv=folds,
        scoring="neg_mean_absolute_error",  # of forecasts `steps` ahead
    ).fit(learn, learn.iloc[:, 0])
    errors = dict(zip(study.lags_tried, -search.cv_results_["mean_test_score"], strict=True))
    print(f"lags suggested by the correlogram: {suggest_lags(learn)}; a season has {study.season}")
    tried = ", ".join(f"{error:.2f} with {lags}" for lags, error in errors.items())
    print(f"Ridge, {study.steps} steps ahead, cross-validated MAE in {study.unit}: {tried} lags")
    return search.best_params_["lags"]


def ways(study: Study, lags: int) -> dict[str, Any]:
    """Return the forecasters, all with the same lags. Ridge has no "joint": it would predict the same as "direct"."""
    lstm, pair = network(LSTMRegressor, study.max_epochs), network(EncoderDecoderRegressor, study.max_epochs)
    brief = network(LSTMRegressor, -(-study.max_epochs // 2))  # because there are as many LSTMs as steps ahead
    return {
        "last value": NaiveForecaster("last", horizon=study.steps, validation_fraction=None),
        "last season": study.naive,
        "Ridge, recursive": study.forecaster(Ridge(), "recursive", lags),
        "Ridge, direct": study.forecaster(Ridge(), "direct", lags),
        "LSTM, recursive": study.forecaster(lstm, "recursive", lags),
        "LSTM, direct": study.forecaster(brief, "direct", lags),
        "LSTM, joint": study.forecaster(lstm, "joint", lags),
        "encoder-decoder, joint": study.forecaster(pair, "joint", lags),
    }


def network(kind: type, max_epochs: int) -> Pipeline:
    falling = LRScheduler(policy="CosineAnnealingLR", T_max=max_epochs)
    options = {"loss": "absolute_error", "lr": 5e-3, "batch_size": 64}
    return make_pipeline(SequenceScaler(), kind(max_epochs=max_epochs, callbacks=[falling], **options))


def compare(tests: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the mean absolute errors of each forecaster, of the first step, the last step and all steps."""
    naive = tests["last season"]["y_pred"]
    rows = {}
    for way, test in tests.items():
        by_step = (test["y_true"] - test["y_pred"]).abs().groupby(test["step"]).mean()
        rows[way] = {
            "first step": by_step.iloc[0],
            "last step": by_step.iloc[-1],
            "all steps": mean_absolute_error(test["y_true"], test["y_pred"]),
            "skill": skill(test["y_true"], test["y_pred"], naive),
        }
    return pd.DataFrame(rows).T


def in_words(table: pd.DataFrame) -> str:
    """Format a table. The skill is one minus the ratio of the error over all steps to that of the last season."""
    return table.to_string(float_format="{:.2f}".format)


def best_of(table: pd.DataFrame) -> str:
    errors = table["all steps"].drop(["last value", "last season"])
    linear = errors.index.str.startswith("Ridge")
    best = [errors[linear].idxmin(), errors[~linear].idxmin()]
    return f"Best over all steps: {best[0]} {errors[best[0]]:.2f}; of the networks, {best[1]} {errors[best[1]]:.2f}"


def draw(tests: dict[str, dict[str, pd.DataFrame]], path: str) -> None:
    import matplotlib.pyplot as plt

    from sklearn_rnn.display import BacktestDisplay

    figure, axes = plt.subplots(1, len(tests), figsize=(12, 4.5), layout="constrained")
    for ax, (name, by_way) in zip(axes, tests.items(), strict=True):
        models = {way: test for way, test in by_way.items() if not way.startswith("last")}
        BacktestDisplay.from_backtest(models, ax=ax)
        ax.set_title(name)
    figure.savefig(path, dpi=120)
    print(f"plot: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Two series with a season, and four strategies.")
    parser.add_argument("--quick", action="store_true", help="three epochs, 4 steps ahead and every 13th forecast")
    parser.add_argument("--plot", metavar="FILE", help="draw the errors by steps ahead to this file")
    options = parser.parse_args()
    quick = {"steps": 4, "max_epochs": 3, "every": 13} if options.quick else {}
    main(**quick, plot=options.plot)
