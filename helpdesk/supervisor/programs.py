"""The processes of a desk, in the order in which they start."""

import signal
from collections.abc import Sequence
from functools import partial

from helpdesk.embedded import postgres, redis
from helpdesk.processes import Program, ReadyCheck, at_once
from helpdesk.supervisor.plan import ROOT, Plan, python
from helpdesk.supervisor.readiness import Readiness


def servers(plan: Plan) -> list[Program]:
    """The embedded servers; none for an address that the environment gives."""
    return [
        *([postgres.program(plan.data_dir)] if plan.own_database else []),
        *([redis.program(plan.data_dir)] if plan.own_redis else []),
    ]


def preparation(plan: Plan) -> Program:
    """Migrations, catalogues, static files and demo data, in one process."""
    return _program(plan, "prepare", "manage.py", "prepare")


def demo_link(plan: Plan) -> Program:
    """Prints a demo customer's secret link."""
    return _program(plan, "demo_link", "manage.py", "demo_link")


def setup_link(plan: Plan) -> Program:
    """Prints where the first administrator begins; nothing once there is one."""
    return _program(plan, "setup_link", "manage.py", "setup_link")


def processes(plan: Plan) -> list[Program]:
    """The desk itself."""
    ready = Readiness(plan)
    held = [plan.listener.fileno()] if plan.listener else []
    return [
        _program(
            plan, "web",
            "-m", "gunicorn", "--config", "python:helpdesk.gunicorn_conf",
            *[word for number in held for word in ("--bind", f"fd://{number}")],
            "helpdesk.wsgi",
            is_ready=ready.web,
            inherits=held,
        ),
        _program(
            plan, "events",
            "-m", "uvicorn", "helpdesk.asgi:application",
            "--host", plan.host, "--port", str(plan.events_port),
            "--no-access-log", "--timeout-graceful-shutdown", "2",
            is_ready=ready.events,
        ),
        _program(
            plan, "worker",
            "-m", "celery", "-A", "helpdesk", "worker", "--concurrency", "2",
            "-Q", "celery,sweep", "-n", "worker@%h", "--without-gossip", "--without-mingle",
            is_ready=partial(ready.sign_of_life, "worker"),
            # Its orderly end waits for Redis, which ends with us. Killed, it loses nothing either.
            farewell=signal.SIGKILL,
        ),
        _program(
            plan, "beat",
            "-m", "celery", "-A", "helpdesk", "beat", "-S", "celery.beat:Scheduler", "--pidfile=",
            is_ready=partial(ready.sign_of_life, "beat"),
        ),
        _program(
            plan, "pump",
            "manage.py", "pump",
            is_ready=partial(ready.sign_of_life, "pump"),
        ),
    ]  # fmt: skip


def _program(
    plan: Plan,
    name: str,
    *arguments: str,
    is_ready: ReadyCheck = at_once,
    farewell: signal.Signals = signal.SIGTERM,
    inherits: Sequence[int] = (),
) -> Program:
    return Program(
        name=name,
        command=python(*arguments),
        environment=plan.environment,
        directory=ROOT,
        is_ready=is_ready,
        farewell=farewell,
        inherits=inherits,
    )
