from __future__ import annotations

import pytest

from accounts.models import Agent, Notification
from tests.factories import AgentFactory, a_ticket
from tickets.exceptions import CannotBeMentioned
from tickets.mentions import mentioned_in
from tickets.models import Follower, Note
from tickets.services.following import follow, unfollow
from tickets.services.handling import assign, solve
from tickets.services.replying import add_note, receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ben, can you look?", ["Ben"]),
        ("Please look, @ben!", ["ben"]),
        ("＠Ben お願いします", ["Ben"]),
        ("@Benさん、お願いします", ["Ben"]),
        ("@Benjamin is somebody else", []),
        ("@Ben @Aiko @Ben", ["Ben", "Aiko"]),
        ("hana@Ben.example", []),
        ("https://example.com/@Ben", []),
        ("Ask Ben", []),
        ("@nobody", []),
        ("@", []),
        ("@田中 花子さん、確認願います", ["田中 花子"]),
        ("@田中花子さん、確認願います", ["田中花子"]),
    ],
)
def test_a_mention_is_an_at_and_the_name_of_a_colleague(
    text: str, named: list[str], aiko: Agent, ben: Agent
):
    AgentFactory(name="田中 花子")

    assert list(mentioned_in(text, ticket=a_ticket())) == named


def test_who_is_mentioned_hears_of_it_and_follows(aiko: Agent, ben: Agent):
    ticket = a_ticket()

    add_note(ticket, body="@Ben どう思いますか", agent=aiko)

    told = Notification.objects.get()
    assert (told.agent, told.kind) == (ben, "mentioned")
    assert told.facts == {"by": "Aiko", "said": "@Ben どう思いますか"}
    assert told.mail_after is not None
    assert Follower.objects.get().agent == ben
    assert Note.objects.get().mentions == ["Ben"]


def test_nobody_hears_of_what_they_wrote_themselves(aiko: Agent):
    add_note(a_ticket(), body="Note to @Aiko", agent=aiko)

    assert not Notification.objects.exists()


def test_who_may_not_see_the_ticket_cannot_be_mentioned(aiko: Agent, mallory: Agent):
    with pytest.raises(CannotBeMentioned, match="Mallory"):
        add_note(a_ticket(), body="@Mallory どう思いますか", agent=aiko)

    assert not Note.objects.exists()
    assert not Notification.objects.exists()


def test_a_manager_of_another_team_can_be_mentioned(aiko: Agent, chika: Agent):
    add_note(a_ticket(), body="@Chika どう思いますか", agent=aiko)

    assert Notification.objects.get().agent == chika


def test_followers_hear_of_the_customer_and_of_the_end_and_holders_only_once(
    aiko: Agent, ben: Agent, chika: Agent
):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    follow(ticket, agent=ben)
    follow(ticket, agent=ben)
    follow(ticket, agent=aiko)
    follow(ticket, agent=chika)

    receive_reply(ticket, body="まだ直りません。")
    assert told() == [
        ("Aiko", "customer_replied", ""),
        ("Ben", "followed", "replied"),
        ("Chika", "followed", "replied"),
    ]

    solve(ticket, agent=chika)
    assert told()[3:] == [("Ben", "followed", "resolved")]

    unfollow(ticket, agent=ben)
    receive_reply(ticket, body="また止まりました。")
    assert [name for name, *_ in told()[4:]] == ["Aiko", "Chika"]


def test_who_may_no_longer_see_the_ticket_hears_nothing(aiko: Agent, ben: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    follow(ticket, agent=ben)
    ben.memberships.all().delete()

    receive_reply(ticket, body="まだ直りません。")

    assert [name for name, *_ in told()] == ["Aiko"]


def told() -> list[tuple[str, str, str]]:
    rows = Notification.objects.order_by("pk").select_related("agent")
    return [(row.agent.name, row.kind, row.facts.get("what", "")) for row in rows]
