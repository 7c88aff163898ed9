"""Child processes: started in a group of their own, stopped with it, never outliving us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


# Asked with the seconds since the process was started.
ReadyCheck = Callable[[float], bool]


class ProcessError(Exception):
    """A program ended badly; the message holds what it last said."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The system user a program runs as."""

    name: str
    uid: int
    gid: int


def nothing() -> None:
    """Nothing has to be prepared."""


def at_once(_seconds_since_start: float) -> bool:
    """Ready as soon as it runs."""
    return True


@dataclass(frozen=True, kw_only=True)
class Program:
    """How to start one process, how to know it is ready, and how to ask it to stop."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends when whoever started it is gone; without one, the stop signal.
    farewell: signal.Signals | None = None
    prepare: Callable[[], None] = nothing
    is_ready: ReadyCheck = at_once
    # Descriptors it inherits, under their numbers.
    inherits: Sequence[int] = ()


def spawn(program: Program, *, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, bound to our life."""
    account = program.account
    return subprocess.Popen(  # noqa: S603 - every command is ours
        program.command,
        cwd=program.directory,
        env=dict(program.environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=program.inherits,
        preexec_fn=partial(_die_with_parent, os.getpid(), program.farewell or program.stop_signal),  # noqa: PLW1509 - no threads here
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    account: Account | None = None,
) -> str:
    """Run a command to its end and return what it printed; raise ProcessError when it fails."""
    done = subprocess.run(  # noqa: S603 - every command is ours
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        check=False,
        text=True,
        errors="replace",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise ProcessError(f"{Path(command[0]).name} failed:\n{done.stdout.strip()}")
    return done.stdout


def stop(process: subprocess.Popen[bytes], *, first: signal.Signals, patience: float) -> None:
    """Ask a process to end, insist after `patience` seconds, and clear its group."""
    ask_to_stop(process, first)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    kill_group(process.pid)


def ask_to_stop(process: subprocess.Popen[bytes], asked: signal.Signals) -> None:
    """Send the polite signal; a stopped process is woken, so that it can hear it."""
    process.send_signal(asked)
    process.send_signal(signal.SIGCONT)


def kill_group(group: int) -> None:
    """End whatever a process left behind in its group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS answers EPERM for a group of zombies.
        return


def stop_stranger(pid: int, *, first: signal.Signals, patience: float) -> None:
    """End a process of an earlier run, which is not our child."""
    deadline = time.monotonic() + patience
    _signal(pid, first)
    while is_alive(pid):
        if time.monotonic() > deadline:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs; a zombie does not."""
    return identity(pid) is not None


def identity(pid: int) -> str | None:
    """What tells a process from a later one with the same id: the moment it started."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None if sys.platform == "linux" else (_ask_ps(pid, "lstart=") or None)
    # The name stands in brackets and may hold spaces and brackets itself.
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]


def command_line(pid: int) -> str:
    """A process's command line, empty when there is none."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
    except (FileNotFoundError, ProcessLookupError):
        return "" if sys.platform == "linux" else _ask_ps(pid, "command=")


def tail(log: Path, *, lines: int = 15) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    text = log.read_bytes()[-20_000:].decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:])


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def _ask_ps(pid: int, column: str) -> str:
    """Ask ps, where there is no /proc."""
    done = subprocess.run(  # noqa: S603
        ["ps", "-o", column, "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def _die_with_parent(parent: int, farewell: signal.Signals) -> None:
    """Have the kernel send `farewell` when the parent is gone, even by kill -9."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, farewell)
    if os.getppid() != parent:
        os._exit(1)
