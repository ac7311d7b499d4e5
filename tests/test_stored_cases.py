"""Every number of the stored cases, which are those of torch, is what it was; compiled kernels come near.

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
        assert_near(stored_cases.numbers_of(name)[0], expected[0])


@pytest.mark.parametrize("name", stored_cases.CASES)
def test_compiled_kernels_give_the_numbers_of_torch(name):
    assert_near(stored_cases.numbers_of(name, "compiled")[0], stored()[1][name][0])


def assert_near(numbers, expected):
    # Kernels for other CPUs, those of other versions, and compiled ones add in another order and round otherwise, which
    # training magnifies.
    assert_allclose(numbers, expected, rtol=1e-4, atol=1e-6)


def test_no_other_case_is_stored():
    assert set(stored()[1]) == set(stored_cases.CASES)
