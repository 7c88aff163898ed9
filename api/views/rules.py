"""What the desk does by itself: rules, what they would do and did, and tickets that come again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
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
    page,
    tagged,
)
from api.filtering import BY_ID, paged
from api.problems import invalid
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
from api.showing import AGENT
from common.keyset import Order
from rules.actions import DOINGS, MOST_ACTIONS
from rules.actions import LONGEST_VALUE as LONGEST_OF_ACTION
from rules.conditions import LONGEST_VALUE, MOST_CONDITIONS, WAYS, all_asked
from rules.models import Happening, Recurrence, Rule, Run, Since
from rules.previewing import COUNTED, SHOWN, matching, preview
from rules.recurring import save_recurrence
from rules.running import run_by_hand, undo_batch
from rules.sentences import sentence
from rules.services import MOST_RULES, delete_rule, move_rule, save_rule, switch_rule
from sla.models import Priority

NEWEST = Order((), is_ascending=False)
LONGEST_WAIT = 366 * 86_400
CONDITION = Object(
    {
        "of": Text(60, about="What is asked of the ticket; see `rules/parts/`"),
        "way": Choice([*WAYS]),
        "value": Text(LONGEST_VALUE, about="Empty for what is so or not"),
    },
    ("of", "way", "value"),
    name="RuleCondition",
)
ACTION = Object(
    {
        "do": Choice([*DOINGS]),
        "value": Text(LONGEST_OF_ACTION),
    },
    ("do", "value"),
    name="RuleAction",
)
OF_RULE: Mapping[str, Shape] = {
    "name": Text(60, 1),
    "events": ListOf(Choice(Happening.values), len(Happening), about="It acts when one happens"),
    "since": Choice(["", *Since.values], about="In place of events: from when on time counts"),
    "after": Whole(0, LONGEST_WAIT, about="How long, in seconds"),
    "needs_all": Flag(about="All conditions must be met, or one of them"),
    "conditions": ListOf(CONDITION, MOST_CONDITIONS),
    "actions": ListOf(ACTION, MOST_ACTIONS),
}
RULE = answered(
    "Rule",
    {
        "id": Whole(),
        "sentence": Text(20_000, about="What it says, in the reader's language"),
        **OF_RULE,
        "is_active": Flag(),
        "keeper": AGENT,
    },
)
NEW_RULE = body("NewRule", OF_RULE, ["name", "actions"])
RULE_CHANGE = body(
    "RuleChange",
    {
        **OF_RULE,
        "is_active": Flag(about="On or off"),
        "position": Whole(0, MOST_RULES, about="Its place in the order; 0: it acts first"),
    },
)
VALUES = OrNull(
    ListOf(
        answered("RuleValue", {"value": Text(60), "label": Text(500)}),
        1_000_000,
        about="null: it is typed",
    )
)
PARTS = answered(
    "PartsOfRules",
    {
        "conditions": ListOf(
            answered(
                "PossibleCondition",
                {
                    "of": Text(60),
                    "label": Text(500),
                    "ways": ListOf(Choice([*WAYS]), len(WAYS)),
                    "values": VALUES,
                },
            ),
            10_000,
        ),
        "actions": ListOf(
            answered(
                "PossibleAction",
                {"do": Choice([*DOINGS]), "label": Text(500), "values": VALUES},
            ),
            len(DOINGS),
        ),
    },
)
PREVIEW = answered(
    "RulePreview",
    {
        "number": Whole(0, about=f"How many tickets; {COUNTED}: so many or more"),
        "tickets": ListOf(
            answered(
                "RuleHit",
                {
                    "ticket": Whole(about="Its number"),
                    "subject": Text(200),
                    "changes": ListOf(Text(5000), MOST_ACTIONS, about="What would be otherwise"),
                },
            ),
            SHOWN,
            about="The first of them",
        ),
    },
)
RUN = answered(
    "RuleRun",
    {
        "id": Whole(),
        "ticket": Whole(about="Its number"),
        "at": Instant(),
        "because": Text(20, about="What happened, `time` or `by hand`"),
        "outcome": Choice(Run.Outcome.values),
        "error": Text(300),
    },
)
CHANGED = answered("TicketsChanged", {"changed": Whole(0, about="How many tickets")})
OF_RECURRENCE: Mapping[str, Shape] = {
    "subject": Text(200, 1),
    "body": Text(5000, 1, about="The first entry of each ticket; the customer can read it"),
    "customer": Whole(about="Their id"),
    "team": Whole(),
    "assignee": OrNull(Whole()),
    "priority": Choice(Priority.values),
    "every": Choice(Recurrence.Every.values),
    "first_at": Instant(about="The day of the week and of the month are taken from it"),
    "is_active": Flag(),
}
RECURRENCE = answered(
    "RecurringTicket",
    {
        "id": Whole(),
        **OF_RECURRENCE,
        "next_at": Instant(),
        "last_ticket": OrNull(Whole(about="The number of the one that was opened last")),
        "error": Text(300, about="Why it was not opened last time; empty: it was"),
        "keeper": AGENT,
    },
)
NEW_RECURRENCE = body(
    "NewRecurringTicket",
    OF_RECURRENCE,
    ["subject", "body", "customer", "team", "every", "first_at"],
)
RECURRENCE_CHANGE = body("RecurringTicketChange", OF_RECURRENCE)


class Rules(Endpoint):
    """Rules, in the order in which they act."""

    of = "settings"
    section = "rules"

    @call("List rules", answer=page_of(RULE, most=1000))
    def get(self, asked: Asked) -> HttpResponse:
        """On one page."""
        return page(asked, [_shown_rule(rule) for rule in _rules()], "")

    @call(
        "Make a rule",
        answer=RULE,
        status=201,
        body=NEW_RULE,
        about="It waits to be switched on, and acts in the name of the token's agent.",
        example={
            "name": "Urgent printers",
            "events": ["opened"],
            "conditions": [{"of": "subject", "way": "has", "value": "printer"}],
            "actions": [{"do": "priority", "value": "high"}],
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """The last one."""
        rule = save_rule(Rule(), values=_values_of_rule(Rule(), asked.body), by=asked.agent)
        address = absolute(reverse("api:rule", args=[rule.pk]))
        return answer(_shown_rule(rule), status=201, Location=address)


class RuleParts(Endpoint):
    """What rules are made of."""

    of = "settings"
    section = "rules"

    @call("List what a rule may ask of a ticket and do to it", answer=PARTS)
    def get(self, asked: Asked) -> HttpResponse:
        """With the values there are to choose from."""
        return answer(
            {
                "conditions": [
                    {
                        "of": key,
                        "label": str(each.label),
                        "ways": list(each.ways),
                        "values": _choices(each.choices),
                    }
                    for key, each in all_asked().items()
                ],
                "actions": [
                    {"do": key, "label": str(each.label), "values": _choices(each.choices)}
                    for key, each in DOINGS.items()
                ],
            }
        )


class RuleDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "rules"

    @call("Read a rule", answer=RULE, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """With its sentence."""
        return tagged(asked, _shown_rule(access.one_of(_rules(), pk)))

    @call(
        "Change a rule, or switch it on or off",
        answer=RULE,
        body=RULE_CHANGE,
        has_etag=True,
        about="What is left out stays. Whoever changes more than the switch and the order is in whose"
        " name it acts from now on.",
        example={"is_active": True},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """What happened while it was off does not count."""
        rule, sent = access.one_of(_rules(), pk), asked.body
        check_unchanged(asked, etag=etag_of(_shown_rule(rule)))
        if {*sent} & {*OF_RULE}:
            save_rule(rule, values=_values_of_rule(rule, sent), by=asked.agent)
        if sent.get("is_active", rule.is_active) != rule.is_active:
            switch_rule(rule, is_active=sent["is_active"])
        if "position" in sent:
            order = list(Rule.objects.values_list("pk", flat=True))
            move_rule(rule, by=sent["position"] - order.index(rule.pk))
        return tagged(asked, _shown_rule(access.one_of(_rules(), pk)))

    @call("Delete a rule", status=204, about="For good, with its log. What it did stays done.")
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """It acts no more."""
        delete_rule(access.one_of(_rules(), pk))
        return HttpResponse(status=204)


class RulePreviews(Endpoint):
    """What it would do."""

    of = "settings"
    section = "rules"

    @call("Read what a rule would do now, without doing it", answer=PREVIEW)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """To the open tickets."""
        found = preview(access.one_of(_rules(), pk), now=asked.now)
        hits = [
            {"ticket": hit.ticket.number, "subject": hit.ticket.subject, "changes": hit.changes}
            for hit in found.hits
        ]
        return answer({"number": found.number, "tickets": hits})


class Runs(Endpoint):
    """What it did."""

    of = "settings"
    section = "rules"

    @call(
        "List what a rule did, and to which tickets",
        answer=page_of(RUN),
        query={"ticket": Whole(about="Only to the ticket of this number"), **PAGED},
    )
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """The newest first."""
        runs = access.one_of(_rules(), pk).runs.select_related("ticket")
        if "ticket" in asked.query:
            runs = runs.filter(ticket__number=asked.query["ticket"])
        return paged(asked, runs, NEWEST, _shown_run)

    @call(
        "Do now what a rule says",
        answer=CHANGED,
        about="To the open tickets that its preview counts; it can be undone.",
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """By hand."""
        rule = access.one_of(_rules(), pk)
        ids = list(matching(rule, now=asked.now).values_list("pk", flat=True)[:COUNTED])
        batch = run_by_hand(rule, ids, now=asked.now)
        done = Run.objects.filter(batch=batch, outcome=Run.Outcome.DONE)
        return answer({"changed": done.count()})


class RunUndoings(Endpoint):
    """The way back."""

    of = "settings"
    section = "rules"

    @call(
        "Undo what a rule did together with this",
        answer=CHANGED,
        about="Only where nobody has gone on since.",
    )
    def post(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """As far as it can be."""
        run = access.one_of(access.one_of(_rules(), pk).runs.all(), point)
        return answer({"changed": undo_batch(run.batch, now=asked.now) if run.batch else 0})


def _rules() -> QuerySet[Rule]:
    return Rule.objects.select_related("keeper")


def _values_of_rule(rule: Rule, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Problem for one that waits for something and for a time."""
    values = {name: said for name, said in sent.items() if name in OF_RULE}
    if "name" in values:
        values["name"] = " ".join(values["name"].split())
    if "after" in values:
        values["after"] = timedelta(seconds=values["after"])
    if values.get("events", rule.events) and values.get("since", rule.since):
        said = _("A rule waits for something to happen, or for a time.")
        raise invalid("since", "contradiction", said)
    return values


def _choices(choices: Callable[[], Mapping[str, str]] | None) -> list[dict[str, str]] | None:
    if choices is None:
        return None
    return [{"value": value, "label": str(label)} for value, label in choices().items()]


def _shown_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "sentence": sentence(rule),
        "name": rule.name,
        "events": list(rule.events),
        "since": rule.since,
        "after": int(rule.after.total_seconds()),
        "needs_all": rule.needs_all,
        "conditions": rule.conditions,
        "actions": rule.actions,
        "is_active": rule.is_active,
        "keeper": {"id": rule.keeper.pk, "name": rule.keeper.name},
    }


def _shown_run(run: Run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "ticket": run.ticket.number,
        "at": utc(run.at),
        "because": run.because,
        "outcome": run.outcome,
        "error": run.error,
    }


# Tickets that come again ------------------------------------------------------------------------


class RecurringTickets(Endpoint):
    """Tickets that are opened again and again."""

    of = "settings"
    section = "rules"

    @call("List tickets that are opened again and again", answer=page_of(RECURRENCE), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return paged(asked, _recurrences(), BY_ID, _shown_recurrence)

    @call(
        "Have a ticket opened again and again",
        answer=RECURRENCE,
        status=201,
        body=NEW_RECURRENCE,
        about="In the name of the token's agent, at a wall time of the desk.",
        example={
            "subject": "Monthly report",
            "body": "The report of the month before.",
            "customer": 1,
            "team": 1,
            "every": "month",
            "first_at": "2026-12-01T00:00:00Z",
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """From its first time on."""
        made = _save_recurrence(Recurrence(), asked)
        address = absolute(reverse("api:recurring_ticket", args=[made.pk]))
        return answer(_shown_recurrence(made), status=201, Location=address)


class RecurringTicketDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "rules"

    @call("Read a ticket that is opened again and again", answer=RECURRENCE, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """With when it comes next."""
        return tagged(asked, _shown_recurrence(access.one_of(_recurrences(), pk)))

    @call(
        "Change a ticket that is opened again and again",
        answer=RECURRENCE,
        body=RECURRENCE_CHANGE,
        has_etag=True,
        about="What is left out stays, and so do the tickets that were opened.",
        example={"is_active": False},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """From now on."""
        found = access.one_of(_recurrences(), pk)
        check_unchanged(asked, etag=etag_of(_shown_recurrence(found)))
        return tagged(asked, _shown_recurrence(_save_recurrence(found, asked)))

    @call("Have a ticket opened no more", status=204, about="Its tickets stay.")
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        access.one_of(_recurrences(), pk).delete()
        return HttpResponse(status=204)


def _recurrences() -> QuerySet[Recurrence]:
    return Recurrence.objects.select_related(
        "customer", "team", "assignee", "keeper", "last_ticket"
    )


def _save_recurrence(recurrence: Recurrence, asked: Asked) -> Recurrence:
    for name, said in asked.body.items():
        setattr(recurrence, name, _value_of_recurrence(name, said, asked))
    recurrence.keeper = asked.agent
    return save_recurrence(recurrence, now=asked.now)


def _value_of_recurrence(name: str, said: Any, asked: Asked) -> Any:
    """As it is kept. Raises Problem."""
    if name == "customer":
        return access.customer_in_body(asked.agent, said)
    if name == "team":
        return access.one_in_body(Team.objects.all(), said, at=name)
    if name == "assignee" and said is not None:
        return access.one_in_body(Agent.objects.filter(is_active=True), said, at=name)
    return said


def _shown_recurrence(recurrence: Recurrence) -> dict[str, Any]:
    last, keeper = recurrence.last_ticket, recurrence.keeper
    return {
        "id": recurrence.pk,
        "subject": recurrence.subject,
        "body": recurrence.body,
        "customer": recurrence.customer_id,
        "team": recurrence.team_id,
        "assignee": recurrence.assignee_id,
        "priority": recurrence.priority,
        "every": recurrence.every,
        "first_at": utc(recurrence.first_at),
        "is_active": recurrence.is_active,
        "next_at": utc(recurrence.next_at),
        "last_ticket": last.number if last else None,
        "error": recurrence.error,
        "keeper": {"id": keeper.pk, "name": keeper.name},
    }
