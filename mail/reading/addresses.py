"""Addresses as mail programs write them. Who wrote is decided by one rule: the last <…> wins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mail.reading.headers import Headers
from mail.reading.limits import LIMITS
from mail.reading.words import decode_words, raw_text, tidy

# Quoted text, comment, address in angle brackets, separators, anything else. Each is bounded or
# stops at the next of its kind, so a header of any length takes linear time.
TOKEN = re.compile(
    r'"(?:[^"\\]|\\.){0,400}+"|\((?:[^()\\]|\\.){0,100}+\)|<[^<>]*>|[,;:]|[^"(<,;:\s]+|\s+|["(<]',
    re.DOTALL,
)
GROUP_MARK = ":"
SEPARATORS = {",", ";"}
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ROUTE = re.compile(r"^@[^:]*:")
COMMENT = re.compile(r"\((?:[^()\\]|\\.){0,100}+\)")
PLAIN = re.compile(r"[^\s<>,;:\"()\[\]]{1,100}@[^\s<>,;:\"()]{1,255}")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as it was written, `name` decoded; `email` may be odd and is kept as it is."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a letter says it is from.

    `is_ambiguous`: several mailboxes or several From headers, or none. A check of the domain
    somewhere on the way may have looked at another one, so nothing may rest on it.
    """

    address: Address
    is_ambiguous: bool = False


def sender(headers: Headers) -> Sender:
    """The one mailbox in From; failing that what stands in for it, never to be trusted."""
    values = headers.all("from")
    for value in values:
        found = list(mailboxes(raw_text(value, headers.charset)))
        named = [address for address, _ in found if address.email]
        if named:
            ambiguous = len(values) > 1 or len(found) > 1 or any(several for _, several in found)
            return Sender(named[0], is_ambiguous=ambiguous)
    for name in ("sender", "reply-to", "return-path"):
        if (first := next(iter(recipients(headers, name)), None)) is not None:
            return Sender(first, is_ambiguous=True)
    return Sender(Address(""), is_ambiguous=True)


def recipients(headers: Headers, name: str, most: int = LIMITS.recipients) -> list[Address]:
    """The mailboxes of a header, each once, at most so many."""
    found: dict[str, Address] = {}
    for value in headers.all(name):
        for address, _ in mailboxes(raw_text(value, headers.charset)):
            if address.email:
                found.setdefault(address.email.lower(), address)
            if len(found) >= most:
                return list(found.values())
    return list(found.values())


def mailboxes(text: str) -> Iterator[tuple[Address, bool]]:
    """Each mailbox of a list, and whether it was written with several addresses."""
    tokens: list[str] = []
    for token in TOKEN.findall(text):
        if token == GROUP_MARK and not any(part.startswith("<") for part in tokens):
            # The name of a group, or a route without brackets: what follows counts.
            tokens = [] if not any("@" in part for part in tokens) else [*tokens, token]
        elif token in SEPARATORS:
            yield from _mailbox(tokens)
            tokens = []
        else:
            tokens.append(token)
    yield from _mailbox(tokens)


def _mailbox(tokens: list[str]) -> Iterator[tuple[Address, bool]]:
    if not any(token.strip() for token in tokens):
        return
    brackets = [at for at, token in enumerate(tokens) if len(token) > 1 and token[0] == "<"]
    if brackets:
        last = brackets[-1]
        name = _name(tokens[:last]) or _name(tokens[last + 1 :])
        others = [at for at in brackets[:-1] if "@" in tokens[at]]
        yield Address(_email(tokens[last][1:-1]), name), bool(others)
    else:
        yield _without_brackets(tokens), sum("@" in token for token in tokens) > 1


def _without_brackets(tokens: list[str]) -> Address:
    text = "".join(token for token in tokens if token[0] != "(").strip()
    quoted = [token for token in tokens if len(token) > 1 and token[0] == '"']
    if not quoted or "@" in text.rpartition('"')[2]:
        email = _email(text)
        if "@" in email and " " not in text.strip():
            return Address(email)
    text = decode_words(text)
    if (match := PLAIN.search(text)) is not None:
        name = tidy(text.replace(match[0], " ")).strip("\"' <>")
        return Address(match[0], name if "@" not in name else "")
    compact = _email(text)
    return Address(compact if compact.count("@") == 1 else "", _name(tokens))


def _email(text: str) -> str:
    text = COMMENT.sub("", text)
    if "=?" in text:
        text = decode_words(text)
    text = ROUTE.sub("", tidy(text))
    text = text.removeprefix("mailto:").strip("'") if text.startswith(("mailto:", "'")) else text
    if text.startswith('"'):
        return text
    return "".join(text.split())


def _name(tokens: list[str]) -> str:
    words = [token for token in tokens if token[0] not in "(<" or token in {"(", "<"}]
    text = "".join(_unquoted(token) for token in words)
    name = tidy(decode_words(text))
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name


def _unquoted(token: str) -> str:
    if len(token) > 1 and token[0] == token[-1] == '"':
        return ESCAPE.sub(r"\1", token[1:-1])
    return token
