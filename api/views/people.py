"""Who works here, who is invited to, and which teams they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.absence import come_back, go_away, substitutes_of
from accounts.arranging import delete_team
from accounts.inviting import Invited, withdraw_invitation
from accounts.models import Agent, Assignment, Invitation, Language, PermissionSet, Role, Team
from accounts.people import Place, may_give_team, may_manage, take_up_work
from accounts.permissions import Permission
from accounts.selectors import may_keep_team, teams_read_by
from accounts.services import change_assignment
from accounts.signatures import MOST as LONGEST_SIGNATURE
from accounts.signatures import keep_signature, objection
from accounts.skills import LENGTH, MOST
from api import access
from api.endpoint import (
    PAGED,
    Asked,
    Endpoint,
    absolute,
    answer,
    call,
    check_unchanged,
    etag_of,
    tagged,
)
from api.filtering import BY_ID, paged
from api.problems import Problem, invalid
from api.schema import page_of
from api.shapes import (
    Choice,
    Flag,
    Instant,
    ListOf,
    Object,
    OrNull,
    Shape,
    Text,
    Whole,
    answered,
    body,
    utc,
)
from api.showing import AGENT, NAMED, TEAM
from mail.inviting import invite, send_again
from tickets.services.leaving import deactivate, keep_person, keep_team

MANY = 10_000
LONGEST_PATIENCE = 366 * 86_400
SET = answered(
    "PermissionSet", {**NAMED, "permissions": ListOf(Choice(Permission.values), len(Permission))}
)
PLACE: Mapping[str, Shape] = {
    "team": Whole(about="Its id"),
    "is_lead": Flag(),
    "capacity": OrNull(Whole(0, 9999, about="How many open tickets at most; null: any number")),
}
PERSON = answered(
    "Person",
    {
        **NAMED,
        "email": Text(254),
        "role": Choice(Role.values),
        "permission_set": OrNull(Whole(about="In place of what the role allows")),
        "language": Choice(Language.values),
        "time_zone": Text(64),
        "skills": ListOf(Text(200), 1000),
        "is_active": Flag(),
        "is_away": Flag(),
        "away_until": OrNull(Instant()),
        "teams": ListOf(answered("PlaceInTeam", PLACE), MANY),
    },
)
SKILLS = ListOf(Text(LENGTH, 1), MOST)
PERSON_CHANGE = body(
    "PersonChange",
    {
        "name": Text(100, 1),
        "email": Text(254, 1),
        "role": Choice(Role.values),
        "permission_set": OrNull(Whole()),
        "language": Choice(Language.values),
        "time_zone": Text(64, 1),
        "skills": SKILLS,
        "teams": ListOf(
            Object(PLACE, ("team",), name="NewPlaceInTeam"),
            MANY,
            about="All of those whose tickets the token's agent sees",
        ),
    },
)
LEAVING = body(
    "Deactivation",
    {
        "to": Whole(about="Who gets their open tickets; left out: their teams"),
        "calls_off": Flag(about="true: their scheduled answers do not leave"),
    },
)
INVITATION = answered(
    "Invitation",
    {
        **NAMED,
        "email": Text(254),
        "role": Choice(Role.values),
        "permission_set": OrNull(Whole()),
        "language": Choice(Language.values),
        "teams": ListOf(Whole(), MANY),
        "invited_at": Instant(),
        "expires_at": Instant(),
    },
)
NEW_INVITATION = body(
    "NewInvitation",
    {
        "name": Text(100, 1),
        "email": Text(254, 1),
        "role": Choice(Role.values),
        "permission_set": OrNull(Whole()),
        "language": Choice(Language.values, about="Of the letter and of the desk"),
        "teams": ListOf(Whole(), MANY),
    },
    ["name", "email", "language"],
)
MEMBER: Mapping[str, Shape] = {"is_lead": Flag(), "capacity": PLACE["capacity"]}
TEAM_IN_FULL = answered(
    "Team",
    {
        **NAMED,
        "is_default": Flag(about="It gets what nothing else decides"),
        "assignment": Choice(Assignment.values, about="How its tickets find somebody"),
        "takes_back_after": OrNull(Whole(0, about="Seconds of working time")),
        "signature": Text(LONGEST_SIGNATURE * 2),
        "members": ListOf(answered("Member", {"agent": AGENT, **MEMBER}), MANY),
    },
)
OF_TEAM: Mapping[str, Shape] = {
    "name": Text(100, 1),
    "is_default": Flag(),
    "assignment": Choice(Assignment.values),
    "takes_back_after": OrNull(Whole(60, LONGEST_PATIENCE, about="Seconds of working time")),
    "signature": Text(LONGEST_SIGNATURE),
    "members": ListOf(
        Object({"agent": Whole(about="Their id"), **MEMBER}, ("agent",), name="NewMember"),
        MANY,
        about="All of those whom the token's agent may change; others stay",
    ),
}
NEW_TEAM = body("NewTeam", OF_TEAM, ["name"])
TEAM_CHANGE = body("TeamChange", OF_TEAM)
AVAILABILITY = answered(
    "Availability",
    {
        "is_away": Flag(),
        "until": OrNull(Instant(about="null: until they say that they are back")),
        "substitute": OrNull(Whole(about="Who is told what they would be told")),
    },
)
NEW_AVAILABILITY = body(
    "NewAvailability",
    {
        "is_away": Flag(),
        "until": OrNull(Instant()),
        "substitute": OrNull(Whole(about="Somebody who sees all that they see")),
    },
    ["is_away"],
)


class People(Endpoint):
    """Everybody who works here or did."""

    of = "settings"
    section = "people"

    @call(
        "List the people who work here",
        answer=page_of(PERSON),
        query={"is_active": Flag(about="false: those who have stopped"), **PAGED},
    )
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        people = _people().filter(is_active=asked.query.get("is_active", True))
        return paged(asked, people, BY_ID, _shown_person)


class PersonDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "people"

    @call("Read who somebody is", answer=PERSON, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """With what they are in which team."""
        return tagged(asked, _shown_person(access.one_of(_people(), pk)))

    @call(
        "Change what is known of somebody, what they may do and which teams they are in",
        answer=PERSON,
        body=PERSON_CHANGE,
        has_etag=True,
        refuses=(409,),
        about="Nobody gives more than they may do themselves. Tickets that they can no longer see go"
        " back to their teams.",
        example={"role": "agent", "skills": ["network"]},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """What is left out stays."""
        agent, sent = access.one_of(_people(), pk), asked.body
        check_unchanged(asked, etag=etag_of(_shown_person(agent)))
        values = {name: sent.get(name, getattr(agent, name)) for name in OF_PERSON}
        if "permission_set" in sent:
            values["permission_set"] = _permission_set(sent["permission_set"])
        _check_person(values)
        among = {team.pk: team for team in Team.objects.all() if may_give_team(asked.agent, team)}
        keep_person(
            agent, values=values, places=_places(agent, sent, among), among=among, by=asked.agent
        )
        return tagged(asked, _shown_person(_people().get(pk=agent.pk)))


OF_PERSON = ("name", "email", "role", "permission_set", "language", "time_zone", "skills")


class Deactivations(Endpoint):
    """Stopping to work here."""

    of = "settings"
    section = "people"

    @call(
        "Let somebody in no more",
        answer=PERSON,
        body=LEAVING,
        about="They are signed out everywhere, and their tokens are over.",
        example={"calls_off": True},
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """Their open tickets go to others."""
        agent, to = access.one_of(_people(), pk), None
        if "to" in asked.body:
            others = Agent.objects.filter(is_active=True).exclude(pk=agent.pk)
            to = access.one_in_body(others, asked.body["to"], at="to")
        calls_off = asked.body.get("calls_off", False)
        deactivate(agent, to=to, calls_off=calls_off, by=asked.agent, now=asked.now)
        return answer(_shown_person(_people().get(pk=agent.pk)))

    @call("Let somebody in again", answer=PERSON, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """Nothing that was passed on comes back."""
        agent = access.one_of(_people(), pk)
        take_up_work(agent, by=asked.agent)
        return answer(_shown_person(_people().get(pk=agent.pk)))


def _people() -> QuerySet[Agent]:
    return Agent.objects.select_related("permission_set").prefetch_related("memberships")


def _permission_set(pk: int | None) -> PermissionSet | None:
    if pk is None:
        return None
    return access.one_in_body(PermissionSet.objects.all(), pk, at="permission_set")


def _check_person(values: Mapping[str, Any]) -> None:
    """Raises Problem for an address or a zone that is none."""
    try:
        validate_email(values["email"].strip())
    except ValidationError:
        said = _("This is not an email address.")
        raise invalid("email", "address", said) from None
    if values.get("time_zone", "UTC") not in available_timezones():
        said = _("Enter a time zone such as Asia/Tokyo or Europe/Paris.")
        raise invalid("time_zone", "unknown", said)


def _places(agent: Agent, sent: Mapping[str, Any], among: Mapping[int, Team]) -> dict[int, Place]:
    """What they are from now on in the teams `among`. Raises Problem for another one."""
    now = {
        each.team_id: Place(is_lead=each.is_lead, capacity=each.capacity)
        for each in agent.memberships.all()
    }
    if "teams" not in sent:
        return {pk: place for pk, place in now.items() if pk in among}
    wanted = {}
    for number, each in enumerate(sent["teams"]):
        pk = each["team"]
        if pk not in among and pk not in now:
            raise access.unknown(f"teams.{number}.team")
        before = now.get(pk, Place())
        wanted[pk] = Place(
            is_lead=each.get("is_lead", before.is_lead),
            capacity=each.get("capacity", before.capacity),
        )
    return {pk: place for pk, place in wanted.items() if pk in among}


def _shown_person(agent: Agent) -> dict[str, Any]:
    return {
        "id": agent.pk,
        "name": agent.name,
        "email": agent.email,
        "role": agent.role,
        "permission_set": agent.permission_set_id,
        "language": agent.language,
        "time_zone": agent.time_zone,
        "skills": list(agent.skills),
        "is_active": agent.is_active,
        "is_away": agent.is_away,
        "away_until": utc(agent.away_until),
        "teams": [
            {"team": each.team_id, "is_lead": each.is_lead, "capacity": each.capacity}
            for each in sorted(agent.memberships.all(), key=lambda each: each.team_id)
        ],
    }


class PermissionSets(Endpoint):
    """What people may do in place of what their roles allow."""

    of = "settings"
    section = "people"

    @call(
        "List permission sets",
        answer=page_of(SET),
        query=PAGED,
        about="The document of all settings makes and changes them.",
    )
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return paged(asked, PermissionSet.objects.all(), BY_ID, _shown_set)


def _shown_set(found: PermissionSet) -> dict[str, Any]:
    return {"id": found.pk, "name": found.name, "permissions": sorted(found.permissions)}


# Invitations ------------------------------------------------------------------------------------


class Invitations(Endpoint):
    """Whom we ask to work here."""

    of = "settings"
    section = "people"

    @call("List invitations that nobody has accepted yet", answer=page_of(INVITATION), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return paged(asked, _invitations(), BY_ID, _shown_invitation)

    @call(
        "Invite somebody",
        answer=INVITATION,
        status=201,
        body=NEW_INVITATION,
        about="The letter with the link leaves at once; the link holds for a week.",
        example={"name": "Emi Sato", "email": "emi@desk.example", "language": "ja"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """By letter."""
        sent = asked.body
        _check_person(sent)
        given = [team.pk for team in Team.objects.all() if may_give_team(asked.agent, team)]
        teams = Team.objects.filter(pk__in=given)
        invited = Invited(
            name=" ".join(sent["name"].split()),
            email=sent["email"],
            role=sent.get("role", Role.AGENT),
            permission_set=_permission_set(sent.get("permission_set")),
            teams=access.all_in_body(teams, sent.get("teams", []), at="teams"),
            language=sent["language"],
        )
        made = invite(invited, by=asked.agent, now=asked.now)
        address = absolute(reverse("api:invitations"))
        return answer(_shown_invitation(made), status=201, Location=address)


class InvitationDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "people"

    @call("Withdraw an invitation", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """Its link leads nowhere any more."""
        withdraw_invitation(access.one_of(_invitations(), pk), now=asked.now)
        return HttpResponse(status=204)


class InvitationSendings(Endpoint):
    """The letter once more."""

    of = "settings"
    section = "people"

    @call("Send an invitation again", answer=INVITATION)
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """With a new link; the old one is dead."""
        found = access.one_of(_invitations(), pk)
        return answer(_shown_invitation(send_again(found, by=asked.agent, now=asked.now)))


def _invitations() -> QuerySet[Invitation]:
    return Invitation.objects.open().prefetch_related("teams")


def _shown_invitation(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.pk,
        "name": invitation.name,
        "email": invitation.email,
        "role": invitation.role,
        "permission_set": invitation.permission_set_id,
        "language": invitation.language,
        "teams": sorted(team.pk for team in invitation.teams.all()),
        "invited_at": utc(invitation.invited_at),
        "expires_at": utc(invitation.expires_at),
    }


# Teams ------------------------------------------------------------------------------------------


class Teams(Endpoint):
    """Whose tickets the agent sees."""

    of = "settings"
    reads = "tickets:read"
    section = "people"

    @call("List teams", answer=page_of(TEAM), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return paged(asked, access.teams(asked.agent), BY_ID, _named)

    @call(
        "Make a team",
        answer=TEAM_IN_FULL,
        status=201,
        body=NEW_TEAM,
        about="For whoever manages people.",
        example={"name": "Billing", "assignment": "least_loaded"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """With its people."""
        access.check_may(asked.agent, Permission.PEOPLE)
        team = Team()
        _keep(team, asked)
        address = absolute(reverse("api:team", args=[team.pk]))
        return answer(_shown_team(team), status=201, Location=address)


class TeamDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "people"

    @call("Read a team", answer=TEAM_IN_FULL, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """For its leads, and for whoever manages people or sees all tickets."""
        return tagged(asked, _shown_team(access.one_of(teams_read_by(asked.agent), pk)))

    @call(
        "Change a team",
        answer=TEAM_IN_FULL,
        body=TEAM_CHANGE,
        has_etag=True,
        refuses=(409,),
        about="Its leads say how its tickets find somebody, and what stands below its answers; its"
        " name and its people are for whoever manages people.",
        example={"takes_back_after": 14400},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """What is left out stays."""
        team = access.one_of(teams_read_by(asked.agent), pk)
        if not may_keep_team(asked.agent, team):
            raise Problem(403, "not-permitted")
        if {"name", "is_default", "members"} & {*asked.body}:
            access.check_may(asked.agent, Permission.PEOPLE)
        check_unchanged(asked, etag=etag_of(_shown_team(team)))
        _keep(team, asked)
        return tagged(asked, _shown_team(team))

    @call("Delete a team to which nothing belongs", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        team = access.one_of(teams_read_by(asked.agent), pk)
        access.check_may(asked.agent, Permission.PEOPLE)
        delete_team(team)
        return HttpResponse(status=204)


def _keep(team: Team, asked: Asked) -> None:
    sent = asked.body
    if wrong := objection(sent.get("signature", "")):
        raise invalid("signature", "placeholder-left", wrong)
    if not team.pk or {"name", "is_default", "members"} & {*sent}:
        people = Agent.objects.filter(is_active=True).select_related("permission_set")
        among = [each for each in people.order_by("pk") if may_manage(asked.agent, each)]
        keep_team(
            team,
            name=sent.get("name", team.name),
            is_default=sent.get("is_default", team.is_default),
            leads=_leads(team, sent.get("members"), among),
            among=among,
            by=asked.agent,
        )
    after = sent.get("takes_back_after")
    change_assignment(
        team,
        method=sent.get("assignment", team.assignment),
        takes_back_after=(timedelta(seconds=after) if after else None)
        if "takes_back_after" in sent
        else team.takes_back_after,
        capacities=_capacities(team, sent.get("members", [])),
    )
    if "signature" in sent:
        keep_signature(team, sent["signature"])


def _leads(
    team: Team, members: Sequence[Mapping[str, Any]] | None, among: Sequence[Agent]
) -> dict[int, bool]:
    """Who of those `among` is in it from now on. Raises Problem for somebody else."""
    now = dict(team.memberships.values_list("agent", "is_lead")) if team.pk else {}
    people = {each.pk for each in among}
    if members is None:
        return {pk: is_lead for pk, is_lead in now.items() if pk in people}
    wanted = {}
    for number, each in enumerate(members):
        pk = each["agent"]
        if pk not in people and pk not in now:
            raise access.unknown(f"members.{number}.agent")
        wanted[pk] = each.get("is_lead", now.get(pk, False))
    return {pk: is_lead for pk, is_lead in wanted.items() if pk in people}


def _capacities(team: Team, members: Sequence[Mapping[str, Any]]) -> dict[int, int | None]:
    said = {each["agent"]: each["capacity"] for each in members if "capacity" in each}
    memberships = team.memberships.filter(agent__in=said)
    return {pk: said[agent] for pk, agent in memberships.values_list("pk", "agent")}


def _named(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name}


def _shown_team(team: Team) -> dict[str, Any]:
    members = team.memberships.filter(agent__is_active=True).select_related("agent")
    after = team.takes_back_after
    return {
        "id": team.pk,
        "name": team.name,
        "is_default": team.is_default,
        "assignment": team.assignment,
        "takes_back_after": int(after.total_seconds()) if after else None,
        "signature": team.signature,
        "members": [
            {"agent": _named(each.agent), "is_lead": each.is_lead, "capacity": each.capacity}
            for each in members.order_by("agent")
        ],
    }


class AvailabilityDetail(Endpoint):
    """Whether the token's agent is there."""

    of = "tickets"
    section = "me"

    @call("Read whether the token's agent is away", answer=AVAILABILITY)
    def get(self, asked: Asked) -> HttpResponse:
        """And who stands in."""
        return answer(_shown_availability(asked))

    @call(
        "Go away, or come back",
        answer=AVAILABILITY,
        body=NEW_AVAILABILITY,
        about="Nobody who is away gets tickets by themselves.",
        example={"is_away": True, "until": "2126-11-24T00:00:00Z"},
    )
    def put(self, asked: Asked) -> HttpResponse:
        """From now on."""
        sent = asked.body
        if not sent["is_away"]:
            come_back(asked.agent)
            return answer(_shown_availability(asked))
        until = sent.get("until")
        if until is not None and until <= asked.now:
            said = _("This time is in the past. Choose a later one.")
            raise invalid("until", "past", said)
        go_away(asked.agent, until=until, substitute=_substitute(asked.agent, sent))
        return answer(_shown_availability(asked))


def _substitute(agent: Agent, sent: Mapping[str, Any]) -> Agent | None:
    if sent.get("substitute") is None:
        return None
    known = {each.pk: each for each in substitutes_of(agent)}
    if sent["substitute"] not in known:
        raise access.unknown("substitute")
    return known[sent["substitute"]]


def _shown_availability(asked: Asked) -> dict[str, Any]:
    agent = asked.agent
    is_away = agent.is_away and (agent.away_until is None or agent.away_until > asked.now)
    return {
        "is_away": is_away,
        "until": utc(agent.away_until) if is_away else None,
        "substitute": agent.substitute_id,
    }
