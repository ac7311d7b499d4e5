"""The parameters that say how X is read, each stated once."""

from __future__ import annotations

from typing import Any

from sklearn.utils._param_validation import StrOptions

from .declaring import parameter, parameter_group
from .parameters import AT_LEAST_ONE


@parameter_group
class ColumnParameters:
    """How a 2-D X is read."""

    columns: Any = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), AT_LEAST_ONE, "array-like"],
        kind='"auto", int or list of str',
        text=(
            'How the columns of a 2-D X are steps, where each row is a sequence. "auto": by their names if these are\n'
            "of a lag table (``temp(t-3)`` of `ShiftFramer`, ``lag_3`` of skforecast, ``lag3`` of mlforecast,\n"
            "``lag_3__temp`` of sktime), the oldest step first, whatever their order; each variable is a feature, and\n"
            "a column without a lag is repeated in every step. Without such names each column is a step of one\n"
            "feature. An int: so many features per step, step after step, as ``X.reshape(len(X), -1)`` has them of a\n"
            "3-D X. A list: such names for the columns of an X that has none, in its order; ``lag_*`` stands for\n"
            "``lag_1``, ``lag_2``, ... and ``temp(t-*)`` for ..., ``temp(t-2)``, ``temp(t-1)``, for as many lags as\n"
            "X has columns."
        ),
    )
