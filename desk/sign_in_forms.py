"""The library's forms, in our words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.account.models import EmailAddress
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from mail.services import looking_the_same

LONGEST_NAME = 60


class SignInForm(LoginForm):  # type: ignore[misc]
    """The library links to a new password between address and password, in the way of Tab."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page has the link below its button.
        self.fields["password"].help_text = ""


class NewPasswordForm(ResetPasswordForm):  # type: ignore[misc]
    """Where nobody has the address, the same is done for nothing: who works here is not told."""

    users: list[Agent]

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        with looking_the_same(is_meant=bool(self.users)):
            if not self.users:
                self.users = [Agent(pk=0, language=get_language() or "ja")]
                # The library asks this about whoever has an address.
                EmailAddress.objects.filter(user_id=0, email=self.cleaned_data["email"]).exists()
            return str(super().save(request, **kwargs))


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that signs in by itself, unless its owner wants it to be a second step only."""

    name = forms.CharField(
        label=_("What you call it"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("For example the device it is kept on."),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without the password"),
        required=False,
        initial=True,
        help_text=_(
            "The device asks for your fingerprint, your face or a PIN. If it cannot, untick this:"
            " the passkey is then the second step after the password."
        ),
    )


class EditPasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """What a passkey is called."""

    name = forms.CharField(label=_("What you call it"), max_length=LONGEST_NAME)


class _Code:
    """One field for both kinds of code; telephones offer the right keys for it."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code")
        code.widget.attrs.update({"autocomplete": "one-time-code", "inputmode": "numeric"})


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]
    """The second step."""


class CodeAgainForm(_Code, ReauthenticateForm):  # type: ignore[misc]
    """The second step once more, before something that matters."""


class ActivateAppForm(_Code, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""
