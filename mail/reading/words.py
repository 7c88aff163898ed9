"""Header values as text: raw eight-bit values and encoded words, RFC 2047 and what is sent."""

from __future__ import annotations

import binascii
import re

from mail.reading.charsets import decode, storable

WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]*")
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
SPACE = re.compile(r"[ \t\r\n]+")
HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def header_text(value: bytes, charset: str = "") -> str:
    """A header value on one line, decoded; `charset` is the body's, for raw eight-bit values."""
    return tidy(decode_words(raw_text(value, charset)))


def raw_text(value: bytes, charset: str = "") -> str:
    """Unfolded, and eight-bit or ISO-2022-JP bytes read; encoded words stay as they are."""
    return decode(FOLD.sub(b" ", value), charset)


def tidy(text: str) -> str:
    """On one line, without control characters."""
    return SPACE.sub(" ", CONTROL.sub("", storable(text))).strip()


def decode_words(text: str) -> str:
    """Read the encoded words in a text.

    Neighbours of one charset are joined as bytes first: Japanese mail programs cut words inside a
    character and let the next word go on in the same shift state.
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    run: list[re.Match[str]] = []
    at = 0
    for word in WORD.finditer(text):
        between = text[at : word.start()]
        if run and (between.strip() or _charset(word) != _charset(run[-1])):
            pieces.append(_decode_run(run))
            run = []
        if between.strip() or not (pieces or run):
            pieces.append(between)
        run.append(word)
        at = word.end()
    return "".join([*pieces, _decode_run(run), text[at:]]) if run else text


def _charset(word: re.Match[str]) -> str:
    return word[1].split("*")[0].lower()


def _decode_run(run: list[re.Match[str]]) -> str:
    if not run:
        return ""
    content = b""
    base64 = ""
    for word in run:
        if word[2] in "bB":
            base64 += re.sub(r"[^A-Za-z0-9+/=]", "", word[3])
            if "=" in base64 or len(base64) % 4 == 0:
                content, base64 = content + _base64(base64), ""
        else:
            content, base64 = content + _base64(base64) + _q(word[3]), ""
    return decode(content + _base64(base64), _charset(run[0]))


def _base64(text: str) -> bytes:
    text = text.rstrip("=")
    # A single left-over character carries no byte.
    text = text[:-1] if len(text) % 4 == 1 else text
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _q(text: str) -> bytes:
    content = text.replace("_", " ").encode("utf-8", "ignore")
    return HEX.sub(lambda code: bytes((int(code[1], 16),)), content)
