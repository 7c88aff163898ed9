"""The settings as a file: taken along, compared, brought in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from transfers.as_file.section import FileError
from transfers.as_file.whole import Change, bring_in, written_settings

MOST_BYTES = 1024 * 1024


class FileForm(forms.Form):
    """A file of settings."""

    file = forms.FileField(
        label=gettext_lazy("File of settings"),
        help_text=gettext_lazy("JSON of at most 1 MB, as this page writes it."),
        widget=forms.FileInput(attrs={"accept": "application/json,.json"}),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 1 MB."))
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This file is no text in UTF-8.")) from None
        return text


class ContentForm(forms.Form):
    """What was in the file that was compared."""

    content = forms.CharField(max_length=MOST_BYTES, strip=False, widget=forms.HiddenInput)


def show(request: HttpRequest) -> HttpResponse:
    """To download, and to upload."""
    access.check_may_everything(access.agent(request))
    return _page(request, FileForm())


def download(request: HttpRequest) -> HttpResponse:
    """All settings as they are now."""
    access.check_may_everything(access.agent(request))
    response = HttpResponse(written_settings(), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="yakusoku-settings.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def compare(request: HttpRequest) -> HttpResponse:
    """What the file would change; nothing is changed."""
    agent = access.agent(request)
    access.check_may_everything(agent)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    content = form.cleaned_data["file"]
    try:
        changes = bring_in(content, by=agent, only_look=True)
    except FileError as error:
        form.add_error("file", str(error))
        return _page(request, form, status=422)
    return _page(request, FileForm(), changes=changes, content=content)


def update(request: HttpRequest) -> HttpResponse:
    """Change it, as was shown."""
    agent = access.agent(request)
    access.check_may_everything(agent)
    form = ContentForm(request.POST)
    if not form.is_valid():
        return _page(request, FileForm(), status=422)
    try:
        changes = bring_in(form.cleaned_data["content"], by=agent)
    except FileError as error:
        messages.error(request, str(error))
        return redirect("desk:settings_file")
    messages.success(request, _("Changed: %(number)s") % {"number": len(changes)})
    return redirect("desk:settings_file")


def _page(
    request: HttpRequest,
    form: FileForm,
    *,
    changes: list[Change] | None = None,
    content: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "changes": changes}
    if changes:
        context["kept"] = ContentForm(initial={"content": content})
    return render(request, "desk/settings/as_file.html", context, status=status)
