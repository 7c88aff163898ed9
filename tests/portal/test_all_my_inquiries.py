"""All my inquiries: a link to one's own mailbox opens the list, once, and nobody can tell from
outside who has ever written to us."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from customers.models import ContactPoint, Customer, CustomerSession, Organization, SignInLink
from customers.services import let_see_organization, update_customer
from customers.signing_in import end_sessions_of, use_link
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket, an_inquiry
from tests.html import Page
from tickets.attachments import attach, keep_uploads
from tickets.models import Attachment, Ticket
from tickets.services.handling import set_status, solve
from tickets.services.replying import Reply, add_note, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
HANA = "hana@example.com"


def ask_for_link(browser: Client, address: str = HANA) -> str:
    """The token that was mailed."""
    browser.post("/inquiries/", {"email": address})
    letter = OutboundEmail.objects.filter(dedupe_key__startswith="sign_in:").latest("pk")
    return re.search(r"/inquiries/enter/([^/\s]+)/", letter.text)[1]


def sign_in(browser: Client, address: str = HANA) -> Client:
    browser.post(f"/inquiries/enter/{ask_for_link(browser, address)}/")
    return browser


def letters() -> list[str]:
    sent = OutboundEmail.objects.filter(dedupe_key__startswith="sign_in:")
    return list(sent.values_list("to", flat=True))


@pytest.fixture
def colleagues() -> tuple[Customer, Customer]:
    """Hana and Kenji of one company, and Mika of another, each with an inquiry."""
    acme, other = Organization.objects.create(name="Acme"), Organization.objects.create(name="Beta")
    hana, kenji = a_customer(HANA), a_customer("kenji@example.com", "佐藤健二")
    mika = a_customer("mika@example.com", "Mika")
    Customer.objects.filter(pk__in=[hana.pk, kenji.pk]).update(organization=acme)
    Customer.objects.filter(pk=mika.pk).update(organization=other)
    a_ticket(customer=hana, subject="Hana's printer")
    a_ticket(customer=kenji, email="kenji@example.com", subject="Kenji's invoice")
    a_ticket(customer=mika, email="mika@example.com", subject="Mika's secret")
    return Customer.objects.get(pk=hana.pk), Customer.objects.get(pk=kenji.pk)


def test_the_link_shows_a_button_and_the_button_opens_the_list_once(english: Client):
    a_ticket(subject="No paper")
    token = ask_for_link(english)

    for _ in range(3):
        assert english.get(f"/inquiries/enter/{token}/").status_code == 200
    assert not CustomerSession.objects.exists()
    page = english.post(f"/inquiries/enter/{token}/", follow=True)
    again = Client().post(f"/inquiries/enter/{token}/")

    assert "No paper" in page.text
    assert (again.status_code, CustomerSession.objects.count()) == (404, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_of_two_that_come_at_once_one_is_let_in():
    a_ticket()
    token = ask_for_link(Client())
    let_in: list[str | None] = []

    def come() -> None:
        let_in.append(use_link(token, now=MONDAY_AT_TEN))
        connection.close()

    visitors = [Thread(target=come) for _ in range(6)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()

    assert sum(session is not None for session in let_in) == 1
    assert CustomerSession.objects.count() == 1


def test_nothing_of_a_token_is_stored_in_the_clear(english: Client):
    a_ticket()
    token = ask_for_link(english)
    english.post(f"/inquiries/enter/{token}/")

    cookie = english.cookies["inquiries"]
    assert len(token) >= 43
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 3600)
    digests = [SignInLink.objects.get().digest, CustomerSession.objects.get().digest]
    assert token not in digests
    assert cookie.value not in digests


@pytest.mark.parametrize("minutes", [30, 31])
def test_the_link_is_over_after_half_an_hour(english: Client, monday_at_ten, minutes: int):
    a_ticket()
    token = ask_for_link(english)
    monday_at_ten.move_to(MONDAY_AT_TEN + timedelta(minutes=minutes), tick=False)

    assert english.get(f"/inquiries/enter/{token}/").status_code == 404
    assert english.post(f"/inquiries/enter/{token}/").status_code == 404


def test_the_session_is_over_after_twelve_hours_and_when_signing_out(
    english: Client, monday_at_ten: time_machine.Traveller
):
    a_ticket(subject="No paper")
    sign_in(english)
    kept = english.cookies.copy()
    english.post("/inquiries/leave/")
    english.cookies = kept
    assert "No paper" not in english.get("/inquiries/").text

    sign_in(english)
    assert "No paper" in english.get("/inquiries/").text
    monday_at_ten.move_to(MONDAY_AT_TEN + timedelta(hours=12), tick=False)
    assert "No paper" not in english.get("/inquiries/").text


def test_a_customer_can_be_signed_out_everywhere(english: Client):
    customer = a_ticket().customer
    sign_in(english)
    token = ask_for_link(english)

    end_sessions_of(customer, now=MONDAY_AT_TEN)

    assert "Send me the link" in english.get("/inquiries/").text
    assert use_link(token, now=MONDAY_AT_TEN) is None


def test_the_staffs_session_is_another_one(english: Client, aiko: Agent):
    a_ticket(subject="No paper")
    english.force_login(aiko)
    assert "No paper" not in english.get("/inquiries/").text

    stranger = sign_in(Client())
    assert stranger.get("/desk/").status_code == 302


# Who has written to us is nobody's business -------------------------------------------------------


def test_known_or_not_the_answer_and_the_work_are_the_same(english: Client):
    a_ticket()
    english.post("/inquiries/", {"email": "first@example.com"})

    answers, statements = [], []
    for address in (HANA, "nobody@example.com"):
        with CaptureQueriesContext(connection) as captured:
            answer = english.post("/inquiries/", {"email": address}, follow=True)
        answers.append(Page(answer.text).text)
        asked = (re.match(r'(SELECT|INSERT|UPDATE|DELETE).*?"(\w+)"', q["sql"]) for q in captured)
        statements.append([found.groups() for found in asked if found])

    assert answers[0] == answers[1]
    # But for the savepoint, which is given up for one and kept for the other.
    assert statements[0] == statements[1]
    assert ("INSERT", "mail_outboundemail") in statements[1]
    assert letters() == [HANA]
    assert SignInLink.objects.count() == 3


@pytest.mark.parametrize("state", ["bounced", "complained", "opted_out"])
def test_nothing_goes_where_mail_does_not_arrive_or_is_not_wanted(english: Client, state: str):
    a_ticket()
    ContactPoint.objects.update(state=state, state_since=MONDAY_AT_TEN)

    answer = english.post("/inquiries/", {"email": HANA}, follow=True)

    assert "a letter with the link is on its way" in answer.text
    assert letters() == []


def test_three_letters_an_hour_go_to_one_address_whoever_asks(english: Client):
    a_ticket()
    for number in range(5):
        browser = Client(REMOTE_ADDR=f"192.0.2.{number}")
        answer = browser.post("/inquiries/", {"email": f" {HANA.upper()} "})
        assert answer.status_code == 302

    assert len(letters()) == 3


def test_one_visitor_does_not_ask_for_everybody(english: Client):
    statuses = [
        english.post("/inquiries/", {"email": f"n{number}@example.com"}).status_code
        for number in range(21)
    ]

    assert statuses == [302] * 20 + [429]


@pytest.mark.parametrize(
    "email",
    ["", "x", "a@b", "a\x00@example.com", "x" * 300 + "@example.com", "a@b.c\r\nBcc: d@e.f"],
)
def test_what_is_no_address_is_said_kindly(english: Client, email: str):
    answer = english.post("/inquiries/", {"email": email})

    assert answer.status_code == 422
    assert letters() == []


@pytest.mark.parametrize("path", ["/inquiries/", "/inquiries/sent/", "/inquiries/enter/x/"])
def test_nobody_keeps_or_lists_these_pages(english: Client, path: str):
    answer = english.get(path)

    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "<script" not in answer.text


# The list -----------------------------------------------------------------------------------------


def test_the_list_says_state_turn_and_promise_the_open_ones_first(english: Client, aiko: Agent):
    done, mine, asked = (a_ticket(subject=s) for s in ("Done one", "Open one", "Asked one"))
    solve(done, agent=aiko)
    reply = Reply(body="?", asks=True, thing="Your serial number")
    reply_to_customer(asked, reply, agent=aiko)
    a_ticket(email="jiro@example.com", subject="Jiro's")
    set_status(a_ticket(subject="Win money"), to="spam", agent=aiko)

    text = Page(sign_in(english).get("/inquiries/").text).text

    assert text.index("Open one") < text.index("Done one")
    assert "Received" in text
    assert "We will contact you by Mon 5 Oct 2026, 14:00 (JST)" in text
    assert "Waiting for your reply" in text
    assert "What we need from you: Your serial number" in text
    assert "Jiro" not in text
    assert "Win money" not in text
    assert mine.number


def test_each_opens_its_own_page_and_nobody_elses(english: Client):
    mine = a_ticket(subject="No paper")
    other = a_ticket(email="jiro@example.com", subject="Jiro's")
    sign_in(english)

    assert "No paper" in english.get(f"/inquiries/{mine.number}/", follow=True).text
    for wrong in (other.number, 10**18, "1" * 30, "１", "abc"):
        assert english.get(f"/inquiries/{wrong}/").status_code == 404


def test_what_is_done_is_told_page_by_page(english: Client, aiko: Agent):
    for number in range(23):
        ticket = a_ticket(subject=f"Matter {number:02}", now=MONDAY_AT_TEN)
        solve(ticket, agent=aiko)
    sign_in(english)

    first = english.get("/inquiries/")
    [older] = [a["href"] for a in Page(first.text).all("a") if "before=" in a.get("href", "")]
    second = english.get(f"/inquiries/{older}").text

    told = re.findall(r"Matter \d\d", first.text), re.findall(r"Matter \d\d", second)
    assert [len(each) for each in told] == [20, 3]
    assert len(set(told[0]) | set(told[1])) == 23


@pytest.mark.parametrize(
    "before", ["x", "_", "2026-10-05_1", "2026-99-99T00:00:00+00:00_1", "２_２"]
)
def test_a_made_up_place_is_the_beginning(english: Client, before: str):
    a_ticket(subject="No paper")

    assert "No paper" in sign_in(english).get("/inquiries/", {"before": before}).text


# The organisation ---------------------------------------------------------------------------------


def test_others_of_the_organisation_are_hidden_until_an_agent_says_so(
    english: Client, colleagues: tuple[Customer, Customer], aiko: Agent
):
    hana, _kenji = colleagues
    sign_in(english)
    assert "Kenji" not in english.get("/inquiries/").text

    let_see_organization(hana, may=True, by=aiko, now=MONDAY_AT_TEN)

    page = Page(english.get("/inquiries/").text).text
    assert "Others at Acme" in page
    assert "Kenji's invoice" in page
    assert "Mika" not in page
    assert hana.notes.get().agent == aiko
    let_see_organization(hana, may=False, by=aiko, now=MONDAY_AT_TEN)
    assert "Kenji" not in english.get("/inquiries/").text


def test_what_others_asked_is_read_without_addresses_notes_or_buttons(
    english: Client, colleagues: tuple[Customer, Customer], aiko: Agent
):
    hana, kenji = colleagues
    let_see_organization(hana, may=True, by=aiko, now=MONDAY_AT_TEN)
    ticket = kenji.tickets.get()
    add_note(ticket, body="inner thoughts", agent=aiko)
    promise_at = MONDAY_AT_TEN + timedelta(hours=4)
    reply_to_customer(ticket, Reply(body="We look.", promise_at=promise_at), agent=aiko)

    page = Page(sign_in(english).get(f"/inquiries/{ticket.number}/").text)

    assert "We look." in page.text
    assert "inner thoughts" not in page.text
    assert "kenji@example.com" not in page.text
    assert not any("/r/" in form.action for form in page.forms)
    assert not any("/r/" in a.get("href", "") for a in page.all("a"))


def test_another_organisations_inquiries_are_never_there(
    english: Client, colleagues: tuple[Customer, Customer], aiko: Agent
):
    hana, _kenji = colleagues
    let_see_organization(hana, may=True, by=aiko, now=MONDAY_AT_TEN)
    secret = Customer.objects.get(name="Mika").tickets.get()
    sign_in(english)

    assert english.get(f"/inquiries/{secret.number}/").status_code == 404


def test_files_are_opened_by_those_who_may_read_the_inquiry_and_by_nobody_else(
    english: Client, colleagues: tuple[Customer, Customer], aiko: Agent
):
    hana, kenji = colleagues
    ticket = kenji.tickets.get()
    file = _a_file_of(ticket)
    address = f"/inquiries/{ticket.number}/files/{file.public_id}/"
    assert english.get(address).headers["Location"] == "/inquiries/"
    sign_in(english)
    assert english.get(address).status_code == 404

    let_see_organization(hana, may=True, by=aiko, now=MONDAY_AT_TEN)

    assert address in english.get(f"/inquiries/{ticket.number}/").text
    assert b"".join(english.get(address)) == b"paper jam"
    mine = hana.tickets.get()
    assert english.get(f"/inquiries/{mine.number}/files/{file.public_id}/").status_code == 404


def _a_file_of(ticket: Ticket) -> Attachment:
    upload = SimpleUploadedFile("jam.txt", b"paper jam")
    [file] = keep_uploads([upload], submission_key=uuid4(), now=MONDAY_AT_TEN)
    attach(ticket.messages.get(), [file])
    return file


def test_who_changes_the_organisation_loses_the_grant(
    colleagues: tuple[Customer, Customer], aiko: Agent
):
    hana, _kenji = colleagues
    let_see_organization(hana, may=True, by=aiko, now=MONDAY_AT_TEN)

    update_customer(hana, name="Hana", organization="Beta", language="ja", time_zone="Asia/Tokyo")

    hana.refresh_from_db()
    assert (hana.organization.name, hana.sees_organization) == ("Beta", False)


def test_without_an_organisation_there_is_nothing_to_let_them_read(aiko: Agent):
    customer = an_inquiry().ticket.customer

    assert not let_see_organization(customer, may=True, by=aiko, now=MONDAY_AT_TEN)
