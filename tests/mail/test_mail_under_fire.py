"""A thousand mails while whoever files them is killed again and again: each is filed once."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from django.utils import timezone

from helpdesk.processes import kill_group
from mail.models import InboundEmail, Mailbox
from mail.receiving import take_in
from tests.mail.incoming import a_mail
from tests.processes import ROOT, environment_of_these_tests, wait_until
from tickets.models import Ticket

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_desk"),
]
MAILS = 400
# After so many mails are in the house.
KILLS_AT = (60, 180, 320)
# As many senders as it takes that nobody of them is a flood.
SENDERS = 40
WORK = (
    "import django, time; django.setup()\n"
    "from tickets.services.filing import file_waiting_mail\n"
    "while True:\n"
    "    file_waiting_mail(); time.sleep(0.05)\n"
)


def a_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK],
        cwd=ROOT,
        env=environment_of_these_tests(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()
    kill_group(worker.pid)


def test_each_mail_is_filed_once(mailbox: Mailbox, capsys: pytest.CaptureFixture[str]):
    for number in range(MAILS):
        mail = a_mail(f"c{number % SENDERS}@example.jp", subject=f"Mail {number}").as_bytes()
        # Some come twice, as when a way in was killed before it could say that it has them.
        for _ in range(2 if number % 20 == 0 else 1):
            take_in(mail, mailbox=mailbox, source="imap", envelope_from=None, envelope_to=[])
    worker, started = a_worker(), time.monotonic()
    try:
        for kill_at in KILLS_AT:
            wait_until(
                lambda kill_at=kill_at: Ticket.objects.count() >= kill_at,
                seconds=60,
                what=f"mail {kill_at}",
            )
            kill(worker)
            # What a dead worker held is free when its lease ends; time passes.
            InboundEmail.objects.waiting().update(next_try_at=timezone.now())
            worker = a_worker()
        wait_until(lambda: not InboundEmail.objects.waiting().exists(), seconds=100)
    finally:
        kill(worker)
    took = time.monotonic() - started
    with capsys.disabled():
        print(f"\n{MAILS} mails, {len(KILLS_AT)} kills: {took:.1f} s, {MAILS / took:.0f} mails/s")

    assert Ticket.objects.count() == MAILS
    assert Ticket.objects.values("subject").distinct().count() == MAILS
    assert InboundEmail.objects.filter(state="done", duplicate_of=None).count() == MAILS
