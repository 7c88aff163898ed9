"""A desk whose Redis never answers: only web and pump, and still every promise is watched."""

from __future__ import annotations

import math
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpdesk.embedded import postgres
from helpdesk.embedded.start import start
from helpdesk.processes import stop
from helpdesk.supervisor.plan import Plan, make_plan
from helpdesk.supervisor.ports import free_port
from helpdesk.supervisor.programs import processes
from tests.prepared import put_prepared_cluster
from tests.processes import environment, running, wait_until
from tests.real_desk import (
    Books,
    Crowd,
    MailSink,
    answers_of,
    letters_waiting,
    mail_sink,
    make_promises,
)

pytestmark = pytest.mark.slow

NOWHERE = "redis://127.0.0.1:1/0"
POSTS = 30
PROMISES = 10
PAUSE = 0.2


@dataclass
class DeskWithoutRedis:
    plan: Plan
    sink: MailSink


@pytest.fixture(params=["absent", "silent"])
def redis_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Nobody there, which is known at once; or somebody who never says a word, which costs time."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as silent:
        port = silent.getsockname()[1]
        yield f"redis://127.0.0.1:{port}/0" if request.param == "silent" else NOWHERE


@pytest.fixture
def desk(redis_address: str) -> Iterator[DeskWithoutRedis]:
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink())
        directory = tempfile.TemporaryDirectory(prefix="yakusoku-", ignore_cleanup_errors=True)
        data_dir = Path(stack.enter_context(directory)).resolve()
        plan = make_plan(
            environment(
                DATA_DIR=str(data_dir),
                REDIS_URL=redis_address,
                PORT=str(free_port("127.0.0.1", wanted=18_100)),
                EMAIL_URL=sink.url,
                LANGUAGE_CODE="en",
                FORM_POSTS_PER_TEN_MINUTES="100000",
                # Each process finds out for itself that Redis is away; here the first post tells all.
                WEB_WORKERS="1",
            )
        )
        start_web_and_pump(plan, stack)
        yield DeskWithoutRedis(plan, sink)


def start_web_and_pump(plan: Plan, stack: ExitStack) -> None:
    put_prepared_cluster(plan.data_dir)
    server = postgres.program(plan.data_dir, durable=False)
    process = start(server, log=plan.data_dir / "postgres.log")
    stack.callback(stop, process, first=server.stop_signal, patience=5)
    postgres.create_database(plan.data_dir)
    log = plan.data_dir / "desk.log"
    with running("manage.py", "prepare", environment=plan.environment, log=log) as preparation:
        assert preparation.wait(60) == 0, log.read_text()
    for program in processes(plan):
        if program.name in {"web", "pump"}:
            arguments = program.command[1:]
            stack.enter_context(running(*arguments, environment=plan.environment, log=log))
            started = time.monotonic()
            wait_until(
                lambda program=program, started=started: program.is_ready(
                    time.monotonic() - started
                ),
                seconds=60,
                what=f"the start of {program.name}",
            )


def test_without_redis_everything_is_acknowledged_and_escalated_and_nobody_waits(
    desk: DeskWithoutRedis, redis_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = desk.plan.data_dir
    crowd = Crowd(desk.plan.base_url, count=POSTS)
    make_promises(dict(desk.plan.environment), count=PROMISES, first=2, step=0.5)
    crowd.send_next().result(60)
    for _ in range(POSTS - 1):
        crowd.send_next()
        time.sleep(PAUSE)
    posts = crowd.wait()
    loaded_until = time.monotonic()
    wait_until(lambda: letters_waiting(data_dir) == 0, seconds=60, what="the last letter")
    settled_after = time.monotonic() - loaded_until
    wait_until(
        lambda: Books.of(data_dir).broken_in_time == PROMISES, seconds=30, what="all breaches"
    )

    books = Books.of(data_dir)
    seconds = sorted(post.seconds[-1] for post in posts[1:])
    p95 = seconds[math.ceil(len(seconds) * 0.95) - 1]
    with capsys.disabled():
        print(
            f"\n{POSTS} posts without Redis ({redis_address}): p50 {seconds[len(seconds) // 2]:.3f} s,"
            f" p95 {p95:.3f} s; settled {settled_after:.1f} s after the load; breaches seen after"
            f" {books.lags[PROMISES // 2]:.1f} s (median), {books.lags[-1]:.1f} s at most"
        )
    assert answers_of(posts) == {302: POSTS}
    assert (books.tickets, books.customers, books.acknowledged) == (POSTS, POSTS, POSTS)
    assert len(desk.sink.to_customers()) == len(set(desk.sink.to_customers())) == POSTS
    assert (books.broken_in_time, books.escalated_once, books.alarms) == (PROMISES,) * 3
    assert books.lags[-1] <= 10
    assert p95 <= 0.3
