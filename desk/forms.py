"""What agents type and choose."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent

OTHER_TIME = "free"


def writing_area(label: Any) -> forms.Textarea:
    """A text area of the reply box; its label stands on the tab. CSS sees by the placeholder
    whether it is empty."""
    attrs = {"class": "reply-box__text", "rows": 2, "placeholder": " ", "aria-label": label}
    return forms.Textarea(attrs=attrs)


class ReplyForm(forms.Form):
    """A reply solves the ticket, asks the customer something, or names the next contact."""

    body = forms.CharField(
        label=_("Reply to the customer"),
        max_length=50_000,
        widget=writing_area(_("Reply to the customer")),
        error_messages={"required": _("Write the reply first.")},
    )
    outcome = forms.ChoiceField(
        choices=[("promise", ""), ("ask", ""), ("solve", "")], initial="promise"
    )
    promise = forms.CharField(label=_("Next contact"), required=False, max_length=40)
    promise_other = forms.DateTimeField(
        label=_("Another time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Enter a date and a time such as 2026-11-24 15:00.")},
    )
    seen_entries = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    seen_at = forms.CharField(required=False, max_length=40)
    submission_key = forms.UUIDField(required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="reply_%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == "promise":
            cleaned["promise_at"] = self._promise_at(cleaned)
        return cleaned

    def _promise_at(self, cleaned: dict[str, Any]) -> datetime | None:
        chosen = cleaned.get("promise", "")
        is_free = chosen in {"", OTHER_TIME}
        promised = cleaned.get("promise_other") if is_free else read_instant(chosen)
        field = "promise_other" if is_free else "promise"
        if promised is None and field not in self.errors:
            self.add_error(field, _("Say when the customer will hear from you next."))
        elif promised is not None and promised <= timezone.now():
            self.add_error(field, _("This time is in the past. Choose a later one."))
        return promised


class NoteForm(forms.Form):
    """What colleagues should know and the customer never sees."""

    body = forms.CharField(
        label=_("Note for colleagues"),
        max_length=50_000,
        widget=writing_area(_("Internal note")),
        error_messages={"required": _("Write the note first.")},
    )
    submission_key = forms.UUIDField(required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="note_%s")


class AssignmentForm(forms.Form):
    """Nobody chosen gives the ticket back to the team."""

    assignee = forms.ModelChoiceField(queryset=Agent.objects.none(), required=False)

    def __init__(self, *args: Any, colleagues: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = colleagues


def read_instant(text: str) -> datetime | None:
    """An instant with its offset, as pages write it; None for anything else."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    # At the edges of the calendar there are instants that exist in one zone only.
    return instant if instant.tzinfo and MINYEAR < instant.year < MAXYEAR else None
