"""What the desk does by itself: rules, and tickets that are opened again and again. What they name
stands in the file by its name, and people by their address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from common.numbers import whole_number
from customers.models import ContactPoint, Customer, Organization
from customers.normalizing import normalize_email
from customers.services import identify_customer
from integrations.models import Webhook
from rules.actions import DOINGS
from rules.conditions import all_asked
from rules.exceptions import BadRule
from rules.models import Happening, Recurrence, Rule
from rules.recurring import save_recurrence
from rules.services import save_rule, switch_rule
from tickets.models import Macro
from topics.models import Topic
from transfers.as_file.section import FROM_ABOVE, Entry, FileError, Section
from transfers.as_file.tickets import team_named

LONGEST_WAIT = 366 * 86_400
OF_RULE = ("name", "events", "since", "needs_all", "is_active")
OF_RECURRENCE = ("subject", "body", "priority", "every", "is_active")


def _by(model: type[Model], column: str, **only: Any) -> Callable[[], dict[str, str]]:
    def names() -> dict[str, str]:
        rows: QuerySet[Any] = model._default_manager.filter(**only).order_by("-pk")  # noqa: SLF001
        return {str(pk): name for pk, name in rows.values_list("pk", column)}

    return names


def _topics() -> dict[str, str]:
    return {str(topic.pk): topic.name_ja or topic.name_en for topic in Topic.objects.all()}


PEOPLE = _by(Agent, "email")
# Of what a rule names by its key: all there are, by their keys.
NAMES: Mapping[str, Callable[[], dict[str, str]]] = {
    "assignee": PEOPLE,
    "assign": PEOPLE,
    "tell": PEOPLE,
    "team": _by(Team, "name"),
    "topic": _topics,
    "organization": _by(Organization, "name"),
    "macro": _by(Macro, "name", owner=None),
    "webhook": _by(Webhook, "name", channel=None),
}


def _written(part: Mapping[str, str], kind: str) -> dict[str, str]:
    """With a name in place of a key; what is no key, such as `nobody`, is a name already."""
    names = NAMES.get(part[kind], dict)()
    return {**part, "value": names.get(part["value"], part["value"])}


def _read(part: Mapping[str, str], kind: str, known: Mapping[str, Any]) -> dict[str, str]:
    """With the key of what is named. Raises FileError."""
    parts = {kind, "way", "value"} if kind == "of" else {kind, "value"}
    is_whole = isinstance(part, dict) and {*part} == parts
    if not is_whole or not all(isinstance(each, str) for each in part.values()):
        raise FileError(
            _("Each of them has %(parts)s, all of them texts.")
            % {"parts": ", ".join(f"“{each}”" for each in sorted(parts))}
        )
    value, here = part["value"], known.get(part[kind])
    if part[kind] not in NAMES or here is None:
        return dict(part)
    words = {each for each in here.choices() if whole_number(each) is None}
    keys = [pk for pk, name in NAMES[part[kind]]().items() if name == value]
    if value not in words and not keys:
        raise FileError(_("There is no “%(name)s” here.") % {"name": value[:100]})
    return {**part, "value": value if value in words else keys[-1]}


def _rules() -> list[Entry]:
    return [
        {
            **{name: getattr(rule, name) for name in OF_RULE},
            "after": int(rule.after.total_seconds()),
            "conditions": [_written(each, "of") for each in rule.conditions],
            "actions": [_written(each, "do") for each in rule.actions],
        }
        for rule in Rule.objects.all()
    ]


def _save_rule(entry: Entry, here: Entry | None, by: Agent) -> None:
    rule = Rule.objects.get(name=here["name"]) if here else Rule()
    is_known = all(each in Happening.values for each in entry["events"])
    if not is_known or (entry["events"] and entry["since"]):
        raise FileError(_("A rule waits for something to happen, or for a time."))
    if not 0 <= entry["after"] <= LONGEST_WAIT:
        raise FileError(_("“after” lies between 0 seconds and a year."))
    asked = all_asked()
    values = {name: entry[name] for name in OF_RULE if name != "is_active"}
    values |= {
        "after": timedelta(seconds=entry["after"]),
        "conditions": [_read(each, "of", asked) for each in entry["conditions"]],
        "actions": [_read(each, "do", DOINGS) for each in entry["actions"]],
    }
    try:
        save_rule(rule, values=values, by=by)
    except BadRule as refusal:
        raise FileError(str(refusal)) from refusal
    if rule.is_active != entry["is_active"]:
        switch_rule(rule, is_active=entry["is_active"])


def _recurrences() -> list[Entry]:
    """Those for customers who have an email address, by which they are named."""
    rows = Recurrence.objects.select_related("customer", "team", "assignee").order_by("pk")
    return [
        {
            **{name: getattr(each, name) for name in OF_RECURRENCE},
            "customer": _address_of(each.customer),
            "team": each.team.name,
            "assignee": each.assignee.email if each.assignee else "",
            "first_at": each.first_at.isoformat(),
        }
        for each in rows.prefetch_related("customer__contact_points")
        if _address_of(each.customer)
    ]


def _address_of(customer: Customer) -> str:
    points = customer.contact_points.all()
    return next((each.normalized for each in points if each.kind == ContactPoint.Kind.EMAIL), "")


def _save_recurrence(entry: Entry, here: Entry | None, by: Agent) -> None:
    recurrence = _recurrence_of(here) if here else Recurrence()
    for name in OF_RECURRENCE:
        setattr(recurrence, name, entry[name])
    recurrence.customer = _customer_at(entry["customer"])
    recurrence.team = team_named(entry["team"])
    recurrence.assignee = _agent_at(entry["assignee"]) if entry["assignee"] else None
    recurrence.first_at = _instant(entry["first_at"])
    recurrence.keeper = by
    try:
        save_recurrence(recurrence)
    except BadRule as refusal:
        raise FileError(str(refusal)) from refusal


def _recurrence_of(here: Entry) -> Recurrence:
    """The one that stands there."""
    found = Recurrence.objects.filter(subject=here["subject"], first_at=_instant(here["first_at"]))
    return next(each for each in found if _address_of(each.customer) == here["customer"])


def _customer_at(address: str) -> Customer:
    """Their record; a new one, where nobody has asked yet."""
    if not address:
        raise FileError(_("Say by which address the customer is reached."))
    return identify_customer(email=normalize_email(address), language=settings.LANGUAGE_CODE)


def _agent_at(address: str) -> Agent:
    agent = Agent.objects.filter(email=address, is_active=True).first()
    if agent is None:
        raise FileError(_("There is no “%(name)s” here.") % {"name": address[:100]})
    return agent


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise FileError(_("Write a time with its zone: 2026-11-24T09:00:00Z."))
    return at


SECTIONS = (
    Section(
        name="rules",
        title=gettext_lazy("Rules"),
        fields={
            "name": "",
            "events": [],
            "since": "",
            "after": 0,
            "needs_all": True,
            "conditions": [],
            "actions": [],
            "is_active": False,
        },
        keys=("name",),
        models=(Rule,),
        read=_rules,
        save=_save_rule,
    ),
    Section(
        name="recurring_tickets",
        title=gettext_lazy("Recurring tickets"),
        fields={
            **dict.fromkeys(("subject", "body", "customer", "team", "assignee", "first_at"), ""),
            "priority": "normal",
            "every": "",
            "is_active": True,
        },
        keys=("subject", "customer", "first_at"),
        models=(Recurrence,),
        read=_recurrences,
        save=_save_recurrence,
    ),
)


def join() -> None:
    """Be a part of the file."""
    FROM_ABOVE.extend(SECTIONS)
