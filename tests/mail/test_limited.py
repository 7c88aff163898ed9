"""Letters are read in a process that may be killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from mail.limited import TOO_HEAVY, LimitedReader
from tests.mail.incoming import a_mail

# Reads headers like the real one, and dies of everything else.
DIES_ON_ALL = """
from mail.reading import process
process.read_letter = lambda raw: __import__("os")._exit(9)
process.main()
"""
MAIL = a_mail(subject="Hello", body="One line.").as_bytes()


@pytest.fixture
def reader() -> Iterator[LimitedReader]:
    reader = LimitedReader(patience=15)
    yield reader
    reader.close()


def test_one_process_reads_many_letters(reader: LimitedReader):
    first = reader.read(MAIL)
    process = pid_of(reader)

    second = reader.read(MAIL)

    assert first.mail.subject == second.mail.subject == "Hello"
    assert first.mail.body_text == "One line."
    assert pid_of(reader) == process


def test_a_letter_is_read_by_a_new_process_when_the_old_one_was_killed(reader: LimitedReader):
    reader.read(MAIL)
    os.kill(process := pid_of(reader), signal.SIGKILL)

    read = reader.read(MAIL)

    assert (read.mail.subject, read.mail.error) == ("Hello", "")
    assert pid_of(reader) != process


def test_a_letter_that_ends_every_process_is_told_by_its_headers(
    reader: LimitedReader, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mail.limited.PROGRAM", DIES_ON_ALL)

    read = reader.read(MAIL)

    assert (read.mail.subject, read.mail.error) == ("Hello", TOO_HEAVY)
    assert read.mail.body_text == ""


def test_a_letter_that_takes_too_long_is_given_up_and_the_next_one_is_read(reader: LimitedReader):
    reader.read(MAIL)
    reader.patience = 0.2
    os.kill(pid_of(reader), signal.SIGSTOP)

    slow = reader.read(MAIL)
    reader.patience = 15

    assert slow.mail.error == TOO_HEAVY
    assert reader.read(MAIL).mail.error == ""


def test_a_letter_that_needs_too_much_memory_breaks_nothing(reader: LimitedReader):
    reader.read(MAIL)
    # 700 MB of anything is more than the process may have.
    huge = b"Subject: huge\n\n" + bytes(700 * 2**20)

    assert reader.read(huge).mail.error == TOO_HEAVY
    assert reader.read(MAIL).mail.subject == "Hello"


def test_html_comes_back_harmless_and_with_the_pictures_of_the_mail(reader: LimitedReader):
    html = b'<p onclick="x()">Hi <img src="cid:a@b"><script>bad()</script></p>'
    read = reader.read(b"Content-Type: text/html\nSubject: x\n\n" + html)

    assert read.html == '<p>Hi <img src="cid:a@b"></p>'


def pid_of(reader: LimitedReader) -> int:
    assert reader._process is not None
    return reader._process.pid
