"""The contract of a network: what training, prediction, streams and summaries ask of one. Torch only.

Nothing outside this folder looks into a network: whatever keeps this contract can be put behind the estimators.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

# What a network remembers from one step to the next: tuples of tensors of shape (batch, units), such as (h,) or (h, c)
# of each recurrent layer, first layer first. An empty list is the state of a network that remembers nothing.
State = list[tuple[Tensor, ...]]
SingleStep = Callable[[Tensor, State], tuple[Tensor, State]]
Array = NDArray[Any]

# Predictions run sequences in multiples of this many rows: matrix products of fewer rows take other kernels, whose
# rounding differs. So a prediction is the same to the last bit, whatever stands beside it in X.
ROWS = 16


class Part(NamedTuple):
    """A row of the summary: a part of a network, its outputs per step, and the numbers in it that training changes."""

    name: str
    units: int
    parameters: int


class ArrayStep(Protocol):
    """One step of every series of a stream, on arrays; it holds their state in a form of its own."""

    def __call__(self, x: Array, padding: Array | None, state: Any) -> tuple[Array, Any]:
        """Read one step of every series.

        Parameters
        ----------
        x : ndarray of shape (n_series, n_features)
            The steps.
        padding : ndarray of bool of shape (n_series, 1) or None
            Which of them are none: the state of such a series stays as it is.
        state : object
            The state before it, as `hold` or an earlier call returned it. It is never written to.

        Returns
        -------
        output : ndarray of shape (n_series, n_outputs)
            The outputs; those of padding are what `Network.before_steps` returns.
        state : object
            The state after it.
        """
        ...

    def hold(self, state: State) -> Any:
        """Return a state in the form that calls take."""
        ...

    def release(self, state: Any) -> State:
        """Return the state that was held; no one may write to it."""
        ...


class Network(nn.Module, ABC):
    """Base class of all networks.

    A subclass must define `n_outputs`, `forward`, `before_steps` and `initialize`. Everything else has a default, which
    is that of a network without a state: it reads each sequence as a whole, since pieces could not be continued. A
    network with a state also defines `initial_state`, and may define `single_step` or `compiled_step` to make streams
    faster.

    Sequences stand at the front of their row. What lies behind the end of one (`lengths`) is finite but meaningless; it
    must not change the outputs of its real steps, nor those of other sequences.

    Attributes
    ----------
    n_outputs : int
        Outputs per target.
    return_sequences : bool, default=False
        Whether `forward` returns an output per step where `per_step` does not say so.
    generator : torch.Generator or None, default=None
        Source of all random numbers that training draws, such as masks of dropout; None is torch's global generator.
        It is set from outside, so that the same `random_state` gives the same weights.
    kernels : bool, default=False
        Whether layers run as compiled kernels on a CPU, as `use_kernels` sets it.

    Examples
    --------
    A moving average of the last steps; ``tests/causal_tcn.py`` has a network that is worth training, and
    ``tests/test_contract.py`` checks that a network keeps this contract.

    >>> import torch
    >>> from torch import nn
    >>> class MovingAverage(Network):
    ...     def __init__(self, n_features, n_outputs, width=3):
    ...         super().__init__()
    ...         self.n_outputs, self.width = n_outputs, width
    ...         self.head = nn.Linear(n_features, n_outputs)
    ...
    ...     def forward(self, x, state=None, lengths=None, *, per_step=None, ragged_state=True):
    ...         past = nn.functional.pad(x.mT, (self.width, 0))  # one slot more, for the output before the first step
    ...         output = self.head(nn.functional.avg_pool1d(past, self.width, stride=1).mT)
    ...         if per_step or (per_step is None and self.return_sequences):
    ...             return output[:, 1:], []
    ...         return output[:, -1] if lengths is None else output[torch.arange(len(x)), lengths], []
    ...
    ...     def before_steps(self, state):
    ...         return self.head.bias[None]
    ...
    ...     def initialize(self, generator):
    ...         nn.init.xavier_uniform_(self.head.weight, generator=generator)
    ...         nn.init.zeros_(self.head.bias)
    >>> network = MovingAverage(n_features=2, n_outputs=1)
    >>> network(torch.ones(5, 7, 2), lengths=torch.tensor([7, 3, 1, 0, 5]))[0].shape
    torch.Size([5, 1])
    >>> network.whole_sequences, network.why_whole
    (True, 'MovingAverage keeps no state from one step to the next')
    """

    n_outputs: int
    return_sequences: bool = False
    generator: torch.Generator | None = None
    kernels: bool = False

    @abstractmethod
    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        *,
        per_step: bool | None = None,
        ragged_state: bool = True,
    ) -> tuple[Tensor, State]:
        """Run sequences through the network.

        Parameters
        ----------
        x : Tensor of shape (batch, steps, n_features)
            Sequences, each at the front of its row.
        state : State, optional
            State before the first step, as an earlier call returned it; `initial_state` by default. It is never
            written to.
        lengths : Tensor of shape (batch,), optional
            Steps of each sequence, which may be zero; all by default.
        per_step : bool, optional
            Whether there is an output per step, or one after the last step of each sequence; as `return_sequences` by
            default.
        ragged_state : bool, default=True
            Whether the state must be right for sequences of unequal lengths, too. Without it a network may run faster
            and leave the state of those that are shorter than the longest meaningless; outputs are right all the same.

        Returns
        -------
        output : Tensor of shape (batch, steps, n_outputs) or (batch, n_outputs)
            For every step (behind the end of a sequence: meaningless but finite), or after the last one; where a
            sequence has no steps, the latter is `before_steps` of its state.
        state : State
            State after the last step of each sequence.
        """

    @abstractmethod
    def before_steps(self, state: State) -> Tensor:
        """Return the output from a state before any further step, of shape (n, n_outputs).

        It is what stands for a sequence without steps, and for padding before the first step. From the empty state of
        a network that has none it is the same for all sequences, of shape (1, n_outputs).
        """

    @abstractmethod
    def initialize(self, generator: torch.Generator) -> None:
        """Draw all weights afresh, from `generator` alone; all must be set, since memory is not initialized before."""

    def start_at(self, output: Tensor) -> None:
        """Make `output`, of shape (n_outputs,), the bias of the output layer, if there is one.

        It is called after `initialize`, so that training begins with outputs that fit the targets on average.
        """

    def initial_state(self, n: int) -> State:
        """Return the state of `n` sequences before their first step; an empty list if there is none."""
        return []

    def single_step(self) -> SingleStep | None:
        """Return a function (x, state) -> (output, state) for one step, or None if it is no faster than `forward`.

        It takes x of shape (batch, n_features), returns outputs of shape (batch, n_outputs), shares the weights of the
        network and can be pickled. Dropout does not take place.
        """
        return None

    def compiled_step(self) -> ArrayStep | None:
        """Return one compiled step for streams, or None if there is none for this network on its device.

        Weights are copied: it does not see changes of them. Dropout does not take place.
        """
        return None

    def use_kernels(self) -> bool:
        """Let layers run as compiled kernels on a CPU, and return whether there are any that can."""
        return False

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled or copied: of a generator of a GPU, its state, to be read without one, too."""
        generator = self.generator
        if generator is None or generator.device.type == "cpu":
            return self.__dict__
        return self.__dict__ | {"generator": _Portable(generator)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was pickled; on a GPU recurrent layers of torch want their weights side by side again."""
        super().__setstate__(state)  # type: ignore[no-untyped-call] # torch has not annotated it
        for module in self.modules():
            if isinstance(module, nn.RNNBase):
                module.flatten_parameters()

    @property
    def whole_sequences(self) -> bool:
        """Whether a sequence must be read as a whole: its pieces can't be continued from a state."""
        return not self.initial_state(1)

    @property
    def why_whole(self) -> str:
        """What makes it so, as a clause for error messages."""
        return f"{type(self).__name__} keeps no state from one step to the next"

    @property
    def keeps_steps(self) -> bool:
        """Whether an output per step of the input is possible."""
        return True

    @property
    def draws(self) -> bool:
        """Whether `forward` draws random numbers in training."""
        return False

    def structure(self) -> dict[str, Any]:
        """Return the constructor's parameters that the meaning of the weights depends on, by name.

        Training continues from earlier weights only where these are equal: other structures may happen to have weights
        of the same shapes.
        """
        return {}

    def parts(self) -> list[Part]:
        """Return the rows of the summary, from input to output; their parameters add up to those of the network."""
        return [Part(type(self).__name__, self.n_outputs, count_parameters(self))]

    @property
    def dtype(self) -> torch.dtype:
        """Floating type of the weights."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


class _Portable:
    """A generator that is pickled so that it can be read where its device is missing."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def __reduce__(self) -> tuple[Any, ...]:
        generator = self.generator
        return _restored, (str(generator.device), generator.initial_seed(), generator.get_state())


def _restored(device: str, seed: int, state: Tensor) -> torch.Generator:
    """Return a generator in a state; without its device one of the CPU, which begins with the same seed."""
    try:
        generator = torch.Generator(device)
    except RuntimeError:
        return torch.Generator().manual_seed(seed)
    generator.set_state(state)
    return generator


def count_parameters(module: nn.Module) -> int:
    """Count the numbers that training changes."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def dropout_mask(x: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
    """Draw a mask that is the same for all steps of a sequence, scaled so that the expectation stays."""
    shape = (len(x), *([1] * (x.ndim - 2)), x.shape[-1])
    return torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(1 - share, generator=generator) / (1 - share)
