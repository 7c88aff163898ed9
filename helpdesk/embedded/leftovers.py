"""What an earlier run left behind after a kill -9: a pid file, or a server still running."""

import signal
from pathlib import Path

from helpdesk.processes import command_line, is_alive, stop_stranger


def clear_leftovers(*pid_files: Path, marker: str, stop_signal: signal.Signals) -> None:
    """Stop a server of an earlier run and remove pid files that name nobody."""
    for pid_file in pid_files:
        pid = _pid_in(pid_file)
        # The id may belong to a stranger by now: a server of ours names its own directory.
        if pid and is_alive(pid) and marker in command_line(pid):
            stop_stranger(pid, first=stop_signal, patience=8)
        pid_file.unlink(missing_ok=True)


def _pid_in(pid_file: Path) -> int | None:
    try:
        return abs(int(pid_file.read_text(encoding="utf-8", errors="replace").split()[0]))
    except (FileNotFoundError, ValueError, IndexError):
        return None
