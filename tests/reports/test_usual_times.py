from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from reports.usual_times import in_words, measure_usual_times, usual_times
from tests.factories import a_ticket, a_topic
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
    answered(after=timedelta(hours=30), opened=now - timedelta(days=29), topic=topic, aiko=aiko)
    a_ticket(now=opened, topic=topic)

    assert usual_times().words == ""
    times = measure_usual_times(now=now)

    assert times.overall == times.by_topic[topic.pk] == pytest.approx(5.5 * 3600)
    with translation.override("en"):
        assert usual_times().words_for(topic.pk) == "about 6 hours"
        assert usual_times().words_for(None) == "about 6 hours"


def test_of_fewer_than_ten_nothing_is_said(aiko):
    now = timezone.now()
    for _ in range(9):
        answered(after=timedelta(hours=1), opened=now - timedelta(days=1), aiko=aiko)

    measure_usual_times(now=now)

    assert usual_times().words == usual_times().words_for(1) == ""
    cache.clear()
    assert usual_times().words == ""
