"""A hundred customers write while one part of the desk after the other is killed."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpdesk.processes import is_alive
from helpdesk.supervisor.ports import free_port
from tests.prepared import put_prepared_cluster
from tests.processes import forget_redis, wait_until
from tests.real_desk import (
    BROKEN,
    Books,
    Crowd,
    MailSink,
    RealDesk,
    answers_of,
    letters_waiting,
    mail_sink,
    make_promises,
)

pytestmark = pytest.mark.slow

POSTS = 100
PAUSE = 0.2
PROMISES = 20
# By the number of the post before which it happens, so that posts always are on their way.
KILLS = {8: "web", 26: "worker", 44: "beat", 62: "redis", 80: "postgres"}
SECONDS_TO_SETTLE = 60


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def desk(sink: MailSink) -> Iterator[RealDesk]:
    with ExitStack() as stack:
        directory = tempfile.TemporaryDirectory(prefix="yakusoku-", ignore_cleanup_errors=True)
        data_dir = Path(stack.enter_context(directory)).resolve()
        put_prepared_cluster(data_dir)
        desk = RealDesk(
            data_dir,
            port=free_port("127.0.0.1", wanted=18_000),
            EMAIL_URL=sink.url,
            FORM_POSTS_PER_TEN_MINUTES="100000",
        )
        stack.callback(desk.stop)
        wait_until(desk.is_whole, seconds=90, what="the desk's start")
        yield desk


def test_nothing_is_lost_while_every_part_is_killed_once(
    desk: RealDesk, sink: MailSink, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = Crowd(desk.url, count=POSTS)
    make_promises(desk.environment, count=PROMISES, first=3, step=1)
    before = desk.pids()
    for number in range(POSTS):
        if name := KILLS.get(number):
            kill(desk, name)
        crowd.send_next()
        time.sleep(PAUSE)
    posts = crowd.wait()
    loaded_until = time.monotonic()

    wait_until(
        lambda: letters_waiting(desk.data_dir) == 0,
        seconds=SECONDS_TO_SETTLE,
        what="the last letter",
    )
    settled_after = time.monotonic() - loaded_until
    wait_until(desk.is_whole, seconds=60, what="the recovery of all parts")
    wait_until(
        lambda: Books.of(desk.data_dir).broken_in_time == PROMISES, seconds=30, what="all breaches"
    )
    books = Books.of(desk.data_dir)
    message_ids = sink.to_customers()
    repeats = len(message_ids) - len(set(message_ids))
    answers = answers_of(posts)
    with capsys.disabled():
        print(
            f"\n{POSTS} posts, {len(KILLS)} kills: answers {dict(answers)},"
            f" settled {settled_after:.1f} s after the load, {repeats} letters repeated,"
            f" breaches seen after {books.lags[PROMISES // 2]:.1f} s (median),"
            f" {books.lags[-1]:.1f} s at most"
        )

    assert all(desk.pids()[name] != before[name] for name in KILLS.values())
    # Taken in, or told to try again: nothing else, and nothing that only sounds like success.
    assert set(answers) <= {302, 503, BROKEN}
    assert answers[302] == POSTS
    assert answers[503] > 0
    assert not any(post.lacks_retry_after for post in posts)
    assert (books.tickets, books.customers, books.acknowledged) == (POSTS, POSTS, POSTS)
    assert len(set(message_ids)) == POSTS
    assert repeats <= len(KILLS)
    assert (books.broken_in_time, books.escalated_once, books.alarms) == (PROMISES,) * 3


def kill(desk: RealDesk, name: str) -> None:
    """As `kill -9` does; Redis forgets everything, too."""
    pid = desk.pids()[name]
    os.kill(pid, signal.SIGKILL)
    if name == "redis":
        wait_until(lambda: not is_alive(pid), seconds=5)
        forget_redis(desk.data_dir)
