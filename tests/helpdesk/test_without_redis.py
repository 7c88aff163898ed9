"""A desk whose Redis never was: only web and pump, and still every promise is watched."""

from __future__ import annotations

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
# Each web process finds out for itself that Redis is away.
POSTS_UNTIL_ALL_KNOW = 6


@dataclass
class DeskWithoutRedis:
    plan: Plan
    sink: MailSink


@pytest.fixture
def desk() -> Iterator[DeskWithoutRedis]:
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink())
        directory = tempfile.TemporaryDirectory(prefix="yakusoku-", ignore_cleanup_errors=True)
        data_dir = Path(stack.enter_context(directory)).resolve()
        plan = make_plan(
            environment(
                DATA_DIR=str(data_dir),
                REDIS_URL=NOWHERE,
                PORT=str(free_port("127.0.0.1", wanted=18_100)),
                EMAIL_URL=sink.url,
                LANGUAGE_CODE="en",
                FORM_POSTS_PER_TEN_MINUTES="100000",
            )
        )
        start_web_and_pump(plan, stack)
        yield DeskWithoutRedis(plan, sink)


def start_web_and_pump(plan: Plan, stack: ExitStack) -> None:
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
    desk: DeskWithoutRedis, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = desk.plan.data_dir
    crowd = Crowd(desk.plan.base_url, count=POSTS)
    make_promises(dict(desk.plan.environment), count=PROMISES, first=2, step=0.5)
    for _ in range(POSTS):
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
    seconds = sorted(post.seconds[-1] for post in posts[POSTS_UNTIL_ALL_KNOW:])
    p95 = seconds[int(len(seconds) * 0.95)]
    with capsys.disabled():
        print(
            f"\n{POSTS} posts without Redis: p50 {seconds[len(seconds) // 2]:.3f} s,"
            f" p95 {p95:.3f} s; settled {settled_after:.1f} s after the load; breaches seen after"
            f" {books.lags[PROMISES // 2]:.1f} s (median), {books.lags[-1]:.1f} s at most"
        )
    assert answers_of(posts) == {302: POSTS}
    assert (books.tickets, books.customers, books.acknowledged) == (POSTS, POSTS, POSTS)
    assert len(desk.sink.to_customers()) == len(set(desk.sink.to_customers())) == POSTS
    assert (books.broken_in_time, books.escalated_once, books.alarms) == (PROMISES,) * 3
    assert books.lags[-1] <= 10
    assert p95 <= 0.3
