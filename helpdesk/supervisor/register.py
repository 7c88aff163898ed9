"""One supervisor to a data directory, and the list of what it has started."""

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from helpdesk.processes import identity, kill_group, stop_stranger
from helpdesk.supervisor.child import Child

LOCK = "supervisor.lock"
RECORD = "supervisor.json"


class AlreadyRunningError(Exception):
    """Another supervisor holds the data directory."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__("already running")
        self.url = record.get("url", "?")
        self.pid = record.get("pid", "?")


class Register:
    """Holds the data directory and remembers our processes for the start after a kill -9."""

    def __init__(self, data_dir: Path) -> None:
        self._record = data_dir / RECORD
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # The kernel lets go of it when we die, whatever kills us.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise AlreadyRunningError(self._read()) from None

    def release(self) -> None:
        """Give the data directory back."""
        self._record.unlink(missing_ok=True)
        os.close(self._lock)

    def stop_survivors(self) -> None:
        """End what an earlier supervisor started and could not stop."""
        for child in reversed(self._read().get("children", [])):
            if identity(child["pid"]) == child["identity"]:
                stop_stranger(child["pid"], first=signal.Signals(child["signal"]), patience=5)
                kill_group(child["pid"])

    def write(self, *, url: str, children: Iterable[Child]) -> None:
        """Remember who runs, by process id and start time."""
        record = {
            "pid": os.getpid(),
            "url": url,
            "children": [
                {
                    "name": child.name,
                    "pid": child.process.pid,
                    "identity": identity(child.process.pid),
                    "signal": child.program.stop_signal,
                }
                for child in children
                if child.process
            ],
        }
        draft = self._record.with_suffix(".new")
        draft.write_text(json.dumps(record), encoding="utf-8")
        draft.replace(self._record)

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError, ValueError):
            record = json.loads(self._record.read_text(encoding="utf-8"))
            if isinstance(record, dict):
                return record
        return {}
