"""`python -m helpdesk.supervisor`: start the desk. `… reset`: delete its data."""

import os
import shutil
import signal
import sys
from dataclasses import replace

from helpdesk.embedded.addresses import socket_directory
from helpdesk.supervisor.desk import DemoEndedError, Desk
from helpdesk.supervisor.emptying import is_asked_to_end, make_empty
from helpdesk.supervisor.plan import Plan, StartError, data_directory, make_plan, warnings
from helpdesk.supervisor.ports import listen
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
    """Run the desk until it is asked to stop; when the demo is ended, an empty one in its place."""
    data_dir = data_directory(os.environ)
    if is_asked_to_end(data_dir):
        make_empty(data_dir)
    plan = make_plan(os.environ)
    for warning in warnings(plan, os.environ):
        say(warning)
    if not plan.can_start_empty:
        run_one(plan, register)
        return
    # Browsers that come between both desks wait here.
    with listen(plan.host, plan.port) as listener:
        plan = replace(plan, listener=listener)
        try:
            run_one(plan, register)
        except DemoEndedError:
            make_empty(data_dir)
            run_one(plan.without_demo(), register)


def run_one(plan: Plan, register: Register) -> None:
    """Run one desk until it is asked to stop. Raises DemoEndedError when it has stopped for that."""
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
