"""What everybody should read before they ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branding.exceptions import BrandError
from branding.models import Notice
from branding.services import delete_notice, save_notice
from desk import access

WORDS = ("text_ja", "text_en", "link", "starts_at", "ends_at", "places")


def _text(label: Any) -> forms.CharField:
    field = forms.CharField(
        label=label, max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    field.widget.attrs["maxlength"] = "300"
    return field


def _moment(label: Any, **more: Any) -> forms.DateTimeField:
    shown = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, widget=shown, **more)


class NoticeForm(forms.Form):
    """One notice."""

    text_ja = _text(gettext_lazy("In Japanese"))
    text_en = _text(gettext_lazy("In English"))
    link = forms.URLField(
        label=gettext_lazy("Page that tells more"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Where more is told, such as a page about the state of a service."),
    )
    starts_at = _moment(gettext_lazy("Shown from"))
    ends_at = _moment(
        gettext_lazy("Shown until"),
        required=False,
        help_text=gettext_lazy("Empty: until you end it."),
    )
    places = forms.MultipleChoiceField(
        label=gettext_lazy("Shown on"),
        choices=Notice.Place.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose where it is shown.")},
    )

    def clean_text_ja(self) -> str:
        return " ".join(self.cleaned_data["text_ja"].split())

    def clean_text_en(self) -> str:
        return " ".join(self.cleaned_data["text_en"].split())


def index(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first."""
    now = timezone.now()
    context = {"rows": [(each, each.is_shown(now)) for each in Notice.objects.all()], "now": now}
    return render(request, "desk/settings/notices.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in: from now on, on every page of customers."""
    places = [Notice.Place.HELP, Notice.Place.FORM, Notice.Place.REQUEST]
    return _page(request, Notice(starts_at=timezone.now(), places=places))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, Notice())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    return _page(request, access.notice(pk))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it: pages say it at once."""
    return _save(request, access.notice(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good."""
    delete_notice(access.notice(pk))
    messages.success(request, _("The notice is deleted."))
    return redirect("desk:settings_notices")


def _save(request: HttpRequest, notice: Notice) -> HttpResponse:
    form = NoticeForm(request.POST)
    if form.is_valid():
        try:
            save_notice(notice, values=form.cleaned_data)
        except BrandError as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, notice, form, status=422)
    messages.success(request, _("The notice is saved."))
    return redirect("desk:settings_notices")


def _page(
    request: HttpRequest, notice: Notice, form: NoticeForm | None = None, *, status: int = 200
) -> HttpResponse:
    initial = {name: getattr(notice, name) for name in WORDS}
    context = {"notice": notice, "form": form or NoticeForm(initial=initial)}
    return render(request, "desk/settings/notice.html", context, status=status)
