"""What comes in from another desk, whichever it was. Each thing has the name that desk gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    id: str
    name: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    id: str
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    organization: str = ""
    # By its name, where there is nothing else to know it by.
    organization_name: str = ""
    language: str = ""
    time_zone: str = ""
    note: str = ""
    # What the fields of customers say, as typed, by their keys.
    fields: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody who answered there. Known here by their address, otherwise by name only."""

    id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file; `path` is where it may lie in what was handed in, the first that is there counts."""

    id: str
    name: str
    paths: tuple[str, ...] = ()
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was said. `author` is the customer's or agent's id there; ours unless `is_inbound`."""

    id: str
    at: datetime
    body: str
    is_inbound: bool
    author: str = ""
    author_name: str = ""
    author_email: str = ""
    channel: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: str
    at: datetime
    body: str
    author: str = ""
    author_name: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket with all that was said. `status` and `priority` are ours: the reader has mapped them."""

    id: str
    reference: str
    subject: str
    status: str
    priority: str
    customer: str
    agent: str = ""
    tags: tuple[str, ...] = ()
    channel: str = "email"
    language: str = ""
    opened_at: datetime
    updated_at: datetime | None = None
    ended_at: datetime | None = None
    messages: tuple[Message, ...] = ()
    notes: tuple[Note, ...] = ()


Record = Organization | Customer | Agent | Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What cannot be taken, where it stands, and how it was written."""

    place: str
    message: str
    original: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Into what the words of another desk are turned, and what stands for one we do not know."""

    words: Mapping[str, str]
    otherwise: str

    def __call__(self, word: Any) -> str:
        return self.words.get(str(word).strip().lower(), self.otherwise)
