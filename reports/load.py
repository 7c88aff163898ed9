"""What teams and people have at hand now, and how the targets of the policies were met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, Func, Q, Sum, TextField, Value
from django.db.models.functions import Cast, NullIf

from accounts.models import Agent
from reports.behind import TARGETS
from reports.figures import facts_of
from reports.filtering import ReportFilter
from reports.models import TargetTally
from sla.models import Kind, Policy
from tickets.models import Ticket


def open_now(agent: Agent, chosen: ReportFilter) -> dict[str, Mapping[int, int]]:
    """How many open tickets each team and each person has, nobody's under 0, in one query; from an
    index alone, unless a filter says more than the team and the person."""
    tickets = Ticket.objects.visible_to(agent).unresolved().order_by()
    for name, value in chosen.chosen.items():
        field = {"agent": "assignee", "organization": "customer__organization"}.get(name, name)
        is_nobody = value == ReportFilter.NOBODY
        tickets = tickets.filter(**({f"{field}__isnull": True} if is_nobody else {field: value}))
    # The key stands in no index beside the rest.
    rows = tickets.values_list("team", "assignee").annotate(n=Count("team"))
    teams: dict[int, int] = defaultdict(int)
    agents: dict[int, int] = defaultdict(int)
    for team, assignee, number in rows:
        teams[team] += number
        agents[assignee or ReportFilter.NOBODY] += number
    return {"team": teams, "agent": agents}


@dataclass(frozen=True)
class Compliance:
    """How many targets of one kind of one policy were met, and how many were missed."""

    policy: int
    name: str
    kind: str
    kept: int
    broken: int


def compliance(chosen: ReportFilter) -> list[Compliance]:
    """By policy and kind, of what fell due in the time: from tallies, or from the facts of one
    customer or organisation."""
    read = _from_facts if {"customer", "organization"} & chosen.chosen.keys() else _from_tallies
    found = list(read(chosen))
    names = dict(
        Policy.objects.filter(pk__in={policy for policy, *_ in found}).values_list("pk", "name")
    )
    counted = [
        Compliance(policy, names.get(policy, ""), kind, kept, broken)
        for policy, kind, kept, broken in found
    ]
    order = {kind: place for place, kind in enumerate(TARGETS)}
    return sorted(counted, key=lambda one: (one.name, one.policy, order[Kind(one.kind)]))


Counted = Iterable[tuple[int, str, int, int]]


def _from_tallies(chosen: ReportFilter) -> Counted:
    tallies = TargetTally.objects.filter(
        day__gte=chosen.since, day__lte=chosen.until, **chosen.chosen
    )
    counted: Counted = tallies.values_list("policy", "kind").annotate(Sum("kept"), Sum("broken"))
    return counted


def _from_facts(chosen: ReportFilter) -> Counted:
    facts = facts_of(chosen, ["sla_kept", "sla_broken"]).order_by()
    policy = Cast(NullIf(_part_of_key(3), Value("")), BigIntegerField())
    counted: Counted = (
        facts.annotate(policy=policy, kind=_part_of_key(1))
        .exclude(policy=None)
        .values_list("policy", "kind")
        .annotate(
            kept=Count("pk", filter=Q(measure="sla_kept")),
            broken=Count("pk", filter=Q(measure="sla_broken")),
        )
    )
    return counted


def _part_of_key(number: int) -> Func:
    return Func("key", Value(":"), Value(number), function="split_part", output_field=TextField())
