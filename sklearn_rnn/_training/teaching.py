"""Batches that tell a network the true outputs, for teacher forcing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from .._networks.encoder_decoder import EncoderDecoder
from .batches import Batch, Batches, Pair


class Taught:
    """Batches whose targets the network is told.

    Parameters
    ----------
    batches : Batches
        Batches of training.
    """

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    @property
    def n_updates(self) -> int:
        """Updates of an epoch."""
        return self.batches.n_updates

    def __iter__(self) -> Iterator[tuple[TaughtBatch, Pair]]:
        for batch, targets in self.batches:
            yield TaughtBatch(batch, targets[0]), targets  # on the scale that the network learns on


@dataclass(frozen=True)
class TaughtBatch:
    """Sequences together with their true outputs.

    Parameters
    ----------
    batch : Batch
        Sequences.
    truth : Tensor of shape (batch, output_steps, n_outputs) or None
        True outputs.
    """

    batch: Batch
    truth: Tensor | None

    def apply(self, network: EncoderDecoder) -> Tensor:
        """Return an output per sequence, by teacher forcing."""
        x, lengths = self.batch.steps()
        output: Tensor = network(x, None, lengths, truth=self.truth)[0]
        return output
