"""Recurrent layers as compiled kernels for a CPU: forward and backward passes by hand. Numba is imported here alone.

Nothing in this folder is imported before `why_unavailable` has returned None.
"""

from __future__ import annotations

from functools import cache


@cache
def why_unavailable() -> str | None:
    """Return why kernels can't be compiled on this machine, as a clause for error messages; None if they can."""
    try:
        import numba  # takes half a second, so not before it is needed
    except ImportError as error:  # not installed, or not for this version of numpy
        return f'numba can\'t be imported ({error}); pip install "sklearn-rnn[fast]" installs it'
    return "numba compiles nothing with NUMBA_DISABLE_JIT=1" if numba.config.DISABLE_JIT else None
