"""How it was: the page behind a link of the letter that solved an inquiry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.forms import LongTextField
from portal.pages import private_page
from portal.visitors import may_post
from tickets.exceptions import RatingClosed
from tickets.models import Rating
from tickets.services.rating import is_open, open_until, record_rating

Kind = Rating.Kind
CHOICES = {
    Kind.SATISFACTION: [(1, gettext_lazy("Good")), (0, gettext_lazy("Not good"))],
    Kind.EFFORT: [
        (5, gettext_lazy("Very easy")),
        (4, gettext_lazy("Easy")),
        (3, gettext_lazy("Neither easy nor hard")),
        (2, gettext_lazy("Hard")),
        (1, gettext_lazy("Very hard")),
    ],
}
ICONS = {Kind.SATISFACTION: {1: "smile", 0: "frown"}}


class RatingForm(forms.Form):
    """One question, and room for a word."""

    value = forms.TypedChoiceField(
        coerce=int, error_messages={"required": gettext_lazy("Choose an answer.")}
    )
    comment = LongTextField(
        label=gettext_lazy("Would you like to add something?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any = None, *, rating: Rating, chosen: str = "") -> None:
        value = rating.value if rating.value is not None else chosen
        super().__init__(data, initial={"value": value, "comment": rating.comment})
        field = self.fields["value"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = CHOICES[Kind(rating.kind)]


@access.by_rating_link
def show(request: HttpRequest, rating: Rating, token: str) -> HttpResponse:
    """The question, with what the letter's link chose; only the button records it, because mail
    programs open every link."""
    if request.method != "POST":
        form = RatingForm(rating=rating, chosen=request.GET.get("value", ""))
        return _page(request, rating, token, form)
    form = RatingForm(request.POST, rating=rating)
    if not may_post(request):
        form.add_error(None, _("Please wait some minutes and send it again."))
        return _page(request, rating, token, form, status=429)
    if not form.is_valid():
        return _page(request, rating, token, form, status=422)
    try:
        record_rating(rating, **form.cleaned_data)
        messages.success(request, _("Thank you. Your answer has arrived."))
    except RatingClosed as refusal:
        messages.info(request, str(refusal))
    return redirect("portal:rating", token=token)


def _page(
    request: HttpRequest, rating: Rating, token: str, form: RatingForm, *, status: int = 200
) -> HttpResponse:
    chosen = str(form["value"].value())
    icons = ICONS.get(Kind(rating.kind), {})
    context = {
        "rating": rating,
        "token": token,
        "form": form,
        "choices": [
            (value, words, icons.get(value, ""), str(value) == chosen)
            for value, words in CHOICES[Kind(rating.kind)]
        ],
        "is_open": is_open(rating, now=timezone.now()),
        "open_until": open_until(rating),
    }
    return private_page(request, "portal/rating.html", context, status=status)
