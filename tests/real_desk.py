"""A desk as people run it, customers who press "Send" again, and a mail server that counts."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import psycopg2
import requests
from aiosmtpd.controller import Controller

from helpdesk.embedded.addresses import DATABASE, DATABASE_USER, socket_directory
from helpdesk.processes import kill_group
from helpdesk.supervisor.ports import free_port
from tests.processes import ROOT, environment, run_python

FORM = "/contact/"
BROKEN = 0
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|submission)" value="([^"]+)"')


class MailSink(Controller):
    """Takes every letter and keeps who it was for and its Message-ID."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        super().__init__(self, hostname="127.0.0.1", port=free_port("127.0.0.1", wanted=18_500))

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content)
        self.letters += [(to, message["Message-ID"]) for to in envelope.rcpt_tos]
        return "250 Message accepted for delivery"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to_customers(self) -> list[str]:
        """The Message-ID of each letter that customers got."""
        return [message_id for to, message_id in self.letters if to.startswith("customer")]


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    sink = MailSink()
    sink.start()
    try:
        yield sink
    finally:
        sink.stop()


@dataclass
class Post:
    """One customer's inquiry and every answer to it, the last one being the redirect."""

    number: int
    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lacks_retry_after: bool = False


class Customer:
    """Has the form open, and sends it again with the same values until it is taken in."""

    def __init__(self, number: int, base_url: str) -> None:
        self._number = number
        self._address = base_url + FORM
        self._browser = requests.Session()
        page = self._browser.get(self._address, timeout=30)
        self._fields = {
            **dict(HIDDEN.findall(page.text)),
            "name": f"Customer {number}",
            "email": f"customer{number}@example.com",
            "subject": f"Printer {number}",
            "body": "It does not print.",
        }

    def send(self, *, patience: float = 90) -> Post:
        post = Post(self._number)
        deadline = time.monotonic() + patience
        with self._browser:
            while not self._press(post):
                assert time.monotonic() < deadline, f"{self._number} gave up: {post.answers}"
                # As long as it takes to press "Send" once more.
                time.sleep(0.3)
        return post

    def _press(self, post: Post) -> bool:
        started = time.monotonic()
        try:
            answer = self._browser.post(
                self._address, data=self._fields, timeout=30, allow_redirects=False
            )
        except requests.RequestException:
            post.answers.append(BROKEN)
            return False
        post.seconds.append(time.monotonic() - started)
        post.answers.append(answer.status_code)
        if answer.status_code == 503:
            post.lacks_retry_after |= not answer.headers.get("Retry-After", "").isdigit()
        return answer.status_code == 302


class Crowd:
    """Customers who send at the same time as others."""

    def __init__(self, base_url: str, *, count: int) -> None:
        self._customers = [Customer(number, base_url) for number in range(count)]
        self._pool = ThreadPoolExecutor(max_workers=40)
        self._posts: list[Future[Post]] = []

    def send_next(self) -> Future[Post]:
        self._posts.append(self._pool.submit(self._customers[len(self._posts)].send))
        return self._posts[-1]

    def wait(self) -> list[Post]:
        posts = [post.result(120) for post in self._posts]
        self._pool.shutdown()
        return posts


def answers_of(posts: Sequence[Post]) -> Counter[int]:
    """How often each status was given to a post; BROKEN is a connection that ended without one."""
    return Counter(status for post in posts for status in post.answers)


class RealDesk:
    """`python -m helpdesk.supervisor` as a person starts it, in an empty directory."""

    def __init__(self, data_dir: Path, *, port: int, **variables: str) -> None:
        self.data_dir = data_dir
        self.environment = environment(
            DATA_DIR=str(data_dir), DEMO="0", PORT=str(port), LANGUAGE_CODE="en", **variables
        )
        self._terminal = data_dir / "terminal.log"
        with self._terminal.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "helpdesk.supervisor"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return str(self._record()["url"])

    def said(self) -> str:
        return self._terminal.read_text(encoding="utf-8")

    def log(self, part: str) -> str:
        return (self.data_dir / "logs" / f"{part}.log").read_text(encoding="utf-8")

    def pids(self) -> dict[str, int]:
        return {child["name"]: child["pid"] for child in self._record().get("children", [])}

    def is_whole(self) -> bool:
        """Every part is well by its own account."""
        assert self._process.poll() is None, self.said()
        with suppress(requests.RequestException, KeyError, ValueError):
            return bool(requests.get(f"{self.url}/readyz", timeout=5).json()["status"] == "ok")
        return False

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            pids = self.pids().values()
            self._process.kill()
            self._process.wait()
            for pid in pids:
                kill_group(pid)

    def _record(self) -> dict[str, Any]:
        with suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.data_dir / "supervisor.json").read_text())
            return found
        return {}


def ask(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    """What PostgreSQL itself says."""
    connection = psycopg2.connect(
        host=str(socket_directory(data_dir)), user=DATABASE_USER, dbname=DATABASE
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def letters_waiting(data_dir: Path) -> int:
    [(count,)] = ask(
        data_dir, "SELECT count(*) FROM mail_outboundemail WHERE state IN ('queued', 'sending')"
    )
    return int(count)


PROMISES = """
from datetime import timedelta
from django.core.management import call_command
from django.utils import timezone
from accounts.models import Agent
from customers.services import identify_customer
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.replying import Reply, reply_to_customer

call_command("add_agent", "aiko@example.com", name="Aiko")
agent = Agent.objects.get()
for number in range({count}):
    opened = open_ticket(Inquiry(
        subject=f"Promise {{number}}", body="Hello", channel="phone", language="en",
        customer=identify_customer(email=f"waiting{{number}}@example.com", language="en"),
    ))
    due = timezone.now() + timedelta(seconds={first} + number * {step})
    reply_to_customer(opened.ticket, Reply(body="Soon.", promise_at=due), agent=agent)
"""


def make_promises(desk: dict[str, str], *, count: int, first: float, step: float) -> None:
    """An agent, and promises of theirs that fall due in the next seconds."""
    run_python(PROMISES.format(count=count, first=first, step=step), environment=desk)


@dataclass(frozen=True)
class Books:
    """What must balance in the end."""

    tickets: int
    customers: int
    acknowledged: int
    broken_in_time: int
    escalated_once: int
    alarms: int
    lags: list[float]

    @classmethod
    def of(cls, data_dir: Path) -> Books:
        [(tickets, customers)] = ask(
            data_dir,
            "SELECT count(*), count(DISTINCT customer_id) FROM tickets_ticket"
            " WHERE subject LIKE 'Printer %'",
        )
        [(acknowledged,)] = ask(
            data_dir,
            "SELECT count(*) FROM mail_outboundemail"
            " WHERE dedupe_key LIKE 'acknowledgement:%' AND state = 'sent'",
        )
        promises = ask(data_dir, PROMISES_KEPT_IN_BOOKS)
        [(alarms,)] = ask(
            data_dir, "SELECT count(*) FROM accounts_notification WHERE kind = 'breach'"
        )
        return cls(
            tickets=tickets,
            customers=customers,
            acknowledged=acknowledged,
            broken_in_time=sum(is_exact for is_exact, _, _ in promises),
            escalated_once=sum(escalations == 1 for _, escalations, _ in promises),
            alarms=alarms,
            lags=sorted(float(lag) for _, _, lag in promises),
        )


PROMISES_KEPT_IN_BOOKS = """
SELECT promise.breached_at = promise.due_at,
       (SELECT count(*) FROM sla_escalation
        WHERE commitment_id = promise.id AND level = 1 AND NOT is_skipped),
       extract(epoch FROM promise.detected_at - promise.due_at)
FROM sla_commitment AS promise JOIN tickets_ticket USING (clock_id)
WHERE promise.kind = 'promise' AND promise.ended_at IS NULL AND promise.state = 'breached'
  AND subject LIKE 'Promise %'
"""
