"""A warning of a network that too few updates have left half trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._data.caller import warn_caller

FEW = 300  # updates
SHORTEST = 16  # epochs: quarters of fewer show no trend, and so few were chosen on purpose
# Share of the whole fall of the loss that came in the last quarter of the epochs: 0.29 if it fell evenly, and less than
# 0.03 in every fit of the guides, which have learned what there was to learn.
LAST_SHARE = 0.1
# A loss that fell below this share of its first value is that of a network that has learned, if not all there is.
LEFT = 0.1


def warn_of_few_updates(estimator: Any, rows: list[dict[str, Any]], n_sequences: int) -> None:
    """Warn if a fit that ran all its epochs made few updates, and its loss was still falling.

    Parameters
    ----------
    estimator : object
        An estimator of this package.
    rows : list of dict
        What skorch recorded of the epochs of this fit.
    n_sequences : int
        Sequences that were learned from.
    """
    # That of validation may rise while what is learned by heart lets the other fall.
    name, kind = ("valid_loss", "validation") if "valid_loss" in rows[0] else ("train_loss", "training")
    losses = [row[name] for row in rows]
    n_updates = sum(row["train_batch_count"] for row in rows)
    if len(rows) < SHORTEST or n_updates >= FEW or not _still_falls(losses):
        return
    remedies = ["raise max_epochs or lr"]
    batch_size = estimator.net_.batch_size
    if batch_size > 1 and (n_sequences > 1 or estimator.tbptt is not None):
        remedies.append(f"lower batch_size (it is {batch_size})")
    if estimator.return_sequences and estimator.tbptt is None:
        remedies.append("cut sequences by tbptt, such as tbptt=50")
    warn_caller(
        f"The {len(rows)} epochs made {n_updates} updates in all, and the {kind} loss was still falling: the "
        f"network is probably half trained. For more updates, {', or '.join(remedies)}.",
        ConvergenceWarning,
    )


def _still_falls(losses: list[float]) -> bool:
    """Return whether a good part of the fall of the loss came from the third quarter of the epochs to the last."""
    quarter = len(losses) // 4
    before, last = np.mean(losses[-2 * quarter : -quarter]), np.mean(losses[-quarter:])
    return bool(before - last > LAST_SHARE * (losses[0] - last) > 0 and last > LEFT * losses[0])
