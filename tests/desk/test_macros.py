"""Texts kept for many replies: chosen at a ticket, filled in, and kept by those who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.services import add_member
from mail.delivery import as_received
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.factories import AgentFactory, a_ticket
from tests.html import Page
from tickets.models import Draft, Macro, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def a_macro(name="お詫び", body="{{お客様名}} 様", **fields):
    return Macro.objects.create(name=name, body=body, **fields)


def reply(client, ticket, **fields):
    page = Page(client.get(f"/desk/tickets/{ticket.number}/").content.decode())
    form = page.form(f"/{ticket.number}/replies/")
    promised = {"promise": "2026-10-06T06:00:00+00:00", "outcome": "promise"}
    return client.post(
        reverse("desk:reply_create", args=[ticket.number]), {**form.fields, **promised, **fields}
    )


def choose(client, ticket, macro):
    return client.post(reverse("desk:macro_use", args=[ticket.number, macro.pk]))


def offered(client, ticket, text=""):
    page = client.get(
        reverse("desk:macro_choose", args=[ticket.number]),
        {"q": text},
        headers={"HX-Request": "true"},
    )
    return [name for name in ("お詫び", "クーポン", "Apology") if f">{name}<" in page.text]


def test_a_macro_goes_filled_in_behind_what_is_written_with_what_it_proposes(as_aiko, aiko):
    ticket = a_ticket()
    macro = a_macro(
        body="{{お客様名}} 様 {{number}} {{ 担当者名 }} {{promise}}",
        ending="ask",
        promise_after=timedelta(hours=4),
        tags=["返金"],
    )
    Draft.objects.create(
        ticket=ticket,
        agent=aiko,
        kind="reply",
        body="書きかけ",
        submission_key="0b5b8f0e-1111-4222-8333-444444444444",
        saved_at=MONDAY_AT_TEN,
    )

    response = choose(as_aiko, ticket, macro)

    assert response.headers["Location"].startswith(f"/desk/tickets/{ticket.number}/")
    draft = Draft.objects.get()
    assert draft.body == f"書きかけ\n\n山田花子 様 {ticket.number} Aiko {{{{promise}}}}"
    assert (draft.ending, draft.promise_at.isoformat()) == ("ask", "2026-10-05T05:00:00+00:00")
    page = as_aiko.get(f"/desk/tickets/{ticket.number}/")
    assert "tags: 返金" in words(page)


def test_the_promise_is_filled_in_when_it_is_sent(as_aiko):
    ticket = a_ticket()

    reply(as_aiko, ticket, body="{{次回連絡}}までにご連絡します。")

    text = Message.objects.get(direction="outbound").body
    assert text == "2026年10月6日(火) 15:00(日本時間)までにご連絡します。"
    letter = as_received(OutboundEmail.objects.get(letter="reply"))
    assert text in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("body", "outcome"), [("{{naem}} 様", "promise"), ("{{promise}}", "solve"), ("{{", None)]
)
def test_what_is_not_filled_in_never_leaves(as_aiko, body, outcome):
    ticket = a_ticket()

    response = reply(as_aiko, ticket, body=body, outcome=outcome or "solve")

    if outcome is None:
        assert Message.objects.get(direction="outbound").body == body
    else:
        assert response.status_code == 422
        assert body in response.text
        assert "not filled in" in words(response) or "promises none" in words(response)
        assert not Message.objects.filter(direction="outbound").exists()


def test_what_the_customer_wrote_may_hold_braces(as_aiko):
    ticket = a_ticket()

    reply(as_aiko, ticket, body="Yes.\n\n> What is {{name}}?")

    assert Message.objects.filter(direction="outbound").exists()


def test_tags_and_priority_go_with_the_reply_or_with_nothing(as_aiko):
    ticket = a_ticket()
    macro = a_macro(tags=["返金"], priority="high")

    reply(as_aiko, ticket, body="{{?}}", macro=macro.pk)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.tags.count()) == ("normal", 0)

    reply(as_aiko, ticket, body="はい。", macro=macro.pk)
    ticket.refresh_from_db()
    assert (ticket.priority, [tag.name for tag in ticket.tags.all()]) == ("high", ["返金"])


def test_a_note_takes_the_changes_along(as_aiko):
    ticket = a_ticket()
    macro = a_macro(tags=["返金"])

    as_aiko.post(
        reverse("desk:note_create", args=[ticket.number]), {"body": "x", "macro": macro.pk}
    )

    assert [tag.name for tag in ticket.tags.all()] == ["返金"]


@pytest.mark.parametrize("text", ["おわび", "オワビ", "ｵﾜﾋﾞ", "詫び", "お客様"])
def test_a_macro_is_found_by_name_reading_and_text_in_any_kana(as_aiko, text):
    ticket = a_ticket()
    a_macro(reading="おわび")
    a_macro(name="クーポン", body="割引")
    a_macro(name="Apology", body="Sorry", language="en")

    assert offered(as_aiko, ticket, text) == ["お詫び"]


def test_macros_are_for_their_audience(as_aiko, aiko, ben, support):
    ticket = a_ticket()
    a_macro(owner=ben)
    a_macro(name="クーポン", team=support)
    a_macro(name="Apology", owner=aiko)

    assert offered(as_aiko, ticket) == ["クーポン", "Apology"]


# Keeping --------------------------------------------------------------------------------------

FIELDS = {"name": "送付のご案内", "body": "{{お客様名}} 様", "audience": "me", "priority": ""}


def test_agents_keep_their_own_leads_those_of_the_team_administrators_all(
    aiko, ben, admin, support
):
    # Ben leads the team.
    everybody = {
        person: {
            audience: signed_in(person)
            .post(reverse("desk:macro_create"), {**FIELDS, "audience": audience})
            .status_code
            for audience in ("me", f"team-{support.pk}", "everybody")
        }
        for person in (aiko, ben, admin)
    }

    assert list(everybody[aiko].values()) == [302, 422, 422]
    assert list(everybody[ben].values()) == [302, 302, 422]
    assert everybody[admin]["everybody"] == 302


def test_a_colleague_cannot_change_a_macro(aiko, ben, support):
    stranger = AgentFactory()
    add_member(support, stranger)
    macro = a_macro(owner=aiko)
    team_macro = a_macro(name="クーポン", team=support)

    for each, person in ((macro, ben), (team_macro, stranger)):
        for name in ("macro_update", "macro_delete", "macro_order"):
            address = reverse(f"desk:{name}", args=[each.pk])
            assert signed_in(person).post(address, FIELDS).status_code == 404

    assert Macro.objects.count() == 2


def test_an_unknown_placeholder_is_named_when_a_macro_is_saved(as_aiko):
    response = as_aiko.post(reverse("desk:macro_create"), {**FIELDS, "body": "{{customer.name}}"})

    assert response.status_code == 422
    assert "“{{customer.name}}” is none of the placeholders" in words(response)
    assert not Macro.objects.exists()


def test_a_macro_is_edited_moved_and_deleted(as_aiko, aiko):
    for name in ("A", "B"):
        as_aiko.post(
            reverse("desk:macro_create"), {**FIELDS, "name": name, "promise_after": "4:00"}
        )
    first, second = Macro.objects.order_by("position")

    as_aiko.post(reverse("desk:macro_order", args=[second.pk]), {"by": "-1"})
    assert [each.name for each in Macro.objects.order_by("position")] == ["B", "A"]

    as_aiko.post(reverse("desk:macro_update", args=[first.pk]), {**FIELDS, "tags": "a、b"})
    first.refresh_from_db()
    assert (first.name, first.tags, first.promise_after) == (FIELDS["name"], ["a", "b"], None)

    as_aiko.post(reverse("desk:macro_delete", args=[first.pk]))
    assert list(Macro.objects.all()) == [second]


def test_the_preview_fills_in_an_example(as_aiko):
    page = as_aiko.post(
        reverse("desk:macro_preview"), {"body": "{{お客様名}} 様 {{number}}", "language": "ja"}
    )

    assert "山田 花子 様 1042" in words(page)
