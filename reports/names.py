"""What the keys in figures are called."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from common.templatetags.ui import honorific
from customers.models import Customer, Organization
from reports.filtering import ReportFilter
from sla.models import Policy
from tickets.models import Channel
from topics.models import Topic

Named = dict[Any, str]
OF_NOBODY = {
    "agent": gettext_lazy("Unassigned"),
    "topic": gettext_lazy("No topic"),
    "organization": gettext_lazy("No organisation"),
}
LABELS = {
    "team": gettext_lazy("Team"),
    "agent": gettext_lazy("Assignee"),
    "topic": gettext_lazy("Topic"),
    "channel": gettext_lazy("Channel"),
    "customer": gettext_lazy("Customer"),
    "organization": gettext_lazy("Organisation"),
}

WEEKDAYS = {
    1: gettext_lazy("Monday"),
    2: gettext_lazy("Tuesday"),
    3: gettext_lazy("Wednesday"),
    4: gettext_lazy("Thursday"),
    5: gettext_lazy("Friday"),
    6: gettext_lazy("Saturday"),
    7: gettext_lazy("Sunday"),
}


def hour_name(hour: int) -> str:
    """An hour of the day, such as "9:00 to 10:00"."""
    return _("%(from)s:00 to %(to)s:00") % {"from": hour, "to": hour + 1}


def policy_name(pk: int) -> str:
    """What a policy is called now; one that is not there any more has its key for a name."""
    return Policy.objects.filter(pk=pk).values_list("name", flat=True).first() or f"#{pk}"


def names_of(dimension: str, keys: Collection[Any]) -> Named:
    """The names of these keys of a dimension, in one query at most. Who is not there any more has the
    key for a name."""
    wanted = {key for key in keys if key}
    known = _READERS[dimension](wanted) if wanted else {}
    names = {key: known.get(key) or f"#{key}" for key in wanted}
    return {ReportFilter.NOBODY: str(OF_NOBODY.get(dimension, _("Unknown"))), **names}


def _teams(keys: Collection[Any]) -> Named:
    return dict(Team.objects.filter(pk__in=keys).values_list("pk", "name"))


def _agents(keys: Collection[Any]) -> Named:
    return dict(Agent.objects.filter(pk__in=keys).values_list("pk", "name"))


def _topics(keys: Collection[Any]) -> Named:
    return {topic.pk: topic.name for topic in Topic.objects.filter(pk__in=keys)}


def _channels(keys: Collection[Any]) -> Named:
    return {key: str(Channel(key).label) for key in keys if key in Channel.values}


def _customers(keys: Collection[Any]) -> Named:
    names = Customer.objects.filter(pk__in=keys).values_list("pk", "name")
    return {pk: honorific(name) for pk, name in names}


def _organizations(keys: Collection[Any]) -> Named:
    return dict(Organization.objects.filter(pk__in=keys).values_list("pk", "name"))


_READERS: dict[str, Callable[[Collection[Any]], Named]] = {
    "team": _teams,
    "agent": _agents,
    "topic": _topics,
    "channel": _channels,
    "customer": _customers,
    "organization": _organizations,
}
