"""`python -m helpdesk.supervisor`: start the desk. `… reset`: delete its data."""

import os
import shutil
import signal
import sys

from helpdesk.embedded.addresses import socket_directory
from helpdesk.supervisor.desk import Desk
from helpdesk.supervisor.plan import StartError, data_directory, make_plan, warnings
from helpdesk.supervisor.register import LOCK, AlreadyRunningError, Register
from helpdesk.supervisor.words import words


def main() -> int:
    """Do what was asked and return the exit code."""
    try:
        reset() if sys.argv[1:] == ["reset"] else start()
    except StartError as refusal:
        say(str(refusal))
        return 1
    return 0


def start() -> None:
    """Hold the data directory and run the desk on it."""
    data_dir = data_directory(os.environ)
    try:
        register = Register(data_dir)
    except AlreadyRunningError as other:
        say(words("already_running", url=other.url, pid=other.pid))
        return
    try:
        register.stop_survivors()
        run(register)
    finally:
        register.release()


def run(register: Register) -> None:
    """Run the desk until it is asked to stop."""
    plan = make_plan(os.environ)
    for warning in warnings(plan, os.environ):
        say(warning)
    desk = Desk(plan, register=register, say=say)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, desk.ask_to_stop)
    desk.run()


def reset() -> None:
    """Delete the data directory, when it is ours and nobody uses it."""
    data_dir = data_directory(os.environ)
    if not data_dir.exists():
        say(words("nothing_to_reset", data_dir=data_dir))
        return
    if not (data_dir / LOCK).exists():
        raise StartError(words("not_ours", data_dir=data_dir))
    try:
        register = Register(data_dir)
    except AlreadyRunningError:
        raise StartError(words("cannot_reset")) from None
    register.stop_survivors()
    shutil.rmtree(socket_directory(data_dir), ignore_errors=True)
    shutil.rmtree(data_dir)
    register.release()
    say(words("reset", data_dir=data_dir))


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
