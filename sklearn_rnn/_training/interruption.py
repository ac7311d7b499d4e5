"""Ctrl-C in training, told apart from a callback that ends it."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Stop(KeyboardInterrupt):
    """A KeyboardInterrupt at the end of an epoch: how callbacks of skorch end training, unless it came from Ctrl-C.

    Parameters
    ----------
    raised : KeyboardInterrupt
        What was raised.
    """

    def __init__(self, raised: KeyboardInterrupt) -> None:
        super().__init__()
        self.raised = raised


class CtrlC:
    """A context that notes whether Ctrl-C interrupted what runs in it, by the handler that was there before.

    Attributes
    ----------
    pressed : bool
        Whether it did.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._before: Any = None

    def __enter__(self) -> CtrlC:
        # Python runs handlers in the main thread alone; without one (None, or a constant) the signal raises nothing.
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self._before = handler
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        try:
            self._before(number, frame)
        except KeyboardInterrupt:
            self.pressed = True
            raise
