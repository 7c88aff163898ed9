"""Who hears of a ticket that is not theirs: those who are mentioned, and those who follow it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from accounts.permissions import Permission, holding
from common.prepared import prepared
from tickets.exceptions import CannotBeMentioned
from tickets.mentions import may_read, mentioned_in
from tickets.models import Follower, Note, Ticket, family_of
from tickets.services.recording import holders_of, preview_of, tell_agents


def follow(ticket: Ticket, *, agent: Agent, now: datetime | None = None) -> None:
    """From now on they hear when the customer writes and when it is resolved. Twice is as once."""
    _follow(ticket, [agent.pk], now=now or timezone.now())


def unfollow(ticket: Ticket, *, agent: Agent) -> None:
    """They want to hear no more of it, or of what was merged into it."""
    Follower.objects.filter(ticket__in=ticket.family(), agent=agent).delete()


def people_mentioned(text: str, *, ticket: Ticket) -> dict[str, list[Agent]]:
    """Whom a note speaks to, by the name as it is written. Raises CannotBeMentioned for somebody
    who may not read the ticket."""
    mentioned = mentioned_in(text, ticket=ticket)
    strangers = [name for name, agents in mentioned.items() if not any(map(may_read, agents))]
    if strangers:
        raise CannotBeMentioned(
            _("%(names)s may not see this ticket, and would not hear of it.")
            % {"names": ", ".join(strangers)}
        )
    return mentioned


def tell_mentioned(
    note: Note, ticket: Ticket, agents: Iterable[Agent], *, by: Agent, now: datetime
) -> None:
    """They hear of the note, and follow the ticket from now on."""
    ids = {agent.pk for agent in agents} - {by.pk}
    _follow(ticket, ids, now=now)
    facts = {"by": by.name, "said": preview_of(note.body)}
    tell_agents(
        ticket,
        sorted(ids),
        kind=Notification.Kind.MENTIONED,
        key=f"mentioned:{note.pk}",
        now=now,
        facts=facts,
        mail_after=now,
    )


def tell_followers(
    ticket: Ticket, what: str, *, key: object, by: Agent | None = None, now: datetime
) -> None:
    """Those who follow hear that the customer wrote ("replied"), a "third_party" did, or that it is
    "resolved". Not who did it, and not whose it is: they hear of it anyway."""
    followers = _followers(ticket)
    if not followers:
        return
    told = set(followers) - set(holders_of(ticket)) - ({by.pk} if by else set())
    tell_agents(
        ticket,
        sorted(told),
        kind=Notification.Kind.FOLLOWED,
        key=f"followed:{what}:{key}",
        now=now,
        facts={"what": what},
    )


def _follow(ticket: Ticket, agent_ids: Collection[int], *, now: datetime) -> None:
    Follower.objects.bulk_create(
        [Follower(ticket=ticket, agent_id=agent_id, since=now) for agent_id in sorted(agent_ids)],
        ignore_conflicts=True,
    )


def _followers(ticket: Ticket) -> list[int]:
    """The ids of those who follow and may still see it."""
    return _following(ticket.pk, ticket.team_id)


@prepared
def _following(ticket: int, team: int) -> QuerySet[Follower, int]:
    see_all = Agent.objects.filter(holding(Permission.SEE_ALL))
    seeing = Q(agent__in=see_all) | Q(agent__memberships__team=team)
    followers = Follower.objects.filter(seeing, ticket__in=family_of(ticket), agent__is_active=True)
    return followers.values_list("agent", flat=True).distinct()
