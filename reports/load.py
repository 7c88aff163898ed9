"""What teams and people have at hand now, and how the targets of the policies were met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Func, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Agent
from reports.behind import TARGETS, with_target
from reports.figures import facts_of
from reports.filtering import ReportFilter
from sla.models import Commitment, Kind
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
    """By policy and kind. A fact names its commitment, which names the policy: what is read is what
    fell due in the time, by the index of facts."""
    kind = Func("key", Value(":"), Value(1), function="split_part", output_field=TextField())
    # Its key and its name in one, so that a row is looked up once.
    policy = Commitment.objects.filter(pk=OuterRef("target")).values(
        said=Concat(
            Cast("policy_version__policy", TextField()),
            Value(":"),
            "policy_version__policy__name",
            output_field=TextField(),
        )
    )
    rows = (
        with_target(facts_of(chosen, ["sla_kept", "sla_broken"]))
        .order_by()
        .annotate(kind=kind, policy=Subquery(policy[:1]))
        .values_list("policy", "kind", "measure")
        .annotate(n=Count("pk"))
    )
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for said, each, measure, number in rows:
        if said:
            found[said, each][measure] = number
    counted = [
        Compliance(
            *_key_and_name(said), each, numbers.get("sla_kept", 0), numbers.get("sla_broken", 0)
        )
        for (said, each), numbers in found.items()
    ]
    order = {kind: place for place, kind in enumerate(TARGETS)}
    return sorted(counted, key=lambda one: (one.name, one.policy, order[Kind(one.kind)]))


def _key_and_name(said: str) -> tuple[int, str]:
    key, _colon, name = said.partition(":")
    return int(key), name
