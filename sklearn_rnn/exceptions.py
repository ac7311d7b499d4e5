"""The warnings of this package, by class, so that each can be silenced or made an error by itself."""

from __future__ import annotations


class ContextWarning(UserWarning):
    """Rows are framed or forecast with less of their past than was asked for, although training had it."""


class TimeGapWarning(UserWarning):
    """An index with a regular step has gaps: neighbouring rows are not neighbours in time."""


class LayoutWarning(UserWarning):
    """X or y looks as if its axes or columns mean something else than this package reads."""


class SkillWarning(UserWarning):
    """A model does not beat a naive forecast on rows held out from its training."""
