"""The steps of setting up a desk: what each asks, how it is now, and where it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.validators import RegexValidator
from django.db import transaction
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Agent, Language
from accounts.selectors import default_team
from branding.exceptions import BrandError
from branding.selectors import brand
from branding.services import save_brand
from common.secrets import encrypt
from desk.first_run.topics import SUGGESTED, names_of
from desk.settings.calendar_form import NotationField
from mail.connecting import check_connection
from mail.mailbox_editing import save_mailbox
from mail.models import Mailbox, MailboxSource
from mail.oauth import is_this_machine
from mail.transports import has_own_server
from mail.troubles import ADVICE, Trouble
from sla.editing import save_calendar
from sla.models import BusinessCalendar
from sla.notation import read_zone
from sla.presets import CALENDARS, preset_named
from tickets.services.rematching import start_rematch
from topics.models import Topic
from topics.services import save_topic

AS_NOW = "now"
MOST_OWN_TOPICS = 20
Security = MailboxSource.Security


class AdministratorForm(forms.Form):
    """Who comes first."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=100)
    email = forms.EmailField(
        label=gettext_lazy("Email address"),
        max_length=254,
        help_text=gettext_lazy("You sign in with it, and are told there what needs you."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=500,
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"language": get_language() or settings.LANGUAGE_CODE})
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        known = {name: self.cleaned_data.get(name, "") for name in ("email", "name")}
        validate_password(password, Agent(**known))
        return password


class StepForm(forms.Form):
    """One step. It shows how things are, or what was typed when it was left without saving."""

    def __init__(self, data: Any = None, *, typed: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={**self.as_now(), **(typed or {})})

    def as_now(self) -> dict[str, Any]:
        """How it is set now, by field."""
        raise NotImplementedError

    def save(self, *, by: Agent) -> bool:
        """Keep it where it belongs; False when that is refused, and then the errors say why."""
        raise NotImplementedError

    @property
    def typed(self) -> dict[str, Any]:
        """What was sent, as it was; passwords are not kept."""
        return {
            name: field.widget.value_from_datadict(self.data, self.files, name)
            for name, field in self.fields.items()
            if not isinstance(field.widget, forms.PasswordInput)
        }


class CompanyForm(StepForm):
    """What the company is called, what its customers read, and when somebody is there."""

    name_ja = forms.CharField(
        label=gettext_lazy("Name in Japanese"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("On customers' pages and as the sender of letters."),
    )
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60, required=False)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages for customers"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Offer at least one language.")},
    )
    hours = forms.ChoiceField(
        label=gettext_lazy("Opening hours"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Promises count these hours only. You can change every detail later."
        ),
    )
    time_zone = NotationField(
        label=gettext_lazy("Time zone"),
        read=lambda text: read_zone(text) if text else "",
        max_length=64,
        help_text=gettext_lazy(
            "For example Asia/Tokyo or Europe/London. Empty: that of the opening hours."
        ),
    )

    def __init__(self, data: Any = None, *, typed: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, typed=typed)
        choices = [(each.key, f"{each.name} – {each.about}") for each in CALENDARS]
        if _preset_of(self.hours_now) == AS_NOW:
            choices.insert(0, (AS_NOW, _("As they are now")))
        hours = self.fields["hours"]
        assert isinstance(hours, forms.ChoiceField)  # noqa: S101 - for the type checker
        hours.choices = choices

    def as_now(self) -> dict[str, Any]:
        ours, hours = brand(), self.hours_now
        preset = preset_named(_preset_of(hours), CALENDARS)
        is_usual = preset is not None and preset.content["tz"] == hours["tz"]
        return {
            "name_ja": ours.name_ja,
            "name_en": ours.name_en,
            "languages": ours.offered_languages,
            "hours": _preset_of(hours),
            "time_zone": "" if is_usual else hours["tz"],
        }

    @transaction.atomic
    def save(self, *, by: Agent) -> bool:
        fields = self.cleaned_data
        names = {name: fields[name] for name in ("name_ja", "name_en", "languages")}
        default = brand().language
        spoken = default if default in fields["languages"] else fields["languages"][0]
        try:
            save_brand(values={**names, "default_language": spoken})
        except BrandError as refusal:
            self.add_error(refusal.field, str(refusal))
            return False
        hours = self._chosen_hours()
        if hours != self.hours_now:
            save_calendar(calendar=self.calendar, name=self.calendar.name, hours=hours, by=by)
            start_rematch()
        by.time_zone = hours["tz"]
        by.save(update_fields=["time_zone"])
        return True

    @cached_property
    def calendar(self) -> BusinessCalendar:
        """The one that the default policy counts by."""
        return BusinessCalendar.objects.get(is_default=True)

    @cached_property
    def hours_now(self) -> dict[str, Any]:
        """As they were when the page was asked for."""
        return dict(self.calendar.versions.latest("number").hours)

    def _chosen_hours(self) -> dict[str, Any]:
        preset = preset_named(self.cleaned_data["hours"], CALENDARS)
        hours = deepcopy(dict(preset.content)) if preset else self.hours_now
        return {**hours, "tz": self.cleaned_data["time_zone"] or hours["tz"]}


class MailboxStepForm(StepForm):
    """A mailbox that is signed in to with a password; it is kept when the test has shown that it
    works."""

    address = forms.EmailField(
        label=gettext_lazy("Address"),
        max_length=320,
        help_text=gettext_lazy("Where your customers write to."),
    )
    name = forms.CharField(label=gettext_lazy("Sender's name"), max_length=100, required=False)
    host = forms.CharField(
        label=gettext_lazy("IMAP server"),
        help_text=gettext_lazy("For example imap.example.com; your mail provider says which."),
        max_length=255,
        validators=[
            RegexValidator(r"^[A-Za-z0-9.:\[\]-]+$", gettext_lazy("Enter the name of a server."))
        ],
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    security = forms.ChoiceField(label=gettext_lazy("Security"), choices=Security.choices)
    user = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=320,
        required=False,
        help_text=gettext_lazy("Empty: the address."),
    )
    secret = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=5000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Stored encrypted and never shown."),
    )
    smtp_host = forms.CharField(
        label=gettext_lazy("SMTP server"),
        max_length=255,
        required=False,
        validators=[
            RegexValidator(r"^[A-Za-z0-9.:\[\]-]+$", gettext_lazy("Enter the name of a server."))
        ],
        help_text=gettext_lazy(
            "It sends your letters, with the same password. Empty: the mail server of the desk."
        ),
    )

    def __init__(self, data: Any = None, *, typed: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, typed=typed)
        if not has_own_server():
            self.fields["smtp_host"].help_text = _(
                "It sends your letters, with the same password. This desk has no mail server of its"
                " own: without one here, letters do not leave."
            )

    def as_now(self) -> dict[str, Any]:
        source = _source() or MailboxSource()
        of_source = ("host", "port", "security", "user", "smtp_host")
        now = {name: getattr(source, name) for name in of_source}
        if source.pk:
            now |= {"address": source.mailbox.address, "name": source.mailbox.name}
        return now

    def clean_address(self) -> str:
        return str(self.cleaned_data["address"]).lower()

    def clean(self) -> None:
        fields = self.cleaned_data
        is_open = fields.get("security") == Security.NONE
        if is_open and not is_this_machine(fields.get("host", "")):
            self.add_error(
                "security", _("Only a server on this machine may be without encryption.")
            )

    def save(self, *, by: Agent) -> bool:
        source = self._of_source()
        tried = MailboxSource(
            mailbox=Mailbox(address=self.cleaned_data["address"]),
            **{**source, "secret": encrypt(source["secret"]), "smtp_secret": ""},
        )
        checked = check_connection(tried)
        if checked.trouble:
            trouble = Trouble(checked.trouble)
            said = f" “{checked.said}”" if checked.said else ""
            self.add_error(None, f"{trouble.label} {ADVICE[trouble]}{said}")
            return False
        save_mailbox(self._mailbox(), fields=self._of_mailbox(), source=source, by=by)
        return True

    def _mailbox(self) -> Mailbox | None:
        """The one that has the address, or else the one that was set up here before."""
        found = Mailbox.objects.filter(address=self.cleaned_data["address"]).first()
        source = _source()
        return found or (source.mailbox if source else None)

    def _of_mailbox(self) -> dict[str, Any]:
        mailbox = self._mailbox()
        fetched = MailboxSource.objects.filter(mailbox__is_default=True).exclude(mailbox=mailbox)
        of_new = {} if mailbox else {"team": default_team(), "language": brand().language}
        return {
            "address": self.cleaned_data["address"],
            "name": self.cleaned_data["name"],
            "is_active": True,
            "is_default": not fetched.exists(),
            **of_new,
        }

    def _of_source(self) -> dict[str, Any]:
        fields = self.cleaned_data
        same = {name: fields[name] for name in ("host", "port", "security", "secret", "smtp_host")}
        transport = MailboxSource.Transport
        return {
            **same,
            "kind": MailboxSource.Kind.IMAP,
            "auth": MailboxSource.Auth.PASSWORD,
            "user": fields["user"] or fields["address"],
            "transport": transport.SMTP if fields["smtp_host"] else transport.DEFAULT,
        }


class TopicsForm(StepForm):
    """What customers can choose when they write; a choice never offered twice."""

    topics = forms.MultipleChoiceField(
        label=gettext_lazy("What your customers write about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    own = forms.CharField(
        label=gettext_lazy("In your own words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One topic a line."),
    )

    def __init__(self, data: Any = None, *, typed: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, typed=typed)
        self.known = list(Topic.objects.all())
        taken = {name for topic in self.known for name in (topic.name_ja, topic.name_en)}
        topics = self.fields["topics"]
        assert isinstance(topics, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        topics.choices = [
            (group, left) for group, names in SUGGESTED.items() if (left := _left(names, taken))
        ]

    def as_now(self) -> dict[str, Any]:
        return {}

    def clean_own(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["own"].splitlines()]
        names = list(dict.fromkeys(filter(None, lines)))
        if len(names) > MOST_OWN_TOPICS:
            raise forms.ValidationError(_("Begin with at most 20. You can add more later."))
        if any(len(name) > 60 for name in names):
            raise forms.ValidationError(_("A topic has at most 60 characters."))
        return names

    @transaction.atomic
    def save(self, *, by: Agent) -> bool:
        taken = {name for topic in self.known for name in (topic.name_ja, topic.name_en)}
        for key in self.cleaned_data["topics"]:
            japanese, english = names_of(key)
            _add_topic(name_ja=japanese, name_en=english)
        language = "en" if by.language == Language.ENGLISH else "ja"
        for name in self.cleaned_data["own"]:
            if name not in taken:
                _add_topic(**{f"name_{language}": name})
        return True


def _add_topic(**names: str) -> None:
    save_topic(Topic(), values={**names, "team": default_team()})


def _left(names: Iterable[tuple[str, str]], taken: set[str]) -> list[tuple[str, str]]:
    """Those that are no topic yet, in the active language."""
    is_english = (get_language() or "").startswith("en")
    return [(en, en if is_english else ja) for ja, en in names if not {ja, en} & taken]


def _source() -> MailboxSource | None:
    fetched = MailboxSource.objects.filter(kind=MailboxSource.Kind.IMAP)
    return fetched.select_related("mailbox").order_by("pk").first()


def _preset_of(hours: Mapping[str, Any]) -> str:
    """The preset that these hours are, in whatever zone; else that they stay as they are."""
    for preset in CALENDARS:
        if {**preset.content, "tz": hours["tz"]} == hours:
            return preset.key
    return AS_NOW
