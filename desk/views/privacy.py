"""What a customer may ask of us: all that we have of them, and that we forget it."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.looking import note_look
from audit.models import Access
from common.downloads import as_download
from common.numbers import whole_number
from customers.models import Customer
from desk import access
from privacy.erasing import effect_of, erase_customer
from privacy.exceptions import CannotErase
from privacy.handing_out import ask_for_hand_out
from privacy.models import HandOut
from privacy.selectors import erasure_of

SHOWN = 20


class HandOutForm(forms.Form):
    """What is to be in the file."""

    with_notes = forms.BooleanField(
        label=gettext_lazy("With what we wrote among ourselves"),
        help_text=gettext_lazy(
            "Notes, briefs, checklists and letters to third parties; they are marked as internal."
        ),
        required=False,
        initial=True,
    )


class ErasureForm(forms.Form):
    """That somebody means it."""

    closes = forms.BooleanField(
        label=gettext_lazy("Resolve open tickets first"),
        help_text=gettext_lazy("The customer gets no letter about it."),
        required=False,
    )
    tickets = forms.CharField(
        label=gettext_lazy("Number of tickets"),
        help_text=gettext_lazy("To go on, type how many tickets lose their words."),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, number: int) -> None:
        super().__init__(data)
        self.number = number

    def clean_tickets(self) -> int:
        # Full-width digits are digits.
        typed = whole_number(normalize("NFKC", self.cleaned_data["tickets"]).strip())
        if typed != self.number:
            raise forms.ValidationError(_("Type the number of tickets that stands above."))
        return typed


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out or erase, with what exactly that would do."""
    customer = access.customer(access.agent(request), pk)
    if customer.pk != pk:
        return redirect("desk:privacy", pk=customer.pk)
    return _page(request, customer)


def create_hand_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to put all of it into a file."""
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    ask_for_hand_out(customer, by=agent, with_notes="with_notes" in request.POST)
    note_look(Access.Kind.HAND_OUT, customer=customer.pk)
    return redirect("desk:privacy", pk=customer.pk)


def download(request: HttpRequest, pk: int, hand_out: int) -> HttpResponseBase:
    """The file; who fetched it is written down."""
    customer = access.customer(access.agent(request), pk)
    found = HandOut.objects.filter(pk=hand_out, customer=customer).first()
    if found is None or not found.is_ready:
        raise Http404
    response = as_download(
        found.file, name=f"customer-{customer.pk}.zip", content_type="application/zip"
    )
    if request.method == "GET":
        note_look(Access.Kind.DOWNLOAD, customer=customer.pk, thing=found.pk)
    return response


def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase, when whoever asks for it has typed how many tickets that concerns."""
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    form = ErasureForm(request.POST, number=effect_of(customer)["tickets"])
    if not form.is_valid():
        return _page(request, customer, form)
    try:
        erase_customer(customer, by=agent, closes=form.cleaned_data["closes"])
    except CannotErase as refusal:
        form.add_error(None, str(refusal))
        return _page(request, customer, form)
    note_look(Access.Kind.ERASE, customer=customer.pk)
    messages.success(request, _("The customer is erased."))
    return redirect("desk:customer", pk=customer.pk)


def _page(
    request: HttpRequest, customer: Customer, form: ErasureForm | None = None
) -> HttpResponse:
    effect = effect_of(customer)
    context: dict[str, Any] = {
        "customer": customer,
        "erasure": erasure_of(customer),
        "effect": effect,
        "hand_outs": HandOut.objects.filter(customer=customer).select_related("agent")[:SHOWN],
        "hand_out_form": HandOutForm(),
        "form": form or ErasureForm(number=effect["tickets"]),
        "now": timezone.now(),
    }
    return render(request, "desk/privacy.html", context, status=422 if form else 200)
