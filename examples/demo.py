"""
PM2.5 in Beijing, 24 hours ahead
================================

From an hourly table with gaps and a text column to a tuned recurrent network, with the ordinary tools of scikit-learn.
"""

# %%
# The table: five years of hourly PM2.5 and weather. PM2.5 has gaps, and the wind direction is text. The calendar is
# known ahead, so the model may use it up to the hour that it predicts.

from __future__ import annotations

import os
import time

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_rnn import LSTMRegressor, SequenceScaler, ShiftFramer
from sklearn_rnn.datasets import load_beijing_pm25

AHEAD = 24
CALENDAR = ["hour_sin", "hour_cos", "year_sin", "year_cos"]

start = time.perf_counter()
X, _ = load_beijing_pm25(raw=True, return_X_y=True)
_, y = load_beijing_pm25(return_X_y=True)  # gaps filled forward, so that every row has a target
hour, day = 2 * np.pi * X.index.hour / 24, 2 * np.pi * X.index.day_of_year / 365.25
X = X.assign(hour_sin=np.sin(hour), hour_cos=np.cos(hour), year_sin=np.sin(day), year_cos=np.cos(day))
measured = X["pm2.5"].notna().to_numpy()

n_train = int(0.8 * len(X))  # four years for training, the last one is held out
X_train, X_test, y_train, y_test = X[:n_train], X[n_train:], y[:n_train], y[n_train:]
print(f"{len(X_train)} training hours, {len(X_test)} held out, {X.shape[1]} columns, {(~measured).sum()} gaps")

# %%
# One pipeline from the raw table to the forecast. What must come before the framer, filling gaps and encoding text,
# returns DataFrames, so that the framer still sees the time of each row. It gives each row a window that ends 24 hours
# before it: y is never shifted by hand and no later hour is used. Scaling comes last and leaves windows a view.


def preparation():
    log = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    return make_column_transformer(
        (make_pipeline(log, SimpleImputer()), ["pm2.5", "Iws", "Is", "Ir"]),
        (OneHotEncoder(sparse_output=False), ["cbwd"]),
        ("passthrough", ["DEWP", "TEMP", "PRES"]),
        ("passthrough", CALENDAR),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")


model = make_pipeline(
    preparation(),
    ShiftFramer(horizon=AHEAD, known=CALENDAR),
    SequenceScaler(),
    LSTMRegressor(
        loss="absolute_error",
        dropout=0.3,
        lr=1e-3,
        lr_schedule="cosine",
        batch_size=128,
        max_epochs=5,
        early_stopping=False,
        random_state=0,
    ),
)

# %%
# A small grid. Each candidate is tested on rows that come after its training rows.

search = GridSearchCV(
    model,
    {"shiftframer__lags": [12, 24], "lstmregressor__hidden_layer_sizes": [(16,), (32,)]},
    cv=TimeSeriesSplit(3),
    scoring="neg_mean_absolute_error",
    n_jobs=2,
).fit(X_train, y_train)
print(f"best of the grid: {search.best_params_}, in {time.perf_counter() - start:.0f} s")

# %%
# Compare with two simple forecasts, on those hours of the held-out year that were measured.

lag_table = make_pipeline(
    preparation(),
    ShiftFramer(lags=24, horizon=AHEAD, known=CALENDAR, output="table"),
    SimpleImputer(),
    StandardScaler(),
    Ridge(),
).fit(X_train, y_train)
forecasts = {
    "last value": y.shift(AHEAD)[n_train:].to_numpy(),
    "Ridge on a table of 24 lags": lag_table.predict(X_test),
    "tuned LSTM": search.predict(X_test),
}
known = measured[n_train:]
errors = {name: mean_absolute_error(y_test[known], forecast[known]) for name, forecast in forecasts.items()}
print(f"\nPM2.5 {AHEAD} hours ahead, mean absolute error in ug/m3, {known.sum()} hours")
for name, error in errors.items():
    print(f"  {name:28} {error:6.2f}   skill {1 - error / errors['last value']:+.1%}")

# %%
# Truth and forecast over the last four weeks.

figure, (above, below) = plt.subplots(2, 1, figsize=(11, 7), height_ratios=[2, 1], layout="constrained")
window = slice(-4 * 7 * 24, None)
times = X_test.index[window]
above.plot(times, np.where(known, y_test, np.nan)[window], color="0.2", linewidth=1, label="measured")
for name, color in (("Ridge on a table of 24 lags", "tab:orange"), ("tuned LSTM", "tab:blue")):
    above.plot(times, forecasts[name][window], color=color, linewidth=1.3, label=f"{name}, 24 h ahead")
above.set_ylabel("PM2.5 (µg/m³)")
above.set_title("Beijing, the last four weeks held out")
above.set_ylim(0, 540)
above.legend(loc="upper center", ncols=3)
below.barh(list(errors), list(errors.values()), color=["0.6", "tab:orange", "tab:blue"])
below.bar_label(below.containers[0], fmt="%.1f", padding=3)
below.set_xlabel("mean absolute error over the held-out year (µg/m³)")
figure.savefig("demo.png", dpi=120)
print(f"\nplot: {os.path.abspath('demo.png')}; {time.perf_counter() - start:.0f} s in all")
