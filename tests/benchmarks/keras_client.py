"""Seconds of Keras on JAX, which runs in a process and an environment of its own: see `keras_server.py`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


class Keras:
    """A process that times Keras when it is asked to, and is idle otherwise.

    Parameters
    ----------
    python : str
        Path of the Python that has Keras and JAX.
    """

    def __init__(self, python: str) -> None:
        command = [python, str(Path(__file__).with_name("keras_server.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = self._read()

    def seconds(self, **task: Any) -> float:
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        self.process.stdin.close()  # which ends its loop
        self.process.wait()

    def _read(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"The process of Keras ended, with code {self.process.wait()}. Above is what it printed."
            )
        return line.strip()
