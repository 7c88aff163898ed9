"""One factory per thing; tickets are opened the way customers open them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import Agent, Team
from customers.models import Customer
from customers.services import identify_customer
from tickets.models import Channel, Ticket
from tickets.services.opening import Inquiry, Opened, open_ticket


class AgentFactory(DjangoModelFactory[Agent]):
    class Meta:
        model = Agent

    email = factory.Sequence(lambda n: f"agent{n}@example.com")
    name = factory.Sequence(lambda n: f"Agent {n}")
    language = "en"


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


def a_customer(email: str = "hana@example.com", name: str = "山田花子", **fields: Any) -> Customer:
    return identify_customer(email=email, name=name, **{"language": "ja", **fields})


def an_inquiry(*, now: datetime | None = None, **fields: Any) -> Opened:
    """An inquiry filed through the one way there is."""
    email = fields.pop("email", "hana@example.com")
    customer = fields.pop("customer", None) or a_customer(email)
    defaults = {
        "subject": "プリンターが動きません",
        "body": "昨日から印刷できません。どうすればよいですか。",
        "channel": Channel.WEB,
        "language": "ja",
    }
    inquiry = Inquiry(customer=customer, email=email, **{**defaults, **fields})
    return open_ticket(inquiry, now=now)


def a_ticket(**fields: Any) -> Ticket:
    return an_inquiry(**fields).ticket
