"""What is asked and known of tickets, the texts kept for replies, and what is counted."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from tickets.effort import effort_weights
from tickets.models import EffortWeights, Macro, RatingSettings, StateWording
from tickets.services.macros import save_macro
from tickets.services.rating import rating_settings, save_rating_settings
from tickets.services.weighing import save_effort_weights
from tickets.services.wording import save_state_words
from tickets.state_words import WORDS, kept_words
from topics.models import Field, Topic
from topics.services import save_field, save_topic
from transfers.as_file.people import duration_of, seconds_of
from transfers.as_file.section import Entry, FileError, Section

POINTS = (
    *("contact", "hand_over", "asked_again", "channel_change"),
    *("chaser", "reopen", "hour_late"),
)
OF_FIELD = (
    *("of", "key", "kind", "label_ja", "label_en", "help_ja", "help_en", "choices"),
    *("is_required_to_solve", "is_for_customers", "is_required_for_customers"),
    *("depends_value", "is_active"),
)
OF_MACRO = ("name", "reading", "body", "language", "ending", "tags", "priority")


def team_named(name: str) -> Team:
    """Raises FileError when there is none."""
    team = Team.objects.filter(name=name).first()
    if team is None:
        raise FileError(_("There is no team “%(name)s”.") % {"name": name})
    return team


def _topics() -> list[Entry]:
    return [
        {
            "name_ja": topic.name_ja,
            "name_en": topic.name_en,
            "team": topic.team.name,
            "skill": topic.skill,
            "is_active": topic.is_active,
        }
        for topic in Topic.objects.select_related("team")
    ]


def _save_topic(entry: Entry, here: Entry | None, _by: Agent) -> None:
    found = here and Topic.objects.get(name_ja=here["name_ja"], name_en=here["name_en"])
    save_topic(found or Topic(), values={**entry, "team": team_named(entry["team"])})


def _fields() -> list[Entry]:
    fields = Field.objects.select_related("depends_on").prefetch_related("topics")
    return [
        {
            **{name: getattr(field, name) for name in OF_FIELD},
            "topics": [_topic_name(topic) for topic in field.topics.all()],
            "depends_on": field.depends_on.key if field.depends_on else "",
        }
        for field in fields.order_by("of", "position", "pk")
    ]


def _topic_name(topic: Topic) -> str:
    return topic.name_ja or topic.name_en


def _save_field(entry: Entry, here: Entry | None, _by: Agent) -> None:
    """What it depends on may come after it: then it follows at the second look."""
    for choice in entry["choices"]:
        if not isinstance(choice, dict) or {*choice} != {"key", "ja", "en", "is_off"}:
            raise FileError(_("Each of the “choices” has “key”, “ja”, “en” and “is_off”."))
    topics = {_topic_name(topic): topic for topic in Topic.objects.all()}
    if unknown := [name for name in entry["topics"] if name not in topics]:
        raise FileError(_("There is no topic “%(name)s”.") % {"name": unknown[0]})
    of_kind = Field.objects.filter(of=entry["of"])
    waits_for = of_kind.filter(key=entry["depends_on"]).first() if entry["depends_on"] else None
    values: dict[str, Any] = {name: entry[name] for name in OF_FIELD}
    values["depends_on"] = waits_for
    values["depends_value"] = entry["depends_value"] if waits_for else ""
    found = of_kind.get(key=here["key"]) if here else Field()
    save_field(found, values=values, topics=[topics[name] for name in entry["topics"]])


def _macros() -> list[Entry]:
    """Those of teams and of everybody; what people keep for themselves is theirs."""
    shared = Macro.objects.filter(owner=None).select_related("team")
    return [
        {
            **{name: getattr(macro, name) for name in OF_MACRO},
            "team": macro.team.name if macro.team else "",
            "promise_after": seconds_of(macro.promise_after),
        }
        for macro in shared.order_by("team__name", "position", "pk")
    ]


def _save_macro(entry: Entry, here: Entry | None, _by: Agent) -> None:
    team = team_named(entry["team"]) if entry["team"] else None
    found = here and Macro.objects.get(owner=None, team=team, name=here["name"])
    fields: dict[str, Any] = {name: entry[name] for name in OF_MACRO}
    fields |= {"team": team, "promise_after": duration_of(entry["promise_after"])}
    save_macro(found or Macro(), fields=fields)


def _ratings() -> list[Entry]:
    rules = rating_settings()
    return [{"is_on": rules.is_on, "days_between": rules.days_between}]


def _save_ratings(entry: Entry, _here: Entry | None, by: Agent) -> None:
    if not 1 <= entry["days_between"] <= 365:
        raise FileError(_("“days_between” lies between 1 and 365."))
    save_rating_settings(**entry, by=by, now=timezone.now())


def _effort() -> list[Entry]:
    weights = effort_weights()
    return [{name: getattr(weights, name) for name in POINTS}]


def _save_effort(entry: Entry, _here: Entry | None, by: Agent) -> None:
    if not all(0 <= points <= 100 for points in entry.values()):
        raise FileError(_("Points lie between 0 and 100."))
    save_effort_weights(entry, by=by, now=timezone.now())


def _state_words() -> list[Entry]:
    return [kept_words()]


def _save_state_words(entry: Entry, _here: Entry | None, by: Agent) -> None:
    save_state_words(entry, by=by, now=timezone.now())


SECTIONS = (
    Section(
        name="topics",
        title=gettext_lazy("Topics"),
        fields={"name_ja": "", "name_en": "", "team": "", "skill": "", "is_active": True},
        keys=("name_ja", "name_en"),
        models=(Topic,),
        read=_topics,
        save=_save_topic,
    ),
    Section(
        name="fields",
        title=gettext_lazy("Fields"),
        fields={
            **{name: getattr(Field(), name) for name in OF_FIELD},
            "topics": [],
            "depends_on": "",
        },
        keys=("of", "key"),
        models=(Field,),
        read=_fields,
        save=_save_field,
    ),
    Section(
        name="macros",
        title=gettext_lazy("Macros"),
        fields={
            **dict.fromkeys(OF_MACRO, ""),
            "tags": [],
            "team": "",
            "promise_after": None,
        },
        keys=("team", "name"),
        models=(Macro,),
        read=_macros,
        save=_save_macro,
    ),
    Section(
        name="ratings",
        title=gettext_lazy("Ratings"),
        fields={"is_on": True, "days_between": 30},
        models=(RatingSettings,),
        read=_ratings,
        save=_save_ratings,
    ),
    Section(
        name="effort",
        title=gettext_lazy("Effort of customers"),
        fields=dict.fromkeys(POINTS, 0),
        models=(EffortWeights,),
        read=_effort,
        save=_save_effort,
    ),
    Section(
        name="state_words",
        title=gettext_lazy("States in customers' words"),
        fields=dict.fromkeys(WORDS, ""),
        models=(StateWording,),
        read=_state_words,
        save=_save_state_words,
    ),
)
