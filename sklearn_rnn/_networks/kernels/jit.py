"""How kernels are compiled: when they are first called, once for each floating type, and then kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

OPTIONS: dict[str, Any] = {
    # Sums may be split and products fused, so that loops use vectors. NaN and infinity stay what they are.
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
    # By default each division is checked for zero, and a branch in a loop keeps it from using vectors.
    "error_model": "numpy",
    "nogil": True,
}
# Where a sum must be taken in the order in which it is written.
EXACT_OPTIONS = OPTIONS | {"fastmath": {"contract", "nsz"}}
# In calls among kernels: numba compiles a function anew for each literal that it is given.
ZERO, ONE, YES = np.int64(0), np.int64(1), np.bool_(True)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function of arrays and numbers when Python first calls it."""
    dispatcher = numba.njit(**OPTIONS)(function)
    try:
        dispatcher.enable_caching()
    except RuntimeError:  # no folder can be written to: each process compiles anew
        return dispatcher
    # Numba looks at the file of the function alone, but a kernel holds code of the others in this folder, too.
    dispatcher._cache._cache_file._source_stamp = _stamp()
    return dispatcher


def inner(function: Callable[..., Any]) -> Any:
    """Compile a function that only compiled ones call: what Python would need to call it takes a while, too."""
    return numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **OPTIONS)(function)


def _stamp() -> str:
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
