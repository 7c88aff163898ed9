"""Who is spoken to in a note: an @, and a name as it is written here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Agent, Membership
from accounts.permissions import Permission, holding
from common.prepared import prepared
from tickets.models import Ticket

# Not in an address, of mail or of the web.
AT = r"(?<![\w./])[@＠]"


def who_sees(ticket: Ticket) -> list[Agent]:
    """Everybody who works here and may read the ticket, by name, with `is_member` of its team."""
    return _readers(ticket.team_id)


@prepared
def _readers(team: int) -> QuerySet[Agent]:
    readers = Q(is_member=True) | holding(Permission.SEE_ALL)
    return _people(team).filter(readers).order_by("name")


def mentioned_in(text: str, *, ticket: Ticket) -> dict[str, list[Agent]]:
    """Whom the text speaks to: active people by their name as it stands in the text. Of two people
    of one name, those who may read the ticket. Asks nothing when there is no @."""
    if not re.search(AT, text):
        return {}
    named: dict[str, list[Agent]] = {}
    for agent in _people(ticket.team_id):
        for name in _ways_to_write(agent.name):
            named.setdefault(name.casefold(), []).append(agent)
    found = dict.fromkeys(re.findall(pattern(named), text, re.IGNORECASE))
    return {written: _readers_first(named.get(written.casefold(), [])) for written in found}


def pattern(names: Iterable[str]) -> str:
    """The expression that finds an @ with one of these names, the longest first."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    # "@Benjamin" does not speak to Ben; "@花子さん" does to 花子.
    known = "|".join(
        re.escape(name) + (r"(?![A-Za-z0-9])" if name[-1].isascii() else "")
        for name in longest_first
    )
    return rf"{AT}({known or '(?!)'})"


def is_member(agent: Agent) -> bool:
    """Whether somebody whom this module has found is in the team of the ticket."""
    return bool(getattr(agent, "is_member", False))


def may_read(agent: Agent) -> bool:
    """Whether somebody whom this module has found may read the ticket."""
    return agent.sees_everything or is_member(agent)


def _people(team: int) -> QuerySet[Agent]:
    memberships = Membership.objects.filter(agent=OuterRef("pk"), team=team)
    active = Agent.objects.filter(is_active=True).select_related("permission_set")
    return active.annotate(is_member=Exists(memberships))


def _ways_to_write(name: str) -> set[str]:
    """As it is, and without the space between family and given name."""
    return {name, "".join(name.split())} - {""}


def _readers_first(agents: list[Agent]) -> list[Agent]:
    return [agent for agent in agents if may_read(agent)] or agents
