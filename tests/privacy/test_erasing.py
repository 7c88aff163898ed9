"""Nothing of somebody who was erased is left anywhere, all of everybody else is, and no figure
changes."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.apps import apps
from django.core.files.storage import default_storage

from audit.checking import Checker
from audit.models import Change
from audit.services import seal_changes
from customers.models import Customer
from mail.models import OutboundEmail
from privacy.blanking import OF_RECORDS, OF_TICKETS
from privacy.erasing import effect_of, erase_customer
from privacy.exceptions import CannotErase
from privacy.files import delete_doomed_files
from privacy.models import DoomedFile
from privacy.people import digest_of_address
from privacy.tables import SEEN_TO, STAYS
from reports.facts.keeping import keep_figures
from reports.models import Fact, Tally
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket
from tests.mail.incoming import a_mail, arrives, the_system_works
from tests.privacy.planting import dump, places
from tickets.models import Ticket
from tickets.services.participating import accept_participant
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten", "files")]


def figures():
    keep_figures()
    columns = [field.attname for field in Fact._meta.concrete_fields if field.name != "id"]
    sums = [field.attname for field in Tally._meta.concrete_fields if field.name != "id"]
    return (
        sorted(map(str, Fact.objects.values_list(*columns))),
        sorted(map(str, Tally.objects.exclude(count=0).values_list(*sums))),
    )


def test_nothing_of_her_is_left_and_all_of_him(alice, bob, ben):
    whole = dump()
    assert [each for each in (*alice.markers, *bob.markers) if not places(whole, each)] == []
    assert len(alice.markers) > 20
    before = figures()

    erase_customer(alice.customer, by=ben)
    delete_doomed_files()

    whole = dump()
    left = {each: found for each in alice.markers if (found := places(whole, each))}
    assert left == {}
    assert [each for each in bob.markers if not places(whole, each)] == []
    assert figures() == before
    assert not DoomedFile.objects.exists()


def test_of_tickets_of_others_only_her_words_address_and_name_go(mailbox, aiko, ben):
    hers = a_customer("alice@mail.example", name="Alice Liddell")
    mail = a_mail(
        "Bob Stone <bob@mail.example>",
        cc=["=?utf-8?b?QWxpY2UgTGlkZGVsbA==?= <alice@mail.example>", "carol@mail.example"],
        subject="Printer, says Alice Liddell",
        body="Please ask ALICE@mail.example, 山田さん knows too.",
    )
    arrives(mail)
    ticket = Ticket.objects.get()
    person = ticket.participants.get(address="alice@mail.example")
    accept_participant(person, by=aiko)
    mail = a_mail(
        "Alice Liddell <alice@mail.example>",
        subject="Re: Printer",
        body="Mine is broken, too.",
        headers={"In-Reply-To": ticket.messages.get().inbound.message_id},
    )
    arrives(mail)
    promise_at = MONDAY_AT_TEN + timedelta(hours=2)
    reply_to_customer(ticket, Reply(body="Dear both", promise_at=promise_at), agent=aiko)
    the_system_works()
    assert ticket.messages.count() == 3
    assert OutboundEmail.objects.filter(cc__contains=["alice@mail.example"]).exists()

    erase_customer(hers, by=ben)
    delete_doomed_files()

    whole = dump()
    # Who erased whom is known by number, and a mailbox that has her mail is not ours.
    for word in ("alice@mail.example", "Alice Liddell", "QWxpY2UgTGlkZGVsbA", "Mine is broken"):
        assert places(whole, word) == []
    first, second, third = ticket.messages.order_by("pk")
    assert first.body == "Please ask ■■■, 山田さん knows too."
    assert (second.body, second.from_email, third.body) == ("■■■", "", "Dear both")
    with first.inbound.raw.open("rb") as file:
        raw = message_from_bytes(file.read(), policy=policy.default)
    assert raw["From"] == "Bob Stone <bob@mail.example>"
    assert "carol@mail.example" in raw["Cc"]
    assert "■■■" in raw.get_content()
    assert [person.address for person in ticket.participants.all()] == ["carol@mail.example"]
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.status) == ("Printer, says ■■■", "open")


def test_it_is_done_whole_or_not_at_all_and_the_log_of_changes_still_holds(aiko, admin):
    ticket = a_ticket()
    customer = ticket.customer
    with pytest.raises(CannotErase):
        erase_customer(customer, by=admin)
    assert effect_of(customer)["open"] == 1
    assert Customer.objects.get().name == customer.name

    erasure = erase_customer(customer, by=admin, closes=True)

    with pytest.raises(CannotErase):
        erase_customer(customer, by=admin, closes=True)
    assert erasure.counts["tickets"] == 1
    assert erasure.digests == [digest_of_address("hana@example.com")]
    assert not Change.objects.of_customer(customer.pk).filter(erased_at=None).exists()
    seal_changes()
    checker = Checker()
    checker.check()
    assert checker.faults == []


def test_a_file_that_cannot_be_deleted_is_tried_again(aiko, alice, monkeypatch):
    def refuse(_name):
        raise OSError("busy")

    erase_customer(alice.customer, by=aiko)
    waiting = DoomedFile.objects.count()
    assert waiting > 2

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "delete", refuse)
        assert delete_doomed_files() == 0
    assert DoomedFile.objects.count() == waiting
    assert delete_doomed_files() == waiting


def test_of_every_table_it_is_said_what_becomes_of_it():
    blanked = {blank.model._meta.db_table for blank in (*OF_RECORDS, *OF_TICKETS)}
    rooms = {"customers", "knowledge", "mail", "privacy", "reports", "sla", "tickets"}
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in rooms
    }

    assert tables - blanked - SEEN_TO - set(STAYS) == set()
    assert not (blanked | SEEN_TO) & set(STAYS)
