"""Mail coming in: kept, read and filed by one worker, against one parse and one INSERT a mail."""

from __future__ import annotations

import email
import json
import sys
import time
from email.message import EmailMessage
from typing import Any

import django
from django.db import connection

django.setup()

from django.conf import settings  # noqa: E402

from mail.mailboxes import default_mailbox  # noqa: E402
from mail.models import InboundEmail  # noqa: E402
from mail.receiving import take_in  # noqa: E402
from tickets.services.filing import file_waiting_mail  # noqa: E402

WARMING = 5


def mail_in(count: int) -> dict[str, Any]:
    """Milliseconds a mail for each step, and the ratio of all of it to the floor."""
    mailbox = default_mailbox()
    settings.TICKET_FLOOD = 10**9
    _take(mailbox, _mails("warm", WARMING))
    file_waiting_mail()
    mails = _mails("bench", count)
    floor = _milliseconds(lambda: _floor(mails), count)
    taking = _milliseconds(lambda: _take(mailbox, mails), count)
    filing = _milliseconds(_file_all, count)
    return {
        "mails": count,
        "take_in_ms": round(taking, 2),
        "file_ms": round(filing, 2),
        "mails_per_second": round(1000 / (taking + filing), 1),
        "floor_ms": round(floor, 2),
        "ratio_to_floor": round((taking + filing) / floor, 1),
    }


def _mails(name: str, count: int) -> list[bytes]:
    return [_mail(f"{name}{number}").as_bytes() for number in range(count)]


def _mail(name: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{name}@customers.example", settings.DEFAULT_FROM_EMAIL
    mail["Subject"], mail["Message-ID"] = f"プリンター {name}", f"<{name}@customers.example>"
    mail.set_content("昨日から印刷できません。\n" * 10)
    return mail


def _floor(mails: list[bytes]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE floor (subject text, body text)")
        for raw in mails:
            mail = email.message_from_bytes(raw)
            cursor.execute("INSERT INTO floor VALUES (%s, %s)", [mail["Subject"], raw.decode()])


def _take(mailbox: Any, mails: list[bytes]) -> None:
    for raw in mails:
        take_in(raw, mailbox=mailbox, source="imap", envelope_from=None, envelope_to=[])


def _file_all() -> None:
    while InboundEmail.objects.waiting().exists():
        file_waiting_mail()


def _milliseconds(act: Any, count: int) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began) / count


if __name__ == "__main__":
    print(json.dumps({"mail_in": mail_in}[sys.argv[1]](int(sys.argv[2]))))
