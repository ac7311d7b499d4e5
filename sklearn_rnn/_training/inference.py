"""Running a trained network over sequences of any length, in passes of bounded memory with the state carried."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .._data.sequences import Array, Ints, Sequences
from .._networks.contract import ROWS, Network, State
from .._networks.kernels.threads import Team
from .batches import Pair, SequenceData

# Steps of one forward pass: enough to keep two cores busy, few enough for their caches (found empirically). Kernels cut
# a pass for the caches themselves.
PASS_STEPS, PASS_STEPS_OF_KERNELS = 32_768, 131_072
# Where a sequence takes several passes, all activations of a piece are alive at once, and smaller ones cost no time.
PIECE_STEPS = 8_192


class Evaluation:
    """Sequences that are read from the initial state to their ends, for predictions or a validation loss.

    Parameters
    ----------
    data : SequenceData
        Where they are.
    index : Tensor of shape (batch,)
        Which they are.
    """

    def __init__(self, data: SequenceData, index: Tensor) -> None:
        self.data = data
        self.index = index

    def apply(self, network: Network) -> Tensor:
        """Return one output per sequence, or per step, sequence after sequence."""
        lengths = self.data.lengths[self.index]
        longest = int(lengths.max())
        begins = torch.cumsum(lengths, 0) - lengths
        n_outputs = int(lengths.sum()) if self.data.sequences.per_step else len(lengths)
        outputs = torch.empty(0)  # made with the first piece, which shows the shape of an output
        steps = _steps_at_once(network, len(lengths), longest)
        alive, state = torch.arange(len(lengths), device=lengths.device), None
        for first in range(0, max(longest, 1), steps):
            left = (lengths[alive] - first).clamp(max=steps)
            output, state = self._apply_to_piece(network, alive, left, first, state)
            if first == 0:
                outputs = output.new_empty((n_outputs, *output.shape[2 if self.data.sequences.per_step else 1 :]))
            if self.data.sequences.per_step:
                places = torch.arange(output.shape[1], device=left.device)
                wanted = (begins[alive] + first)[:, None] + places
                real = places < left[:, None]
                outputs[wanted[real]] = output[: len(alive)][real]
            else:
                outputs[alive] = output[: len(alive)]  # the last time counts
            alive, state = _still_reading(alive, state, lengths[alive] > first + steps)
        return outputs

    def _apply_to_piece(
        self, network: Network, alive: Tensor, left: Tensor, first: int, state: State | None
    ) -> tuple[Tensor, State]:
        """Run the next `left` steps of the sequences that are not at their ends.

        Those that end here need no state any more, and all others have the same number of steps in this piece: a state
        that is right for the longest will do.
        """
        rows = filled(alive)
        longest = int(left.max())
        lengths = None if int(left.min()) == longest else filled(left)
        starts = self.data.starts[self.index[rows]] + self.data.sequences.stride * first
        x = self.data.gather(starts, longest, lengths)
        lengths = None if lengths is None else lengths.to(x.device)
        return network(x, state, lengths, ragged_state=False)


class Evaluations:
    """All sequences of a data set, in batches for `Evaluation` by a network."""

    def __init__(self, data: SequenceData, network: Network) -> None:
        self.data = data
        self.network = network

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[tuple[Evaluation, Pair]]:
        data = self.data
        # Sequences that a network reads as a whole bound memory by their number alone, but ROWS is the least.
        size = max(_pass_steps(self.network) // max(data.longest, 1) // ROWS, 1) * ROWS
        for index in torch.split(data.targeted, size):
            if len(index) == 0:  # not a single step
                return
            wanted = index
            if data.sequences.per_step:
                end = data.offsets[index[-1]] + data.lengths[index[-1]]
                wanted = torch.arange(int(data.offsets[index[0]]), int(end), device=index.device)
            yield Evaluation(data, index), data.targets(wanted)


def run_network(network: Network, sequences: Sequences, device: torch.device) -> Array:
    """Run all sequences through a trained network.

    Returns
    -------
    ndarray of shape (n, n_outputs), or (n, output_steps, n_outputs) of an encoder-decoder
        One row per sequence, or per step that is not padding.
    """
    network.eval()
    data = SequenceData(sequences, None, dtype=network.dtype, device=device)
    with torch.inference_mode(), Team():  # its threads serve all batches
        outputs = [batch.apply(network).cpu() for batch, _ in Evaluations(data, network)]
    return torch.cat(outputs or [torch.empty((0, network.n_outputs), dtype=network.dtype)]).numpy()


@torch.no_grad()
def advance(network: Network, data: SequenceData, starts: Ints, lengths: Ints, state: State | None) -> State:
    """Return the state after so many steps from the rows `starts` on."""
    for x, unequal in _pieces(data, starts, lengths):
        state = network(x, state, unequal, per_step=False)[1]
    return network.initial_state(len(starts)) if state is None else state


def run_on(network: Network, sequences: Sequences, state: State) -> tuple[Array, State]:
    """Continue from a state: outputs per step, sequence after sequence, and the state after each sequence."""
    data = SequenceData(sequences, None, dtype=network.dtype, device=network.device)
    outputs = torch.empty((sequences.n_steps, network.n_outputs), dtype=data.table.dtype)
    first = data.offsets.cpu()
    with torch.inference_mode():
        for x, unequal in _pieces(data, sequences.starts, sequences.lengths):
            output, state = network(x, state, unequal, per_step=True)
            left = torch.full((len(x),), x.shape[1]) if unequal is None else unequal.cpu()
            places = torch.arange(x.shape[1])
            real = places < left[:, None]
            outputs[(first[:, None] + places)[real]] = output.cpu()[real]
            first = first + left
    return outputs.numpy(), state


def _pieces(data: SequenceData, starts: Ints, lengths: Ints) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Gather ranges piece by piece, with the lengths of the pieces where they are unequal.

    Of ranges of 5, 2 and 0 steps, three steps at a time, the pieces have the lengths (3, 2, 0) and (2, 0, 0).
    """
    steps = max(PIECE_STEPS // max(len(starts), 1), 1)
    for first in range(0, int(lengths.max(initial=0)), steps):
        yield data.gather_ranges(starts + data.sequences.stride * first, np.clip(lengths - first, 0, steps))


def filled(rows: Tensor) -> Tensor:
    """Repeat the last row up to a multiple of ROWS."""
    missing = -len(rows) % ROWS
    return rows if missing == 0 else torch.cat([rows, rows[-1:].expand(missing, *rows.shape[1:])])


def _still_reading(alive: Tensor, state: State, continues: Tensor) -> tuple[Tensor, State]:
    """Leave out the sequences that are at their ends."""
    if bool(continues.all()):
        return alive, state
    kept = filled(torch.nonzero(continues)[:, 0])
    return alive[continues], [tuple(part[kept.to(part.device)] for part in parts) for parts in state]


def _pass_steps(network: Network) -> int:
    return PASS_STEPS_OF_KERNELS if network.kernels else PASS_STEPS


def _steps_at_once(network: Network, n_sequences: int, longest: int) -> int:
    """Bound the steps of a piece, unless the network must read sequences as a whole."""
    n_rows = n_sequences + -n_sequences % ROWS
    if network.whole_sequences or n_rows * longest <= _pass_steps(network):
        return max(longest, 1)
    return max(PIECE_STEPS // n_rows, 1)
