"""Roles and permission sets: what people may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.arranging import delete_permission_set, save_permission_set
from accounts.exceptions import PeopleError
from accounts.models import PermissionSet, Role
from accounts.permissions import OF_ROLE, Permission
from desk import access


class PermissionSetForm(forms.Form):
    """A name, and what those may do who have it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("What they may do"),
        choices=Permission.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Working on the tickets of their teams is always part of it."),
    )


def index(request: HttpRequest) -> HttpResponse:
    """What comes with each role, and the sets with how many people have them."""
    active = Count("agents", filter=Q(agents__is_active=True))
    context = {
        "roles": Role.choices,
        "rows": [
            (permission.label, [permission in OF_ROLE[role] for role in Role.values])
            for permission in Permission
        ],
        "sets": [
            (each, [Permission(name).label for name in each.permissions])
            for each in PermissionSet.objects.annotate(people=active)
        ],
    }
    return render(request, "desk/settings/permissions.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    return _page(request, PermissionSet(), PermissionSetForm())


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, PermissionSet())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    known = access.permission_set(pk)
    initial = {"name": known.name, "permissions": known.permissions}
    return _page(request, known, PermissionSetForm(initial=initial))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it: it holds from the next page on that its people open."""
    return _save(request, access.permission_set(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when nobody has it."""
    known = access.permission_set(pk)
    try:
        delete_permission_set(known, by=access.agent(request))
    except PeopleError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:settings_permission_set", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": known.name})
    return redirect("desk:settings_permissions")


def _save(request: HttpRequest, known: PermissionSet) -> HttpResponse:
    form = PermissionSetForm(request.POST)
    if form.is_valid():
        try:
            save_permission_set(known, **form.cleaned_data, by=access.agent(request))
        except PeopleError as refusal:
            form.add_error(refusal.field or None, str(refusal))
    if not form.is_valid():
        return _page(request, known, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": known.name})
    return redirect("desk:settings_permissions")


def _page(
    request: HttpRequest, known: PermissionSet, form: PermissionSetForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"permission_set": known, "form": form}
    return render(request, "desk/settings/permission_set.html", context, status=status)
