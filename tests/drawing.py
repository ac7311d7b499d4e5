"""What the tests of displays share."""

import re

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")


def exactly(message):
    return f"^{re.escape(message)}$"


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def backtested(scale=1.0, steps=3, targets=("sales",), series=(None,)):
    """Errors are +step at the first cutoff and -3 * step at the second, times scale; naive ones 5 * step."""
    rows = [
        {
            "cutoff": cutoff,
            "series": one,
            "target": target,
            "time": cutoff + step,
            "step": step,
            "y_true": 10.0,
            "y_pred": 10.0 + error * step * scale * (i + 1) * (j + 1),
            "y_naive": 10.0 - 5 * step,
            "lower": np.nan,
            "upper": np.nan,
        }
        for i, target in enumerate(targets)
        for j, one in enumerate(series)
        for cutoff, error in ((10, 1), (20, -3))
        for step in range(1, steps + 1)
    ]
    return pd.DataFrame(rows)
