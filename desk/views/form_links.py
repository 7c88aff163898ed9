"""A link to the form that is filled in already, for a letter or a page of one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from tickets.exceptions import LinkTooLong
from tickets.form_links import HOLDS, form_link
from tickets.queue import FIELD
from topics.inputs import input_of
from topics.selectors import definitions


class FormLinkForm(forms.Form):
    """What the form of customers asks, all of it optional."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    email = forms.EmailField(label=gettext_lazy("Email address"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone number"), max_length=40, required=False)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        known = definitions()
        field = self.fields["topic"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so
        field.choices = [("", "–"), *((str(each.pk), each.name) for each in known.active_topics)]
        if not known.active_topics:
            del self.fields["topic"]
        for each in known.fields:
            if each.of == each.Of.TICKET and each.is_for_customers and each.is_active:
                self.fields[f"{FIELD}{each.key}"] = input_of(each, help_text=each.help_text)


def new(request: HttpRequest) -> HttpResponse:
    """What shall be filled in."""
    return _page(request, FormLinkForm())


def create(request: HttpRequest) -> HttpResponse:
    """The link to copy. Nothing is kept."""
    form = FormLinkForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        link = form_link(form.cleaned_data)
    except LinkTooLong as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=422)
    return _page(request, form, link=link)


def _page(
    request: HttpRequest, form: FormLinkForm, *, link: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "link": link, "days": HOLDS.days}
    return render(request, "desk/form_link.html", context, status=status)
