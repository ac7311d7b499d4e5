"""Transformers that keep rows, series and padding."""

from .encoding import SequenceOneHotEncoder
from .framing import ShiftFramer
from .imputing import SequenceImputer
from .padding import SequencePadder
from .regularizing import regularize
from .scaling import SequenceScaler
from .shifting import series_to_supervised

__all__ = [
    "SequenceImputer",
    "SequenceOneHotEncoder",
    "SequencePadder",
    "SequenceScaler",
    "ShiftFramer",
    "regularize",
    "series_to_supervised",
]
