"""Start an embedded server and wait until it answers."""

import subprocess
import time
from pathlib import Path

from helpdesk.embedded.account import EmbeddedError
from helpdesk.processes import Program, spawn, stop, tail


def start(program: Program, *, log: Path, patience: float = 30) -> subprocess.Popen[bytes]:
    """Start a server and return it ready; a start that fails is tried again until patience ends."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        program.prepare()
        with log.open("ab") as output:
            process = spawn(program, output=output)
        if _becomes_ready(program, process, deadline=deadline):
            return process
        # After a kill -9 the kernel may still hold the old server's shared memory for a moment.
        stop(process, first=program.stop_signal, patience=5)
        time.sleep(0.3)
    raise EmbeddedError(f"{program.name} did not start. Its log says:\n{tail(log)}")


def _becomes_ready(program: Program, process: subprocess.Popen[bytes], *, deadline: float) -> bool:
    started = time.monotonic()
    while process.poll() is None and time.monotonic() < deadline:
        if program.is_ready(time.monotonic() - started):
            return True
        time.sleep(0.02)
    return False
