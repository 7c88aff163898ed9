from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Notification
from customers.models import Customer
from integrations.models import Listener, Occurrence
from mail.models import OutboundEmail
from privacy.erasing import erase_customer
from privacy.models import DoomedFile
from reports.facts.keeping import keep_all
from reports.models import Fact
from sla.checking import differences
from sla.models import Commitment
from sla.sweep import sweep_due
from tests.transfers.conftest import SAMPLES, brought_in
from tickets.models import Message, Ticket
from tickets.services.opening import Inquiry, open_ticket
from transfers.models import DeskExport, Imported, ImportFault, ImportJob
from transfers.working import _take, ask_for_import, take, work_on
from transfers.writing import Writer

SEARCH = "/desk/search/"
pytestmark = pytest.mark.django_db


def imported(number: int) -> Ticket:
    return Ticket.objects.get(external_reference=f"Zendesk #{number}")


def test_a_closed_ticket_comes_with_its_story_and_owes_nothing(aiko):
    brought_in("zendesk")

    ticket = imported(4711)
    said = [(each.body, each.is_inbound, each.sent_at.day) for each in ticket.messages.all()]
    assert said == [
        ("九月分の請求書がまだ届いていません。", True, 30),
        ("再送いたしました。", False, 1),
    ]
    assert ticket.messages.last().from_name == "Former Colleague"
    assert ticket.notes.get().body == "Former Colleague:\n経理に確認してください。"
    assert (ticket.status, ticket.priority, ticket.assignee) == ("closed", "high", aiko)
    assert ticket.customer.organization.name == "山田製作所"
    assert ticket.language == "ja"
    assert ticket.resolved_at == datetime(2024, 10, 1, 2, tzinfo=UTC)
    assert sorted(tag.name for tag in ticket.tags.all()) == ["vip", "請求"]
    assert [file.name for file in Message.objects.first().attachments.all()] == ["printer.log"]
    assert not ticket.clock.commitments.exists()


def test_an_open_ticket_is_promised_something_from_now_on(aiko, monday_at_ten):
    brought_in("zendesk")

    now, ticket = timezone.now(), imported(4712)
    assert ticket.status == "open"
    assert ticket.next_contact_at > now
    assert not ticket.clock.commitments.filter(started_at__lt=now).exists()
    sweep_due(now=now + timedelta(seconds=1))
    assert not Commitment.objects.exclude(breached_at=None).exists()


def test_nobody_hears_of_it(aiko, ben):
    brought_in("zendesk")

    assert not OutboundEmail.objects.exists()
    assert not Notification.objects.exists()


def test_no_other_system_is_told(aiko):
    Listener.objects.create(name="webhooks")

    brought_in("zendesk")

    assert not Occurrence.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yakusoku.is_quiet', '', true)")
    open_ticket(
        Inquiry(subject="New", body="x", channel="web", language="ja", email="n@mail.example")
    )
    assert Occurrence.objects.exists()


def test_what_comes_twice_is_there_once(aiko):
    first = brought_in("zendesk")
    rows = [model.objects.count() for model in (Ticket, Message, Customer, Imported)]

    again = brought_in("zendesk")

    assert [model.objects.count() for model in (Ticket, Message, Customer, Imported)] == rows
    assert first.counts["ticket"] == {"new": 3}
    assert again.counts["ticket"] == {"known": 3}


def test_one_person_with_two_users_is_one_record(aiko):
    brought_in("zendesk")

    [john] = Customer.objects.filter(contact_points__normalized="john@mail.example")
    assert imported(4712).customer == john
    assert (john.name, john.time_zone) == ("John Smith", "Europe/London")


def test_what_cannot_be_read_is_named_with_its_line(aiko):
    job = brought_in("zendesk")

    faults = {fault.place: fault for fault in job.faults.all()}
    assert faults["users.json:6"].original == "this line is broken"
    assert "yesterday" in faults["tickets.json:4"].message
    assert "missing.pdf" in faults["Zendesk #4711"].message
    assert job.fault_count == 3


def test_it_is_found_by_what_it_was_called_there(client, aiko):
    brought_in("zendesk")

    client.force_login(aiko)
    found = client.get(SEARCH, {"q": "4711"})

    assert "請求書が届きません" in found.content.decode()


def test_a_page_of_an_imported_ticket_says_where_it_comes_from(client, aiko):
    brought_in("zendesk")

    client.force_login(aiko)
    page = client.get(f"/desk/tickets/{imported(4711).number}/").content.decode()

    assert "Zendesk #4711" in page
    assert "Former Colleague" in page


def test_history_is_neither_kept_nor_broken(aiko):
    brought_in("zendesk")

    keep_all()

    measures = set(Fact.objects.values_list("measure", flat=True))
    assert "arrived" in measures
    assert not {"sla_kept", "sla_broken", "promise_kept", "promise_late"} & measures
    assert "promise_silent" not in measures


def test_clocks_say_what_their_logs_say(aiko):
    brought_in("zendesk")

    clocks = [ticket.clock for ticket in Ticket.objects.select_related("clock")]
    assert [differences(clock, now=timezone.now()) for clock in clocks] == [[], [], []]


def test_whoever_dies_in_between_leaves_the_rest_to_the_next_one(aiko, monkeypatch):
    monkeypatch.setattr("transfers.working.BATCH", 2)
    job = ask_for_import(by=None, source="zendesk", name="z", path=str(SAMPLES / "zendesk"))
    wrote, real = [], Writer.write

    def dies(self, records):
        batch = real(self, records)
        wrote.append(records)
        if len(wrote) == 4:
            raise KeyboardInterrupt
        return batch

    monkeypatch.setattr(Writer, "write", dies)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        work_on(take(job))
    monkeypatch.setattr(Writer, "write", real)
    assert Ticket.objects.count() == 0

    ImportJob.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    work_on(_take(job.pk))

    job.refresh_from_db()
    assert Ticket.objects.count() == 3
    assert job.counts["ticket"] == {"new": 3}
    assert job.state == "done"


def test_a_dry_run_says_what_would_come_and_leaves_nothing(aiko):
    job = brought_in("zendesk", is_dry_run=True)

    assert job.counts["ticket"] == {"new": 3}
    assert job.counts["attachment"] == {"new": 1, "missing": 1}
    assert not Ticket.objects.exists()
    assert not Imported.objects.exists()


def test_nothing_of_somebody_who_was_erased_comes_again(aiko, admin):
    brought_in("zendesk")
    ticket = imported(4711)
    erase_customer(ticket.customer, by=admin, closes=True)
    Imported.objects.filter(kind="ticket").delete()

    job = brought_in("zendesk")

    assert "This customer was erased here." in [fault.message for fault in job.faults.all()]
    assert not Ticket.objects.filter(external_reference="Zendesk #4711").exists()


def test_what_holds_everybody_goes_when_somebody_is_erased(aiko, admin):
    brought_in("zendesk")
    now = timezone.now()
    kept = DeskExport.objects.create(
        agent=admin, state="done", file="exports/desk-1.zip", asked_at=now, next_try_at=now
    )
    assert ImportFault.objects.exists()

    erase_customer(imported(4711).customer, by=admin)

    kept.refresh_from_db()
    assert (kept.state, kept.file.name) == ("expired", "")
    assert DoomedFile.objects.filter(path="exports/desk-1.zip").exists()
    assert not ImportFault.objects.exists()


def test_what_is_no_export_is_refused_with_a_sentence(support, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")

    job = brought_in("zendesk", tmp_path)

    assert job.state == "failed"
    assert job.error


def test_those_that_go_on_are_open(aiko):
    brought_in("zendesk")

    assert Ticket.objects.unresolved().count() == 2
