"""Letters from templates: one text per language, its first line the subject."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join

from common.templatetags.ui import linked

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Letter:
    """What is to be said; `name` is the template it was written from."""

    subject: str
    text: str
    name: str = ""


def write_letter(
    template: str, *, language: str, time_zone: str, context: dict[str, Any]
) -> Letter:
    """Render `mail/<template>.<language>.txt` in that language and IANA time zone.

    Every instant in it passes the same template filters as the pages, so that mail, page and API
    show the same time.
    """
    with translation.override(language), timezone.override(time_zone):
        rendered = render_to_string(f"mail/{template}.{language}.txt", context)
    subject, _, text = rendered.partition("\n")
    return Letter(subject=one_line(subject), text=text.strip() + "\n", name=template)


def one_line(value: str) -> str:
    """Text that may stand in a header: no line breaks, no control characters, trimmed."""
    return " ".join(CONTROL.sub(" ", value).split())


def as_html(text: str, *, language: str) -> str:
    """The plain text as simple HTML: paragraphs, line breaks and links, nothing else."""
    paragraphs = [part for part in re.split(r"\n{2,}", text.strip()) if part]
    body = format_html_join(
        "\n", '<p style="white-space:pre-line">{}</p>', ((linked(part),) for part in paragraphs)
    )
    return format_html(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"></head>'
        '<body style="font-family:sans-serif;line-height:1.7;max-width:40em">\n{}\n</body></html>',
        language,
        body,
    )
