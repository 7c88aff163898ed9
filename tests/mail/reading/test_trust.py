"""Who sent a mail is told by our own servers, or by nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mail.reading.reading import read_mail
from mail.reading.trust import arrived_at, organization, verdict

OURS = ["mx.desk.example"]
FROM_EVIL = "Received: from evil.example by relay.evil.example; Mon, 5 Oct 2026 09:00:00 +0900"
BY_US = "Received: from evil.example by mx.desk.example with ESMTP; Mon, 5 Oct 2026 10:00:01 +0900"
BY_OUR_STORE = (
    "Received: from mx.desk.example by store.mx.desk.example; Mon, 5 Oct 2026 10:00:09 +0900"
)


def trace(*lines: str):
    raw = "\n".join([*lines, "From: hana@example.jp", "Subject: x", "", "text"])
    return read_mail(raw.encode()).trace


def results(words: str, server: str = "mx.desk.example") -> str:
    return f"Authentication-Results: {server}; {words}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dmarc=pass header.from=example.jp", "verified"),
        ("dmarc=fail header.from=example.jp", "failed"),
        ("spf=pass smtp.mailfrom=example.jp; dmarc=fail header.from=example.jp", "failed"),
        ("dkim=pass header.d=mail.example.jp", "verified"),
        ("dkim=pass header.d=evil.example", "unknown"),
        ("spf=pass smtp.mailfrom=bounce@example.jp", "verified"),
        ("spf=pass smtp.mailfrom=evil.example; dkim=none", "unknown"),
        ("spf=fail smtp.mailfrom=example.jp", "unknown"),
        ("dmarc=none", "unknown"),
        ("none", "unknown"),
    ],
)
def test_what_our_server_found(words: str, expected: str):
    assert verdict(trace(results(words)), servers=OURS, sender="hana@example.jp") == expected


@pytest.mark.parametrize(
    "lines",
    [
        [results("dmarc=pass header.from=example.jp", server="mx.evil.example")],
        [FROM_EVIL, results("dmarc=pass header.from=example.jp")],
        [BY_US, FROM_EVIL, results("dmarc=pass header.from=example.jp")],
        ["Authentication-Results: dmarc=pass header.from=example.jp"],
        ["Authentication-Results: ((((((("],
    ],
    ids=["another server", "below a foreign one", "deep below", "nobody's", "broken"],
)
def test_what_others_wrote_counts_for_nothing(lines: list[str]):
    assert verdict(trace(*lines), servers=OURS, sender="hana@example.jp") == "unknown"


def test_the_topmost_word_of_our_server_counts():
    forged = results("dmarc=pass header.from=example.jp")
    ours = results("dmarc=fail header.from=example.jp")

    assert verdict(trace(ours, BY_US, forged), servers=OURS, sender="h@example.jp") == "failed"


def test_below_a_countrys_shared_domains_three_labels_make_an_organization():
    assert organization("mail.a.co.jp") == "a.co.jp"
    assert organization("b.co.jp") != organization("a.co.jp")
    assert organization("mail.example.com") == "example.com"


def test_a_mail_arrived_when_the_first_of_our_servers_had_it():
    arrived = arrived_at(trace(BY_OUR_STORE, BY_US, FROM_EVIL), servers=OURS)

    assert arrived == datetime(2026, 10, 5, 1, 0, 1, tzinfo=UTC)


def test_nobody_elses_clock_says_when_a_mail_arrived():
    assert arrived_at(trace(FROM_EVIL, BY_US), servers=OURS) is None
