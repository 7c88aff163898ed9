"""Cells that are text, numbers that are numbers, and bytes that older programs read."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from common.spreadsheets import Encoding, as_text, csv_rows, mark_of

WORDS = "cmd|' /C calc'!A0"
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹣", "﹦", "−"]
BLANKS = [
    "",
    " ",
    "  ",
    "\u3000",
    "\xa0",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\u200b",
    "\ufeff",
    " \t\u3000",
]


def read(rows, encoding=Encoding.UTF_8):
    """The rows as a program reads them, and the bytes."""
    content = csv_rows(rows, encoding).content
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""))), content


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("sign", SIGNS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(sign, blank, encoding):
    [[cell]], _ = read([[f"{blank}{sign}{WORDS}"]], encoding)

    assert cell.startswith("'")
    assert cell.endswith(WORDS)


@pytest.mark.parametrize("start", ["\t", "\r", "\tabc", "\rabc"])
def test_tabs_and_returns_at_the_start_get_one_too(start):
    assert as_text(start) == f"'{start}"


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "1-2", "a=b", "'=1", "03-1234-5678", "〒100", "ー長音", "(=)", "・-"]
)
def test_other_text_stays_as_it_is(text):
    assert as_text(text) == text


@pytest.mark.parametrize("number", [0, -5, 12.5, -0.25, Decimal("-3.10")])
def test_numbers_stay_numbers(number):
    _, content = read([[number]])

    assert content == f"{number}\r\n".encode()


def test_quotes_commas_and_line_ends_are_kept_as_rfc_4180_has_them():
    rows, content = read([["a,b", 'say "no"', "two\r\nlines", "ü", None, 7]])

    assert rows == [["a,b", 'say "no"', "two\r\nlines", "ü", "", "7"]]
    assert content == '"a,b","say ""no""","two\r\nlines","ü","",7\r\n'.encode()


def test_an_instant_is_written_by_the_readers_clock():
    with timezone.override("Asia/Tokyo"):
        [[cell]], _ = read([[datetime(2026, 10, 5, 1, 0, 5, tzinfo=UTC)]])

    assert cell == "2026-10-05 10:00:05"


def test_utf_8_has_a_mark_by_which_excel_knows_it():
    assert mark_of(Encoding.UTF_8).decode("utf-8-sig") == ""
    assert len(mark_of(Encoding.UTF_8)) == 3
    assert mark_of(Encoding.CP932) == b""


def test_what_older_programs_cannot_write_is_replaced_and_counted():
    piece = csv_rows([["森鷗外", "髙橋", "🙂 東京🗼", "ö"]], Encoding.CP932)

    assert piece.content.decode("cp932") == '"森〓外","髙橋","〓 東京〓","〓"\r\n'
    assert piece.replaced == 4


def test_letters_that_look_alike_are_not_lost():
    piece = csv_rows([["10〜12時 1−2 ― ‖ ¥"]], Encoding.CP932)

    assert piece.replaced == 0
    assert piece.content.decode("cp932") == '"10～12時 1－2 ― ∥ ￥"\r\n'


def test_nothing_is_replaced_in_utf_8():
    assert csv_rows([["森鷗外🙂"]], Encoding.UTF_8).replaced == 0


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@given(rows=st.lists(st.lists(texts, min_size=2, max_size=4), min_size=1, max_size=5))
def test_whatever_is_written_can_be_read_again_and_runs_nothing(rows):
    found, _ = read(rows)

    assert found == [[as_text(cell) for cell in row] for row in rows]
    for row in found:
        for cell in row:
            assert cell.strip("\u3000 \t\r\n\xa0")[:1] not in {"=", "+", "-", "@"}
