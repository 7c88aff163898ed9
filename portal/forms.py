"""What customers type. Kind to every spelling, strict about nothing that can be converted."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.core.validators import EmailValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.uploads import FilesField
from customers.normalizing import DASHES
from tickets.queue import FIELD
from topics.exceptions import BadValues
from topics.inputs import input_of
from topics.models import Field, Topic
from topics.selectors import definitions
from topics.values import Values, in_words, merged, read_values

SALT = "portal.submission"
QUICKER_THAN_A_PERSON = 1.0
ASKED = ("name", "email", "phone", "topic", "subject", "body")


class Submission:
    """One filling-in of a form: its key makes a double click or a reload one ticket."""

    def __init__(self, key: UUID, age: float, *, has_uploads: bool, is_ours: bool = True) -> None:
        self.key = key
        self.age = age
        self.has_uploads = has_uploads
        # It was signed here, with the page that was sent.
        self.is_ours = is_ours

    @classmethod
    def new(cls) -> Submission:
        return cls(uuid4(), 0.0, has_uploads=False, is_ours=False)

    @classmethod
    def read(cls, value: str) -> Submission:
        """What the form carries; a missing or forged value is simply a new submission."""
        try:
            key, issued, has_uploads = signing.loads(value, salt=SALT)
            age = timezone.now().timestamp() - issued
            return cls(UUID(key), age, has_uploads=has_uploads)
        except (signing.BadSignature, ValueError, TypeError):
            return cls.new()

    def value(self) -> str:
        """The signed field value; a form shown again keeps the time of the first showing."""
        issued = timezone.now().timestamp() - self.age
        return signing.dumps([str(self.key), issued, self.has_uploads], salt=SALT)

    @property
    def is_quicker_than_a_person(self) -> bool:
        return self.age < QUICKER_THAN_A_PERSON


class LongTextField(forms.CharField):
    """Text of several lines. Browsers send CRLF; we keep the line breaks people see."""

    def to_python(self, value: str | None) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class ConvertingEmailField(forms.EmailField):
    """Full-width letters and spaces around an address are converted, not complained about."""

    default_validators = [
        EmailValidator(_("Enter an email address like name@example.com, so that we can answer."))
    ]

    def to_python(self, value: str | None) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value) or "").strip()


class InquiryForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    email = ConvertingEmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        help_text=_("Our answer goes to this address."),
        error_messages={"required": _("Enter your email address, so that we can answer.")},
    )
    phone = forms.CharField(
        label=_("Telephone number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    topic = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        error_messages={"invalid_choice": _("Choose from the list what it is about.")},
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=200,
        error_messages={"required": _("Say in a few words what this is about.")},
    )
    body = LongTextField(
        label=_("How can we help?"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Describe what happened or what you need.")},
    )
    attachments = FilesField(
        label=_("Files"),
        required=False,
        help_text=_("Up to 10 files of 10 MB each."),
    )
    # Only programs that fill in every field see a reason to fill in this one.
    website = forms.CharField(required=False, max_length=200)

    def __init__(self, data: Any = None, files: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, files, initial=initial)
        known = definitions()
        offered = [(str(topic.pk), topic.name) for topic in known.active_topics]
        field = self.fields["topic"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Something else")), *offered]
        if not offered:
            del self.fields["topic"]
        said: Mapping[str, Any] = self.data if self.is_bound else self.initial
        topic = str(said.get("topic", ""))
        typed = {
            each.key: str(said.get(f"{FIELD}{each.key}", ""))
            for each in known.fields
            if each.is_for_customers
        }
        # The chosen one, before anything is checked.
        self.topic_id = int(topic) if topic in dict(offered) else None
        self.has_questions = bool(typed)
        self.questions = known.customer_questions(self.topic_id, typed) if typed else []
        # What they say, by key, once the form was checked.
        self.values: Values = {}
        for question in self.questions:
            self.fields[f"{FIELD}{question.key}"] = _input_for_customers(question)

    @property
    def chosen_topic(self) -> Topic | None:
        """What it is about, when that was said."""
        pk = self.cleaned_data.get("topic", "")
        return definitions().topic(int(pk)) if pk else None

    @property
    def answers(self) -> list[tuple[str, Any, str, str]]:
        """What was typed: name, label, as people read it, and as it is sent once more."""
        questions = {f"{FIELD}{each.key}": each for each in self.questions}
        place = ASKED.index("topic") + 1
        asked = [*ASKED[:place], *questions, *ASKED[place:]]
        typed = {name: self.cleaned_data[name] for name in asked if name in self.fields}
        topic = self.chosen_topic
        words = typed | ({"topic": topic.name} if topic else {})
        for name, field in questions.items():
            words[name] = in_words(field, self.values.get(field.key))
        return [(name, self[name].label, words[name], typed[name]) for name in typed]

    @property
    def question_groups(self) -> list[forms.BoundField]:
        """The questions as the page draws them."""
        return [self[f"{FIELD}{field.key}"] for field in self.questions]

    @property
    def asked(self) -> str:
        """Which questions the page shows; it is sent along with the answers."""
        return " ".join(field.key for field in self.questions)

    @property
    def is_asked_in_full(self) -> bool:
        """Whether the page that was sent had shown all that this topic and these answers ask.
        Programs that show no page do not say what they have shown."""
        return "asked" not in self.data or set(self.asked.split()) <= set(
            self.data["asked"].split()
        )

    def clean(self) -> dict[str, Any]:
        """Each answer is of its kind."""
        typed = {
            field.key: self.cleaned_data[name]
            for field in self.questions
            if (name := f"{FIELD}{field.key}") in self.cleaned_data
        }
        try:
            self.values = merged({}, read_values(self.questions, typed, only_offered=True))
        except BadValues as bad:
            for key, sentence in bad.sentences.items():
                self.add_error(f"{FIELD}{key}", sentence)
        return self.cleaned_data

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave the field “website” empty."))
        return ""

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"].strip()
        digits = unicodedata.normalize("NFKC", phone.translate(DASHES))
        if phone and sum(character.isdigit() for character in digits) < 5:
            raise forms.ValidationError(
                _("Enter a telephone number such as 03-1234-5678, or leave this empty.")
            )
        return phone


def _input_for_customers(question: Field) -> forms.Field:
    field = input_of(question, empty=_("Please choose"), help_text=question.help_text)
    field.required = question.is_required_for_customers
    field.error_messages["required"] = _("Fill this in, so that we can help at once.")
    return field


class ReplyForm(forms.Form):
    body = LongTextField(
        label=_("Your message"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write your message first.")},
    )
    attachments = FilesField(label=_("Files"), required=False)
