from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Agent

pytestmark = pytest.mark.django_db


def test_a_new_agent_signs_in_with_the_printed_password(support):
    output = StringIO()

    call_command("add_agent", "dana@example.com", name="Dana", lead=True, stdout=output)

    password = output.getvalue().rpartition(" ")[2].strip()
    answer = Client().post("/accounts/login/", {"login": "dana@example.com", "password": password})
    assert answer.status_code == 302
    assert Agent.objects.get().memberships.get(team=support).is_lead


def test_an_address_that_is_none_is_refused_with_a_sentence(support):
    with pytest.raises(CommandError, match="not an email address"):
        call_command("add_agent", "dana", name="Dana")


def test_nobody_is_added_twice(support, aiko):
    with pytest.raises(CommandError, match="works here already"):
        call_command("add_agent", "AIKO@example.com", name="Aiko")
