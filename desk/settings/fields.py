"""What is to be known of tickets and of customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from desk.forms import MoveForm
from tickets.services.describing import is_used
from topics.exceptions import TopicError
from topics.models import Choice, Field, Topic
from topics.services import FIXED, delete_field, move_field, save_field, waited_for

NEW_CHOICES = 5
WORDS = ("label_ja", "label_en", "help_ja", "help_en")
SWITCHES = (
    *("is_required_to_solve", "is_for_customers", "is_required_for_customers", "is_active"),
)


def _text(label: Any, *, most: int = 60, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=False, **more)


def _switch(label: Any, **more: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **more)


class FieldForm(forms.Form):
    """One field. What it is of, its key and its kind are asked once; choices are rows, of which
    those that have been offered before are never taken away."""

    of = forms.ChoiceField(label=gettext_lazy("Belongs to"), choices=Field.Of.choices)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Field.Kind.choices)
    key = _text(
        gettext_lazy("Key"),
        most=40,
        help_text=gettext_lazy(
            "Small Latin letters, digits and _, such as serial_number. It never changes. Empty: it"
            " is made of the English name."
        ),
    )
    label_ja = _text(gettext_lazy("Name in Japanese"))
    label_en = _text(gettext_lazy("Name in English"))
    help_ja = _text(gettext_lazy("Explanation in Japanese"), most=200)
    help_en = _text(gettext_lazy("Explanation in English"), most=200)
    topics = forms.ModelMultipleChoiceField(
        label=gettext_lazy("For tickets of these topics"),
        queryset=Topic.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: for every ticket."),
    )
    is_required_to_solve = _switch(
        gettext_lazy("Must be filled in before an agent resolves the ticket"),
        help_text=gettext_lazy("Fields of tickets only. Customers may always end their ticket."),
    )
    is_for_customers = _switch(
        gettext_lazy("Customers may see it and fill it in"),
        help_text=gettext_lazy("The form asks it of whoever writes about these topics."),
    )
    is_required_for_customers = _switch(gettext_lazy("Customers must fill it in"))
    depends = forms.ChoiceField(
        label=gettext_lazy("Asked only when"),
        required=False,
        help_text=gettext_lazy("Another field says this. Agents and customers see it only then."),
    )
    is_active = _switch(
        gettext_lazy("Asked for"),
        help_text=gettext_lazy("What was filled in is still shown when it is switched off."),
    )

    def __init__(self, data: Any = None, *, field: Field) -> None:
        self.field = field
        initial = {name: getattr(field, name) for name in (*WORDS, *SWITCHES, *FIXED)}
        chosen = list(field.topics.values_list("pk", flat=True)) if field.pk else []
        depends = f"{field.depends_on_id}:{field.depends_value}" if field.depends_on_id else ""
        super().__init__(data, initial={**initial, "topics": chosen, "depends": depends})
        for name in FIXED if field.pk else ():
            del self.fields[name]
        if field.pk and field.of == Field.Of.CUSTOMER:
            del self.fields["topics"], self.fields["is_required_to_solve"]
        elif not self._topic_choices:
            del self.fields["topics"]
        self._offer_answers()
        self._rows = list(self._add_rows())

    @property
    def questions(self) -> list[forms.BoundField]:
        """The fields beside the choices."""
        return [self[name] for name in self.base_fields if name in self.fields]

    @property
    def rows(self) -> list[Row]:
        """The choices as a table, with empty rows for more of them."""
        return [
            Row(**{part: self[f"{name}_{part}"] for part in PARTS}) for name, _choice in self._rows
        ]

    def clean(self) -> dict[str, Any]:
        """Every choice that was offered before keeps a name."""
        for name, choice in self._rows:
            part, other = f"{name}_ja", f"{name}_en"
            is_nameless = not (self.cleaned_data.get(part) or self.cleaned_data.get(other))
            if choice and part in self.data and is_nameless:
                self.add_error(part, _("Give it a name, or switch it off."))
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        """The values to keep."""
        kept = {name: self.cleaned_data[name] for name in self.base_fields if name in self.fields}
        kept.pop("topics", None)
        other, _colon, value = kept.pop("depends", "").partition(":")
        waits_for = Field.objects.filter(pk=int(other)).first() if other else None
        return kept | {
            "choices": self._choices,
            "depends_on": waits_for,
            "depends_value": value,
        }

    def _offer_answers(self) -> None:
        """What another field may say, without those that are switched off, unless it is so now."""
        others = Field.objects.exclude(pk=self.field.pk).filter(is_active=True)
        if self.field.pk:
            others = others.filter(of=self.field.of)
        answers = [
            (f"{other.pk}:{value}", _("%(field)s: %(answer)s") % {"field": other, "answer": words})
            for other in others
            for value, words in waited_for(other).items()
        ]
        now = self.initial["depends"]
        if now and now not in dict(answers) and (waited := self.field.depends_on):
            answers.append((now, f"{waited}: {self.field.depends_value}"))
        if not answers:
            del self.fields["depends"]
            return
        field = self.fields["depends"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so
        field.choices = [("", _("Always")), *answers]

    @property
    def _choices(self) -> list[Choice]:
        """In the order of their places. One that a colleague has added since stays."""
        placed = []
        for number, (name, choice) in enumerate(self._rows):
            said = {part: self.cleaned_data[f"{name}_{part}"] for part in PARTS}
            if choice and f"{name}_ja" not in self.data:
                placed.append((number + 1, choice))
                continue
            key = choice["key"] if choice else ""
            new = Choice(key=key, ja=said["ja"], en=said["en"], is_off=not said["offered"])
            placed.append((said["place"] or number + 1, new))
        return [choice for _place, choice in sorted(placed, key=lambda each: each[0])]

    @property
    def _topic_choices(self) -> bool:
        return Topic.objects.exists()

    def _add_rows(self) -> Iterator[tuple[str, Choice | None]]:
        if self.field.pk and self.field.kind != Field.Kind.CHOICE:
            return
        known: list[Choice] = self.field.choices
        empty = [(f"choice_new{number}", None) for number in range(NEW_CHOICES)]
        rows = [*((f"choice_{each['key']}", each) for each in known), *empty]
        for number, (name, choice) in enumerate(rows, start=1):
            about = {"number": number}
            self.fields |= {
                f"{name}_place": forms.IntegerField(
                    label=_("Place of choice %(number)s") % about,
                    required=False,
                    min_value=1,
                    max_value=999,
                    initial=number,
                ),
                f"{name}_ja": _text(
                    _("Choice %(number)s in Japanese") % about, initial=choice and choice["ja"]
                ),
                f"{name}_en": _text(
                    _("Choice %(number)s in English") % about, initial=choice and choice["en"]
                ),
                f"{name}_offered": _switch(
                    _("Choice %(number)s is offered") % about,
                    initial=not (choice and choice["is_off"]),
                ),
            }
            yield name, choice


PARTS = ("place", "ja", "en", "offered")


@dataclass(frozen=True)
class Row:
    """One choice."""

    place: forms.BoundField
    ja: forms.BoundField
    en: forms.BoundField
    offered: forms.BoundField


def index(request: HttpRequest) -> HttpResponse:
    """All fields in their order: those of tickets, then those of customers."""
    fields = list(Field.objects.prefetch_related("topics"))
    groups = [
        (_("Fields of tickets"), [each for each in fields if each.of == Field.Of.TICKET]),
        (_("Fields of customers"), [each for each in fields if each.of == Field.Of.CUSTOMER]),
    ]
    return render(request, "desk/settings/fields.html", {"groups": groups})


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    field = Field()
    return _page(request, field, FieldForm(field=field))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, Field())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    field = access.field(pk)
    return _page(request, field, FieldForm(field=field))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it. What was filled in stays."""
    return _save(request, access.field(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when nobody has filled it in."""
    field = access.field(pk)
    try:
        delete_field(field, is_used=is_used(field))
    except TopicError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:settings_field", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": field.label})
    return redirect("desk:settings_fields")


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    field, form = access.field(pk), MoveForm(request.POST)
    if form.is_valid():
        move_field(field, by=int(form.cleaned_data["by"]))
    return redirect("desk:settings_fields")


def _save(request: HttpRequest, field: Field) -> HttpResponse:
    form = FieldForm(request.POST, field=field)
    if form.is_valid():
        try:
            save_field(field, values=form.values, topics=form.cleaned_data.get("topics", ()))
        except TopicError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    if not form.is_valid():
        return _page(request, field, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": field.label})
    return redirect("desk:settings_fields")


def _page(
    request: HttpRequest, field: Field, form: FieldForm, *, status: int = 200
) -> HttpResponse:
    context = {"field": field, "form": form}
    return render(request, "desk/settings/field.html", context, status=status)
