"""Letters from templates: one text per language, its first line the subject."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.markup import marked_up
from common.templatetags.ui import linked

# Where the agent's words go; no text has it.
BODY = "\ue001"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Letter:
    """What is to be said; `name` is the template it was written from. `html` is empty where it says
    no more than the text."""

    subject: str
    text: str
    name: str = ""
    html: str = ""


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
    html = as_html(frame, language=language).replace(_paragraph(BODY), marked_up(context["body"]))
    return Letter(subject=subject, text=text, name=template, html=html)


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
