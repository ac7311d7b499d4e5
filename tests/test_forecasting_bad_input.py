"""Mistakes with forecasters, each with the exact message of its error."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import QuantileRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_rnn import LSTMRegressor, NaiveForecaster, SequenceForecaster
from sklearn_rnn.forecasting import backtest

VALUES = np.cumsum(np.random.default_rng(0).normal(size=(60, 3)), axis=0)
X = pd.DataFrame(VALUES, columns=["sales", "visits", "plan"], index=pd.date_range("2024-01-01", periods=60, name="day"))
SALES = X[["sales"]]
PLANS = X[["plan"]].set_axis(X.index + pd.Timedelta(days=60))
PANEL = pd.concat({"north": X[:40], "south": X[:30]}, names=["shop"])
MONTHS = SALES.set_axis(pd.date_range("2020-01-01", periods=60, freq="MS"))
ALONE = SALES[:1].set_axis([pd.Timestamp("2030-01-01")])
EAST = pd.concat({"east": X[:1].set_axis([pd.Timestamp("2030-01-01")])}, names=["shop"])
TWICE = pd.concat({"de": PANEL}, names=["country"])
NUMBERED = SALES.set_axis(np.arange(60))


def forecaster(estimator=None, **params):
    return SequenceForecaster(estimator or Ridge(), **({"lags": 3, "validation_fraction": None} | params))


def changed(table, row, column, value):
    table = table.copy()
    table.iloc[row, table.columns.get_loc(column)] = value
    return table


def fitting(X, y=None, series=None, estimator=None, **params):
    """Fitting a new forecaster."""
    return lambda: forecaster(estimator, **params).fit(X, y, series=series)


def after(act, X=X, y=None, **params):
    """An act with one that was fitted as it should be."""
    return lambda: act(forecaster(**params).fit(X, y))


def backtesting(**params):
    return lambda: backtest(forecaster(), X, **({"initial": 30} | params))


class NoEstimator:
    """No estimator."""


HELD_OUT = {"interval": "split", "validation_fraction": 0.2}

# What a user may do wrong; the messages are below.
TIME = {
    "rows out of order": fitting(X[::-1]),
    "two rows of one time": fitting(pd.concat([X[:10], X[9:]])),
    "a missing time": fitting(X.set_axis([pd.NaT, *X.index[1:]])),
    "a missing day": fitting(X.drop(X.index[20])),
    "a missing month": fitting(MONTHS.drop(MONTHS.index[20])),
    "a missing fifteenth": fitting(MONTHS.set_axis(MONTHS.index + pd.Timedelta(days=14)).drop("2021-09-15")),
    "a missing number": fitting(NUMBERED.drop(20)),
    "a missing day of one series": fitting(PANEL.drop(("south", X.index[20]))),
    "no common step": fitting(SALES.set_axis(X.index[0] + pd.to_timedelta(np.arange(60) ** 2, unit="D"))),
    "several series without names": fitting(pd.concat([X, X])),
    "series of another length": fitting(X, series=["a"] * 59),
    "an array whose y is out of order": "y is not in time order: row 1 (index 2024-02-28 00:00:00) comes after row 0 (index 2024-02-29 00:00:00), of the same series. Sort X, and y with it, for example with y.sort_index(); if X holds several series, give series= or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling.",
    "an array whose y has a row twice": "y has two rows of the same time and series: rows 9 and 10 (index 2024-01-10 00:00:00). Keep one of them, for example with y[~y.index.duplicated()]; if X holds several series, give series= or an index of two levels.",
        VALUES[[*range(10), *range(9, 59)]], y=X["sales"].iloc[[*range(10), *range(9, 59)]]
    ),
    "an array whose y has a gap": "There is a gap in time: row 20 (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19, but its series has the frequency 'D'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "an array whose y is out of order in a series": "y is not in time order: row 1 (index 2024-01-29 00:00:00) comes after row 0 (index 2024-01-30 00:00:00), of series 'south'. Sort X, and y with it, for example with y.sort_index(); if X holds several series, give series= or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling.",
        PANEL.to_numpy()[::-1], y=PANEL["sales"][::-1], series=PANEL.index.get_level_values(0)[::-1]
    ),
    "a gap in predict": after(lambda f: f.predict(X.drop(X.index[20]))),
    "a gap in the history": after(lambda f: f.forecast(2, history=X.drop(X.index[20]))),
    "text can't be continued": after(lambda f: f.forecast(2), X=SALES.set_axis([f"day {i}" for i in range(60)])),
    "one row can't be continued": after(lambda f: f.forecast(2, history=ALONE), X=SALES, lags=1),
    "one row as the history": after(lambda f: f.forecast(2, history=ALONE), X=SALES),
    "one row of a new series": after(lambda f: f.forecast(2, history=EAST), X=PANEL),
}
KNOWN = {
    "no future covariates": after(lambda f: f.forecast(2), known="plan"),
    "no future covariates of joint": after(lambda f: f.forecast(2), known="plan", strategy="joint", horizon=5),
    "known has NaN": after(lambda f: f.forecast(2, changed(PLANS, 1, "plan", np.nan)), known="plan"),
    "known has infinity": after(lambda f: f.forecast(2, [[1.0], [np.inf]]), known="plan"),
    "known is too short": after(lambda f: f.forecast(2, [[1.0]]), known="plan"),
    "known is 1-D": after(lambda f: f.forecast(2, [1.0, 2.0]), known="plan"),
    "known has other columns": after(lambda f: f.forecast(2, PLANS.rename(columns={"plan": "price"})), known="plan"),
    "known has further columns": after(lambda f: f.forecast(2, PLANS.assign(price=1.0)), known="plan"),
    "known ends too early": after(lambda f: f.forecast(3, PLANS[:2]), known="plan"),
    "known is of other times": after(lambda f: f.forecast(2, X[["plan"]]), known="plan"),
    "known is numbered": after(lambda f: f.forecast(2, PLANS.reset_index(drop=True)), known="plan"),
    "known has a row twice": after(lambda f: f.forecast(2, pd.concat([PLANS, PLANS])), known="plan"),
    "known holds text": after(lambda f: f.forecast(2, [["a"], ["b"]]), known="plan"),
    "known is not of all series": after(lambda f: f.forecast(2, PLANS), X=PANEL, known="plan"),
    "known without known columns": after(lambda f: f.forecast(2, PLANS)),
}
STEPS = {
    "direct beyond its horizon": after(lambda f: f.forecast(4), strategy="direct", horizon=3),
    "joint beyond its horizon": after(lambda f: f.forecast(4), strategy="joint", horizon=3),
    "recursive with unforeseen columns": after(lambda f: f.forecast(2), target="sales"),
    "recursive with an unforeseen column": fitting(X, target="sales", known="plan", horizon=2, strategy="recursive"),
    "recursive with y outside X": fitting(X, y=np.arange(60.0), horizon=2, strategy="recursive"),
    "recursive with y outside X, later": after(lambda f: f.forecast(2), y=np.arange(60.0)),
}
LENGTH = {
    "too few rows": fitting(X[:3]),
    "one row": fitting(X[:1]),
    "too few rows for joint": fitting(X[:10], lags=4, step=2, horizon=5, strategy="joint"),
    "too few rows before a season": fitting(X[:12], anchor=12),
    "series that are all too short": fitting(PANEL.groupby("shop").head(3)),
    "too few rows beside those held out": fitting(X[:12], validation_fraction=0.8),
    "too few rows beside a horizon held out": fitting(X[:11], validation_fraction=0.1, horizon=8),
    "too few rows for a season": lambda: NaiveForecaster("seasonal", season=12).fit(X[:10]),
    "a short history": after(lambda f: f.forecast(2, history=X[:2])),
    "a short history of a series": after(
        lambda f: f.forecast(2, history=PANEL.groupby("shop").head(2).rename(index={"north": "east"})), X=PANEL
    ),
    "an empty history": after(lambda f: f.forecast(2, history=X[:0])),
    "no rows": fitting(X[:0]),
}
NUMBERS = {
    "NaN in the target": fitting(changed(X, 7, "sales", np.nan), target="sales"),
    "NaN in another column": fitting(changed(X, 7, "visits", np.nan), target="sales"),
    "infinity in the target": fitting(changed(X, 7, "sales", np.inf)),
    "infinity in another column": fitting(changed(X, 7, "plan", -np.inf), known="plan"),
    "NaN in one of two series": fitting(changed(PANEL, 47, "visits", np.nan), target="sales"),
    "NaN in y of one of two series": fitting(PANEL, y=np.where(np.arange(70) == 47, np.nan, 1.0)),
    "NaN in an array": fitting(np.where(np.arange(180).reshape(60, 3) == 22, np.nan, VALUES)),
    "NaN in y": fitting(X, y=np.where(np.arange(60) == 7, np.nan, 1.0)),
    "infinity in y": fitting(X, y=np.where(np.arange(60) == 7, np.inf, 1.0)),
    "text in X": fitting(X.assign(sky="clear")),
    "text in y": fitting(X, y=["a"] * 60),
    "X is 1-D": fitting(np.arange(60.0)),
    "X is 3-D": fitting(np.zeros((20, 3, 2))),
    "NaN in predict": after(lambda f: f.predict(changed(X, 7, "visits", np.nan))),
    "NaN in a series": "X has NaN in column 'visits', a target, row 47 of series 'south' (index 2024-01-08 00:00:00). Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "infinity in a series of two names": "X has infinity in column 'visits', a target, row 47 of series ('de', 'south') (index 2024-01-08 00:00:00). Windows need every row: replace it by NaN and fill that in before the forecaster, for example with SequenceImputer.",
    "NaN in the history": after(lambda f: f.forecast(2, history=changed(X, 7, "visits", np.nan))),
}
COLUMNS = {
    "an unknown target": fitting(X, target="price"),
    "a target that is no position": fitting(X, target=3),
    "a name for an array": fitting(VALUES, target="sales"),
    "an unknown known column": fitting(X, known=["plan", "price"]),
    "a target that is known": fitting(X, target=["sales", "plan"], known="plan"),
    "all columns known": fitting(X, known=["sales", "visits", "plan"]),
    "no target": fitting(X, target=[]),
    "y is another column than target": fitting(X, y=X["visits"], target="sales"),
    "y is no column and target is": fitting(X, y=np.arange(60.0), target="sales"),
    "y is a known column": fitting(X, y=X["plan"], known="plan"),
    "y of other length": fitting(X, y=np.arange(59.0)),
    "3-D y": fitting(X, y=np.zeros((60, 2, 2))),
    "y has series that X lost": fitting(PANEL.reset_index(drop=True), y=PANEL["sales"]),
    "other columns in predict": after(lambda f: f.predict(X.rename(columns={"sales": "price"}))),
    "columns in another order": after(lambda f: f.predict(X[["plan", "sales", "visits"]])),
    "fewer columns in the history": after(lambda f: f.forecast(2, history=SALES)),
    "fewer columns of an array": after(lambda f: f.predict(VALUES[:, :2]), X=VALUES),
    "predict lost the series": after(lambda f: f.predict(PANEL.reset_index(drop=True)), X=PANEL),
    "the history lost the series": after(lambda f: f.forecast(2, history=X), X=PANEL),
    "score without y": after(lambda f: f.score(X), y=np.arange(60.0)),
}
PARAMETERS = {
    "a season as anchor with y outside X": fitting(X, y=np.arange(60.0), anchor=7),
    "relative without an anchor": fitting(X, relative=True, anchor=None),
    "a table scaler before a network": fitting(X, estimator=make_pipeline(StandardScaler(), LSTMRegressor())),
    "an interval without errors": fitting(X, interval="split"),
    "an interval that can't be given": fitting(SALES, interval="rolling", validation_fraction=0.1, horizon=12),
    "an interval that no share of the rows gives": fitting(
        SALES[:20], interval="split", validation_fraction=0.5, horizon=2
    ),
    "quantiles without interval": fitting(X, quantiles=(0.1, 0.9)),
    "quantiles of several recursive steps": fitting(
        X, estimator=QuantileRegressor(), quantiles=(0.1, 0.9), **HELD_OUT, horizon=2, strategy="recursive"
    ),
    "quantiles that the estimator can't learn": fitting(X, quantiles=(0.1, 0.9), **HELD_OUT),
    "known=True": fitting(X, known=True),
    "an estimator class": fitting(X, estimator=Ridge),
    "an estimator that is none": fitting(X, estimator=NoEstimator()),
    "seasonal without a season": lambda: NaiveForecaster("seasonal").fit(X),
    "a season without seasonal": lambda: NaiveForecaster("last", season=7).fit(X),
    "a naive forecast without a season": fitting(X, naive=NaiveForecaster("seasonal"), validation_fraction=0.2),
    "an unknown naive forecast": lambda: NaiveForecaster("best").fit(X),
}
UNFITTED = {
    "predict before fit": lambda: forecaster().predict(X),
    "forecast before fit": lambda: forecaster().forecast(2),
    "predict_interval before fit": lambda: forecaster().predict_interval(2),
    "score before fit": lambda: forecaster().score(X),
    "estimators_ before fit": lambda: forecaster().estimators_,
    "one estimator of several": after(lambda f: f.estimator_, strategy="direct", horizon=3),
}
BACKTEST = {
    "no rows are left to forecast": backtesting(initial=60),
    "too few rows are left to forecast": backtesting(steps=31),
    "too few rows to learn from first": backtesting(initial=2),
    "a backtest of a regressor": lambda: backtest(Ridge(), X, initial=30),
    "a backtest of a class": lambda: backtest(SequenceForecaster, X, initial=30),
    "a backtest of a wrong parameter": lambda: backtest(forecaster(lags=0), X, initial=30),
    "a backtest with a gap": lambda: backtest(forecaster(), X.drop(X.index[20]), initial=30),
    "a backtest that holds out too much": lambda: backtest(forecaster(validation_fraction=0.9), X, initial=10),
    "a backtest with more coverage than errors": lambda: backtest(
        forecaster(validation_fraction=0.1, interval="split"), X, initial=30
    ),
    "a backtest beyond the horizon": lambda: backtest(forecaster(strategy="joint"), X, initial=30, steps=2),
    "y of other length in a backtest": lambda: backtest(forecaster(), X, np.arange(59.0), initial=30),
}
MISTAKES = TIME | KNOWN | STEPS | LENGTH | NUMBERS | COLUMNS | PARAMETERS | UNFITTED | BACKTEST

NOT_FITTED = "This SequenceForecaster instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator."
MESSAGES = {
    "rows out of order": "X is not in time order: row 1 (index 2024-02-28 00:00:00) comes after row 0 (index 2024-02-29 00:00:00), of the same series. Sort X, and y with it, for example with X.sort_index(); if X holds several series, give series= or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling.",
    "two rows of one time": "X has two rows of the same time and series: rows 9 and 10 (index 2024-01-10 00:00:00). Keep one of them, for example with X[~X.index.duplicated()]; if X holds several series, give series= or an index of two levels.",
    "a missing time": "The index of X has a missing time in row 0; fill it in or drop the row.",
    "a missing day": "There is a gap in time: row 20 (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19, but its series has the frequency 'D'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "a missing month": "There is a gap in time: row 20 (index 2021-10-01 00:00:00) comes 61 days 00:00:00 after row 19, but its series has the frequency 'MS'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "a missing fifteenth": "There is a gap in time: row 20 (index 2021-10-15 00:00:00) comes 61 days 00:00:00 after row 19, but its series has the frequency pd.DateOffset(months=1). Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "a missing number": "There is a gap in time: row 20 (index 21) comes 2 after row 19, but the step of its series is 1. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "a missing day of one series": "There is a gap in time: row 60 of series 'south' (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 59, but its series has the frequency 'D'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "no common step": "The index of X has no common step: row 1 (index 2024-01-02 00:00:00) comes 1 days 00:00:00 after row 0, others come after other times. Lags count rows, so bring X to one step of time, for example with X.resample('D').mean(), each series by itself. If rows are steps whatever their times, number them instead, or give an array.",
    "several series without names": "X is not in time order: row 60 (index 2024-01-01 00:00:00) comes after row 59 (index 2024-02-29 00:00:00), of the same series. Sort X, and y with it, for example with X.sort_index(); if X holds several series, give series= or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling.",
    "an array whose y is out of order": "By the index of y, since X has none: X is not in time order: row 1 (index 2024-02-28 00:00:00) comes after row 0 (index 2024-02-29 00:00:00), of the same series. Sort X, and y with it, for example with X.sort_index(); if X holds several series, give series= or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling.",
    "an array whose y has a row twice": "By the index of y, since X has none: X has two rows of the same time and series: rows 9 and 10 (index 2024-01-10 00:00:00). Keep one of them, for example with X[~X.index.duplicated()]; if X holds several series, give series= or an index of two levels.",
    "an array whose y has a gap": "By the index of y, since X has none: There is a gap in time: row 20 (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19, but its series has the frequency 'D'. Lags count rows, so fill the gap in, as X.asfreq('D').interpolate() does in a single series. If rows are steps whatever their times, number them instead, or give an array.",
    "an array whose y is out of order in a series": "By the index of y, since X has none: X is not in time order: row 1 (index 2024-01-29 00:00:00) comes after row 0 (index 2024-01-30 00:00:00), of the same series. Sort X, and y with it, for example with X.sort_index(); if X holds several series, give series= or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling.",
    "series of another length": "series must give one id per row of a 2-D X, shape (60,); got shape (59,).",
    "a gap in predict": "There is a gap in time: row 20 (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19, but its series has the frequency 'D'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "a gap in the history": "There is a gap in time: row 20 (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19, but its series has the frequency 'D'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "text can't be continued": "The index can't be continued: there is no step of time from one row alone, nor in an index of texts. Give more rows, an index with a freq, or one of numbers, such as that of X.reset_index(drop=True).",
    "one row can't be continued": "The index can't be continued: there is no step of time from one row alone, nor in an index of texts. Give more rows, an index with a freq, or one of numbers, such as that of X.reset_index(drop=True).",
    "one row as the history": "A forecast is made from 3 rows, but the past has only 1; give more rows.",
    "one row of a new series": "A forecast is made from 3 rows, but the past of series 'east' has only 1; give more rows, or leave the series out (history=).",
    "no future covariates": "Columns ['plan'] are known ahead: give their values for the rows to come, known= of shape (2, 1), from 2024-03-01 00:00:00 to 2024-03-02 00:00:00.",
    "no future covariates of joint": "Columns ['plan'] are known ahead: give their values for the rows to come, known= of shape (5, 1), from 2024-03-01 00:00:00 to 2024-03-05 00:00:00.",
    "known has NaN": "known has NaN in column 'plan' at 2024-03-02 00:00:00; give every value.",
    "known has infinity": "known has infinity in column 'plan' at 2024-03-02 00:00:00; give every value.",
    "known is too short": "known must hold columns ['plan'] of the 2 rows to come, shape (2, 1); got (1, 1).",
    "known is 1-D": "known must hold columns ['plan'] of the 2 rows to come, shape (2, 1); got (2,).",
    "known has other columns": "known has columns ['price']; expected the columns known ahead, ['plan'] (or all of X, of which the others are not looked at).",
    "known has further columns": "known has columns ['plan', 'price']; expected the columns known ahead, ['plan'] (or all of X, of which the others are not looked at).",
    "known ends too early": "known has no row for 2024-03-03 00:00:00; it needs the 3 rows from 2024-03-01 00:00:00 to 2024-03-03 00:00:00.",
    "known is of other times": "known has no row for 2024-03-01 00:00:00; it needs the 2 rows from 2024-03-01 00:00:00 to 2024-03-02 00:00:00.",
    "known is numbered": "known has no row for 2024-03-01 00:00:00; it needs the 2 rows from 2024-03-01 00:00:00 to 2024-03-02 00:00:00.",
    "known has a row twice": "known has several rows for 2024-03-01 00:00:00; give one.",
    "known holds text": "known is not numeric, it holds the text 'a'; expected a number per row to come and known column.",
    "known is not of all series": "known has no row for ('north', Timestamp('2024-02-10 00:00:00')); it needs the 4 rows from ('north', Timestamp('2024-02-10 00:00:00')) to ('south', Timestamp('2024-02-01 00:00:00')).",
    "known without known columns": "known= was given, but this forecaster has no known columns; name them in known when making it.",
    "direct beyond its horizon": "strategy='direct' has learned horizon=3 steps ahead, 4 were asked for; fit with horizon=4, or use strategy='recursive'.",
    "joint beyond its horizon": "strategy='joint' has learned horizon=3 steps ahead, 4 were asked for; fit with horizon=4, or use strategy='recursive'.",
    "recursive with unforeseen columns": "strategy='recursive' can't go 2 steps ahead: columns ['visits', 'plan'] of X are neither forecast nor known ahead, so the next window would not be whole. Use strategy='direct' or 'joint', name columns whose future is certain in known, or forecast all columns.",
    "recursive with an unforeseen column": "strategy='recursive' can't go 2 steps ahead: columns ['visits'] of X are neither forecast nor known ahead, so the next window would not be whole. Use strategy='direct' or 'joint', name columns whose future is certain in known, or forecast all columns.",
    "recursive with y outside X": "strategy='recursive' can't go 2 steps ahead: y is no column of X, so it can't be fed back. Use strategy='direct' or 'joint', or put y into X.",
    "recursive with y outside X, later": "strategy='recursive' can't go 2 steps ahead: y is no column of X, so it can't be fed back. Use strategy='direct' or 'joint', or put y into X.",
    "too few rows": "SequenceForecaster needs at least 4 rows to learn from, but X has only 3 samples. Give more rows, or look back less far (lags=3, step=1, horizon=1).",
    "one row": "SequenceForecaster needs at least 4 rows to learn from, but X has only 1 sample. Give more rows, or look back less far (lags=3, step=1, horizon=1).",
    "too few rows for joint": "SequenceForecaster needs at least 12 rows to learn from, but X has only 10 samples. Give more rows, or look back less far (lags=4, step=2, horizon=5).",
    "too few rows before a season": "SequenceForecaster needs at least 13 rows to learn from, but X has only 12 samples. Give more rows, or look back less far (lags=3, step=1, anchor=12, horizon=1).",
    "series that are all too short": "SequenceForecaster needs at least 4 rows to learn from, but the longest series of X has only 3 samples. Give more rows, or look back less far (lags=3, step=1, horizon=1).",
    "too few rows beside those held out": "SequenceForecaster needs at least 4 rows to learn from, but X has only 12 samples, of which validation_fraction=0.8 leaves 2. Give more rows, or hold out none with validation_fraction=None, or look back less far (lags=3, step=1, horizon=1).",
    "too few rows beside a horizon held out": "SequenceForecaster needs at least 4 rows to learn from, but X has only 11 samples, of which validation_fraction=0.1 leaves 3. Give more rows, or hold out none with validation_fraction=None, or look back less far (lags=3, step=1, horizon=8).",
    "too few rows for a season": "NaiveForecaster needs at least 12 rows to learn from, but X has only 10 samples, of which validation_fraction=0.1 leaves 9. Give more rows.",
    "a short history": "A forecast is made from 3 rows, but the past has only 2; give more rows.",
    "a short history of a series": "A forecast is made from 3 rows, but the past of series 'east' has only 2; give more rows, or leave the series out (history=).",
    "an empty history": "Found array with 0 sample(s) (shape=(0, 3)) while a minimum of 1 is required by SequenceForecaster.",
    "no rows": "Found array with 0 sample(s) (shape=(0, 3)) while a minimum of 1 is required by SequenceForecaster.",
    "NaN in the target": "X has NaN in column 'sales', a target, row 7 (index 2024-01-08 00:00:00). Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "NaN in another column": "X has NaN in column 'visits', row 7 (index 2024-01-08 00:00:00). Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "infinity in the target": "X has infinity in column 'sales', a target, row 7 (index 2024-01-08 00:00:00). Windows need every row: replace it by NaN and fill that in before the forecaster, for example with SequenceImputer.",
    "infinity in another column": "X has infinity in column 'plan', row 7 (index 2024-01-08 00:00:00). Windows need every row: replace it by NaN and fill that in before the forecaster, for example with SequenceImputer.",
    "NaN in one of two series": "X has NaN in column 'visits', row 47 of series 'south' (index 2024-01-08 00:00:00). Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "NaN in y of one of two series": "y has NaN in row 47 of series 'south'; fill it in, for example with SequenceImputer, or drop the rows before or after it.",
    "NaN in an array": "X has NaN in column 'x1', a target, row 7. Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "NaN in y": "y has NaN in row 7; fill it in, for example with SequenceImputer, or drop the rows before or after it.",
    "infinity in y": "y has infinity in row 7; fill it in, for example with SequenceImputer, or drop the rows before or after it.",
    "text in X": "X has columns that are not numeric: ['sky']; encode or drop them first, for example with sklearn.compose.make_column_transformer and sklearn.preprocessing.OneHotEncoder.",
    "text in y": "y is not numeric, it holds the text 'a'; expected a number per row, or one per row and target.",
    "X is 1-D": "Expected 2D array, got 1D array instead, of shape (60,). Reshape your data, by X.reshape(-1, 1) if it is one feature or X.reshape(1, -1) if it is one row.",
    "X is 3-D": "X is made of sequences already (3-D, or a list of them); SequenceForecaster frames a table, 2-D, with one row per time step. For a panel, stack the series into one table and give series=.",
    "NaN in predict": "X has NaN in column 'visits', a target, row 7 (index 2024-01-08 00:00:00). Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "NaN in the history": "X has NaN in column 'visits', a target, row 7 (index 2024-01-08 00:00:00). Windows need every row: fill it in before the forecaster, for example with SequenceImputer.",
    "NaN in a series": "X has NaN in column 'visits', a target, row 47 (index 2024-01-08 00:00:00) of series 'south'. Windows need every row: impute it series by series before the forecaster, for example with X.groupby(level=0).ffill(), or groupby(series).",
    "infinity in a series of two names": "X has infinity in column 'visits', a target, row 47 (index 2024-01-08 00:00:00) of series ('de', 'south'). Windows need every row: impute it series by series before the forecaster, for example with X.replace([np.inf, -np.inf], np.nan).groupby(level=[0, 1]).ffill(), or groupby(series).",
    "an unknown target": "target=['price'] are no columns of X: its columns are ['sales', 'visits', 'plan'].",
    "a target that is no position": "target=[3] are no columns of X: its columns are ['sales', 'visits', 'plan'].",
    "a name for an array": "target=['sales'] are no columns of X: X came without names; give a DataFrame, or set_output(transform='pandas') in a pipeline.",
    "an unknown known column": "known=['price'] are no columns of X: its columns are ['sales', 'visits', 'plan'].",
    "a target that is known": "Columns ['plan'] are both forecast and known ahead; known columns are those whose future is certain, such as the calendar.",
    "all columns known": "No column is left to forecast: target names none, or all are known ahead. Name one in target, give y, or name fewer in known.",
    "no target": "No column is left to forecast: target names none, or all are known ahead. Name one in target, give y, or name fewer in known.",
    "y is another column than target": "y is not what target='sales' names in X; leave out one of the two, or give y as that column.",
    "y is no column and target is": "y is not what target='sales' names in X; leave out one of the two, or give y as that column.",
    "y is a known column": "Columns ['plan'] are both forecast and known ahead; known columns are those whose future is certain, such as the calendar.",
    "y of other length": "Found input variables with inconsistent numbers of samples: X has 60 rows, y has 59.",
    "3-D y": "y must give one number per row, or one per row and target; got shape (60, 2, 2).",
    "y has series that X lost": "y has 2 series in its index, but X has lost them (a transformer returned a plain array); either keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer, or pass series= (one id per row).",
    "other columns in predict": "The feature names should match those that were passed during fit.\nFeature names unseen at fit time:\n- price\nFeature names seen at fit time, yet now missing:\n- sales\n",
    "columns in another order": "The feature names should match those that were passed during fit.\nFeature names must be in the same order as they were in fit.\n",
    "fewer columns in the history": "The feature names should match those that were passed during fit.\nFeature names seen at fit time, yet now missing:\n- plan\n- visits\n",
    "fewer columns of an array": "X has 2 features, but SequenceForecaster is expecting 3 features as input.",
    "predict lost the series": "X has lost its series: SequenceForecaster was fitted on series that an index or series= tells apart, but X tells none (a transformer returned a plain array, or series= was left out) and would be read as one series. Either keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer, or pass series= (one id per row).",
    "the history lost the series": "X has lost its series: SequenceForecaster was fitted on series that an index or series= tells apart, but X tells none (a transformer returned a plain array, or series= was left out) and would be read as one series. Either keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer, or pass series= (one id per row).",
    "score without y": "score needs y: what was forecast in fit is no column of X.",
    "a season as anchor with y outside X": "anchor=7 needs past values of the target, but y is no column of X; add it to X, or use anchor=None.",
    "relative without an anchor": "relative=True hides the level of the target in windows, but anchor=None asks for the level; use anchor='last', or relative='auto'.",
    "a table scaler before a network": "StandardScaler comes before LSTMRegressor in the estimator, but takes tables alone, no windows; wrap a scaler, as in SequenceScaler(StandardScaler()), or put it before the forecaster.",
    "an interval without errors": "interval='split' needs held-out errors, but validation_fraction=None holds out none; set it, such as validation_fraction=0.2, or interval=None.",
    "quantiles without interval": "quantiles=(0.1, 0.9) are where intervals begin from, but interval=None keeps none; use interval='split' or 'rolling'.",
    "quantiles of several recursive steps": "strategy='recursive' can't forecast quantiles beyond one step, since a quantile that is fed back is none; use strategy='direct' or 'joint', or intervals without quantiles.",
    "quantiles that the estimator can't learn": "quantiles=(0.1, 0.9) need an estimator that learns a quantile, with a parameter quantile; Ridge has none. Use one of this package, QuantileRegressor or HistGradientBoostingRegressor, or quantiles=None.",
    "known=True": "known=[True] are no columns of X: its columns are ['sales', 'visits', 'plan'].",
    "an estimator class": re.compile(
        r"Cannot clone object\. You should provide an instance of scikit-learn estimator .*"
    ),
    "an estimator that is none": re.compile(
        r"The 'estimator' parameter .* must be None or an object implementing 'fit' and 'predict'\. Got .*"
    ),
    "seasonal without a season": "strategy='seasonal' with season=None: a season is needed by strategy='seasonal', and by no other. Give both, as in NaiveForecaster('seasonal', season=12), or neither.",
    "a season without seasonal": "strategy='last' with season=7: a season is needed by strategy='seasonal', and by no other. Give both, as in NaiveForecaster('seasonal', season=12), or neither.",
    "a naive forecast without a season": "strategy='seasonal' with season=None: a season is needed by strategy='seasonal', and by no other. Give both, as in NaiveForecaster('seasonal', season=12), or neither.",
    "an unknown naive forecast": re.compile(
        r"The 'strategy' parameter of NaiveForecaster must be a str among .*\. Got 'best' instead\."
    ),
    "predict before fit": NOT_FITTED,
    "forecast before fit": NOT_FITTED,
    "predict_interval before fit": NOT_FITTED,
    "score before fit": NOT_FITTED,
    "estimators_ before fit": NOT_FITTED,
    "one estimator of several": "There are 3 fitted estimators, one for each step ahead: see estimators_.",
    "no rows are left to forecast": "No cutoff is left: the longest series has 60 rows, of which initial=60 leaves 0, and a forecast needs 1. Learn from fewer rows first, or forecast fewer steps.",
    "too few rows are left to forecast": "No cutoff is left: the longest series has 60 rows, of which initial=30 leaves 30, and a forecast needs 31. Learn from fewer rows first, or forecast fewer steps.",
    "too few rows to learn from first": "SequenceForecaster needs at least 4 rows to learn from, but X up to the cutoff has only 2 samples. Give more rows, or look back less far (lags=3, step=1, horizon=1).",
    "a backtest of a regressor": "backtest takes a SequenceForecaster or a NaiveForecaster, got Ridge(); make one from a regressor by SequenceForecaster(regressor).",
    "a backtest of a class": "backtest takes a SequenceForecaster or a NaiveForecaster, got <class 'sklearn_rnn.forecasting.forecaster.SequenceForecaster'>; make one from a regressor by SequenceForecaster(regressor).",
    "a backtest of a wrong parameter": "The 'lags' parameter of SequenceForecaster must be an int in the range [1, inf). Got 0 instead.",
    "a backtest with a gap": "There is a gap in time: row 20 (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19, but its series has the frequency 'D'. Lags count rows, so add the rows that are missing, by regularize(X), and fill them in, by SequenceImputer. If rows are steps whatever their times, number them instead, or give an array.",
    "a backtest that holds out too much": "SequenceForecaster needs at least 4 rows to learn from, but X up to the cutoff has only 10 samples, of which validation_fraction=0.9 leaves 1. Give more rows, or hold out none with validation_fraction=None, or look back less far (lags=3, step=1, horizon=1).",
    "a backtest with more coverage than errors": "interval='split' could give no intervals of coverage=0.9: they need the errors of at least 19 held-out forecasts, but of 30 rows validation_fraction=0.1 holds out 3 forecasts of horizon=1. Use validation_fraction=0.64 or more, or 190 rows.",
    "an interval that can't be given": "interval='rolling' could give no intervals of coverage=0.9: they need the errors of at least 19 held-out forecasts, but of 60 rows validation_fraction=0.1 holds out 1 forecast of horizon=12. Use validation_fraction=0.5 or more, or 300 rows.",
    "an interval that no share of the rows gives": "interval='split' could give no intervals of coverage=0.9: they need the errors of at least 19 held-out forecasts, but of 20 rows validation_fraction=0.5 holds out 9 forecasts of horizon=2. Use 40 rows.",
    "a backtest beyond the horizon": "strategy='joint' has learned horizon=1 steps ahead, 2 were asked for; fit with horizon=2, or use strategy='recursive'.",
    "y of other length in a backtest": "Found input variables with inconsistent numbers of samples: X has 60 rows, y has 59.",
}

ERRORS = {"one estimator of several": AttributeError, "an estimator class": TypeError}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_raises_an_error_that_names_what_to_do(name):
    expected = MESSAGES[name]
    with pytest.raises(ERRORS.get(name, ValueError)) as raised:
        MISTAKES[name]()
    assert isinstance(raised.value, NotFittedError) == (expected == NOT_FITTED)
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(str(raised.value)), str(raised.value)
    else:
        assert str(raised.value) == expected


@pytest.mark.parametrize("steps", [0, -1, 2.5, True, "2", None])
def test_steps(steps):
    expected = f"steps must be a whole number of rows to forecast, at least 1; got {steps!r}."
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        forecaster().fit(X).forecast(steps)


@pytest.mark.parametrize(
    "quantiles", [(0.9, 0.1), (0.1, 0.1), (0.1, 0.5, 0.9), (5, 95), (), ("low", "high"), (None, 0.9)]
)
def test_quantiles(quantiles):
    expected = f"quantiles must be two shares in rising order, such as (0.05, 0.95); got {quantiles!r}."
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        fitting(X, quantiles=quantiles, **HELD_OUT)()


# What scikit-learn says of a parameter's type; None where its words are in no order, or not those of all versions.
WRONG_PARAMETERS = [
    ("lags", 0, "an int in the range [1, inf)"),
    ("lags", 2.5, "an int in the range [1, inf)"),
    ("horizon", 0, "an int in the range [1, inf)"),
    ("step", -1, "an int in the range [1, inf)"),
    ("strategy", "iterated", None),
    ("anchor", "first", "None, a str among {'last'} or an int in the range [1, inf)"),
    ("anchor", 0, "None, a str among {'last'} or an int in the range [1, inf)"),
    ("relative", "yes", None),
    ("interval", "wide", None),
    ("quantiles", 0.9, "None, an instance of 'tuple' or an instance of 'list'"),
    ("validation_fraction", 1.0, "None or a float in the range (0.0, 1.0)"),
    ("validation_fraction", 5, "None or a float in the range (0.0, 1.0)"),
    ("naive", "last", "None or an instance of 'sklearn_rnn.forecasting.naive.NaiveForecaster'"),
    ("random_state", "x", None),
    ("n_jobs", 1.5, "None or an instance of 'int'"),
    ("target", 1.5, "None, an instance of 'str', an instance of 'int' or an array-like"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG_PARAMETERS)
def test_parameters_of_wrong_types(name, value, expected):
    words = ".*" if expected is None else re.escape(expected)
    pattern = rf"^The '{name}' parameter of SequenceForecaster must be {words}\. Got {value!r} instead\.$"
    with pytest.raises(InvalidParameterError, match=pattern):
        fitting(X, **{name: value})()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("initial", [0, 1.0, -0.5, "half", None], "a number of rows, or a share of them between 0 and 1"),
        ("every", [0, 1.5, "2"], "a whole number of rows"),
        ("refit", [-1, 2.5, None], "a whole number of cutoffs"),
        ("refit", [0], "a whole number of cutoffs"),
        ("steps", [0, True, 1.5], "a whole number of rows to forecast, at least 1"),
    ],
)
def test_arguments_of_a_backtest(name, values, expected):
    for value in values:
        with pytest.raises(ValueError, match=f"^{re.escape(f'{name} must be {expected}; got {value!r}.')}$"):
            backtesting(**{name: value})()


def test_one_row_with_a_frequency_can_be_continued():
    ours = forecaster(lags=1).fit(SALES)
    row = SALES[:1].set_axis(pd.DatetimeIndex(["2030-01-01"], freq="D"))
    assert list(ours.forecast(2, history=row).index) == [pd.Timestamp("2030-01-02"), pd.Timestamp("2030-01-03")]
    alone = NaiveForecaster(validation_fraction=None).fit(row)
    assert list(alone.forecast(2)["sales"]) == [SALES["sales"].iloc[0]] * 2
