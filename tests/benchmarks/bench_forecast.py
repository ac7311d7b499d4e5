"""A backtest of 1,000 origins against a loop of forecasts, and the encoder-decoder against hand-written torch.

All numbers are ratios of times in the same run (minimum of repeats). Both sides of the backtest fit once, on the same rows.
The loop then calls `forecast` from each origin, as a user without `backtest` would.

Run it on an idle machine: python tests/benchmarks/bench_forecast.py
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from loops import fit
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from timing import clocked, minima
from torch import nn

from sklearn_rnn import EncoderDecoderRegressor, LSTMRegressor, SequenceForecaster, SequenceScaler, backtest
from sklearn_rnn.datasets import load_sunspots

LAGS, STEPS, ORIGINS = 36, 12, 1_000
UNITS, FEATURES = 32, 4


def loop_of_forecasts(forecaster: SequenceForecaster, table: object, initial: int) -> list[object]:
    fitted = clone(forecaster).fit(table[:initial])
    return [fitted.forecast(STEPS, history=table[: initial + i]) for i in range(ORIGINS)]


def time_backtests(repeats: int) -> None:
    print(f"{'estimator':9} {'strategy':10} {'backtest s':>10} {'loop s':>8} {'loop / backtest':>15}")
    sunspots = load_sunspots(return_X_y=True)[0]
    initial = len(sunspots) - ORIGINS - STEPS + 1
    network = make_pipeline(SequenceScaler(), LSTMRegressor(max_epochs=1, random_state=0))
    for name, estimator in (("Ridge", Ridge()), ("LSTM", network)):
        for strategy in ("recursive", "direct", "joint"):
            options = {"lags": LAGS, "horizon": STEPS, "strategy": strategy, "validation_fraction": None}
            forecaster = SequenceForecaster(estimator, **options)
            table = backtest(forecaster, sunspots, initial=initial)
            assert len(table) == ORIGINS * STEPS
            runs = {
                "backtest": clocked(lambda forecaster=forecaster: backtest(forecaster, sunspots, initial=initial)),
                "loop": clocked(lambda forecaster=forecaster: loop_of_forecasts(forecaster, sunspots, initial)),
            }
            one_pass, loop = minima(runs, repeats).values()
            print(f"{name:9} {strategy:10} {one_pass:10.3f} {loop:8.2f} {loop / one_pass:15.1f}")


class Bare(nn.Module):
    """An LSTM as encoder, and another as decoder: it starts from the last state and reads the last output repeatedly."""

    def __init__(self, output_steps: int) -> None:
        super().__init__()
        self.encoder = nn.LSTM(FEATURES, UNITS, batch_first=True)
        self.decoder = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, 1)
        self.output_steps = output_steps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, state = self.encoder(x)
        repeated = state[0][0][:, None].expand(-1, self.output_steps, -1).contiguous()
        return self.head(self.decoder(repeated, state)[0])[:, :, 0]


def time_encoder_decoder(repeats: int, epochs: int) -> None:
    print(f"\n{'encoder-decoder':20} {'batch':>5} {'fit s':>8} {'loop s':>8} {'ratio':>6}")
    rng = np.random.default_rng(0)
    for steps, output_steps, batch_size in ((24, 24, 32), (24, 24, 128), (120, 24, 32)):
        X = rng.normal(size=(4000, steps, FEATURES)).astype(np.float32)
        y = np.cumsum(X[:, -output_steps:, 0], axis=1)
        model = EncoderDecoderRegressor(batch_size=batch_size, max_epochs=epochs, early_stopping=False, random_state=0)
        bare, x, target = Bare(output_steps), torch.from_numpy(X), torch.from_numpy(y)
        runs = {
            "ours": clocked(lambda model=model, X=X, y=y: model.fit(X, y)),
            "loop": clocked(lambda bare=bare, x=x, y=target, size=batch_size: fit(bare, x, y, size, epochs)),
        }
        runs["ours"]()  # compiles
        ours, loop = minima(runs, repeats).values()
        print(f"{f'{steps} to {output_steps} steps':20} {batch_size:5} {ours:8.3f} {loop:8.3f} {ours / loop:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    time_backtests(options.repeats)
    time_encoder_decoder(options.repeats, options.epochs)


if __name__ == "__main__":
    main()
