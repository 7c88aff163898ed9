"""The exact body that each chat gets, with words that would mean something there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone, translation

from accounts.models import Agent
from integrations.chats import Line, as_chat
from integrations.models import Delivery
from integrations.telling import tell_waiting
from tests.factories import a_ticket
from tests.integrations.conftest import MakeWebhook
from tickets.services.replying import Reply, reply_to_customer

LINE = Line(
    "#12 <!channel> *A* & [b](http://x) @all", "Now with Aiko_S", "https://desk.example/t/12/"
)


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_slack():
    assert as_chat("slack", LINE) == {
        "text": "<https://desk.example/t/12/|#12 &lt;!channel&gt; *A* &amp; [b](http://x) @all>\n"
        "Now with Aiko_S"
    }


def test_mattermost():
    assert as_chat("mattermost", LINE) == {
        "text": "[\\#12 \\<\\!channel\\> \\*A\\* & \\[b\\]\\(http://x\\) @\u2060all]"
        "(https://desk.example/t/12/)\nNow with Aiko\\_S"
    }


def test_discord():
    assert as_chat("discord", LINE) == {
        "content": "**\\#12 \\<\\!channel\\> \\*A\\* & \\[b\\]\\(http://x\\) @\u2060all**\n"
        "Now with Aiko\\_S\n<https://desk.example/t/12/>",
        "allowed_mentions": {"parse": []},
    }
    long = Line("あ" * 3000, "い", "https://desk.example/t/12/")
    said = as_chat("discord", long)["content"]
    assert len(said) == 2000
    assert said.endswith("…\n<https://desk.example/t/12/>")


def test_teams(in_english: None):
    assert as_chat("teams", LINE) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        {
                            "type": "TextBlock",
                            "text": "\\#12 \\<\\!channel\\> \\*A\\* & \\[b\\]\\(http://x\\) @\u2060all",
                            "weight": "bolder",
                            "wrap": True,
                        },
                        {"type": "TextBlock", "text": "Now with Aiko\\_S", "wrap": True},
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "Open in the desk",
                            "url": "https://desk.example/t/12/",
                        }
                    ],
                },
            }
        ],
    }


def test_line_works(in_english: None):
    assert as_chat("line_works", LINE) == {
        "title": "#12 <!channel> *A* & [b](http://x) @all",
        "body": {"text": "Now with Aiko_S"},
        "button": {"label": "Open in the desk", "url": "https://desk.example/t/12/"},
    }


@pytest.mark.usefixtures("monday_at_ten", "support")
def test_a_sentence_is_in_the_language_of_the_endpoint(
    make_webhook: MakeWebhook, aiko: Agent, settings: LazySettings
):
    settings.BASE_URL = "https://desk.example"
    ticket = a_ticket()
    make_webhook(kind="slack", events=["promise.renewed"], language="ja")
    promise_at = timezone.now() + timedelta(hours=3)
    reply_to_customer(ticket, Reply(body="…", promise_at=promise_at), agent=aiko)
    tell_waiting()

    said = json.loads(Delivery.objects.get().body)["text"]

    assert said.startswith(
        f"<https://desk.example/desk/tickets/{ticket.number}/|#{ticket.number} プリンター"
    )
    assert "13:00" in said
