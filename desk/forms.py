"""What agents type and choose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, Self
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from common.templatetags.ui import split_quoted
from common.uploads import FilesField
from customers.models import ContactPoint, Customer
from desk.describing import offer_topics
from sla.models import Priority
from tickets.attachments import uploads
from tickets.models import Channel, Draft, TicketLink
from tickets.services.handing_over import Brief
from tickets.services.handling import MOVES, REASON_LENGTH
from tickets.services.replying import Outcome, Reply
from topics.selectors import definitions

OTHER_TIME = "free"
MISSED_LENGTH = 300
BRIEF_LENGTH = 2000


def writing_area(label: Any) -> forms.Textarea:
    """A text area of the reply box; its label stands on the tab. CSS sees by the placeholder
    whether it is empty."""
    attrs = {"class": "reply-box__text", "rows": 2, "placeholder": " ", "aria-label": label}
    return forms.Textarea(attrs=attrs)


def wall_time_field(label: Any) -> forms.DateTimeField:
    """A date and a time in the agent's own zone."""
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Enter a date and a time such as 2026-11-24 15:00.")},
    )


class WritingForm(forms.Form):
    """A text under a key, so that it is sent once however often it is tried. A draft goes on under
    its own."""

    submission_key = forms.UUIDField(required=False)

    def __init__(
        self, data: Any = None, files: Any = None, *, draft: Draft | None = None, auto_id: str
    ) -> None:
        kept = ("body", "thing", "needed_on")
        initial = {name: getattr(draft, name) for name in kept} if draft else None
        super().__init__(data, files, initial=initial, auto_id=auto_id)
        self._draft_key = draft.submission_key if draft else None
        self._is_shown_only = False

    def only_shown(self) -> Self:
        """What was typed so far, without complaints about what is missing."""
        self._is_shown_only = True
        return self

    def full_clean(self) -> None:
        super().full_clean()
        if self._is_shown_only:
            self.errors.clear()

    @cached_property
    def key(self) -> UUID:
        """The key to send under."""
        try:
            return UUID(self.data.get("submission_key", ""))
        except ValueError:
            return self._draft_key or uuid4()


class ContactForm(WritingForm):
    """A contact solves the ticket, asks the customer something, or names the next contact."""

    outcome = forms.ChoiceField(
        choices=[("promise", ""), ("ask", ""), ("solve", "")], initial="promise"
    )
    thing = forms.CharField(
        label=_("What we need from the customer"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input input--small", "autocomplete": "off"}),
    )
    needed_on = forms.DateField(
        label=_("By which day"),
        required=False,
        widget=forms.DateInput(
            attrs={"type": "date", "class": "input input--small"}, format="%Y-%m-%d"
        ),
        error_messages={"invalid": _("Enter a day such as 2026-11-24.")},
    )
    promise = forms.CharField(label=_("Next contact"), required=False, max_length=40)
    promise_other = wall_time_field(_("Another time"))
    seen_entries = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    seen_at = forms.CharField(required=False, max_length=40)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == "promise":
            cleaned["promise_at"] = self._promise_at(cleaned)
        self._check_thing(cleaned)
        return cleaned

    def _check_thing(self, cleaned: dict[str, Any]) -> None:
        """What we need is asked, or not written down: nobody is to believe that it was."""
        asks, needed_on = cleaned.get("outcome") == "ask", cleaned.get("needed_on")
        if cleaned.get("thing") and not asks:
            self.add_error(
                "thing",
                _("Send it with the button that waits for the answer, or leave this empty."),
            )
        elif asks and needed_on and not cleaned.get("thing"):
            self.add_error("thing", _("Say what the customer is to do by that day."))
        elif asks and needed_on and needed_on < timezone.localdate():
            self.add_error("needed_on", _("This day is in the past. Choose a later one."))

    def _promise_at(self, cleaned: dict[str, Any]) -> datetime | None:
        chosen = cleaned.get("promise", "")
        is_free = chosen in {"", OTHER_TIME}
        promised = cleaned.get("promise_other") if is_free else read_instant(chosen)
        field = "promise_other" if is_free else "promise"
        if promised is None and field not in self.errors:
            self.add_error(field, _("Say when the customer will hear from you next."))
        elif promised is not None and promised <= timezone.now():
            self.add_error(field, _("This time is in the past. Choose a later one."))
        return promised

    def contact(self) -> Outcome:
        """What was agreed with the customer."""
        outcome = self.cleaned_data["outcome"]
        return Outcome(
            solves=outcome == "solve",
            asks=outcome == "ask",
            promise_at=self.cleaned_data.get("promise_at"),
            thing=self.cleaned_data.get("thing", ""),
            needed_on=self.cleaned_data.get("needed_on"),
        )

    def reply(self, *, channel: str) -> Reply:
        """What was said, and what was agreed."""
        return Reply(
            **vars(self.contact()),
            body=self.cleaned_data["body"],
            channel=channel,
            seen_entries=self.cleaned_data["seen_entries"],
            submission_key=self.key,
        )


# Words that promise a file. What is quoted from the customer promises none of ours.
NAMES_A_FILE = re.compile(r"\battach(?:ed|ment|ing)|\benclosed\b|添付|同封", re.IGNORECASE)


class ReplyForm(ContactForm):
    """What goes to the customer by letter, now or later, with files."""

    body = forms.CharField(
        label=_("Reply to the customer"),
        max_length=50_000,
        widget=writing_area(_("Reply to the customer")),
        error_messages={"required": _("Write the reply first.")},
    )
    # Go on to the next ticket of the list when this is sent.
    and_next = forms.BooleanField(required=False)
    leave = forms.CharField(label=_("When does it leave?"), required=False, max_length=40)
    leave_other = wall_time_field(_("When does it leave?"))
    attachments = FilesField(label=_("Files"), required=False)
    # Sent once more after the warning that no file is there.
    without_files = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, files: Any = None, *, draft: Draft | None = None) -> None:
        super().__init__(data, files, draft=draft, auto_id="reply_%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen = cleaned.get("leave", "")
        is_free = chosen == OTHER_TIME
        cleaned["leaves_at"] = cleaned.get("leave_other") if is_free else read_instant(chosen)
        if chosen and cleaned["leaves_at"] is None and "leave_other" not in self.errors:
            self.add_error("leave_other", _("Say when it leaves, or choose “Now”."))
        return cleaned

    @property
    def lacks_a_file(self) -> bool:
        """Whether the text speaks of a file, none is there, and nobody has said that this is right."""
        if self.cleaned_data["without_files"]:
            return False
        written = split_quoted(self.cleaned_data["body"]).written
        return bool(NAMES_A_FILE.search(written)) and not uploads(self.key)


class CallForm(ContactForm):
    """What was said on the telephone; a call that reached nobody needs no words."""

    body = forms.CharField(
        label=_("What was said on the telephone"),
        required=False,
        max_length=50_000,
        widget=writing_area(_("What was said on the telephone")),
    )
    outcome = forms.ChoiceField(
        choices=[("promise", ""), ("ask", ""), ("solve", ""), ("missed", "")], initial="promise"
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="call_%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        words, is_missed = cleaned.get("body", ""), cleaned.get("outcome") == "missed"
        if not words and not is_missed and "body" not in self.errors:
            self.add_error("body", _("Write what was said first."))
        if is_missed and len(words) > MISSED_LENGTH:
            self.add_error("body", _("Say it in 300 characters when nobody was reached."))
        return cleaned


class TicketForm(ContactForm):
    """A ticket that an agent opens for a customer. Without a `customer` the form asks who it is."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        error_messages={"required": _("Enter the customer's name.")},
    )
    email = forms.EmailField(label=_("Email address"), max_length=254, required=False)
    phone = forms.CharField(
        label=_("Telephone number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    channel = forms.ChoiceField(
        label=_("How were you in contact?"),
        choices=[
            (Channel.PHONE, _("On the telephone: the text is what the customer said")),
            (Channel.EMAIL, _("By letter: the text goes to the customer now")),
        ],
        initial=Channel.PHONE,
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=200,
        error_messages={"required": _("Say in a few words what this is about.")},
    )
    body = forms.CharField(
        label=_("What was said, or your letter"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write what was said first.")},
    )
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    priority = forms.ChoiceField(
        label=_("Priority"), choices=Priority.choices, initial=Priority.NORMAL
    )

    def __init__(
        self, data: Any = None, *, customer: Customer | None, teams: dict[int, str]
    ) -> None:
        super().__init__(data, auto_id="ticket_%s")
        self.customer, self.has_team = customer, bool(teams)
        offer_topics(self, definitions())
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        own = next(iter(teams.values()), "–")
        by_topic = _("As the topic says; without a topic %(team)s")
        has_topics = "topic" in self.fields
        field.choices = [*([("", by_topic % {"team": own})] if has_topics else []), *teams.items()]
        field.required = not has_topics
        if customer is not None:
            for name in ("name", "email", "phone", "language"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        has_email = bool(cleaned.get("email"))
        if self.customer is not None:
            has_email = any(
                point.kind == ContactPoint.Kind.EMAIL
                for point in self.customer.contact_points.all()
            )
        elif not (has_email or cleaned.get("phone")) and "email" not in self.errors:
            self.add_error("email", _("Enter an email address or a telephone number."))
        if not (cleaned.get("team") or cleaned.get("topic") or self.has_team):
            self.add_error("team", _("Choose a topic or a team."))
        if cleaned.get("channel") == Channel.EMAIL and not has_email and not self.errors:
            self.add_error("channel", _("A letter needs an email address of the customer."))
        return cleaned


class NoteForm(WritingForm):
    """What colleagues should know and the customer never sees."""

    body = forms.CharField(
        label=_("Note for colleagues"),
        max_length=50_000,
        widget=writing_area(_("Internal note")),
        error_messages={"required": _("Write the note first.")},
    )

    def __init__(self, data: Any = None, *, draft: Draft | None = None) -> None:
        super().__init__(data, draft=draft, auto_id="note_%s")


class DraftForm(forms.Form):
    """What the page saves by itself while somebody writes."""

    kind = forms.ChoiceField(choices=Draft.Kind.choices)
    body = forms.CharField(required=False, max_length=50_000, strip=False)
    submission_key = forms.UUIDField()


class PresenceForm(forms.Form):
    """What somebody does at a ticket; the page says so by itself."""

    state = forms.ChoiceField(choices=[("viewing", ""), ("writing", ""), ("left", "")])


class UploadsForm(forms.Form):
    """Files that are added to a reply before it is sent, or the one whose cross was pressed."""

    submission_key = forms.UUIDField()
    attachments = FilesField(required=False)
    remove = forms.CharField(required=False, max_length=40)


class AssignmentForm(forms.Form):
    """Nobody chosen gives the ticket back to the team."""

    assignee = forms.ModelChoiceField(queryset=Agent.objects.none(), required=False)

    def __init__(self, *args: Any, colleagues: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = colleagues


class HandOverForm(forms.Form):
    """To whom a ticket goes, and the brief. The teams and their people are known to the page."""

    to = forms.ChoiceField(
        label=_("Hand over to"), error_messages={"required": _("Choose who has it from now on.")}
    )
    problem = forms.CharField(
        label=_("What is the problem?"),
        max_length=BRIEF_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say what the problem is.")},
    )
    known = forms.CharField(
        label=_("What do we know?"),
        max_length=BRIEF_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tried = forms.CharField(
        label=_("What was tried?"),
        max_length=BRIEF_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    promised = forms.CharField(
        label=_("What was promised?"),
        max_length=BRIEF_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    next_step = forms.CharField(
        label=_("What is the next step?"),
        max_length=BRIEF_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say what comes next.")},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        people: Mapping[Team, Sequence[Agent]],
        needs_brief: bool,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Choose …")), *map(_team_and_people, people.items())]
        self._targets: dict[str, tuple[Team, Agent | None]] = {
            hand_over_target(team, agent): (team, agent)
            for team, members in people.items()
            for agent in (None, *members)
        }
        for name in ("problem", "next_step"):
            self.fields[name].required = needs_brief

    def target(self) -> tuple[Team, Agent | None]:
        """The team it goes to, and who of them."""
        return self._targets[self.cleaned_data["to"]]

    def brief(self) -> Brief | None:
        """What was written; None when a ticket nobody has worked on goes on without a word."""
        texts = {name: self.cleaned_data[name] for name in self.fields if name != "to"}
        return Brief(**texts) if texts["problem"] and texts["next_step"] else None


def hand_over_target(team: Team, agent: Agent | None) -> str:
    """A team, or one of its people, as the form names them."""
    return f"{team.pk}-{agent.pk}" if agent else str(team.pk)


def _team_and_people(
    team_and_people: tuple[Team, Sequence[Agent]],
) -> tuple[str, list[tuple[str, str]]]:
    team, people = team_and_people
    anybody = _("%(team)s (anybody)") % {"team": team.name}
    members = [(hand_over_target(team, agent), agent.name) for agent in people]
    return team.name, [(hand_over_target(team, None), anybody), *members]


class StatusForm(forms.Form):
    """Whose turn it is. Of two reasons, the typed one counts before the one of a button."""

    status = forms.ChoiceField(choices=[(status, "") for status in MOVES])
    typed_reason = forms.CharField(required=False, max_length=REASON_LENGTH)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["reason"] = cleaned.get("typed_reason") or cleaned.get("reason", "")
        return cleaned


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(choices=Priority.choices)


class TagsForm(forms.Form):
    """Names to add, with commas between them, or the one whose cross was pressed."""

    add = forms.CharField(required=False, max_length=1000)
    remove = forms.CharField(required=False, max_length=40)


class ViewForm(forms.Form):
    """A name for a queue, and whom it is for."""

    # How long it may be is said by the service, in a sentence.
    name = forms.CharField(required=False, max_length=1000)
    audience_name = forms.ChoiceField(required=False)

    def __init__(self, data: Any, *, audiences: list[tuple[str, str]]) -> None:
        super().__init__(data)
        field = self.fields["audience_name"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = audiences

    def audience(self, agent: Agent) -> tuple[Agent | None, Team | None]:
        """The one agent, or the one team, or neither for everybody."""
        chosen = self.cleaned_data["audience_name"] or "me"
        if chosen.startswith("team-"):
            return None, Team.objects.get(pk=int(chosen.removeprefix("team-")))
        return (agent if chosen == "me" else None), None


class MoveForm(forms.Form):
    """One place up or down."""

    by = forms.ChoiceField(choices=[("-1", ""), ("1", "")])


class MergeForm(forms.Form):
    """The ticket that goes on: typed as a number, or chosen from the customer's others."""

    number = forms.RegexField(
        r"^\s*#?[0-9]{1,18}\s*$",
        label=_("Ticket number"),
        error_messages={
            "required": _("Enter the number of the ticket that goes on."),
            "invalid": _("Enter a ticket number such as 1042."),
        },
    )

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).strip().lstrip("#")


class LinkForm(MergeForm):
    """Another ticket, and what this one is to it."""

    kind = forms.ChoiceField(choices=TicketLink.Kind.choices)


class SplitForm(forms.Form):
    """What the new ticket is about."""

    subject = forms.CharField(label=_("Subject"), max_length=200)


def read_instant(text: str) -> datetime | None:
    """An instant with its offset, as pages write it; None for anything else."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    # At the edges of the calendar there are instants that exist in one zone only.
    return instant if instant.tzinfo and MINYEAR < instant.year < MAXYEAR else None
