"""Tables of polars and Arrow, read as tables of pandas: all that is checked of one is checked of the others."""

from __future__ import annotations

from typing import Any

import pandas as pd


def as_pandas(X: Any) -> Any:
    """Return a table or column of polars or Arrow as one of pandas, and anything else as it is.

    Neither package is needed, nor imported, where X is not of it.

    Raises
    ------
    TypeError
        If X is a lazy frame of polars, which holds no values yet.
    """
    package = type(X).__module__.partition(".")[0]
    if package == "pyarrow" and hasattr(X, "to_pandas"):
        return X.to_pandas()
    if package != "polars":
        return X
    if hasattr(X, "collect"):
        raise TypeError(f"X is a {type(X).__name__} of polars, which holds no values yet; give X.collect().")
    # Not by to_pandas, which needs pyarrow, too.
    if hasattr(X, "columns"):
        return pd.DataFrame({name: X[name].to_numpy() for name in X.columns}, copy=False)
    return pd.Series(X.to_numpy(), name=X.name, copy=False) if hasattr(X, "to_numpy") else X
