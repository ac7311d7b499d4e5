"""`set_output` for transformers whose results are tables at times, and sequences at others."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils._set_output import _wrap_data_with_container


class OwnOutputMixin(TransformerMixin):
    """Keep scikit-learn from making a table of every result."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        parent: Any = super()  # scikit-learn's, which carries no types
        parent.__init_subclass__(auto_wrap_output_keys=None, **kwargs)


class TableOutputMixin(OwnOutputMixin):
    """`fit_transform`, and `set_output` for 2-D results; 3-D arrays, windows and lists stay as they are.

    Scikit-learn's own `set_output` would make a DataFrame of every result.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._sklearn_auto_wrap_output_keys = {"transform"}
        if "transform" in vars(cls):
            cls.transform = _contain_tables(vars(cls)["transform"])

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn from X and transform it.

        Parameters
        ----------
        X : array-like or list
            As in `fit`.
        y : None
            Ignored.

        Returns
        -------
        ndarray, DataFrame or list
            As from `transform`.
        """
        return self.fit(X, y).transform(X)


def _contain_tables(transform: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(transform)
    def wrapped(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        result = transform(self, X, *args, **kwargs)
        is_table = isinstance(result, np.ndarray) and result.ndim == 2
        return _wrap_data_with_container("transform", result, X, self) if is_table else result

    return wrapped
