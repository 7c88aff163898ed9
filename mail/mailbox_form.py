"""What is asked about a mailbox: whose it is, how its mail is fetched, how letters leave."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Language, Team
from mail.models import Mailbox, MailboxSource, MailProvider
from mail.oauth import is_safe_address, is_this_machine

Security = MailboxSource.Security
OF_MAILBOX = (
    *("address", "name", "team", "language", "is_active", "is_default", "trusted_servers"),
    *("takes_agent_replies", "forwards_open_new", "quotes_history"),
)
# Needed for providers that the desk does not know.
BY_HAND = ("token_url", "app_id", "app_secret", "refresh_token")
SECRET_FIELDS = ("secret", "app_secret", "refresh_token", "smtp_secret")
# Where a stored secret may go; at another place it must be entered anew.
BOUND_TO = {
    "secret": ("host", "port", "security"),
    "app_secret": ("token_url",),
    "refresh_token": ("token_url",),
    "smtp_secret": ("smtp_host", "smtp_port", "smtp_security"),
}
HOST = RegexValidator(r"^[A-Za-z0-9.:\[\]-]+$", gettext_lazy("Enter the name of a server."))


def _secret(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        max_length=5000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Stored encrypted and never shown. Empty: as it is."),
    )


def _text(label: Any, *, most: int = 255, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=most, **more)


def _choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, **more)


def _yes(label: Any, **more: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **more)


def _port(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=65535)


class MailboxForm(forms.Form):
    """One mailbox: whose it is, how its mail is fetched, how letters leave."""

    address = forms.EmailField(label=gettext_lazy("Address"), max_length=320)
    name = _text(gettext_lazy("Sender's name"), most=100)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.order_by("name"), empty_label=None
    )
    language = _choice(gettext_lazy("Language"), Language.choices)
    is_active = _yes(gettext_lazy("In use"), initial=True)
    is_default = _yes(gettext_lazy("Takes mail that is addressed to no other mailbox"))
    trusted_servers = _text(
        gettext_lazy("Our receiving servers"),
        most=1000,
        help_text=gettext_lazy(
            "The names at the beginning of Authentication-Results, with commas between. What these"
            " servers say about a sender is believed. Empty: nobody counts as verified."
        ),
    )
    takes_agent_replies = _yes(gettext_lazy("Agents may answer from their own mail program"))
    forwards_open_new = _yes(
        gettext_lazy("A forwarded letter of ours opens a new ticket"), initial=True
    )
    quotes_history = _yes(
        gettext_lazy("Quote what was said before below each reply"),
        help_text=gettext_lazy(
            "The customer's newest message and up to two before it. Notes and letters to third"
            " parties are never quoted."
        ),
    )
    kind = _choice(gettext_lazy("How mail is fetched"), MailboxSource.Kind.choices)
    host = _text(gettext_lazy("IMAP server"), validators=[HOST])
    port = _port(gettext_lazy("Port"))
    security = _choice(gettext_lazy("Security"), Security.choices)
    user = _text(gettext_lazy("User name"), most=320)
    auth = _choice(gettext_lazy("Sign-in"), MailboxSource.Auth.choices)
    secret = _secret(gettext_lazy("Password"))
    provider = _choice(
        gettext_lazy("Provider of the sign-in"),
        [("", gettext_lazy("Another one, entered by hand")), *MailProvider.choices],
        required=False,
    )
    account = forms.EmailField(
        label=gettext_lazy("Account that signs in"),
        required=False,
        max_length=320,
        help_text=gettext_lazy(
            "For a shared mailbox: the address of the person whose account has access to it. Empty:"
            " the address of the mailbox."
        ),
    )
    token_url = _text(gettext_lazy("Token address"), most=500)
    app_id = _text(gettext_lazy("Client ID"))
    app_secret = _secret(gettext_lazy("Client secret"))
    refresh_token = _secret(gettext_lazy("Refresh token"))
    folder = forms.CharField(label=gettext_lazy("Folder"), max_length=255)
    after_fetch = _choice(
        gettext_lazy("What happens to mail that was taken in"), MailboxSource.AfterFetch.choices
    )
    moves_to = _text(gettext_lazy("Folder to move it to"))
    takes_what_is_there = _yes(
        gettext_lazy("Also take in what lies there already"),
        help_text=gettext_lazy("Otherwise only mail that comes from now on."),
    )
    listens = _yes(
        gettext_lazy("The server tells at once when there is new mail (IDLE)"),
        help_text=gettext_lazy("Mail is looked for every minute all the same."),
    )
    transport = _choice(gettext_lazy("Letters leave by"), MailboxSource.Transport.choices)
    smtp_host = _text(gettext_lazy("SMTP server"), validators=[HOST])
    smtp_port = _port(gettext_lazy("SMTP port"))
    smtp_security = _choice(gettext_lazy("SMTP security"), Security.choices)
    smtp_user = _text(
        gettext_lazy("SMTP user name"),
        most=320,
        help_text=gettext_lazy("Empty: the same as for fetching."),
    )
    smtp_secret = _secret(gettext_lazy("SMTP password"))

    def __init__(self, data: Any = None, *, mailbox: Mailbox, source: MailboxSource) -> None:
        self.mailbox, self.source = mailbox, source
        of_mailbox = {name: getattr(mailbox, name) for name in OF_MAILBOX if name != "team"}
        of_source = {
            name: getattr(source, name)
            for name in self.base_fields
            if name not in (*OF_MAILBOX, *SECRET_FIELDS)
        }
        servers = ", ".join(mailbox.trusted_servers)
        initial = {**of_source, **of_mailbox, "team": mailbox.team_id, "trusted_servers": servers}
        super().__init__(data, initial=initial)

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).lower()
        if Mailbox.objects.filter(address=address).exclude(pk=self.mailbox.pk).exists():
            raise forms.ValidationError(_("There is a mailbox with this address already."))
        return address

    def clean_trusted_servers(self) -> list[str]:
        words = self.cleaned_data["trusted_servers"].replace("、", ",").split(",")
        return [word.strip().lower() for word in words if word.strip()]

    def clean_account(self) -> str:
        return str(self.cleaned_data["account"]).lower()

    def clean_token_url(self) -> str:
        url = str(self.cleaned_data["token_url"]).strip()
        if url and not is_safe_address(url):
            raise forms.ValidationError(_("Enter an address that begins with https://."))
        return url

    def clean_is_default(self) -> bool:
        # Somebody has to take it: another mailbox may, and takes it over by saying so.
        return bool(self.cleaned_data["is_default"]) or self.mailbox.is_default

    def clean(self) -> None:
        fields = self.cleaned_data
        if fields.get("kind") == MailboxSource.Kind.IMAP:
            self._check_sign_in(fields)
            self._require("host", "user")
            self._refuse_open("security", "host")
        if fields.get("after_fetch") == MailboxSource.AfterFetch.MOVE:
            self._require("moves_to")
        if fields.get("transport") == MailboxSource.Transport.SMTP:
            self._require("smtp_host")
            self._refuse_open("smtp_security", "smtp_host")
        for secret, places in BOUND_TO.items():
            self._ask_again(secret, places)

    def _check_sign_in(self, fields: dict[str, Any]) -> None:
        auth = fields.get("auth")
        if auth == MailboxSource.Auth.PASSWORD:
            return
        fields["user"] = fields.get("user") or fields.get("address", "")
        if auth == MailboxSource.Auth.XOAUTH2 and not fields.get("provider"):
            self._require("token_url", "app_id")
        if (
            auth == MailboxSource.Auth.APPLICATION
            and fields.get("provider") != MailProvider.MICROSOFT
        ):
            self.add_error("provider", _("Only Microsoft 365 lets an application in by itself."))

    def of_mailbox(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OF_MAILBOX}

    def of_source(self) -> dict[str, Any]:
        return {name: each for name, each in self.cleaned_data.items() if name not in OF_MAILBOX}

    def groups(self) -> list[tuple[Any, list[tuple[str, list[forms.BoundField]]]]]:
        """The fields under their headings, in parts: each with the class that hides what the other
        choices do not need."""
        names = list(self.fields)
        folder, transport = names.index("folder"), names.index("transport")
        parts: dict[Any, list[tuple[str, list[str]]]] = {
            _("Mailbox"): [("", names[: names.index("kind")])],
            _("Fetching mail"): [
                ("", ["kind"]),
                ("only--imap", ["host", "port", "security"]),
                ("only--sign-in", ["user", "auth"]),
                ("only--sign-in only--password", ["secret"]),
                ("only--sign-in only--token", ["provider", "account"]),
                ("only--sign-in only--token only--by-hand", list(BY_HAND)),
                ("only--imap", names[folder:transport]),
            ],
            _("Sending letters"): [
                ("", ["transport"]),
                ("only--smtp", names[transport + 1 :]),
            ],
        }
        return [
            (title, [(when, [self[name] for name in part]) for when, part in under])
            for title, under in parts.items()
        ]

    def _require(self, *names: str) -> None:
        for name in names:
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, _("This field is required."))

    def _refuse_open(self, security: str, host: str) -> None:
        fields = self.cleaned_data
        if fields.get(security) == Security.NONE and not is_this_machine(fields.get(host, "")):
            self.add_error(security, _("Only a server on this machine may be without encryption."))

    def _ask_again(self, secret: str, places: tuple[str, ...]) -> None:
        """A secret is for one server: nobody may have it sent to another without knowing it."""
        is_elsewhere = any(
            self.cleaned_data.get(name) != getattr(self.source, name) for name in places
        )
        if getattr(self.source, secret) and is_elsewhere and not self.cleaned_data.get(secret):
            self.add_error(secret, _("Enter this again, because the server has changed."))
