"""What other systems are told: endpoints, what became of each delivery, and the test."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team
from common.numbers import whole_number
from common.outside import NotAllowed, NotReached
from desk import access
from integrations.delivering import deliver
from integrations.events import ALL, EVENTS
from integrations.models import Delivery, Webhook
from integrations.services import (
    delete_webhook,
    make_test,
    rotate_secret,
    save_webhook,
    send_again,
)

SHOWN = 50
WORDS = ("name", "kind", "events", "language", "tells_notes", "is_active")


class WebhookForm(forms.Form):
    """One endpoint. Its URL is not shown again: with many a chat it is all that is needed to write there."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Where to"), choices=Webhook.Kind.choices)
    url = forms.CharField(
        label=gettext_lazy("URL"),
        max_length=2000,
        required=False,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=[(name, name) for name in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing.")},
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only tickets of these teams"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: the tickets of all teams, and customers."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of sentences in a chat"), choices=settings.LANGUAGES
    )
    tells_notes = forms.BooleanField(
        label=gettext_lazy("Tell what internal notes say"),
        required=False,
        help_text=gettext_lazy("Otherwise only that there is one, and by whom. Never in a chat."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)

    def __init__(self, webhook: Webhook, data: Any = None) -> None:
        initial = {name: getattr(webhook, name) for name in WORDS}
        if webhook.pk:
            initial["teams"] = webhook.teams.all()
        super().__init__(data, initial=initial)
        self.webhook = webhook
        teams, events = self.fields["teams"], self.fields["events"]
        assert isinstance(teams, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        assert isinstance(events, forms.MultipleChoiceField)  # noqa: S101 - declared above
        teams.queryset = Team.objects.order_by("name")
        events.choices = [(name, f"{each.meaning} ({name})") for name, each in EVENTS.items()]
        if webhook.host:
            self.fields["url"].help_text = _("Empty: it stays as it is, at %(host)s.") % {
                "host": webhook.host
            }
        if webhook.channel_id:
            # It gets what we answer there; where the channel is set up, its name is.
            for name in ("name", "kind", "events", "teams", "language", "tells_notes"):
                del self.fields[name]

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if not url and not self.webhook.host:
            raise forms.ValidationError(_("Enter the URL."))
        return url


def index(request: HttpRequest) -> HttpResponse:
    """All of them, and how they are."""
    context = {"webhooks": Webhook.objects.select_related("channel"), "now": timezone.now()}
    return render(request, "desk/settings/webhooks.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    webhook = Webhook()
    return _page(request, webhook, WebhookForm(webhook))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one, and show its secret for the only time."""
    return _save(request, Webhook())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    webhook = access.webhook(pk)
    return _page(request, webhook, WebhookForm(webhook))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it; one that was switched off by itself begins anew."""
    return _save(request, access.webhook(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, with its log."""
    webhook = access.webhook(pk)
    delete_webhook(webhook)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": webhook.name})
    return redirect("desk:settings_webhooks")


def create_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, shown for the only time."""
    webhook = access.webhook(pk)
    return _page(request, webhook, WebhookForm(webhook), secret=rotate_secret(webhook))


def create_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a word at once, and show what became of it."""
    now = timezone.now()
    delivery = make_test(access.webhook(pk), now=now)
    deliver(delivery, now=now)
    return redirect("desk:settings_delivery", pk=pk, delivery=delivery.pk)


def log(request: HttpRequest, pk: int) -> HttpResponse:
    """What it was told, the newest first."""
    webhook = access.webhook(pk)
    deliveries = webhook.deliveries.order_by("-pk")
    state = request.GET.get("state", "")
    if state in Delivery.State.values:
        deliveries = deliveries.filter(state=state)
    if before := whole_number(request.GET.get("before")):
        deliveries = deliveries.filter(pk__lt=before)
    found = list(deliveries[: SHOWN + 1])
    query = f"state={state}&" if state in Delivery.State.values else ""
    context = {
        "webhook": webhook,
        "deliveries": found[:SHOWN],
        "older_url": f"?{query}before={found[SHOWN - 1].pk}" if len(found) > SHOWN else "",
        "states": Delivery.State.choices,
        "state": state,
        "now": timezone.now(),
    }
    return render(request, "desk/settings/webhook_log.html", context)


def show_delivery(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """One delivery, as it was sent and answered."""
    found = access.delivery(pk, delivery)
    context = {
        "webhook": found.webhook,
        "delivery": found,
        "meaning": ALL[found.event].meaning if found.event in ALL else "",
        "body": json.dumps(json.loads(found.body), ensure_ascii=False, indent=2),
        "now": timezone.now(),
    }
    return render(request, "desk/settings/delivery.html", context)


def create_resending(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Have it sent again; who gets it knows by its name that it is the same."""
    found = access.delivery(pk, delivery)
    if send_again(found, now=timezone.now()):
        messages.success(request, _("It is sent again."))
    else:
        messages.info(request, _("It still waits to be sent."))
    return redirect("desk:settings_delivery", pk=pk, delivery=delivery)


def _save(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    form = WebhookForm(webhook, request.POST)
    if not form.is_valid():
        return _page(request, webhook, form, status=422)
    values = {name: said for name, said in form.cleaned_data.items() if name in WORDS}
    teams = form.cleaned_data.get("teams", ())
    try:
        secret = save_webhook(webhook, values=values, url=form.cleaned_data["url"], teams=teams)
    except (NotAllowed, NotReached) as refusal:
        form.add_error("url", str(refusal))
        return _page(request, webhook, form, status=422)
    if secret and webhook.kind == Webhook.Kind.GENERIC:
        return _page(request, webhook, WebhookForm(webhook), secret=secret)
    messages.success(request, _("“%(name)s” is saved.") % {"name": webhook.name})
    return redirect("desk:settings_webhooks")


def _page(
    request: HttpRequest,
    webhook: Webhook,
    form: WebhookForm,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    old = webhook.old_secret_until
    context = {
        "webhook": webhook,
        "form": form,
        "secret": secret,
        "is_signed": webhook.kind == Webhook.Kind.GENERIC,
        "old_until": old if old and old > now else None,
        "now": now,
    }
    return render(request, "desk/settings/webhook.html", context, status=status)
