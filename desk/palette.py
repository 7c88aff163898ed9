"""What somebody may mean by a few letters: places, tickets, customers, macros and views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.permissions import OF_SETTINGS, Permission
from customers.selectors import find_customers
from desk import access
from desk.macros import audience_of
from desk.origin import queue_address
from knowledge.reporting import article_lines
from tickets.models import Ticket
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.selectors import ticket_of_number
from tickets.services.macros import fold, macros_named
from tickets.services.viewing import views_in_order

MOST = 6


@dataclass(frozen=True)
class Place:
    """Where one leads; `macro` is the name of a macro that a ticket's page can use."""

    name: str
    address: str
    more: str = ""
    macro: str = ""


@dataclass(frozen=True)
class Group:
    name: str
    icon: str
    places: Sequence[Place]


def found_groups(text: str, *, agent: Agent, now: datetime) -> list[Group]:
    """What this agent may see of what is meant; without a text, where one usually goes."""
    groups = [
        Group(_("Tickets"), "message-square", _tickets(text, agent=agent, now=now)),
        Group(_("Places"), "arrow-right", _places(text, agent=agent)),
        Group(_("Saved views"), "bookmark", _views(text, agent=agent)),
        Group(_("Customers"), "user", _customers(text, agent=agent)),
        Group(_("Macros"), "notebook-text", _macros(text, agent=agent)),
        Group(_("Articles"), "book-open", _articles(text, agent=agent)),
    ]
    return [group for group in groups if group.places]


def _is_meant(name: str, text: str) -> bool:
    folded = fold(name)
    return all(word in folded for word in fold(text).split())


def _places(text: str, *, agent: Agent) -> list[Place]:
    names = {
        "desk:queue": _("Queue"),
        "desk:ticket_new": _("New ticket"),
        "desk:view_list": _("Saved views"),
        "desk:macro_list": _("Macros"),
        "desk:article_list": _("Articles"),
        "desk:organization_list": _("Organisations"),
        "desk:notification_list": _("Notifications"),
        "desk:availability": _("Availability"),
        "desk:notification_settings": _("What I am told"),
        "account_security": _("Sign-in and security"),
    }
    if agent.may(Permission.REPORTS):
        names["reports:overview"] = _("Reports")
    if agent.permissions & OF_SETTINGS:
        names["desk:settings"] = _("Settings")
    return [Place(name, reverse(url)) for url, name in names.items() if _is_meant(name, text)]


def _tickets(text: str, *, agent: Agent, now: datetime) -> list[Place]:
    query = read_query(text)
    if not query.text:
        return []
    tickets = Ticket.objects.visible_to(agent).select_related("customer")
    if number := ticket_of_number(query.text, agent=agent):
        return [_ticket(ticket) for ticket in tickets.filter(number=number)]
    matches = find(query, agent=agent, now=now).matches[:MOST]
    by_id = tickets.in_bulk([match.ticket_id for match in matches])
    return [_ticket(by_id[match.ticket_id]) for match in matches if match.ticket_id in by_id]


def _ticket(ticket: Ticket) -> Place:
    address = reverse("desk:ticket", args=[ticket.number])
    return Place(f"#{ticket.number} {ticket.subject}", address, ticket.customer.name)


def _customers(text: str, *, agent: Agent) -> list[Place]:
    found = find_customers(text, among=access.customers(agent), limit=MOST) if text.strip() else []
    return [
        Place(
            customer.name or _("Customer without a name"),
            reverse("desk:customer", args=[customer.pk]),
            customer.organization.name if customer.organization else "",
        )
        for customer in found
    ]


def _macros(text: str, *, agent: Agent) -> list[Place]:
    found = macros_named(agent, text)[:MOST] if text.strip() else []
    address = reverse("desk:macro_list")
    return [Place(each.name, address, audience_of(each), macro=each.name) for each in found]


def _articles(text: str, *, agent: Agent) -> list[Place]:
    found = article_lines(agent, text=text, limit=MOST) if text.strip() else []
    return [
        Place(
            line.title,
            reverse("desk:article", args=[line.article.pk]),
            line.article.collection.name,
        )
        for line in found
    ]


def _views(text: str, *, agent: Agent) -> list[Place]:
    views = [view for view in views_in_order(agent) if _is_meant(view.name, text)]
    return [Place(view.name, queue_address(view.query)) for view in views[:MOST]]
