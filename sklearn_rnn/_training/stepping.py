"""One step of every series of a stream: compiled where the network can be, else by torch."""

from __future__ import annotations

import torch

from .._data.sequences import Array
from .._networks.contract import ArrayStep, Network, State


def array_step(network: Network) -> ArrayStep:
    """Return the fastest way to run one step of a network that is trained."""
    return network.compiled_step() or TorchStep(network)


class TorchStep:
    """One step of a network by torch, as `ArrayStep` says; it holds states as tensors.

    Parameters
    ----------
    network : Network
        What is run, by its `single_step` where it has one.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.single_step = network.single_step()
        self.device = network.device

    def __call__(self, x: Array, padding: Array | None, state: State) -> tuple[Array, State]:
        """Return outputs (n_series, n_outputs), and the state after the step x (n_series, n_features)."""
        with torch.inference_mode():
            step = torch.from_numpy(x).to(self.device)
            if self.single_step is not None:
                output, after = self.single_step(step, state)
            else:
                outputs, after = self.network(step[:, None], state, per_step=True)
                output = outputs[:, 0]
            if padding is not None:
                chosen = torch.from_numpy(padding).to(self.device)
                after = [
                    tuple(torch.where(chosen, old, new) for old, new in zip(olds, news, strict=True))
                    for olds, news in zip(state, after, strict=True)
                ]
                output = self.network.before_steps(after)  # of a padded step: that of the step before it
            return output.cpu().numpy(), after

    def hold(self, state: State) -> State:
        """Return the state as it is."""
        return state

    def release(self, state: State) -> State:
        """Return the state as it is."""
        return state
