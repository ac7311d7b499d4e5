"""What is compared with: the best that a user of torch writes by hand.

Tensors indexed by a permutation, a fused Adam, clipping of the norm of the gradient.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

LAYERS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
CELLS = {"RNN": nn.RNNCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}


class Network(nn.Module):
    """One recurrent layer, and a linear one on its last step."""

    def __init__(self, cell: str, n_features: int, units: int) -> None:
        super().__init__()
        self.layer = LAYERS[cell](n_features, units, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x)[0][:, -1])


class StatefulNetwork(Network):
    """The linear layer on all steps; the state is the user's."""

    def forward(self, x: Tensor, state: object) -> tuple[Tensor, object]:
        outputs, state = self.layer(x, state)
        return self.head(outputs), state


def fit(module: nn.Module, x: Tensor, y: Tensor, batch_size: int, epochs: int) -> None:
    optimizer, loss = adam(module), nn.MSELoss()
    for _ in range(epochs):
        for index in torch.randperm(len(x), device=x.device).split(batch_size):
            optimizer.zero_grad()
            loss(module(x[index]), y[index]).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()


def fit_stateful(module: StatefulNetwork, x: Tensor, y: Tensor, chunk: int, epochs: int) -> None:
    """Train on x (lanes, steps, features), chunk after chunk of all lanes; the state is detached after each."""
    optimizer, loss = adam(module), nn.MSELoss()
    for _ in range(epochs):
        state = None
        for part, target in zip(x.split(chunk, dim=1), y.split(chunk, dim=1), strict=True):
            optimizer.zero_grad()
            output, state = module(part, state)
            loss(output, target).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def adam(module: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)


def predict(module: nn.Module, x: Tensor, batch_size: int) -> np.ndarray:
    with torch.inference_mode():
        return torch.cat([module(part) for part in x.split(batch_size)]).cpu().numpy()


def stepper(cell: str, x: Tensor, units: int) -> Callable[[], Tensor]:
    """Return a function that reads x (1, features) as the next step of a series."""
    layer, head, state = CELLS[cell](x.shape[1], units), nn.Linear(units, 1), None

    def step() -> Tensor:
        nonlocal state
        with torch.inference_mode():
            state = layer(x, state)
            return head(state[0] if isinstance(state, tuple) else state)

    return step
