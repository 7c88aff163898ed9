"""Channels by which other programs bring messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team
from common.outside import NotAllowed, NotReached
from desk import access
from integrations.channels import NameTaken, save_channel
from integrations.models import Channel, Webhook

WORDS = ("name", "kind", "team", "language", "is_active")


class ChannelForm(forms.Form):
    """One channel, and where its answers go."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Tickets say that they came by it."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Channel.Kind.choices)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=gettext_lazy("The default team"),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Of people whose program does not say it."),
    )
    url = forms.CharField(
        label=gettext_lazy("URL for answers"),
        max_length=2000,
        required=False,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    is_silent = forms.BooleanField(
        label=gettext_lazy("Answers leave as letters"),
        required=False,
        help_text=gettext_lazy("To the customer's email address, if there is one."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)

    def __init__(self, channel: Channel, data: Any = None) -> None:
        webhook = Webhook.objects.filter(channel=channel.pk).first() if channel.pk else None
        initial = {name: getattr(channel, name) for name in WORDS}
        initial["is_silent"] = bool(channel.pk) and webhook is None
        super().__init__(data, initial=initial)
        self.webhook = webhook
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101 - declared above
        team.queryset = Team.objects.order_by("name")
        if webhook is not None:
            self.fields["url"].help_text = _("Empty: it stays as it is, at %(host)s.") % {
                "host": webhook.host
            }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("is_silent") or cleaned.get("url") or self.webhook):
            self.add_error("url", _("Enter the URL, or let answers leave as letters."))
        return cleaned


def index(request: HttpRequest) -> HttpResponse:
    """All of them."""
    channels = Channel.objects.select_related("team", "webhook")
    return render(request, "desk/settings/channels.html", {"channels": channels})


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    channel = Channel()
    return _page(request, channel, ChannelForm(channel))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one, and show the secret of its answers for the only time."""
    return _save(request, Channel())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    channel = access.channel(pk)
    return _page(request, channel, ChannelForm(channel))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it. Tickets that are there go on as they began."""
    return _save(request, access.channel(pk))


def _save(request: HttpRequest, channel: Channel) -> HttpResponse:
    form = ChannelForm(channel, request.POST)
    if not form.is_valid():
        return _page(request, channel, form, status=422)
    values = {name: form.cleaned_data[name] for name in WORDS}
    is_silent, secret = form.cleaned_data["is_silent"], ""
    try:
        secret = save_channel(
            channel, values=values, url=form.cleaned_data["url"], is_silent=is_silent
        )
    except (NotAllowed, NotReached) as refusal:
        form.add_error("url", str(refusal))
    except NameTaken as refusal:
        form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, channel, form, status=422)
    if secret:
        return _page(request, channel, ChannelForm(channel), secret=secret)
    messages.success(request, _("“%(name)s” is saved.") % {"name": channel.name})
    return redirect("desk:settings_channels")


def _page(
    request: HttpRequest,
    channel: Channel,
    form: ChannelForm,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"channel": channel, "form": form, "secret": secret, "webhook": form.webhook}
    return render(request, "desk/settings/channel.html", context, status=status)
