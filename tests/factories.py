"""One factory per thing; tickets are opened the way customers open them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import Agent, Team
from accounts.selectors import default_team
from customers.models import Customer
from customers.services import identify_customer
from tickets.models import Channel, Ticket
from tickets.services.opening import Inquiry, Opened, open_ticket
from topics.models import Field, Topic
from topics.services import save_field, save_topic


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


def a_topic(name_en: str = "Billing", name_ja: str = "請求", **values: Any) -> Topic:
    team = values.pop("team", None) or default_team()
    given = {"name_en": name_en, "name_ja": name_ja, "team": team, **values}
    return save_topic(Topic(), values=given)


def a_field(
    label_en: str = "Model",
    label_ja: str = "型番",
    *,
    topics: Collection[Topic] = (),
    **values: Any,
) -> Field:
    """A text of tickets, unless it is said otherwise; choices by their English and Japanese names."""
    names = values.pop("choices", {"In guarantee": "保証期間内", "Expired": "保証期間外"})
    kind = values.get("kind", "text")
    choices = [{"key": "", "ja": ja, "en": en, "is_off": False} for en, ja in names.items()]
    given = {"of": "ticket", "kind": kind, "label_en": label_en, "label_ja": label_ja}
    if kind == "choice":
        given["choices"] = choices
    return save_field(Field(), values={**given, **values}, topics=topics)


def a_png(width: int = 4, height: int = 2, *, more: bytes = b"", rows: int | None = None) -> bytes:
    """A grey picture; `more` chunks stand before its end, and it may have other rows than it says."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    drawn = zlib.compress(bytes(width + 1) * (height if rows is None else rows))
    chunks = _chunk(b"IHDR", head) + more + _chunk(b"IDAT", drawn) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, body: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc
