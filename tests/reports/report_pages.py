"""What stands on a report page, and how much there is behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from random import Random
from typing import Any

from django.test import Client

from accounts.models import Agent, Team
from customers.models import Customer, Organization
from reports.measures import MEASURES
from reports.models import Fact
from reports.tallying import add_all
from tests.conftest import MONDAY_AT_TEN
from tests.factories import TeamFactory, a_customer, a_ticket, a_topic
from topics.models import Topic

NUMBER = re.compile(
    r'<a (?:class="figure__link" )?href="(?P<url>/reports/(?:tickets|arrivals/open)/\?[^"]*)">'
    r"(?P<number>\d+)(?=<)(?!<span class=\"stat__unit\")"
)
MARK = re.compile(
    r'<a class="chart__mark"[^>]*href="(?P<url>/reports/(?:tickets|arrivals/open)/\?[^"]*)"'
    r' aria-label="[^"]*: (?P<number>\d+)(?: \([^"]*\))?"'
)


def numbers_of(page: Any) -> set[tuple[str, int]]:
    """Each number of the page that opens what it counts, with its address."""
    return {
        (unescape(found["url"]), int(found["number"]))
        for pattern in (NUMBER, MARK)
        for found in pattern.finditer(page.text)
    }


def rows_behind(client: Client, url: str) -> int:
    """How many rows the list has, all its pages together."""
    path, rows = url.split("?", maxsplit=1)[0], 0
    while url:
        page = client.get(url)
        assert page.status_code == 200
        rows += page.text.count("data-hotkey-item")
        url = f"{path}?{page.context['older']}" if page.context["older"] else ""
    return rows


@dataclass(frozen=True)
class Scattered:
    """Whom the facts are about."""

    support: Team
    customers: list[Customer]
    organization: Organization
    topics: list[Topic]


def scatter(support: Team, agents: list[Agent], *, number: int = 900, days: int = 80) -> Scattered:
    """Facts by chance, of every measure, in the days until now."""
    random = Random(7)
    organization = Organization.objects.create(name="Acme")
    customers = [a_customer(f"person{n}@example.com", f"Person {n}") for n in range(5)]
    tickets = [a_ticket(customer=customer) for customer in customers]
    topics = [a_topic(), a_topic("Printers", "プリンター")]
    teams = [support.pk, TeamFactory().pk]
    made = []
    for key in range(number):
        measure = MEASURES[random.choice(list(MEASURES))]
        at = MONDAY_AT_TEN - timedelta(minutes=random.randrange(days * 24 * 60))
        whose = random.randrange(5)
        bounds = measure.bounds
        made.append(
            Fact(
                measure=measure.key,
                at=at,
                day=at.date(),
                hour=at.hour,
                ticket=tickets[whose],
                customer=customers[whose].pk,
                organization=organization.pk if whose < 2 else None,
                team=random.choice(teams),
                agent=random.choice([*(agent.pk for agent in agents), None]),
                topic=random.choice([*(topic.pk for topic in topics), None]),
                channel=random.choice(["web", "email", "phone"]),
                seconds=random.choice(bounds) - random.choice([0, 1]) if bounds else None,
                key=str(key),
            )
        )
    Fact.objects.bulk_create(made)
    add_all()
    return Scattered(support, customers, organization, topics)
