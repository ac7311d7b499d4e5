"""Compare windows, truncated gradients and a carried state on one series: ``python docs/compare_memory.py``.

Prints the table of which.md: sunspots, 12 months ahead, by LSTMs of the same size that remember in different ways.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_rnn import LSTMRegressor, PipelineStream, SequenceScaler, ShiftFramer
from sklearn_rnn.datasets import load_sunspots

AHEAD = 12
BATCH, LANES = 32, 8
WINDOWS = [24, 72, 132]  # two, six and eleven years: the last is a whole cycle
CHUNKS = [24, 132]
CUTS = [(24, 24), (24, 72), (24, 132)]


def main(n_rows: int = 3126, seeds: tuple[int, ...] = (0, 1, 2), shrink: int = 1) -> pd.DataFrame:
    """Return a row per model: error, its spread over seeds, training time, memory and work per prediction."""
    X, y = load_sunspots(return_X_y=True)
    X, y = X[:n_rows], y[:n_rows]
    n_train = int(0.75 * len(X))
    table = pd.DataFrame.from_dict(
        {name: figures(model, X, y, n_train, seeds) | work for name, (model, work) in models(shrink).items()},
        orient="index",
    )
    table["training time"] /= table["training time"].min()
    held_out = slice(n_train, None)
    table.loc["the value of 12 months before", "error"] = mean_absolute_error(y[held_out], y.shift(AHEAD)[held_out])
    return table


def models(shrink: int) -> dict[str, tuple[Pipeline, dict[str, int]]]:
    """Return each model with the steps that an update keeps for its gradient, and those that a prediction runs.

    Learning rates and epochs are the same for all windows, and for all that read one series; none was searched for.
    """
    found = {}
    for lags in WINDOWS:
        network = LSTMRegressor(batch_size=BATCH, lr=3e-3, max_epochs=max(10 // shrink, 1))
        model = make_pipeline(ShiftFramer(lags=lags, horizon=AHEAD), SequenceScaler(), network)
        found[f"windows of {lags}"] = model, {"steps per update": BATCH * lags, "steps per prediction": lags}
    for stateful, cuts in [(False, k) for k in CHUNKS] + [(True, cut) for cut in CUTS]:
        options = {"return_sequences": True, "stateful": stateful, "tbptt": cuts, "batch_size": LANES}
        network = LSTMRegressor(lr=1e-2, max_epochs=max(20 // shrink, 1), **options)
        model = make_pipeline(ShiftFramer(lags=1, horizon=AHEAD), SequenceScaler(), network)
        name = f"state, tbptt={cuts}" if stateful else f"chunks, tbptt={cuts}"
        far = cuts[1] if isinstance(cuts, tuple) else cuts
        found[name] = model, {"steps per update": LANES * far, "steps per prediction": 1}
    return found


def figures(model: Pipeline, X: pd.DataFrame, y: pd.Series, n_train: int, seeds: tuple[int, ...]) -> dict[str, float]:
    """Train once per seed; time is that of the processor, which other programs disturb least."""
    errors, start = [], time.process_time()
    for seed in seeds:
        model[-1].set_params(random_state=seed)
        model.fit(X[:n_train], y[:n_train])
        predictions = held_out(model, X, n_train)
        errors.append(mean_absolute_error(y[n_train:], predictions))
    seconds = time.process_time() - start
    stepped, milliseconds = row_by_row(model, X, n_train)
    np.testing.assert_allclose(stepped, predictions[: len(stepped)], rtol=1e-3, atol=1e-3)
    return {
        "error": float(np.mean(errors)),
        "worst seed": max(errors),
        "training time": seconds,
        "ms per row": milliseconds,
        "of the network": network_alone(model, X, n_train),
    }


def held_out(model: Pipeline, X: pd.DataFrame, n_train: int) -> np.ndarray:
    """Predict the held-out rows in the whole table; its first rows have no past, and are left out."""
    frames = model[:-1].transform(X)[AHEAD:]
    return model[-1].predict(frames)[n_train - AHEAD :]


def row_by_row(model: Pipeline, X: pd.DataFrame, n_train: int, n: int = 50) -> tuple[np.ndarray, float]:
    """Predict rows as they come in, and return the milliseconds that each took."""
    stream = PipelineStream(model, history=X[:n_train])
    rows = [X.iloc[row] for row in range(n_train, n_train + n)]
    start = time.process_time()
    predictions = [stream.step(row) for row in rows]
    return np.concatenate(predictions), 1000 * (time.process_time() - start) / n


def network_alone(model: Pipeline, X: pd.DataFrame, n_train: int, n: int = 50) -> float:
    """Return the milliseconds that the network itself takes for a row, read from arrays."""
    frames, network = model[:-1].transform(X[: n_train + n]), model[-1]
    if network.return_sequences:
        read = network.stream(history=frames[:n_train]).step
        inputs = [frames[row][0] for row in range(n_train, n_train + n)]
    else:
        read = network.predict
        inputs = [np.asarray(frames[row : row + 1]) for row in range(n_train, n_train + n)]
    start = time.process_time()
    for steps in inputs:
        read(steps)
    return 1000 * (time.process_time() - start) / n


if __name__ == "__main__":
    formats = [*["{:.1f}".format] * 4, "{:.2f}".format, *["{:.0f}".format] * 2]
    result = main()
    print(result.to_string(formatters=dict(zip(result.columns, formats, strict=True)), na_rep=""))
