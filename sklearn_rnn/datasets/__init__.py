"""Small real data sets, which come with the package, and synthetic sequence problems."""

from ._labelled import load_japanese_vowels, load_names
from ._makers import make_adding_problem, make_copy_memory, make_sine
from ._series import load_beijing_pm25, load_co2, load_sunspots

__all__ = [
    "load_beijing_pm25",
    "load_co2",
    "load_japanese_vowels",
    "load_names",
    "load_sunspots",
    "make_adding_problem",
    "make_copy_memory",
    "make_sine",
]
