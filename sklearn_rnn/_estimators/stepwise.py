"""What the estimators share whose network may return an output per step and carry its state."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._data.caller import warn_caller
from .._networks.contract import Network
from ..stream import Stream
from .base import SequenceEstimator
from .parameters import TimeParameters


class StepwiseEstimator(TimeParameters, SequenceEstimator):
    """Base of the estimators of one target per sequence or per step, which can be streamed."""

    def stream(
        self,
        n_series: int | None = None,
        *,
        history: Any = None,
        series: Any = None,
        resume: bool = False,
        method: str = "predict",
    ) -> Stream:
        """Read series step after step, with the state in hand.

        Parameters
        ----------
        n_series : int, optional
            Series that are read side by side; 1, or those of `history`, by default.
        history : array-like, DataFrame or list of arrays, optional
            Steps to read first, in any form that `predict` takes. A 2-D X is one series unless it tells several apart.
        series : array-like of shape (n_rows,), optional
            Series of each row of a 2-D `history`.
        resume : bool, default=False
            Whether to continue from the state in which training left each series (``stateful=True`` with a target per
            step).
        method : str, default="predict"
            What the stream returns: "predict" or, of classifiers, "predict_proba", "predict_log_proba" or
            "decision_function".

        Returns
        -------
        Stream
            See there for `step`, `predict`, `state`, `reset`, `copy`, `save` and `load`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the network reads whole sequences (``bidirectional=True``), or arguments contradict each other.
        """
        check_is_fitted(self)
        return Stream(self, n_series, history=history, series=series, resume=resume, method=method)

    def _check_options(self) -> None:
        super()._check_options()
        k1, k2 = self._k1_and_k2()
        if self.stateful and self.tbptt is None and not self.return_sequences:
            raise ValueError(
                "stateful=True carries the state over the cuts of tbptt, but tbptt=None cuts nothing: with one target "
                "per sequence each of them begins with a state of zero. Set tbptt, such as tbptt=50, use "
                "return_sequences=True for a target per step of a series, or stateful=False."
            )
        if self.return_sequences and not (isinstance(self.columns, str) and self.columns == "auto"):
            raise ValueError(
                f"columns={self.columns!r} says how a row of X is cut into steps, but with return_sequences=True each "
                "row is one step; use columns='auto', or return_sequences=False for one target per sequence."
            )
        # With one target per sequence k1 plays no part, so that nothing is lost.
        if k1 > k2 and self.return_sequences:
            warn_caller(
                f"tbptt={self.tbptt!r} has k1 > k2: of every {k1} targets only the newest {k2} are learned from. Use "
                f"tbptt=({k2}, {k2}) or a longer k2, such as ({k1}, {k1}), to learn from all.",
                UserWarning,
            )

    def _check_network(self, network: Network) -> None:
        """Raise if parameters ask for what the network says that it can't do."""
        super()._check_network(network)
        k1, k2 = self._k1_and_k2()
        if self.return_sequences and not network.keeps_steps:
            raise ValueError(
                f"return_sequences=True asks for an output per step, but {type(network).__name__} has one per "
                "sequence; use return_sequences=False."
            )
        if self.stateful and network.whole_sequences:
            raise ValueError(
                f"stateful=True carries a state from one part of a sequence to the next, but {network.why_whole}, so "
                "none can be carried; use stateful=False."
            )
        # A network with a state that reads whole sequences (both directions) can still read chunks as wholes.
        if self.tbptt is not None and not network.initial_state(1):
            raise ValueError(
                f"tbptt={self.tbptt!r} cuts sequences and hands a state over, but {network.why_whole}; use tbptt=None."
            )
        if network.whole_sequences and k1 != k2:
            raise ValueError(
                f"tbptt={self.tbptt!r} lets gradients and updates differ in length, but {network.why_whole}, so "
                "that a chunk is read as a whole; use one number for both."
            )

    def _k1_and_k2(self) -> tuple[int, int]:
        """Return the numbers of `tbptt`, both zero without it."""
        least, given = (0, 0) if self.tbptt is None else (1, self.tbptt)
        pair = given if isinstance(given, tuple) else (given, given)
        if len(pair) != 2 or not all(isinstance(k, Integral) and int(k) >= least for k in pair):
            raise ValueError(
                f"tbptt must be (k1, k2), two numbers of steps of at least one, or one number for both; got "
                f"{self.tbptt!r}."
            )
        return int(pair[0]), int(pair[1])
