"""Content-Type and Content-Disposition: a value and its parameters (RFC 2231, and what is sent)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mail.reading.charsets import decode
from mail.reading.words import decode_words, tidy

Parameters = dict[str, str]

PARAMETER = re.compile(r';?\s*([^\s=;"]{1,60})\s*=\s*("(?:[^"\\]|\\.){0,4000}"|[^;]*)', re.DOTALL)
PIECE = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*)?)?$")
ESCAPED = re.compile(r"\\([\"\\])")
COMMENT = re.compile(r"\([^()]*\)")


def read_parameters(text: str) -> tuple[str, Parameters]:
    """The value before the first semicolon and the decoded parameters, names in lower case."""
    value, _, rest = tidy(text).partition(";")
    plain: Parameters = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, raw in PARAMETER.findall(rest):
        content = _unquoted(raw)
        if (match := PIECE.fullmatch(name.lower())) is None:
            plain.setdefault(name.lower(), tidy(decode_words(content)))
        else:
            number, star = int(match[2] or 0), match[2] is None or match[3] is not None
            pieces.setdefault(match[1], {}).setdefault(number, (content, star))
    extended = {name: _joined(found) for name, found in pieces.items()}
    given = {name: found for name, found in extended.items() if found}
    return COMMENT.sub("", value).strip(" \"'"), {**plain, **given}


def _unquoted(raw: str) -> str:
    raw = raw.strip()
    if len(raw) > 1 and raw[0] == raw[-1] == '"':
        return ESCAPED.sub(r"\1", raw[1:-1])
    return raw.strip('"')


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """Put the pieces together before decoding: some programs cut inside a character, or in %E."""
    ordered = [pieces[number] for number in sorted(pieces)]
    if not any(is_encoded for _, is_encoded in ordered):
        return tidy(decode_words("".join(text for text, _ in ordered)))
    text = "".join(text if encoded else text.replace("%", "%25") for text, encoded in ordered)
    charset = ""
    if text.count("'") >= 2:
        charset, _, rest = text.partition("'")
        text = rest.partition("'")[2]
    return tidy(decode_words(decode(unquote_to_bytes(text), charset)))
