"""How somebody fills in a field, at every door. What was typed is judged by topics.values alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from topics.models import Field
from topics.values import NO, YES, Value, as_typed, in_words

# topics.values says what is wrong with a longer one.
LONGEST = 1000
NOTHING = "–"
INPUTS = {
    Field.Kind.TEXT: {"autocomplete": "off"},
    Field.Kind.NUMBER: {"inputmode": "decimal", "autocomplete": "off"},
    Field.Kind.DATE: {"type": "date"},
}


def input_of(
    field: Field, *, empty: Any = NOTHING, now: Value | None = None, help_text: str = ""
) -> forms.CharField:
    """The control for it, which says what it says `now`: a choice that is no longer offered stays
    where it is."""
    if field.kind in INPUTS:
        widget: forms.Widget = forms.TextInput(attrs=INPUTS[Field.Kind(field.kind)])
    else:
        widget = forms.Select(choices=[("", empty), *_choices(field, now)])
    return forms.CharField(
        label=field.label,
        help_text=help_text,
        required=False,
        max_length=LONGEST,
        initial=as_typed(now),
        widget=widget,
    )


def _choices(field: Field, now: Value | None) -> list[tuple[str, str]]:
    if field.kind == Field.Kind.YES_NO:
        return [(YES, _("Yes")), (NO, _("No"))]
    offered = field.choices_offered
    if isinstance(now, str) and now not in dict(offered):
        offered.append((now, in_words(field, now)))
    return offered
