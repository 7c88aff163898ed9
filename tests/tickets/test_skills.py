"""A topic asks for a skill: whoever has it comes first."""

from __future__ import annotations

import pytest

from accounts.models import Agent, Assignment
from accounts.skills import read_skills
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket, a_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def topic(support, aiko, ben):
    """One that asks for English, which Ben speaks. Aiko would be next otherwise."""
    support.assignment = Assignment.ROUND_ROBIN
    support.save()
    Agent.objects.filter(pk=ben.pk).update(skills=["ENGLISH", "network"])
    return a_topic(skill="English")


def test_whoever_has_the_skill_gets_every_such_ticket(topic, aiko, ben):
    assert [a_ticket(topic=topic).assignee for _ in range(2)] == [ben, ben]
    assert a_ticket().assignee == aiko


def test_when_none_of_those_has_room_another_gets_it_and_the_timeline_says_why(topic, aiko, ben):
    Agent.objects.filter(pk=ben.pk).update(is_away=True)

    ticket = a_ticket(topic=topic)

    assert ticket.assignee == aiko
    page = words(signed_in(aiko).get(f"/desk/tickets/{ticket.number}/"))
    assert "assigned to Aiko automatically: nobody with the skill “English” had room." in page


def test_skills_are_read_as_they_are_typed():
    assert read_skills(" English,  network cards、ENGLISH，,経理") == [
        "ENGLISH",
        "network cards",
        "経理",
    ]
