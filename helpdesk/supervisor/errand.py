"""A process that does one thing and ends."""

import signal
from pathlib import Path

from helpdesk.processes import Program, spawn, stop


class Errand:
    """Runs a program once, its output in a log that starts empty."""

    def __init__(self, program: Program, *, logs: Path) -> None:
        self.name = program.name
        self.log = logs / f"{program.name}.log"
        with self.log.open("wb") as output:
            self._process = spawn(program, output=output)

    @property
    def is_running(self) -> bool:
        """Whether it is still at it."""
        return self._process.poll() is None

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly."""
        return bool(self._process.poll())

    def output(self) -> str:
        """What it said."""
        return self.log.read_text(encoding="utf-8", errors="replace").strip()

    def abandon(self) -> None:
        """End it, if it has not ended."""
        stop(self._process, first=signal.SIGTERM, patience=2)
