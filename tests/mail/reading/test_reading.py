"""Whole letters, as mail programs and mail servers write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from mail.management.commands.parse_mail import described
from mail.reading.limits import Cut, Limits
from mail.reading.reading import IncomingMail, read_mail

MAILS = Path(__file__).parent / "mails"
EXPECTED: dict[str, dict[str, Any]] = json.loads((MAILS / "expected.json").read_text("utf-8"))
# Characters of two encodings that mean the same.
SAME = str.maketrans({"〜": "～", "−": "－"})


def letter(headers: str, body: bytes = b"hello\n") -> bytes:
    return headers.encode() + b"\n\n" + body


def squeezed(text: str) -> str:
    return "".join(text.translate(SAME).split())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_letter_is_understood(name: str):
    expected = EXPECTED[name]
    found = described(read_mail((MAILS / name).read_bytes()))

    assert found["error"] == ""
    for key in ("subject", "from_email", "from_name", "message_id", "in_reply_to"):
        if key in expected:
            assert found[key] == expected[key]
    for key in ("to", "cc"):
        assert found[key] == expected.get(key, [])
    assert found["is_auto"] == expected["is_auto"]
    assert found["is_bounce"] == expected["is_bounce"]
    if "body_text" in expected:
        assert squeezed(found["body_text"]) == squeezed(expected["body_text"])
    for words in expected.get("body_contains", []):
        assert squeezed(words) in squeezed(found["body_text"])
    if "bounce" in expected:
        assert expected["bounce"].items() <= found["bounce"].items()


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if name.startswith("reply_")))
def test_only_what_was_written_now_is_shown(name: str):
    found = read_mail((MAILS / name).read_bytes())

    assert squeezed(found.visible_reply_text) == squeezed(EXPECTED[name]["visible_reply_text"])


def test_gmails_html_quote_is_not_shown():
    found = read_mail((MAILS / "html_reply_gmail_ja.eml").read_bytes())

    assert found.visible_reply_text == "返信本文です。\nありがとうございます。"
    assert "古い本文" in found.quoted_text


@pytest.mark.parametrize("name", ["html_hostile.eml", "html_mxss.eml"])
def test_hostile_html_is_made_safe(name: str):
    shown = described(read_mail((MAILS / name).read_bytes()))["body_html_safe"].lower()

    assert shown
    for words in EXPECTED[name]["html_must_not"]:
        assert words.lower() not in shown


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if name.startswith("att_")))
def test_files_have_safe_names_and_their_size(name: str):
    found = [(file.name, file.size) for file in read_mail((MAILS / name).read_bytes()).attachments]

    for wanted, size in EXPECTED[name]["attachments"]:
        is_there = any(
            wanted in {None, file} or file[:50] == wanted[:50] for file, n in found if n == size
        )
        assert is_there, (wanted, size, found)
    assert all(file and len(file) <= 150 and "/" not in file for file, _ in found)


def test_the_command_prints_one_line_of_json_a_file(capsys: pytest.CaptureFixture[str]):
    call_command("parse_mail", MAILS / "reply_ja_gmail.eml", MAILS / "missing.eml")

    read, missing = map(json.loads, capsys.readouterr().out.splitlines())
    assert read["file"] == "reply_ja_gmail.eml"
    assert read["from_email"] == "hanako@example.jp"
    assert read["references"] == []
    assert read["error"] == ""
    assert missing["file"] == "missing.eml"
    assert "cannot be read" in missing["error"]


def storable(mail: IncomingMail) -> bool:
    text = json.dumps(described(mail), ensure_ascii=False)
    return "\\u0000" not in text and "\x00" not in text and bool(text.encode("utf-8"))


PIECES = st.sampled_from(
    [
        b"From: a <a@b.example>\n",
        b"To: x\n",
        b"Subject: =?utf-8?B?",
        b"?=",
        b"\n",
        b"\n\n",
        b"--b\n",
        b"--b--\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/html; charset=",
        b"utf-7\n",
        b"Content-Transfer-Encoding: base64\n",
        b"\x1b$B",
        b"\x1b(I",
        b"\x83\x5c",
        b"\xa4\xa2",
        b"\x00",
        b"begin 644 a\n",
        b"Content-Type: message/rfc822\n",
        b"\xed\xa0\x80",
        b"<div>",
        b"</p>",
        b"&#0;",
        b"&#xd800;",
        b"filename*0*=x'';",
    ]
)


@given(
    st.binary(max_size=400) | st.lists(PIECES | st.binary(max_size=20), max_size=40).map(b"".join)
)
def test_any_bytes_give_something_that_can_be_stored(raw: bytes):
    mail = read_mail(raw)

    assert mail.error == ""
    assert storable(mail)
    assert (
        mail.body_text.startswith(mail.visible_reply_text)
        or not mail.visible_reply_text.strip()
        or (mail.visible_reply_text in mail.body_text)
    )


SMALL = Limits(
    letter_bytes=2_000,
    parts=5,
    attachments=3,
    depth=2,
    recipients=4,
    text_characters=50,
    opening_bytes=500,
)


def test_a_letter_that_is_too_big_still_tells_who_wrote():
    mail = read_mail(letter("From: a@b.example\nSubject: big", b"x" * 3_000), SMALL)

    assert mail.error == "The letter is too big: 0 MB, at most 0 MB are read."
    assert (mail.from_email, mail.subject) == ("a@b.example", "big")
    assert Cut.LETTER in mail.cuts


def test_whatever_is_left_out_is_told():
    parts = b"".join(
        b"--b\nContent-Disposition: attachment; filename=%d\n\nx\n" % n for n in range(9)
    )
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(9)
    )
    many = ", ".join(f"u{n}@b.example" for n in range(9))

    assert set(
        read_mail(letter("Content-Type: multipart/mixed; boundary=b", parts), SMALL).cuts
    ) == {
        Cut.PARTS,
        Cut.ATTACHMENTS,
    }
    assert read_mail(nested, SMALL).cuts == (Cut.DEPTH,)
    assert read_mail(letter(f"To: {many}"), SMALL).cuts == (Cut.RECIPIENTS,)
    assert read_mail(letter("Subject: x", b"y" * 90), SMALL).cuts == (Cut.TEXT,)
    assert len(read_mail(letter(f"To: {many}"), SMALL).to) == 4


def test_a_mistake_of_ours_is_told_and_stops_nothing(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("mail.reading.reading.trim_lines", fail)

    mail = read_mail(letter("From: a@b.example\nSubject: odd"))

    assert mail.error == "RuntimeError: nobody thought of this"
    assert mail.subject == "odd"


def test_the_letter_inside_a_letter_changes_nothing_outside_and_its_files_are_listed():
    inner = b"From: evil@x.example\nSubject: inner\nMessage-ID: <inner@x>\nContent-Type: application/pdf; name=a.pdf\n\nPDF"
    raw = letter(
        "From: a@b.example\nSubject: outer\nContent-Type: multipart/mixed; boundary=b",
        b"--b\n\nsee\n--b\nContent-Type: message/rfc822\n\n" + inner + b"\n--b--\n",
    )

    mail = read_mail(raw)

    assert (mail.from_email, mail.subject, mail.message_id, mail.body_text) == (
        "a@b.example",
        "outer",
        "",
        "see",
    )
    assert [file.name for file in mail.attachments] == ["inner.eml", "a.pdf"]
