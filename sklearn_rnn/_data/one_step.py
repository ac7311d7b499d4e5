"""One step of every series of a stream: every form that a user may type, or an error that helps. Never torch."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from .checks import check_array_like, check_not_dates, check_values, naming_text, quoted
from .frames import as_pandas
from .reading import FittedForm, Reader
from .sequences import Array
from .series import match_series


class StepReader:
    """Reads one step of every series.

    Parameters
    ----------
    reader : Reader
        Reads many steps of the same series, for the estimator that was fitted.
    series : pandas.Index
        What the user calls each series.
    """

    def __init__(self, reader: Reader, series: pd.Index) -> None:
        assert reader.fitted is not None
        self._form: FittedForm = reader.fitted
        self._series = series
        self._dtype = np.dtype(reader.dtype)
        with np.errstate(over="ignore"):  # one too large for the dtype becomes infinity
            self._mask = None if reader.mask_value is None else self._dtype.type(reader.mask_value)
        self._name = reader.name
        self._shape = (len(series), self._form.n_step_features)

    def __call__(self, x: Any) -> tuple[Array, Array | None]:
        """Return the step of each series, of shape (n_series, n_features), and which are padding (None if none is)."""
        # The usual array takes no check of its type: this is called for every step of a stream.
        known = type(x) is np.ndarray and x.dtype.kind in "fiub"
        if known and x.dtype == self._dtype:
            rows = np.array(x, ndmin=2)
        else:
            with np.errstate(over="ignore"):
                rows = np.array(x if known else self._as_numbers(x), dtype=self._dtype, ndmin=2)
        if rows.shape != self._shape:
            if rows.shape != self._shape[::-1] or np.ndim(x) != 1:
                raise ValueError(f"x has shape {np.shape(x)}; expected {self._expected}.")
            rows = rows.T  # one value per series, of a single feature
        finite = np.isfinite(rows)
        if self._mask is None and np.count_nonzero(finite) == rows.size:  # twice as fast as all()
            return rows, None
        padding = _all_features(np.isnan(rows))
        if self._mask is not None:
            padding |= _all_features(rows == self._mask)
        if not (finite | padding).all():
            raise self._not_finite(rows, finite | padding)
        return (np.where(padding, self._dtype.type(0), rows), padding) if padding.any() else (rows, None)

    @property
    def _expected(self) -> str:
        return f"an array of shape {self._shape}, a row per series and a column per feature"

    def _not_finite(self, rows: Array, allowed: Array) -> ValueError:
        i, j = (int(place) for place in np.argwhere(~allowed)[0])
        feature = self._form.names[j] if self._form.names else j
        place = f"in series {quoted(self._series.tolist()[i])}, feature {quoted(feature)}"
        if np.isnan(rows[i, j]):
            return ValueError(
                f"x has NaN {place}; fill it in first, as SequenceImputer does. Only a step that is all NaN is padding."
            )
        return ValueError(
            f"x has infinity, or a value too large for {self._dtype}, {place}; replace or clip it, or scale x."
        )

    def _as_numbers(self, x: Any) -> Array:
        """Return an array of what else x may be: a number, lists, or of pandas with its names compared."""
        x = as_pandas(x)
        if not isinstance(x, Real):
            check_array_like("x", x, self._expected)
        if isinstance(x, pd.DataFrame | pd.Series):
            self._check_names(x)
        try:
            array = np.asarray(x)
        except ValueError as error:
            raise ValueError(f"x is made of lists of unequal lengths; expected {self._expected}.") from error
        check_not_dates("x", check_values("x", array))
        if array.dtype == object:
            array = np.where(pd.isna(array), np.nan, array)
        with naming_text("x", array):
            return array.astype(self._dtype)

    def _check_names(self, x: Any) -> None:
        """Raise an error for rows of pandas whose labels are other features, or other series."""
        n, n_features = self._shape
        is_row = isinstance(x, pd.Series) and not n_features == 1 < n  # else a value per series
        names = list(x.index) if is_row else list(getattr(x, "columns", []))
        if self._form.names and names != self._form.names and names and all(isinstance(name, str) for name in names):
            raise ValueError(
                f"x has the features {quoted(names)}, but {self._name} was fitted with "
                f"{quoted(self._form.names)}; "
                "give the same features in the same order."
            )
        if is_row or any(isinstance(index, pd.RangeIndex) for index in (x.index, self._series)):  # no names
            return
        ids = x.index.droplevel(-1) if x.index.nlevels > self._series.nlevels else x.index
        places = match_series(ids, self._series)
        if (places >= 0).any() and not np.array_equal(places, np.arange(n)):
            raise ValueError(
                f"x has the series {quoted(list(ids[:10]))}, but the stream has "
                f"{quoted(list(self._series[:10]))}; give a row for each, in this order, for example by "
                "x.reindex(stream.series)."
            )


def _all_features(flags: Array) -> Array:
    return np.asarray(flags.all(axis=1, keepdims=True))
