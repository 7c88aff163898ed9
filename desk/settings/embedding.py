"""The form on other sites: which may show it, and what to copy there."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from branding.exceptions import BrandError
from branding.selectors import brand
from branding.services import save_frame_origins


class OriginsForm(forms.Form):
    """A line for each site."""

    origins = forms.CharField(
        label=gettext_lazy("Sites that may show the form"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("One a line, such as https://www.example.com. None: nobody may."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )


def show(request: HttpRequest) -> HttpResponse:
    """The sites, and what to copy."""
    return _page(request, OriginsForm(initial={"origins": "\n".join(brand().frame_origins)}))


def update(request: HttpRequest) -> HttpResponse:
    """Other sites show it from now on, or no more."""
    form = OriginsForm(request.POST)
    if form.is_valid():
        lines = form.cleaned_data["origins"].splitlines()
        try:
            save_frame_origins(line for line in lines if line.strip())
        except BrandError as refusal:
            form.add_error("origins", str(refusal))
    if not form.is_valid():
        return _page(request, form, status=422)
    messages.success(request, _("The sites are saved."))
    return redirect("desk:settings_embedding")


def _page(request: HttpRequest, form: OriginsForm, *, status: int = 200) -> HttpResponse:
    frame = f"{settings.BASE_URL}{reverse('portal:framed_form')}?lang={get_language()}"
    script = f"{settings.BASE_URL}{reverse('portal:embed_script')}"
    context = {
        "form": form,
        "is_allowed": bool(brand().frame_origins),
        "by_script": f'<div data-yakusoku-form data-lang="{get_language()}"></div>\n'
        f'<script src="{script}" async></script>',
        "by_frame": f'<iframe src="{frame}" title="{_("Contact form")}"'
        ' width="100%" height="900"></iframe>',
    }
    return render(request, "desk/settings/embedding.html", context, status=status)
