"""Who wrote: one rule, which no trick of the header changes."""

from __future__ import annotations

import time

import pytest

from mail.reading.addresses import recipients, sender
from mail.reading.headers import read_headers


def headers_of(text: str):
    raw = text.encode() + b"\n\n"
    return read_headers(raw, 0, len(raw))[0]


@pytest.mark.parametrize(
    ("value", "email", "name", "is_ambiguous"),
    [
        ("alice@example.com <bob@evil.example>", "bob@evil.example", "alice@example.com", False),
        ('"alice@example.com" <bob@evil.example>', "bob@evil.example", "alice@example.com", False),
        (
            '"Alice <alice@example.com>" <bob@evil.example>',
            "bob@evil.example",
            "Alice <alice@example.com>",
            False,
        ),
        ("<alice@example.com> <bob@evil.example>", "bob@evil.example", "", True),
        ("alice@example.com, bob@evil.example", "alice@example.com", "", True),
        ("alice@example.com (Bob <bob@evil.example>)", "alice@example.com", "", True),
        (
            "=?utf-8?Q?alice=40example=2Ecom?= <bob@evil.example>",
            "bob@evil.example",
            "alice@example.com",
            False,
        ),
        (
            "=?utf-8?Q?Alice_=3Calice=40example=2Ecom=3E=2C?= <bob@evil.example>",
            "bob@evil.example",
            "Alice <alice@example.com>,",
            False,
        ),
        ("taro..yama.@docomo.example", "taro..yama.@docomo.example", "", False),
        ('"taro..yama."@docomo.example', '"taro..yama."@docomo.example', "", False),
        ('"Last, First" <a@b.example>', "a@b.example", "Last, First", False),
        ("=?utf-8?B?5L2Q6Jek6Iqx5a2Q?= <a@b.example>", "a@b.example", "佐藤花子", False),
        ("=?iso-2022-jp?B?GyRCOjRGIxsoQg==?= <a@b.example>", "a@b.example", "佐藤", False),
        ("佐藤 <a@b.example>", "a@b.example", "佐藤", False),
        (
            "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
            "pete@silly.test",
            "Pete",
            False,
        ),
        ("<@relay.example:a@b.example>", "a@b.example", "", False),
        ("Staff: a@b.example;", "a@b.example", "", False),
        ('"Broken <a@b.example>', "a@b.example", '"Broken', False),
        ("", "", "", True),
        ("<>", "", "", True),
        ("undisclosed-recipients:;", "", "", True),
        ("nobody", "", "", True),
    ],
)
def test_the_sender_is_the_last_address_in_brackets(
    value: str, email: str, name: str, is_ambiguous: bool
):
    found = sender(headers_of(f"From: {value}"))

    assert found.address.email == email
    assert found.is_ambiguous == is_ambiguous
    if email:
        assert found.address.name == name


def test_two_from_headers_are_never_trusted():
    found = sender(headers_of("From: a@b.example\nFrom: Boss <boss@desk.example>"))

    assert found.address.email == "a@b.example"
    assert found.is_ambiguous


def test_what_stands_in_for_a_sender_is_not_trusted():
    found = sender(headers_of("Reply-To: <a@b.example>"))

    assert found.address.email == "a@b.example"
    assert found.is_ambiguous


def test_recipients_are_counted_once_and_not_without_end():
    headers = headers_of(
        "To: a@b.example, A <A@B.example>, =?utf-8?Q?x=2C_y?= <c@b.example>, undisclosed:;"
    )

    assert [address.email for address in recipients(headers, "to")] == [
        "a@b.example",
        "c@b.example",
    ]
    assert (
        len(
            recipients(
                headers_of("Cc: " + ", ".join(f"u{n}@b.example" for n in range(4_000))), "cc"
            )
        )
        == 300
    )


@pytest.mark.parametrize(
    "bait",
    ['"\\' * 32_000, "(\\(" * 20_000, "<" * 64_000, '"' * 63_999, "a," * 32_000, " " * 64_000],
)
def test_no_header_takes_long(bait: str):
    headers = headers_of(f"From: {bait}")
    started = time.process_time()

    sender(headers)

    assert time.process_time() - started < 2
