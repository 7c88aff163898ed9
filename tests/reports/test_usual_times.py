from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from reports.facts.keeping import keep_all
from reports.usual_times import in_words, usual_times
from tests.factories import a_ticket, a_topic
from tests.knowledge.articles import a_collection, an_article
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def answered(*, after: timedelta, opened: datetime, aiko=None, **fields) -> Ticket:
    ticket = a_ticket(now=opened, **fields)
    Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.OUTBOUND,
        channel="email",
        agent=aiko,
        body="Hello",
        sent_at=opened + after,
    )
    return ticket


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (None, "", ""),
        (1, "about 10 minutes", "10分"),
        (11 * 60, "about 20 minutes", "20分"),
        (50 * 60 + 1, "about 1 hour", "1時間"),
        (2 * 3600 + 1, "about 3 hours", "3時間"),
        (23 * 3600 + 1, "about 1 day", "1日"),
        (30 * 3600, "about 2 days", "2日"),
    ],
)
def test_a_time_is_rounded_up_to_what_is_worth_saying(seconds, english, japanese):
    with translation.override("en"):
        assert in_words(seconds) == english
    with translation.override("ja"):
        assert japanese in in_words(seconds)


def test_the_middle_of_what_customers_waited_for_a_person(aiko):
    now = timezone.now()
    topic = a_topic()
    opened = now - timedelta(days=2)
    for hours in range(1, 11):
        answered(after=timedelta(hours=hours), opened=opened, topic=topic, aiko=aiko)
    # None of these was a wait for a person.
    answered(after=timedelta(seconds=1), opened=opened, topic=topic)
    answered(after=timedelta(hours=30), opened=now - timedelta(days=30), topic=topic, aiko=aiko)
    a_ticket(now=opened, topic=topic)
    keep_all()

    with translation.override("en"):
        assert usual_times().words == "about 5 hours"
        assert usual_times().words_for(topic.pk) == "about 5 hours"
        assert usual_times().words_for(None) == "about 5 hours"


def test_of_fewer_than_ten_nothing_is_said(aiko):
    now = timezone.now()
    for _ in range(9):
        answered(after=timedelta(hours=1), opened=now - timedelta(days=1), aiko=aiko)
    keep_all()

    assert usual_times().words == usual_times().words_for(1) == ""


def test_an_emptied_redis_takes_nothing_away(aiko):
    now = timezone.now()
    for _ in range(10):
        answered(after=timedelta(hours=1), opened=now - timedelta(days=1), aiko=aiko)
    keep_all()

    cache.clear()

    with translation.override("en"):
        assert usual_times().words == "about 1 hour"


@pytest.mark.parametrize("page", ["/", "/help/", "/help/?q=nothing", "/help/{}/"])
def test_wherever_a_person_can_be_asked_it_says_how_long_that_takes(client, aiko, page):
    shelf = a_collection("Power")
    an_article(collection=shelf)
    now = timezone.now()
    for _ in range(10):
        answered(after=timedelta(hours=1), opened=now - timedelta(days=1), aiko=aiko)
    keep_all()

    said = client.get(page.format(shelf.slug), headers={"Accept-Language": "en"}).text

    assert "A person usually answers within about 1 hour." in said
