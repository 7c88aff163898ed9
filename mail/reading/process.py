"""Reads letters for another process, in one with little memory, see mail.limited.

A request is one byte that says how much is to be read, eight that say how long the letter is, and
the letter; an answer eight bytes and a pickled `ReadLetter`. The end of the input is the end.
"""

from __future__ import annotations

import pickle
import resource
import struct
import sys
from dataclasses import dataclass
from typing import BinaryIO

from mail.reading.reading import IncomingMail, read_headers_only, read_mail
from mail.reading.safe_html import safe_html

MEMORY = 512 * 2**20
ALL, HEADERS = b"A", b"H"
LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class ReadLetter:
    """What a letter says, and its HTML made safe; pictures of the letter keep "cid:" addresses."""

    mail: IncomingMail
    html: str = ""


def read_letter(raw: bytes) -> ReadLetter:
    """Read all of a letter; never raises."""
    mail = read_mail(raw)
    try:
        html = safe_html(mail.body_html, cid_url=_keep_cid) if mail.body_html else ""
    # Its text is there all the same.
    except Exception:
        html = ""
    return ReadLetter(mail, html)


def _keep_cid(cid: str) -> str:
    return f"cid:{cid}"


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more requests."""
    while kind := requests.read(1):
        [length] = LENGTH.unpack(requests.read(LENGTH.size))
        raw = requests.read(length)
        answer = read_letter(raw) if kind == ALL else ReadLetter(read_headers_only(raw, ""))
        told = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
        answers.write(LENGTH.pack(len(told)))
        answers.write(told)
        answers.flush()


def main() -> None:
    """What the process does, all its life."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # A letter that is too big for this process ends the process, and leaves nothing behind.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)
