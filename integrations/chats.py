"""One sentence in a chat, with a way to the ticket, as each chat wants it written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from integrations.models import Webhook

# Discord takes no more (Unicode characters).
LONGEST_DISCORD = 2000
LONGEST_TITLE = 300
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>])")
# After an @ nobody sees, but no chat rings for everybody.
UNSEEN = "\u2060"


@dataclass(frozen=True)
class Line:
    """`title` names the matter and leads to `url`; `text` says what happened."""

    title: str
    text: str
    url: str


def as_chat(kind: str, line: Line) -> dict[str, Any]:
    """The body of the request."""
    return WRITERS[kind](line)


def _slack(line: Line) -> dict[str, Any]:
    title = _without_breaks(_slack_text(line.title)).replace("|", "¦")
    return {"text": f"<{line.url}|{title}>\n{_slack_text(line.text)}"}


def _slack_text(text: str) -> str:
    """Slack reads &, < and > and nothing else as a command when formatting is left alone."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mattermost(line: Line) -> dict[str, Any]:
    return {"text": f"[{_markdown(line.title)}]({line.url})\n{_markdown(line.text)}"}


def _discord(line: Line) -> dict[str, Any]:
    link = f"\n<{line.url}>"
    said = f"**{_markdown(line.title)}**\n{_markdown(line.text)}"
    if len(said) + len(link) > LONGEST_DISCORD:
        said = said[: LONGEST_DISCORD - len(link) - 1] + "…"
    return {"content": said + link, "allowed_mentions": {"parse": []}}


def _teams(line: Line) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _markdown(line.title), "weight": "bolder", "wrap": True},
            {"type": "TextBlock", "text": _markdown(line.text), "wrap": True},
        ],
        "actions": [{"type": "Action.OpenUrl", "title": _("Open in the desk"), "url": line.url}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "contentUrl": None, "content": card}],
    }


def _line_works(line: Line) -> dict[str, Any]:
    return {
        "title": line.title[:LONGEST_TITLE],
        "body": {"text": line.text},
        "button": {"label": _("Open in the desk"), "url": line.url},
    }


def _markdown(text: str) -> str:
    """Words as they are: nothing bold, no links, nobody called."""
    escaped = MARKDOWN.sub(r"\\\1", _without_breaks(text))
    return escaped.replace("@", f"@{UNSEEN}")


def _without_breaks(text: str) -> str:
    return " ".join(text.split())


WRITERS: Mapping[str, Callable[[Line], dict[str, Any]]] = {
    Webhook.Kind.SLACK: _slack,
    Webhook.Kind.MATTERMOST: _mattermost,
    Webhook.Kind.TEAMS: _teams,
    Webhook.Kind.DISCORD: _discord,
    Webhook.Kind.LINE_WORKS: _line_works,
}
