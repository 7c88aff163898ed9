"""Letters: to customers from texts that administrators may change (mail.letter_texts), to others
from templates, one for each language, its first line the subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.markup import marked_up
from common.placeholders import PLACEHOLDER
from common.templatetags.ui import linked
from mail import letter_texts, quoting
from mail.letter_texts import RULES, WORDS, Text

# Where the agent's words go; no text has it.
BODY = "\ue001"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# A placeholder with the blank before it, or with its line and the empty one below.
WITH_BLANK = re.compile(rf"[ \u3000]?{PLACEHOLDER.pattern}")
WITH_LINE = re.compile(rf"^[ \u3000]*{PLACEHOLDER.pattern}[ \u3000]*\n\n?", re.MULTILINE)


@dataclass(frozen=True)
class Letter:
    """What is to be said; `name` is the template it was written from. `html` is empty where it says
    no more than the text."""

    subject: str
    text: str
    name: str = ""
    html: str = ""


def write_to(
    name: str,
    values: Mapping[str, str],
    *,
    language: str,
    text: Text | None = None,
    history: Sequence[quoting.Said] = (),
) -> Letter:
    """A letter to a customer, in the text that holds now or the one that is given.

    `values` are what its placeholders become, by their English names, of which the letter gets what
    may stand in it; the HTML part has the "body" with its bold and its lists. Below the letter
    stands what was said before.
    """
    text = text or letter_texts.text_of(name, language)
    values = {each: values[each] for each in RULES[name].allowed if each in values}
    frame = _without_empty(text.body, values)
    letter = Letter(
        subject=one_line(WORDS.fill(text.subject, values)),
        text=f"{WORDS.fill(frame, values).strip()}\n\n{quoting.as_text(history)}".strip() + "\n",
        name=name,
    )
    body = values.get(letter_texts.BODY)
    if body is None:
        return letter
    shown = WORDS.fill(frame, {**values, letter_texts.BODY: f"\n\n{BODY}\n\n"})
    html = _with_body(shown, body, language=language)
    return replace(letter, html=_above(html, quoting.as_html(history)))


def _above(html: str, block: str) -> str:
    """The page with a block at its end."""
    end = "\n</body></html>"
    return f"{html.removesuffix(end)}\n{block}{end}" if block else html


def _without_empty(text: str, values: Mapping[str, str]) -> str:
    """What has nothing to say takes its line with it, or the blank before it."""

    def kept(found: re.Match[str]) -> str:
        name = WORDS.meaning(found.group().strip(" \u3000\n"))
        return "" if values.get(name or "") == "" else found.group()

    return WITH_BLANK.sub(kept, WITH_LINE.sub(kept, text))


def write_letter(
    template: str, *, language: str, time_zone: str, context: dict[str, Any]
) -> Letter:
    """Render `mail/<template>.<language>.txt` in that language and IANA time zone.

    Every instant in it passes the same template filters as the pages, so that mail, page and API
    show the same time. A `body` in the context is an agent's: the HTML part has it with its bold
    and its lists.
    """
    with translation.override(language), timezone.override(time_zone):
        subject, text = _render(f"mail/{template}.{language}.txt", context)
        if "body" not in context:
            return Letter(subject=subject, text=text, name=template)
        _, frame = _render(f"mail/{template}.{language}.txt", {**context, "body": BODY})
    html = _with_body(frame, context["body"], language=language)
    return Letter(subject=subject, text=text, name=template, html=html)


def write_words(template: str, *, language: str, time_zone: str, context: dict[str, Any]) -> str:
    """What `mail/<template>.<language>.txt` says, as part of a letter."""
    with translation.override(language), timezone.override(time_zone):
        return render_to_string(f"mail/{template}.{language}.txt", context).strip()


def _with_body(frame: str, body: str, *, language: str) -> str:
    return as_html(frame, language=language).replace(_paragraph(BODY), marked_up(body))


def _render(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """The subject and the text."""
    subject, _, text = render_to_string(template, context).partition("\n")
    return one_line(subject), text.strip() + "\n"


def one_line(value: str) -> str:
    """Text that may stand in a header: no line breaks, no control characters, trimmed."""
    return " ".join(CONTROL.sub(" ", value).split())


def as_html(text: str, *, language: str) -> str:
    """The plain text as simple HTML: paragraphs, line breaks and links, nothing else."""
    paragraphs = [part for part in re.split(r"\n{2,}", text.strip()) if part]
    body = format_html_join("\n", "{}", ((_paragraph(part),) for part in paragraphs))
    return format_html(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"></head>'
        '<body style="font-family:sans-serif;line-height:1.7;max-width:40em">\n{}\n</body></html>',
        language,
        body,
    )


def _paragraph(text: str) -> SafeString:
    return format_html('<p style="white-space:pre-line">{}</p>', linked(text))
