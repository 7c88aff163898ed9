"""What letters to customers say: the texts that administrators wrote, and those we come with.

No template engine runs on what administrators write: what stands in {{ }} is replaced, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from common.placeholders import PLACEHOLDER, Placeholders
from common.remembered import Remembered
from mail.models import LetterText

Name = LetterText.Name
# Each thing by its English and its Japanese name.
CUSTOMER, NUMBER, SUBJECT, AGENT, BRAND, LINK, PROMISE, EARLIER, BODY, SIGNATURE, THING, RATING = (
    *("customer", "number", "subject", "agent", "brand", "link", "promise", "earlier"),
    *("body", "signature", "thing", "rating"),
)
WORDS = Placeholders(
    {
        "お客様名": CUSTOMER,
        "受付番号": NUMBER,
        "件名": SUBJECT,
        "担当者名": AGENT,
        "会社名": BRAND,
        "専用ページ": LINK,
        "約束": PROMISE,
        "前回の約束": EARLIER,
        "本文": BODY,
        "署名": SIGNATURE,
        "お願い": THING,
        "評価": RATING,
    }
)
MOST = 20_000
MOST_IN_SUBJECT = 200


@dataclass(frozen=True)
class Text:
    """A letter with its placeholders."""

    subject: str
    body: str


@dataclass(frozen=True)
class Rules:
    """What may stand in a letter, and what its text must have."""

    allowed: tuple[str, ...]
    required: tuple[str, ...]
    in_subject: tuple[str, ...]


# Anybody can have these two sent to a stranger: they say nothing that the sender wrote.
UNASKED = (NUMBER, BRAND)
KNOWN = (CUSTOMER, SUBJECT, *UNASKED)
RULES: Mapping[str, Rules] = {
    Name.ACKNOWLEDGEMENT: Rules(
        allowed=(*UNASKED, LINK, PROMISE), required=(NUMBER, PROMISE, LINK), in_subject=UNASKED
    ),
    Name.REPLY: Rules(
        allowed=(*KNOWN, AGENT, LINK, PROMISE, BODY, SIGNATURE, THING, RATING),
        required=(BODY, PROMISE, LINK),
        in_subject=KNOWN,
    ),
    Name.HOLDING: Rules(
        allowed=(*UNASKED, LINK, PROMISE, EARLIER), required=(PROMISE, LINK), in_subject=UNASKED
    ),
    Name.REMINDER: Rules(
        allowed=(*KNOWN, LINK, PROMISE, THING), required=(PROMISE, LINK), in_subject=KNOWN
    ),
    Name.CLOSING: Rules(
        allowed=(*KNOWN, LINK, PROMISE, THING), required=(PROMISE, LINK), in_subject=KNOWN
    ),
    Name.RETURNED: Rules(
        allowed=(*KNOWN, LINK, PROMISE, THING), required=(PROMISE, LINK), in_subject=KNOWN
    ),
}

# Names the state of the texts; whoever changes them takes it away.
VERSION = "letter_texts:version"


def text_of(name: str, language: str) -> Text:
    """The text of a letter: what administrators wrote, else what we come with."""
    return _stored.get().get((name, language)) or built_in_text(name, language)


@lru_cache(maxsize=20)
def built_in_text(name: str, language: str) -> Text:
    """The text we come with: the first line of its file is the subject."""
    path = Path(settings.BASE_DIR) / "templates" / "mail" / f"{name}.{language}.txt"
    subject, _newline, body = path.read_text(encoding="utf-8").partition("\n")
    return Text(subject=subject, body=body.strip() + "\n")


def forget_texts() -> None:
    """Every process reads them anew. Call it when they have changed, and when that is committed."""
    _stored.forget()


def objections(name: str, text: Text) -> Iterator[tuple[str, str]]:
    """What is wrong with a text, each with where: "subject" or "body"."""
    rules = RULES[name]
    yield from (("subject", each) for each in _wrong(text.subject, rules.in_subject))
    yield from (("body", each) for each in _wrong(text.body, rules.allowed))
    used = WORDS.used(text.body)
    yield from (("body", _missing(each)) for each in rules.required if each not in used)
    if BODY in used and not _stands_alone(text.body):
        yield (
            "body",
            _("“%(placeholder)s” must stand once, on a line of its own.")
            % {"placeholder": used[BODY]},
        )


def _wrong(text: str, allowed: tuple[str, ...]) -> Iterator[str]:
    for each in WORDS.unknown(text):
        yield _("“%(placeholder)s” is none of the placeholders.") % {"placeholder": each[:60]}
    for name, each in WORDS.used(text).items():
        if name not in allowed:
            yield _("“%(placeholder)s” cannot stand here.") % {"placeholder": each}


def _missing(name: str) -> str:
    reasons = {
        PROMISE: _("it tells the customer when they will hear from us"),
        LINK: _("it is the customer's way to their inquiry"),
        NUMBER: _("it is what the customer names on the telephone"),
        BODY: _("it is what the agent wrote"),
    }
    return _("Put “%(japanese)s” or “%(english)s” into the text: %(reason)s.") % {
        "japanese": WORDS.shown(name, "ja"),
        "english": WORDS.shown(name, "en"),
        "reason": reasons[name],
    }


def _stands_alone(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines()]
    having = [line for line in lines if BODY in WORDS.used(line)]
    return len(having) == 1 and PLACEHOLDER.fullmatch(having[0]) is not None


def _read() -> Mapping[tuple[str, str], Text]:
    """Those that somebody wrote, in one query."""
    rows = LetterText.objects.values_list("name", "language", "subject", "body")
    return {(name, language): Text(subject, body) for name, language, subject, body in rows}


_stored = Remembered(VERSION, _read)
