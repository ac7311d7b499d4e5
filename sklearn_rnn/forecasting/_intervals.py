"""Conformal intervals: quantiles of held-out errors are bounds around a forecast."""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import numpy as np

from .._data.sequences import Array, Ints
from .._data.tables import Panel
from ._learners import Learner
from ._plan import Origins, future_values

# Share of a standard deviation of the scores by which a rolling margin grows after a miss. With 0.1, intervals of 80
# and 90 % covered within 2.2 points of that on the three embedded series; with 0.05 within 3.1, a tenth narrower.
PACE = 0.1


def rank_of(coverage: float, n: int) -> int:
    """Return which of `n` scores, counted from the least, bounds one side of an interval.

    Half of what is not covered lies on either side; a rank beyond `n` would be an infinite bound.
    """
    # Of 19 scores and one to come, each of the 20 ranks is as likely for the latter: it is above the 19th with
    # probability 1/20, so that rank bounds one side of an interval of 90 %. The 1e-9 takes rounding out: 20 * 0.95
    # may come as 19.000000000000004.
    rank = math.ceil((n + 1) * (1 + coverage) / 2 - 1e-9)
    if rank > n:
        raise ValueError(
            f"coverage={coverage} needs the errors of at least {scores_needed(coverage)} held-out forecasts, but there "
            f"are {n}; hold out more (validation_fraction), fit on more rows, or ask for less coverage."
        )
    return rank


def scores_needed(coverage: float) -> int:
    """Return how many scores have a rank for both sides of an interval."""
    return math.ceil((1 + coverage) / (1 - coverage) - 1e-9)


def check_enough(interval: str, coverage: float, n: int, fraction: float, longest: int, horizon: int) -> None:
    """Raise an error if too few forecasts will be held out for intervals of a coverage.

    Parameters
    ----------
    interval : {"split", "rolling"}
        The parameter, for the message.
    coverage : float
        Share of the truth that is to lie within the bounds.
    n : int
        Forecasts that will be held out, of all series.
    fraction : float
        Share of the rows that is held out.
    longest : int
        Rows of the longest series.
    horizon : int
        Steps ahead of each forecast.
    """
    needed = scores_needed(coverage)
    if n >= needed:
        return
    held = needed + horizon - 1  # of one series: its first forecast takes `horizon` rows, each further one a row more
    share = math.ceil(100 * held / longest) / 100
    more = f"validation_fraction={share} or more, or " if share < 1 else ""
    raise ValueError(
        f"interval={interval!r} could give no intervals of coverage={coverage}: they need the errors of at least "
        f"{needed} held-out forecasts, but of {longest} rows validation_fraction={fraction} holds out "
        f"{n} forecast{'s' * (n != 1)} of horizon={horizon}. Use {more}{math.ceil(held / fraction)} rows."
    )


def split_margins(scores: Array, coverage: float) -> Array:
    """Return how far bounds are moved outwards: one margin for all forecasts.

    Parameters
    ----------
    scores : ndarray of shape (n_origins, n_steps, n_targets, 2)
        How far the truth lay below the lower bound, and above the upper one, of held-out forecasts.
    coverage : float
        Share of the truth that is to lie within the bounds.

    Returns
    -------
    ndarray of shape (n_steps, n_targets, 2)
    """
    rank = rank_of(coverage, len(scores))
    return np.asarray(np.sort(scores, axis=0)[rank - 1])


def rolling_margins(scores: Array, coverage: float, n_first: int) -> Array:
    """Return margins that follow the scores: a little wider after each miss, narrower after each hit.

    Quantile tracking (Gibbs and Candès, 2021; Angelopoulos, Candès and Tibshirani, 2023): whatever the scores do, as
    long as they are bounded, the share of misses comes to that wanted in the long run.

    Parameters
    ----------
    scores : ndarray of shape (n_origins, n_steps, n_targets, 2)
        Scores of origins that are a row apart. That of k steps ahead is known k rows after its origin.
    coverage : float
        Share of the truth that is to lie within the bounds.
    n_first : int
        Scores, from the first, that margins begin with.

    Returns
    -------
    ndarray of shape (n_origins + 1, n_steps, n_targets, 2)
        For each origin and for the one that comes next.
    """
    first, n_steps = scores[:n_first], scores.shape[1]
    margins = np.empty((len(scores) + 1, *scores.shape[1:]))
    margins[: n_first + 1] = split_margins(first, coverage)
    # With coverage 0.9 each side should miss 0.05 of the truth. A hit narrows a margin by 0.05 strides, a miss widens
    # it by 0.95, so that 19 hits and a miss leave it where it was: the share of misses that it settles at.
    stride, missed = PACE * first.std(axis=0), (1 - coverage) / 2
    for now in range(n_first + 1, len(margins)):
        margins[now] = margins[now - 1]
        steps = np.arange(min(n_steps, now - n_first))  # those whose truth has come since, from an origin of its own
        origins = now - 1 - steps  # at row 7, the step 1 ahead of row 6, the step 2 ahead of row 5, ...
        misses = scores[origins, steps] > margins[origins, steps]
        margins[now, steps] += stride[steps] * (misses - missed)
    return margins


class Source(NamedTuple):
    """Where a series of a panel comes from: its number in fit, and the place in it of the last row of fit."""

    number: int
    last: int


Sources = list[Source | None]


class Band:
    """Bounds around forecasts, moved outwards by margins from held-out scores.

    Parameters
    ----------
    rolling : bool
        Whether margins follow the newest scores of each series, or are the same for all forecasts.
    low, high : Learner
        What bounds are made from: models of quantiles, or twice that of the forecast itself.
    horizon : int
        Steps ahead that have scores.
    """

    def __init__(self, rolling: bool, low: Learner, high: Learner, horizon: int) -> None:
        self.rolling = rolling
        self.low = low
        self.high = high
        self.steps = np.arange(1, horizon + 1)
        self.scores: dict[int, Array] = {}
        self.n_first: dict[int, int] = {}  # scores of each series that were held out in fit

    def calibrate(self, panel: Panel, origins: Origins) -> None:
        """Take the scores of held-out origins, which are a row apart within each series."""
        numbers = np.searchsorted(panel.firsts, origins.begins)
        scores = self._scores(panel, origins)
        self.scores = {int(number): scores[numbers == number] for number in np.unique(numbers)}
        self.n_first = {number: len(own) for number, own in self.scores.items()}

    def extended(self, panel: Panel, sources: Sources, low: Learner, high: Learner) -> Band:
        """Return a band of newer models that also has the scores of the rows since, under the models before."""
        new = copy.copy(self)
        new.low, new.high, new.scores = low, high, dict(self.scores)
        for begin, source in zip(panel.firsts, sources, strict=True):
            if source is not None and source.number in self.scores:
                newer = self._scores(panel, self._newer(panel, int(begin), source))
                new.scores[source.number] = np.concatenate([self.scores[source.number], newer])
        return new

    def margins(self, panel: Panel, origins: Origins, coverage: float, sources: Sources) -> Array:
        """Return how far the bounds of each origin are moved, of shape (n_origins, n_steps, n_targets, 2)."""
        pooled = np.concatenate(list(self.scores.values()))
        if not self.rolling:
            return np.broadcast_to(split_margins(pooled, coverage), (len(origins), *pooled.shape[1:]))
        margins = np.empty((len(origins), *pooled.shape[1:]))
        for begin in np.unique(origins.begins):
            which = origins.begins == begin
            source = sources[int(np.searchsorted(panel.firsts, begin))]
            n_first = 0 if source is None else self.n_first.get(source.number, 0)
            if source is None or n_first < scores_needed(coverage):  # a series with too few scores of its own
                margins[which] = split_margins(pooled, coverage)
                continue
            newer, own = self._newer(panel, int(begin), source), self.scores[source.number]
            joined = np.concatenate([own, self._scores(panel, newer)])
            rolled = rolling_margins(joined, coverage, n_first)
            oldest = self._first_newer(int(begin), source) - len(own)  # the origin of the first score
            margins[which] = rolled[np.clip(origins.rows[which] - oldest, 0, len(joined))]
        return margins

    def bounds(
        self, panel: Panel, origins: Origins, steps: Ints, coverage: float, sources: Sources
    ) -> tuple[Array, Array]:
        """Return the lower and the upper bounds of these steps ahead, each of shape (n_origins, n_steps, n_targets)."""
        low, high = self._unmoved(panel, origins, steps)
        margins = self.margins(panel, origins, coverage, sources)[:, steps - 1]
        low, high = low - margins[..., 0], high + margins[..., 1]
        return np.minimum(low, high), np.maximum(low, high)  # models of two quantiles may cross

    def _first_newer(self, begin: int, source: Source) -> int:
        """Return the first origin of a series not all of whose steps ahead had come by the last row of fit."""
        return begin + source.last - len(self.steps) + 1

    def _newer(self, panel: Panel, begin: int, source: Source) -> Origins:
        """Return the origins of a series that have no score yet, and whose steps ahead all lie in the panel."""
        width = int(panel.widths[np.searchsorted(panel.firsts, begin)])
        rows = np.arange(max(self._first_newer(begin, source), begin), begin + width - len(self.steps))
        return Origins(rows, np.full_like(rows, begin))

    def _unmoved(self, panel: Panel, origins: Origins, steps: Ints) -> tuple[Array, Array]:
        low = self.low.forecast(panel, origins, steps)
        return low, low if self.high is self.low else self.high.forecast(panel, origins, steps)

    def _scores(self, panel: Panel, origins: Origins) -> Array:
        truth = future_values(panel, origins, self.steps, self.low.plan.targets)
        low, high = self._unmoved(panel, origins, self.steps)
        return np.stack([low - truth, truth - high], axis=-1)
