"""Mail that needs a look: who may decide, and what each button does."""

from __future__ import annotations

import pytest

from accounts.models import Agent
from mail.models import InboundEmail, Mailbox
from mail.receiving import take_in
from tests.conftest import signed_in
from tests.factories import TeamFactory
from tests.html import Page
from tests.mail.incoming import a_mail, arrives
from tickets.models import Ticket
from tickets.services.filing import file_waiting_mail

pytestmark = pytest.mark.django_db

TRAY = "/desk/mail/"


@pytest.fixture
def held_back(mailbox: Mailbox) -> InboundEmail:
    arrives(a_mail())
    number = Ticket.objects.get().number
    return arrives(
        a_mail(
            "花子 <hanako@example.jp>", subject=f"Re: [#{number}] 至急", body="forged", auth="fail"
        )
    )


def decide(agent: Agent, email: InboundEmail, do: str) -> str:
    browser = signed_in(agent)
    form = Page(browser.get(TRAY).text).form(f"/desk/mail/{email.pk}/decision/")
    return Page(browser.post(form.action, {**form.sent_with("do", do)}, follow=True).text).text


def test_it_says_who_wrote_what_and_why_it_waits(held_back: InboundEmail, ben: Agent):
    page = Page(signed_in(ben).get(TRAY).text).text

    assert "至急" in page
    assert "hanako@example.jp" in page
    assert "It names a ticket, but its sender could not be verified." in page


def test_the_raw_mail_is_a_download(held_back: InboundEmail, ben: Agent):
    response = signed_in(ben).get(f"/desk/mail/{held_back.pk}/raw/")

    assert response.headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in response.headers["Content-Disposition"]
    with held_back.raw.open("rb") as kept:
        assert b"".join(response.streaming_content) == kept.read()  # type: ignore[attr-defined]


def test_it_can_be_released_as_a_ticket(held_back: InboundEmail, ben: Agent):
    said = decide(ben, held_back, "ticket")

    ticket = Ticket.objects.latest("pk")
    assert f"#{ticket.number}" in said
    assert ticket.messages.get().body == "forged"
    assert "Every mail has found its place." in said


def test_it_can_be_tried_again(held_back: InboundEmail, ben: Agent, mailbox: Mailbox):
    decide(ben, held_back, "again")
    held_back.refresh_from_db()
    assert held_back.state == "new"

    file_waiting_mail()
    held_back.refresh_from_db()
    assert held_back.state == "quarantined", "nothing has changed, so it waits again"


def test_it_can_be_put_away_and_is_kept(held_back: InboundEmail, ben: Agent):
    said = decide(ben, held_back, "discard")

    assert "The mail is put away." in said
    held_back.refresh_from_db()
    assert (held_back.state, held_back.outcome) == ("done", "discarded")
    assert signed_in(ben).get(f"/desk/mail/{held_back.pk}/raw/").status_code == 404


def test_what_a_colleague_decided_a_moment_ago_is_told(held_back: InboundEmail, ben: Agent):
    address = f"/desk/mail/{held_back.pk}/decision/"
    browser = signed_in(ben)
    browser.post(address, {"do": "discard"})

    assert browser.post(address, {"do": "ticket"}).status_code == 404
    assert Ticket.objects.count() == 1


def test_leads_decide_for_their_teams_and_administrators_for_all(
    held_back: InboundEmail, aiko: Agent, ben: Agent, mallory: Agent, admin: Agent
):
    Mailbox.objects.create(address="bills@desk.example", team=TeamFactory(name="Accounts"))
    for agent, status in ((aiko, 404), (mallory, 404), (ben, 200), (admin, 200)):
        assert signed_in(agent).get(TRAY).status_code == status, agent
    Mailbox.objects.filter(pk=held_back.mailbox_id).update(team=TeamFactory(name="Elsewhere"))

    assert "至急" not in signed_in(ben).get(TRAY).text
    assert "至急" in signed_in(admin).get(TRAY).text


def test_mail_that_could_not_be_read_shows_the_details(mailbox: Mailbox, admin: Agent):
    email = take_in(b"x", mailbox=None, source="imap", envelope_from=None, envelope_to=[])
    InboundEmail.objects.filter(pk=email.pk).update(
        state="failed", reason="trouble", next_try_at=None, last_error="LookupError: <x>"
    )
    page = signed_in(admin).get(TRAY).text

    assert "Something went wrong when it was filed." in page
    assert "LookupError: &lt;x&gt;" in page
