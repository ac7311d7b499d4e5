"""What the loaders and makers share: reading the embedded files and checking arguments."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar

import pandas as pd
from sklearn.utils._param_validation import validate_params

Function = TypeVar("Function", bound=Callable[..., Any])

_DATA = files("sklearn_rnn.datasets").joinpath("data")


def validated(**constraints: list[Any]) -> Callable[[Function], Function]:
    """Check arguments of a function as scikit-learn does; unlike its decorator, this one keeps the types."""
    check: Callable[[Function], Function] = validate_params(constraints, prefer_skip_nested_validation=True)
    return check


def read_table(name: str) -> pd.DataFrame:
    """Read an embedded table. An empty field is the only sign of a missing value: 'Nan' is a first name."""
    with _DATA.joinpath(f"{name}.csv.gz").open("rb") as file:
        return pd.read_csv(file, compression="gzip", keep_default_na=False, na_values=[""])


def read_description(name: str) -> str:
    """Read the text that describes a data set, with its source and licence."""
    return _DATA.joinpath(f"{name}.rst").read_text(encoding="utf-8")
