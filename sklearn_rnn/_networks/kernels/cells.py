"""The kinds of cells, and what is compiled for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import gru, lstm, rnn


class Cell(NamedTuple):
    """What a layer needs to know of its cell.

    Parameters
    ----------
    blocks : int
        Blocks of gates in its weights.
    states : int
        Parts of its state: h, or h and c.
    splits : bool
        Whether the last block keeps the biases of input and state apart.
    tape_size, forward, backward : callables
        Kernels.
    options : tuple
        Last arguments of the passes.
    """

    blocks: int
    states: int
    splits: bool
    tape_size: Callable[..., int]
    forward: Callable[..., None]
    backward: Callable[..., None]
    options: tuple[Any, ...] = ()


CELLS = {
    "tanh": Cell(rnn.BLOCKS, 1, False, rnn.tape_size, rnn.forward, rnn.backward, (False,)),
    "relu": Cell(rnn.BLOCKS, 1, False, rnn.tape_size, rnn.forward, rnn.backward, (True,)),
    "lstm": Cell(lstm.BLOCKS, 2, False, lstm.tape_size, lstm.forward, lstm.backward),
    "gru": Cell(gru.BLOCKS, 1, True, gru.tape_size, gru.forward, gru.backward),
}
