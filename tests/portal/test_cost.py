"""What an inquiry costs: statements are counted, because time depends on the machine."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mail.letter_editing import save_text
from mail.models import OutboundEmail
from tests.factories import AgentFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("support")]

FIELDS = {"name": "Emma Clarke", "subject": "Refund", "body": "Where is it?"}


def test_an_inquiry_takes_few_statements_and_one_commit(fresh_desk):
    client = Client(headers={"accept-language": "en"})
    client.post("/contact/", {**FIELDS, "email": "emma@example.com"})

    with CaptureQueriesContext(connection) as known:
        client.post("/contact/", {**FIELDS, "email": "emma@example.com"})
    with CaptureQueriesContext(connection) as new:
        client.post("/contact/", {**FIELDS, "email": "liam@example.com"})

    assert _statements(known) <= 15
    assert _statements(new) <= 17
    assert _commits(known) == _commits(new) == 1
    assert not any("SAVEPOINT" in query["sql"] for query in new.captured_queries)


def test_an_inquiry_costs_no_more_when_its_letter_is_worded_anew(fresh_desk, support):
    client = Client(headers={"accept-language": "en"})
    client.post("/contact/", {**FIELDS, "email": "emma@example.com"})
    with CaptureQueriesContext(connection) as before:
        client.post("/contact/", {**FIELDS, "email": "emma@example.com"})

    body = "Our own words. {{promise}} {{number}} {{link}}"
    by = AgentFactory(role="administrator")
    save_text("acknowledgement", "en", subject="{{number}}", body=body, by=by)
    client.post("/contact/", {**FIELDS, "email": "emma@example.com"})
    with CaptureQueriesContext(connection) as after:
        client.post("/contact/", {**FIELDS, "email": "emma@example.com"})

    assert OutboundEmail.objects.latest("pk").text.startswith("Our own words.")
    assert _statements(after) == _statements(before)


def _statements(captured: CaptureQueriesContext) -> int:
    return sum(query["sql"] not in {"BEGIN", "COMMIT"} for query in captured.captured_queries)


def _commits(captured: CaptureQueriesContext) -> int:
    return sum(query["sql"] == "COMMIT" for query in captured.captured_queries)
