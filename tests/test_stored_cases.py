"""Every number of the stored cases is what it was.

``python tests/stored_cases.py write`` writes the file. That is right in a commit that means to change numbers (another
default, another order of random draws, a bug that is fixed), in which the changelog says so; for new cases, while
``python tests/stored_cases.py check`` finds no other difference than these; or on another machine or with other
versions, from a commit whose numbers are known to be right. It is never right to make this test pass after a change of
the internals.
"""

from __future__ import annotations

import functools

import pytest
import stored_cases
from numpy.testing import assert_allclose

stored = functools.cache(stored_cases.stored)


@functools.cache
def same_machine():
    return stored()[0] == stored_cases.fingerprint()


@pytest.mark.parametrize("name", stored_cases.CASES)
def test_numbers_are_those_stored(name):
    expected = stored()[1][name]
    if same_machine():
        assert stored_cases.difference(name, expected) == ""
    else:
        # Kernels for other CPUs, and those of other versions, add in another order and round otherwise, which training
        # magnifies.
        assert_allclose(stored_cases.numbers_of(name)[0], expected[0], rtol=1e-4, atol=1e-6)


def test_no_other_case_is_stored():
    assert set(stored()[1]) == set(stored_cases.CASES)
