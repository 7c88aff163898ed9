"""Writing to third parties: what the thread tells of it, and the form by which a ticket is forwarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from common.templatetags.ui import short_instant
from desk.forms import WritingForm
from desk.mails import CUTS, author_of
from mail.reading.limits import Cut
from tickets.models import Attachment, Message, ThirdPartyLetter, Ticket
from tickets.services.forwarding import Forward
from tickets.services.handling import REASON_LENGTH
from tickets.third_parties import without_secrets

DOUBTS = {
    ThirdPartyLetter.Doubt.UNVERIFIED: gettext_lazy(
        "Unverified sender: the check of the address failed, so anybody may have written this."
    ),
    ThirdPartyLetter.Doubt.STRANGER: gettext_lazy(
        "Somebody else answered: the mail belongs here, but it is not from the address that was written to."
    ),
}
PREVIEW = 80
MESSAGE, LETTER = "message", "letter"


@dataclass(frozen=True, kw_only=True)
class LetterWords:
    """What the thread tells of a letter to or from a third party beside its text."""

    is_inbound: bool
    address: str
    is_auto: bool
    doubt: str
    folded: str
    cuts: Sequence[str] = ()
    # The names of the files that went with it.
    sent_files: Sequence[str] = ()
    again_url: str = ""
    quote_url: str = ""
    original_url: str = ""
    raw_url: str = ""


def letter_words(ticket: Ticket, letter: ThirdPartyLetter) -> LetterWords:
    """All of it, with what may be done."""
    place = [ticket.number, letter.pk]
    again = urlencode({"to": letter.address})
    return LetterWords(
        is_inbound=letter.is_inbound,
        address=letter.address,
        is_auto=letter.is_auto,
        doubt=str(DOUBTS[ThirdPartyLetter.Doubt(letter.doubt)]) if letter.doubt else "",
        folded=letter.folded,
        cuts=[str(CUTS[Cut(cut)]) for cut in letter.cuts],
        sent_files=[file["name"] for file in letter.email.files] if letter.email else (),
        again_url=f"{reverse('desk:forward', args=[ticket.number])}?{again}",
        quote_url=f"{reverse('desk:ticket', args=[ticket.number])}?quote={letter.pk}"
        if letter.is_inbound
        else "",
        original_url=reverse("desk:third_party_original", args=place) if letter.html else "",
        raw_url=reverse("desk:third_party_raw", args=place) if letter.inbound_id else "",
    )


def forward_url(ticket: Ticket, said: Message | ThirdPartyLetter) -> str:
    """The page that forwards this."""
    kind = MESSAGE if isinstance(said, Message) else LETTER
    return f"{reverse('desk:forward', args=[ticket.number])}?{kind}={said.pk}"


def quote(letter: ThirdPartyLetter, *, form: WritingForm) -> None:
    """Put what a third party wrote below what is being written, unless it stands there already."""
    # What they quote of our letter says where their own answers go.
    lines = without_secrets(letter.body).strip().splitlines()
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    begun = form.initial.get("body", "")
    if quoted not in begun:
        form.initial["body"] = "\n\n".join(filter(None, [begun.rstrip(), quoted])) + "\n\n"


@dataclass(frozen=True, kw_only=True)
class Material:
    """What of a ticket can be forwarded."""

    ticket: Ticket
    said: Mapping[str, Message | ThirdPartyLetter] = field(default_factory=dict)
    files: Mapping[str, Attachment] = field(default_factory=dict)

    @classmethod
    def of(cls, ticket: Ticket) -> Material:
        """Everything but what we tell each other, in a few queries."""
        here = {"ticket__in": ticket.family()}
        messages = Message.objects.filter(**here).select_related("agent", "customer")
        letters = ThirdPartyLetter.objects.filter(**here).select_related("agent")
        said: list[Message | ThirdPartyLetter] = [*messages, *letters]
        files = Attachment.objects.filter(message__in=messages) | Attachment.objects.filter(
            third_party_letter__in=letters
        )
        return cls(
            ticket=ticket,
            said={_key(each): each for each in sorted(said, key=lambda each: each.sent_at)},
            files={str(file.public_id): file for file in files.order_by("pk")},
        )

    def asked_for(self, query: QueryDict) -> dict[str, Any]:
        """What the address of the page asks to forward, as the form begins with it."""
        keys = [f"{kind}-{query[kind]}" for kind in (MESSAGE, LETTER) if kind in query]
        chosen = [key for key in keys if key in self.said]
        return {
            "address": query.get("to", ""),
            "quoted": chosen,
            "enclosed": [key for key, file in self.files.items() if _place_of(file) in chosen],
        }

    def choices_of_said(self) -> Iterator[tuple[str, str]]:
        """Each in a line, the newest first."""
        for key, each in reversed(list(self.said.items())):
            when = short_instant(each.sent_at, timezone.now())
            words = Truncator(" ".join(each.body.split())).chars(PREVIEW)
            yield key, f"{self._author(each)} · {when} · {words}"

    def choices_of_files(self) -> Iterator[tuple[str, str]]:
        for key, file in self.files.items():
            yield key, f"{file.name} ({filesizeformat(file.size)})"

    def _author(self, said: Message | ThirdPartyLetter) -> str:
        if isinstance(said, ThirdPartyLetter) and said.is_inbound:
            return said.who
        if said.is_inbound and isinstance(said, Message):
            name = author_of(said) if said.doubt else self.ticket.customer.name
            return name or gettext("Customer without a name")
        return said.agent.name if said.agent else gettext("A former colleague")


class ForwardForm(forms.Form):
    """What goes to a third party."""

    address = forms.CharField(
        label=_("To"),
        max_length=320,
        widget=forms.EmailInput(attrs={"list": "third_parties", "autocomplete": "off"}),
        error_messages={"required": _("Enter the address of whom you ask.")},
    )
    body = forms.CharField(
        label=_("Your text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write what you want to know first.")},
    )
    quoted = forms.MultipleChoiceField(
        label=_("Quoted below your text"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With names and times. Secret links of the customer are left out."),
    )
    enclosed = forms.MultipleChoiceField(
        label=_("Files that go with it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    holds = forms.BooleanField(
        label=_("Put the ticket on hold until the answer comes"),
        required=False,
        help_text=_("The promise to the customer stays as it is."),
    )
    hold_reason = forms.CharField(
        label=_("What the ticket waits for"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=_("Without a text: for the address above."),
    )
    submission_key = forms.UUIDField(required=False)

    def __init__(self, data: Any = None, *, material: Material, **more: Any) -> None:
        super().__init__(data, auto_id="forward_%s", **more)
        self._material = material
        for name, choices in (
            ("quoted", material.choices_of_said()),
            ("enclosed", material.choices_of_files()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
            field.choices = list(choices)
        if not material.files:
            del self.fields["enclosed"]
        if not material.ticket.is_unresolved:
            del self.fields["holds"], self.fields["hold_reason"]

    @cached_property
    def key(self) -> UUID:
        """The key to send under."""
        try:
            return UUID(self.data.get("submission_key", ""))
        except ValueError:
            return uuid4()

    def forward(self) -> Forward:
        """What was written and chosen."""
        fields, material = self.cleaned_data, self._material
        reason = fields.get("hold_reason") or gettext("waiting for %(who)s") % {
            "who": fields["address"]
        }
        return Forward(
            address=fields["address"],
            body=fields["body"],
            quoted=[material.said[key] for key in fields["quoted"]],
            files=[material.files[key] for key in fields.get("enclosed", ())],
            hold_reason=reason[:REASON_LENGTH] if fields.get("holds") else "",
            submission_key=fields["submission_key"],
        )


def _key(said: Message | ThirdPartyLetter) -> str:
    return f"{MESSAGE if isinstance(said, Message) else LETTER}-{said.pk}"


def _place_of(file: Attachment) -> str:
    if file.message_id:
        return f"{MESSAGE}-{file.message_id}"
    return f"{LETTER}-{file.third_party_letter_id}"
