"""Whom a notice after a breach must reach."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from audit.looking import Look, record_looks
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.factories import a_customer, a_ticket
from tickets.services.replying import add_note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
ADDRESS = "/desk/settings/audit/looks/customers/"


def rows(agent, query=""):
    response = signed_in(agent).get(f"{ADDRESS}?{query}")
    content = b"".join(response)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_customer_an_agent_came_near_is_in_it_once(admin, aiko, ben):
    looked_at = a_customer("looked@example.com", name="=cmd()")
    record_looks({Look(kind="customer", customer=looked_at.pk)}, agent=aiko.pk, name="Aiko")
    noted = a_ticket(email="noted@example.com")
    for _ in range(2):
        add_note(noted, body="電話しました。", agent=aiko)
    add_note(a_ticket(email="bens@example.com"), body="…", agent=ben)

    first, second = rows(admin, f"agent={aiko.pk}")

    assert (first["Name"], first["Looks"]) == ("'=cmd()", "1")
    assert first["Addresses and telephone numbers"] == "looked@example.com"
    assert (second["Messages and notes"], second["First time"]) == ("2", "2026-10-05 10:00:00")


def test_of_some_days_everybody_who_wrote_is_in_it(admin, aiko):
    a_ticket(email="monday@example.com")
    a_ticket(email="before@example.com", now=MONDAY_AT_TEN - timedelta(days=3))

    [line] = rows(admin, "since=2026-10-05&until=2026-10-05")

    assert line["Addresses and telephone numbers"] == "monday@example.com"


def test_managers_do_not_get_it(chika):
    assert signed_in(chika).get(ADDRESS).status_code == 403
