"""Macros as the reply box and its picker show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from accounts.permissions import Permission
from accounts.selectors import circle_of
from customers.models import Customer
from desk.settings.calendar_form import NotationField
from sla.models import Priority
from sla.notation import read_duration, write_duration
from sla.selectors import promise_after
from tickets.exceptions import BadTag
from tickets.macros import JAPANESE, filled
from tickets.models import Ending, Macro, Ticket
from tickets.services.macros import macros_seen_by
from tickets.tags import distinct, split

ENDINGS = {
    "": _("As it is chosen in the reply box"),
    Ending.PROMISE: _("Send, and promise the next contact"),
    Ending.ASK: _("Send, and wait for the answer"),
    Ending.SOLVE: _("Send, and resolve"),
}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One macro for one ticket: `text` is filled in but for the promise; `wall` is the promise as
    the agent's clock shows it."""

    macro: Macro
    text: str
    audience: str
    promise_at: datetime | None

    @property
    def promise(self) -> str:
        return self.promise_at.isoformat() if self.promise_at else ""

    @property
    def wall(self) -> str:
        if self.promise_at is None:
            return ""
        return timezone.localtime(self.promise_at).strftime("%Y-%m-%dT%H:%M")

    @property
    def ending(self) -> str:
        return str(ENDINGS[self.macro.ending]) if self.macro.ending else ""


def offers(macros: Iterable[Macro], ticket: Ticket, *, agent: Agent, now: datetime) -> list[Offer]:
    """The macros as they would be for this ticket."""
    return [
        Offer(
            macro=macro,
            text=filled(macro.body, ticket, agent=agent),
            audience=audience_of(macro),
            promise_at=promise_of(macro, ticket, now=now),
        )
        for macro in macros
    ]


def promise_of(macro: Macro, ticket: Ticket, *, now: datetime) -> datetime | None:
    """The next contact that a macro proposes."""
    if macro.promise_after is None:
        return None
    return promise_after(ticket.clock.policy_version_id, macro.promise_after, now=now)


def chosen_macros(pks: Sequence[int], *, agent: Agent) -> list[Macro]:
    """Those of these that the agent may use."""
    found = macros_seen_by(agent).filter(pk__in=pks) if pks else []
    return list(found)


def audience_of(macro: Macro) -> str:
    """Whom a macro is for, in words."""
    if macro.owner_id is not None:
        return gettext("For me")
    return macro.team.name if macro.team else gettext("For everybody")


def audiences_for(agent: Agent) -> list[tuple[str, str]]:
    """Whom this agent may keep a macro for: value and name."""
    circle = circle_of(agent)
    shared = [
        (f"team-{pk}", name)
        for pk, name in circle.teams.items()
        if agent.may(Permission.FORMS) or pk in circle.led
    ]
    everybody = [("everybody", gettext("For everybody"))] if agent.may(Permission.FORMS) else []
    return [("me", gettext("For me")), *shared, *everybody]


def example_of(language: str) -> Ticket:
    """A ticket to try a text on."""
    name = "山田 花子" if language == "ja" else "Emma Clarke"
    zone = settings.TIME_ZONE
    return Ticket(
        number=1042,
        subject=gettext("The printer does not print"),
        language=language,
        customer=Customer(name=name, language=language, time_zone=zone),
        team=Team(name=gettext("Support")),
    )


class MacroForm(forms.Form):
    """A text under a name, whom it is for, and what it changes."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        error_messages={"required": _("Give the macro a name.")},
    )
    reading = forms.CharField(
        label=_("Reading"),
        max_length=60,
        required=False,
        help_text=_("How the name is said, in kana or Latin letters; it is found by this too."),
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"required": _("Write the text.")},
    )
    audience = forms.ChoiceField(label=_("For whom"))
    language = forms.ChoiceField(
        label=_("Language of the customer"), choices=Macro.Language.choices, required=False
    )
    ending = forms.ChoiceField(
        label=_("How the reply ends"), choices=list(ENDINGS.items()), required=False
    )
    promise_after = NotationField(
        label=_("Next contact in"),
        read=read_duration,
        max_length=6,
        help_text=_("Hours and minutes of working time, such as 4:00. Empty: as the policy says."),
    )
    tags = forms.CharField(
        label=_("Tags to add"),
        max_length=1000,
        required=False,
        help_text=_("With commas between them."),
    )
    priority = forms.ChoiceField(
        label=_("Priority"),
        choices=[("", _("As it is")), *Priority.choices],
        required=False,
    )

    def __init__(self, data: Any = None, *, macro: Macro, agent: Agent) -> None:
        super().__init__(data, initial=_values_of(macro))
        self._agent = agent
        field = self.fields["audience"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = audiences_for(agent)

    def clean_tags(self) -> list[str]:
        try:
            return list(distinct(split(self.cleaned_data["tags"])).values())
        except BadTag as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def fields_of_macro(self) -> dict[str, Any]:
        """The values to keep."""
        values = dict(self.cleaned_data)
        audience, seconds = values.pop("audience"), values.pop("promise_after")
        team = audience.removeprefix("team-") if audience.startswith("team-") else None
        return {
            **values,
            "owner_id": self._agent.pk if audience == "me" else None,
            "team_id": int(team) if team else None,
            "promise_after": timedelta(seconds=seconds) if seconds else None,
        }


def _values_of(macro: Macro) -> dict[str, Any]:
    seconds = int(macro.promise_after.total_seconds()) if macro.promise_after else None
    audience = "everybody" if macro.owner_id is None and macro.pk else "me"
    return {
        "name": macro.name,
        "reading": macro.reading,
        "body": macro.body,
        "audience": f"team-{macro.team_id}" if macro.team_id else audience,
        "language": macro.language,
        "ending": macro.ending,
        "promise_after": write_duration(seconds),
        "tags": ", ".join(macro.tags),
        "priority": macro.priority,
    }


def placeholder_names() -> list[tuple[str, str, str]]:
    """Each placeholder: its Japanese and its English name, and what it becomes."""
    meanings = {
        "customer": _("the customer's name"),
        "number": _("the ticket's number"),
        "subject": _("the subject"),
        "agent": _("your name"),
        "team": _("the team's name"),
        "brand": _("the name of this desk"),
        "promise": _("the next contact, when it is sent: in the customer's language and zone"),
    }
    return [
        (f"{{{{{japanese}}}}}", f"{{{{{english}}}}}", str(meanings[english]))
        for japanese, english in JAPANESE.items()
    ]
