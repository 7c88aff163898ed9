"""A backup brings back who was erased after it, and they are erased again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import TestCase

from customers.models import Customer
from privacy.erasing import erase_customer
from privacy.models import Erasure
from privacy.remembering import note_all, place
from privacy.replaying import replay_erasures
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten", "files")]


def erased(customer, **others):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return erase_customer(customer, by=None, closes=True, **others)


def test_every_erasure_is_a_line_in_a_file_without_a_word_of_the_person(aiko):
    customer = a_ticket().customer
    erased(customer)
    note_all()

    [line] = place().read_text().splitlines()
    assert json.loads(line)["records"] == [customer.pk]
    assert "hana" not in line
    assert place().stat().st_mode & 0o777 == 0o600


def test_who_is_back_with_a_backup_is_erased_again_and_nobody_else(aiko, ben):
    hers, his = a_ticket(), a_ticket(email="bob@example.com")
    later = MONDAY_AT_TEN + timedelta(days=1)
    told = {
        "customer": hers.customer_id,
        "records": [hers.customer_id],
        "digests": ["x"],
        "at": later.isoformat(),
        "counts": {"tickets": 1},
    }
    gone = {**told, "customer": 10**6, "records": [10**6]}
    place().write_text(f"{json.dumps(told)}\n{json.dumps(gone)}\n")

    assert replay_erasures() == 1

    hers.refresh_from_db()
    assert (hers.subject, hers.status) == ("■■■", "resolved")
    assert Ticket.objects.get(pk=his.pk).subject == his.subject
    assert Erasure.objects.get(customer=hers.customer_id).at == later
    assert Erasure.objects.filter(customer=10**6).exists()
    assert replay_erasures() == 0


def test_a_number_that_was_given_anew_is_somebody_else(aiko):
    customer = a_ticket().customer
    earlier = (MONDAY_AT_TEN - timedelta(days=1)).isoformat()
    told = {"customer": customer.pk, "records": [customer.pk], "digests": [], "counts": {}}
    place().write_text(json.dumps({**told, "at": earlier}))

    assert replay_erasures() == 0
    assert Customer.objects.get().name == customer.name


def test_commands_export_and_erase(tmp_path, capsys, aiko):
    customer = a_ticket().customer
    call_command("export_customer", customer.pk, str(tmp_path / "hana.zip"))
    assert (tmp_path / "hana.zip").stat().st_size > 500

    call_command("erase_customer", customer.pk, "--close-open", "--yes")

    assert "tickets: 1" in capsys.readouterr().out
    assert Customer.objects.get().name == ""
