"""How the company looks to its customers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branding.colours import DARK, nearest_readable
from branding.exceptions import BrandError
from branding.selectors import brand, stylesheet_of
from branding.services import COLOUR, save_brand

COLOURS = ("accent_light", "accent_dark")
TEXTS = ("name_ja", "name_en", *COLOURS, "default_language", "logo_has_name")


def _colour(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class BrandForm(forms.Form):
    """Name, picture, colours and languages."""

    name_ja = forms.CharField(
        label=gettext_lazy("Name in Japanese"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("On customers' pages and as the sender of letters."),
    )
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60, required=False)
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("PNG, JPEG or WebP of at most 200 kB. It is shown 40 pixels high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    no_logo = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)
    logo_has_name = forms.BooleanField(
        label=gettext_lazy("The logo shows the name already"), required=False
    )
    accent_light = _colour(
        gettext_lazy("Colour on light screens"),
        gettext_lazy("Of buttons and links, such as #1a4f8b. Empty: the blue of the desk."),
    )
    accent_dark = _colour(
        gettext_lazy("Colour on dark screens"),
        gettext_lazy("Empty: made of the other one."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages for customers"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Offer at least one language.")},
    )
    default_language = forms.ChoiceField(
        label=gettext_lazy("For those who ask for none of them"),
        choices=settings.LANGUAGES,
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        now = brand()
        initial = {name: getattr(now, name) for name in TEXTS}
        languages = {"languages": now.offered_languages, "default_language": now.language}
        super().__init__(data, files, initial={**initial, **languages})
        if not now.logo_digest:
            del self.fields["no_logo"]

    @property
    def values(self) -> dict[str, Any]:
        """What is kept as it is."""
        return {name: self.cleaned_data[name] for name in (*TEXTS, "languages")}


def show(request: HttpRequest) -> HttpResponse:
    """The form, and how it looks."""
    return _page(request, BrandForm())


def update(request: HttpRequest) -> HttpResponse:
    """Keep it; or only show how it would look."""
    form = BrandForm(request.POST, request.FILES)
    if form.is_valid() and request.POST.get("step") == "preview":
        return _page(request, form)
    if not (form.is_valid() and _save(form)):
        return _page(request, form, status=422)
    messages.success(request, _("Customers see it like this from now on."))
    return redirect("desk:settings_branding")


def preview_css(request: HttpRequest) -> HttpResponse:
    """The colours of the page's own address, for the samples on that page only."""
    light, dark = (_typed_colour(request.GET.get(name, "")) for name in COLOURS)
    text = stylesheet_of(light, dark, selector=".brand-sample") if light else ""
    return HttpResponse(text, content_type="text/css; charset=utf-8")


def _save(form: BrandForm) -> bool:
    file = form.cleaned_data["logo"]
    try:
        save_brand(
            values=form.values,
            logo=file.read() if file else None,
            no_logo=form.cleaned_data.get("no_logo", False),
        )
    except BrandError as refusal:
        form.add_error(refusal.field, str(refusal))
    return form.is_valid()


def _typed_colour(text: str) -> str:
    colour = text.strip().lower()
    return colour if COLOUR.fullmatch(colour) else ""


def _page(request: HttpRequest, form: BrandForm, *, status: int = 200) -> HttpResponse:
    light, dark = (_typed_colour(str(form[name].value() or "")) for name in COLOURS)
    context = {
        "form": form,
        "preview_css": f"{reverse('desk:settings_branding_preview')}?"
        + urlencode({"accent_light": light, "accent_dark": dark}),
        "made_dark": nearest_readable(light, DARK) if light and not dark else "",
    }
    return render(request, "desk/settings/branding.html", context, status=status)
