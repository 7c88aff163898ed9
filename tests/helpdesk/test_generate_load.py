from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Team
from accounts.services import add_member
from common.tokens import tokens
from reports.models import Fact
from sla.models import UNRESOLVED, Commitment
from sla.services import compute
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import numbers
from tests.factories import a_ticket
from tickets.models import Message, SearchEntry, Ticket
from tickets.services.replying import receive_reply
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten", "aiko")]


def load(tickets: int = 200, seed: int = 1) -> None:
    call_command("generate_load", tickets=tickets, seed=seed, verbosity=0)


def test_so_many_tickets_are_added_and_the_next_one_is_filed_as_ever():
    first = a_ticket()
    load()

    assert Ticket.objects.count() == 201
    assert a_ticket().number > Ticket.objects.exclude(pk=first.pk).order_by("number").first().number
    assert Ticket.objects.count() == 202


def test_the_same_seed_says_the_same():
    load(50)
    said = list(Message.objects.order_by("pk").values_list("body", flat=True))
    load(50)
    again = list(Message.objects.order_by("pk").values_list("body", flat=True))[len(said) :]
    load(50, seed=2)
    other = list(Message.objects.order_by("pk").values_list("body", flat=True))[2 * len(said) :]

    assert again == said != other


def test_what_is_open_stands_in_the_queue_and_in_the_sweep(aiko):
    load(400)

    opened = Ticket.objects.filter(status__in=UNRESOLVED)
    assert 10 < opened.count() < 70
    assert len(numbers(signed_in(aiko).get("/desk/"))) > 9
    live = Commitment.objects.promises().filter(ended_at=None)
    assert live.count() == opened.count()
    assert sweep_due(now=MONDAY_AT_TEN) == 0
    assert sweep_due(now=live.latest("due_at").next_check_at) > 0


def test_a_generated_ticket_goes_on_like_any_other():
    load(30)

    for ticket in Ticket.objects.select_related("clock"):
        assert compute(ticket.clock, now=MONDAY_AT_TEN).status == ticket.status
    ticket = Ticket.objects.filter(status="resolved").first()
    receive_reply(ticket, body="まだです。")
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_every_message_is_in_the_index_as_if_it_had_been_received():
    load(30)

    entries = SearchEntry.objects.filter(kind="message")
    assert entries.count() == Message.objects.count()
    for message in Message.objects.all()[:40]:
        vector = " ".join(f"'{token}'" for token in tokens(message.body))
        assert (
            entries.extra(where=["tokens = %s::tsvector"], params=[vector])
            .filter(source_id=message.pk)
            .exists()
        )


def test_what_reports_count_is_there_in_all_teams_and_topics(aiko):
    billing = Team.objects.create(name="Billing")
    topic = Topic.objects.create(name_en="Invoices", team=billing)
    add_member(billing, aiko)
    load(400)
    call_command("rebuild_figures", stdout=StringIO())

    counted = Counter(Fact.objects.values_list("measure", flat=True))
    for measure in (
        *("promise_kept", "promise_late", "promise_silent", "promise_renewed", "chased"),
        *("handed_over", "took_over", "asked_again", "reopened", "channel_changed", "answered"),
        *("rated_good", "rated_bad", "effort_rated", "sla_kept", "unclean", "clean"),
    ):
        assert counted[measure] > 0, measure
    assert counted["promise_kept"] > 5 * counted["promise_late"]
    assert Fact.objects.filter(team=billing.pk, topic=topic.pk).exists()
    assert set(Fact.objects.values_list("channel", flat=True)) == {"web", "email", "phone"}
    assert Fact.objects.dates("at", "month").count() > 12
    for ticket in Ticket.objects.all():
        assert ticket.chaser_count == ticket.events.filter(kind="chased").count()
        assert ticket.hand_over_count == ticket.events.filter(kind="handed_over").count()
