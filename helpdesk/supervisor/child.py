"""One supervised process: its life, its log, its next start."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from helpdesk.processes import Program, ask_to_stop, kill_group, spawn
from helpdesk.supervisor.brake import Brake

LATE_AFTER = 30.0
LONGEST_LOG = 5 * 1024 * 1024


class Child:
    """Starts a program and starts it again whenever it dies."""

    def __init__(self, program: Program, *, logs: Path) -> None:
        self.program = program
        self.name = program.name
        self.log = logs / f"{program.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self.deaths = 0
        self.seconds_to_ready = 0.0
        self.start_again_at = 0.0
        self._brake = Brake()
        self._started_at = 0.0
        self._is_known_late = False

    def start(self) -> None:
        """Start the process, its output going to its log."""
        self._started_at = time.monotonic()
        self.program.prepare()
        self.shorten_log()
        with self.log.open("ab") as output:
            self.process = spawn(self.program, output=output)
        self.is_ready = False
        self._is_known_late = False

    def check_ready(self) -> bool:
        """Whether the process has just become ready."""
        if self.process is None or self.is_ready:
            return False
        self.seconds_to_ready = time.monotonic() - self._started_at
        self.is_ready = self.program.is_ready(self.seconds_to_ready)
        return self.is_ready

    def find_late(self) -> bool:
        """Whether the process has just been unready for too long."""
        if self.process is None or self.is_ready or self._is_known_late:
            return False
        self._is_known_late = time.monotonic() - self._started_at > LATE_AFTER
        return self._is_known_late

    def find_dead(self) -> int | None:
        """The exit code, when the process has just died; its next start is then set."""
        code = self.process.poll() if self.process else None
        if self.process is None or code is None:
            return None
        # Its own children may outlive it and hold a port or a task.
        kill_group(self.process.pid)
        self.process = None
        self.is_ready = False
        self.put_off(lived=time.monotonic() - self._started_at)
        return code

    def put_off(self, *, lived: float) -> None:
        """Set the next start after a death."""
        self.deaths += 1
        self.start_again_at = time.monotonic() + self._brake.delay(lived=lived)

    def is_due(self) -> bool:
        """Whether a dead process may be started again."""
        return self.process is None and time.monotonic() >= self.start_again_at

    def ask_to_stop(self) -> None:
        """Ask politely."""
        if self.process and self.process.poll() is None:
            ask_to_stop(self.process, self.program.stop_signal)

    def wait(self, *, until: float) -> None:
        """Wait for the end, insist at the deadline, and leave nothing of its group."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        kill_group(self.process.pid)
        self.process = None

    def shorten_log(self) -> None:
        """Keep the log and one older part of it, each of a bounded size."""
        if not self.log.exists() or self.log.stat().st_size < LONGEST_LOG:
            return
        shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
        # The process appends to the same file, so it is emptied and not replaced.
        os.truncate(self.log, 0)
