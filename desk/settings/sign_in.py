"""What signing in takes: who has to have a second factor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, SignInRules
from accounts.second_factor import how_many_lack_one, save_sign_in_rules, sign_in_rules


class SignInRulesForm(forms.Form):
    """The roles."""

    second_factor_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Who has to have a second factor"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Recommended for managers and administrators. Whoever lacks one is asked to set it up"
            " with the next click, and can do nothing else before."
        ),
    )

    def __init__(self, data: Any = None, *, rules: SignInRules) -> None:
        super().__init__(data, initial={"second_factor_roles": rules.second_factor_roles})


def show(request: HttpRequest) -> HttpResponse:
    """What holds."""
    return _page(request, SignInRulesForm(rules=sign_in_rules()))


def update(request: HttpRequest) -> HttpResponse:
    """What holds from now on."""
    form = SignInRulesForm(request.POST, rules=sign_in_rules())
    if not form.is_valid():
        return _page(request, form, status=422)
    save_sign_in_rules(**form.cleaned_data)
    messages.success(request, _("Saved. It holds from the next click of everybody on."))
    return redirect("desk:settings_sign_in")


def _page(request: HttpRequest, form: SignInRulesForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "lacking": [(role.label, how_many_lack_one([role])) for role in Role],
    }
    return render(request, "desk/settings/sign_in.html", context, status=status)
