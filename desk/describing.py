"""Topic and fields, as pages ask for them and show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from tickets.models import Ticket
from tickets.queue import FIELD
from topics.exceptions import BadValues
from topics.inputs import NOTHING, input_of
from topics.models import Field, Topic
from topics.selectors import Definitions, definitions
from topics.values import Value, in_words


def input_for_agents(field: Field, *, now: Value | None = None) -> forms.Field:
    """The control, and whether the ticket can be resolved without it."""
    needed = _("Needed to resolve") if field.is_required_to_solve else ""
    help_text = " · ".join(filter(None, [needed, field.help_text]))
    return input_of(field, now=now, help_text=help_text)


class FieldsForm(forms.Form):
    """Fields under their keys, beside what else a form asks for.

    The form remembers what each of them said when it was shown: what a colleague has changed since
    stays, unless it was changed here, too.
    """

    asked: Iterable[Field] = ()

    def ask(self, fields: Iterable[Field], values: Mapping[str, Value]) -> None:
        """Ask for these, which say what they say now."""
        self.asked = list(fields)
        for field in self.asked:
            asked = input_for_agents(field, now=values.get(field.key))
            asked.show_hidden_initial = True
            self.fields[f"{FIELD}{field.key}"] = asked

    @property
    def typed(self) -> dict[str, str]:
        """What was changed, by the keys of the fields."""
        return {
            field.key: self.cleaned_data[name]
            for field in self.asked
            if (name := f"{FIELD}{field.key}") in self.changed_data
        }

    def refuse(self, bad: BadValues) -> None:
        """Say at each field what is wrong with it."""
        for key, sentence in bad.sentences.items():
            self.add_error(f"{FIELD}{key}", sentence)

    @property
    def field_groups(self) -> list[forms.BoundField]:
        """The fields as the page draws them."""
        return [self[f"{FIELD}{field.key}"] for field in self.asked]


class DetailsForm(FieldsForm):
    """What a ticket is about, and what is known of the matter."""

    topic = forms.ChoiceField(
        label=gettext_lazy("Topic"),
        required=False,
        show_hidden_initial=True,
        error_messages={"invalid_choice": gettext_lazy("Choose a topic from the list.")},
    )

    def __init__(self, data: Any = None, *, ticket: Ticket) -> None:
        super().__init__(data, auto_id="details_%s", initial={"topic": ticket.topic_id})
        known = definitions()
        offer_topics(self, known, now=ticket.topic_id)
        self.ask(known.ticket_fields(ticket.topic_id, ticket.fields), ticket.fields)


def offer_topics(form: forms.Form, known: Definitions, *, now: int | None = None) -> None:
    """Let the form's `topic` be one of those that are offered, or stay; without any, it is gone."""
    topics = [topic for topic in known.topics if topic.is_active or topic.pk == now]
    if not topics:
        del form.fields["topic"]
        return
    field = form.fields["topic"]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so
    field.choices = [("", NOTHING), *((topic.pk, topic.name) for topic in topics)]


def chosen_topic(form: forms.Form) -> Topic | None:
    """The topic that was chosen in a form, if any."""
    pk = form.cleaned_data.get("topic", "")
    return definitions().topic(int(pk)) if pk else None


# Showing --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One field that says something, or must before the ticket is resolved."""

    label: str
    words: str


def lines(
    fields: Iterable[Field], values: Mapping[str, Value], *, required: Iterable[Field] = ()
) -> list[Line]:
    """The filled fields in words, those that are switched off among them, and what is required and
    empty."""
    return list(_lines(fields, values, {field.pk for field in required}))


def _lines(
    fields: Iterable[Field], values: Mapping[str, Value], required: set[int]
) -> Iterator[Line]:
    for field in fields:
        if field.key in values or field.pk in required:
            yield Line(field.label, in_words(field, values.get(field.key)))


@dataclass(frozen=True)
class Details:
    """Topic and fields of one ticket, as its page shows them."""

    topic: str
    lines: list[Line]
    form: DetailsForm
    is_open: bool

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show or to fill in."""
        return bool(self.topic or self.lines or self.form.fields)


def details_of(ticket: Ticket, *, form: DetailsForm | None = None) -> Details:
    """What the card beside the thread shows; with a form, what was typed there."""
    known = definitions()
    topic = known.topic(ticket.topic_id)
    asked = known.ticket_fields(ticket.topic_id, ticket.fields)
    required = [each for each in asked if each.is_required_to_solve]
    return Details(
        topic=topic.name if topic else "",
        lines=lines(known.fields_of(Field.Of.TICKET), ticket.fields, required=required),
        form=form or DetailsForm(ticket=ticket),
        is_open=form is not None,
    )


def customer_lines(customer: Customer) -> list[Line]:
    """What is known of a customer beside name and addresses."""
    if not customer.fields:
        return []
    return lines(definitions().fields_of(Field.Of.CUSTOMER), customer.fields)
