"""How one wants to be told."""

from __future__ import annotations

from datetime import time
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Notification, NotificationSettings
from accounts.notifying import DESK, MAIL
from accounts.preferences import default_ways, save_notification_settings
from desk import access

WAYS = {DESK: gettext_lazy("In the desk"), MAIL: gettext_lazy("By mail")}


def _time_field(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": gettext_lazy("Enter a time such as 18:00.")},
        **more,
    )


class NotificationForm(forms.Form):
    """A box for each kind of news and each way, and the hours."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[(name, name) for name in sorted(available_timezones())],
    )
    quiet_from = _time_field(gettext_lazy("Quiet from"))
    quiet_until = _time_field(gettext_lazy("until"))
    breaks_quiet_for_breaches = forms.BooleanField(
        label=gettext_lazy("Write at once when a promise of mine is broken, always"),
        required=False,
    )
    digest_at = _time_field(
        gettext_lazy("One letter each day with what waits for me, at"),
        help_text=gettext_lazy("Empty: none. When nothing waits, none comes either."),
    )

    def __init__(self, data: Any = None, *, agent: Agent) -> None:
        known = NotificationSettings.objects.filter(agent=agent).first() or NotificationSettings()
        names = ("quiet_from", "quiet_until", "breaks_quiet_for_breaches", "digest_at")
        initial = {name: getattr(known, name) for name in names}
        super().__init__(data, initial={"time_zone": agent.time_zone, **initial})
        for kind, label in Notification.Kind.choices:
            on = known.ways.get(kind, default_ways(kind))
            for way, of_way in WAYS.items():
                self.fields[f"{kind}-{way}"] = forms.BooleanField(
                    label=f"{label}: {of_way}", required=False, initial=way in on
                )

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Each kind of news with its boxes."""
        return [
            (str(label), [self[f"{kind}-{way}"] for way in WAYS])
            for kind, label in Notification.Kind.choices
        ]

    @property
    def columns(self) -> list[str]:
        return [str(label) for label in WAYS.values()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        is_half = (start is None) != (end is None)
        if is_half and not {"quiet_from", "quiet_until"} & set(self.errors):
            self.add_error("quiet_until", _("Say when the quiet begins and when it ends."))
        elif start is not None and start == end:
            self.add_error("quiet_until", _("The quiet ends when it begins. Choose another time."))
        return cleaned

    def save(self, agent: Agent) -> None:
        """Store what was chosen."""
        fields = self.cleaned_data
        start, end = fields["quiet_from"], fields["quiet_until"]
        save_notification_settings(
            agent,
            ways={
                kind: [way for way in WAYS if fields[f"{kind}-{way}"]]
                for kind in Notification.Kind.values
            },
            quiet=cast("tuple[time, time]", (start, end)) if start is not None else None,
            breaks_quiet_for_breaches=fields["breaks_quiet_for_breaches"],
            digest_at=fields["digest_at"],
            time_zone=fields["time_zone"],
            now=timezone.now(),
        )


def show(request: HttpRequest) -> HttpResponse:
    """The table of what is told how, and the hours."""
    return _page(request, NotificationForm(agent=access.agent(request)))


def update(request: HttpRequest) -> HttpResponse:
    """Change it."""
    agent = access.agent(request)
    form = NotificationForm(request.POST, agent=agent)
    if not form.is_valid():
        return _page(request, form, status=422)
    form.save(agent)
    messages.success(request, _("Saved. It holds for news from now on."))
    return redirect("desk:notification_settings")


def _page(request: HttpRequest, form: NotificationForm, *, status: int = 200) -> HttpResponse:
    return render(request, "desk/notification_settings.html", {"form": form}, status=status)
