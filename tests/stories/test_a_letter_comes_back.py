"""An agent answers, and the customer's mail server says no: the customer is still owed an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from mail.delivery import deliver_due
from mail.models import OutboundEmail
from mail.notifying import mail_notifications
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.factories import an_inquiry
from tests.html import Page
from tests.mail.smtp import Letterbox, mail_server, saying
from tickets.models import Ticket
from tickets.services.opening import Opened
from tickets.services.undelivered import take_up_failures

pytestmark = pytest.mark.django_db

DUE = MONDAY_AT_TEN + timedelta(hours=4)
SECOND = timedelta(seconds=1)
NO_SUCH_USER = "550 5.1.1 <hana@example.com>: User unknown"


@pytest.fixture
def letterbox(settings: LazySettings) -> Iterator[Letterbox]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def inquiry(support: object, letterbox: Letterbox, monday_at_ten: time_machine.Traveller) -> Opened:
    opened = an_inquiry(subject="No paper", body="The tray is full.", language="en")
    the_system_works()
    assert letterbox.receivers == [["hana@example.com"]]
    return opened


def the_system_works() -> None:
    """Once around, as beat and the pump do it every second or so."""
    now = timezone.now()
    deliver_due()
    take_up_failures()
    sweep_due(now=now)
    mail_notifications(now=now)
    deliver_due()


def answer(agent: Agent, inquiry: Opened, *, outcome: str, body: str = "Done.") -> None:
    desk = signed_in(agent)
    form = Page(desk.get(inquiry.ticket.clock.path).text).form("/replies/")
    sent = desk.post(form.action, {**form.sent_with("outcome", outcome), "body": body})
    assert sent.status_code == 302


def fresh(inquiry: Opened) -> Ticket:
    return Ticket.objects.select_related("clock").get(pk=inquiry.ticket.pk)


def test_a_solving_answer_that_bounces_solves_nothing(
    inquiry: Opened,
    aiko: Agent,
    english: Client,
    letterbox: Letterbox,
    monday_at_ten: time_machine.Traveller,
):
    # Shortly before the promised time an agent answers, and it looks solved.
    monday_at_ten.move_to(DUE - timedelta(minutes=10), tick=False)
    answer(aiko, inquiry, outcome="solve", body="Turn the tray around.")
    assert fresh(inquiry).status == "resolved"
    assert "Nothing is owed" in signed_in(aiko).get(f"{inquiry.ticket.clock.path}times/").text

    # An hour later the mail server lets us know.
    monday_at_ten.move_to(DUE + timedelta(minutes=50), tick=False)
    letterbox.to_receivers = [saying(NO_SUCH_USER)]
    the_system_works()
    monday_at_ten.shift(SECOND)
    the_system_works()

    # The customer waits since the morning, and we are late since the time we named.
    ticket = fresh(inquiry)
    assert ticket.is_unresolved
    assert ticket.next_contact_at == ticket.next_due_at == DUE
    promise = ticket.clock.commitments.promises().get()
    assert (promise.state, promise.breached_at) == ("breached", DUE)

    # The queue and the ticket say so, in plain words; the author is told and written to.
    desk = signed_in(aiko)
    assert "No paper" in Page(desk.get("/desk/?scope=team&state=open&due=broken").text).text
    bell = Page(desk.get("/desk/notifications/").text).text
    assert "A letter did not arrive" in bell
    assert "Your reply to 山田花子 could not be delivered" in bell
    page = Page(desk.get(ticket.clock.path).text).text
    assert "This reply did not reach the customer." in page
    assert "The reply did not reach the customer. The address hana@example.com does not exist." in (
        page
    )
    assert "The ticket is open again." in page
    [letter] = [each for each in letterbox.letters if "Not delivered" in str(each["Subject"])]
    assert str(letter["To"]) == aiko.email
    body = letter.get_body(("plain",))
    assert body is not None
    assert "Your reply to 山田花子 could not be delivered." in body.get_content()

    # The customer's page is honest and says nothing of our troubles.
    theirs = english.get(f"/r/{inquiry.token}/").text
    assert "We are late." in theirs
    for inner in (
        "550",
        "User unknown",
        "did not reach",
        "could not be delivered",
        "does not exist",
    ):
        assert inner not in theirs

    # Everything stored is what the log says, and a new answer settles it.
    the_log_agrees()
    answer(aiko, inquiry, outcome="solve", body="Turn the tray around, please.")
    the_system_works()
    the_log_agrees()
    assert fresh(inquiry).status == "resolved"
    promise.refresh_from_db()
    assert (promise.state, promise.met_at) == ("breached", timezone.now())
    assert OutboundEmail.objects.filter(letter="reply").values_list("state", flat=True).order_by(
        "pk"
    ).last() == ("sent")


def test_an_answer_that_bounces_at_once_costs_nothing_when_the_next_one_arrives(
    inquiry: Opened, aiko: Agent, letterbox: Letterbox, monday_at_ten: time_machine.Traveller
):
    monday_at_ten.shift(timedelta(hours=1))
    letterbox.to_receivers = [saying(NO_SUCH_USER)]
    answer(aiko, inquiry, outcome="promise", body="We are looking.")
    the_system_works()
    assert fresh(inquiry).next_contact_at == DUE
    the_log_agrees()

    monday_at_ten.shift(timedelta(hours=1))
    answer(aiko, inquiry, outcome="promise", body="We are looking, again.")
    the_system_works()

    the_log_agrees()
    kept = inquiry.ticket.clock.commitments.promises().get(met_at__isnull=False)
    assert (kept.state, kept.due_at) == ("met", DUE)
    assert fresh(inquiry).next_contact_at != DUE
    shown = Page(signed_in(aiko).get(inquiry.ticket.clock.path).text).text
    assert "We are looking, again." in shown


def the_log_agrees() -> None:
    output = StringIO()
    call_command("check_clocks", stdout=output)
    assert "clocks are what their logs say" in output.getvalue()
