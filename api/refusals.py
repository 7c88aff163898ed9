"""What the rooms refuse, as problems: the same sentences that the desk shows."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.exceptions import PeopleError
from api.problems import Problem, Wrong
from branding.exceptions import BrandError
from customers.exceptions import AddressTaken, BadAddress, CustomerError
from integrations.channels import ChannelError, ChannelOff, TakenBefore
from knowledge.exceptions import ArticleError, Overtaken
from rules.exceptions import BadRule
from tickets import exceptions as of_tickets
from tickets.attachments import AttachmentRefused
from topics.exceptions import BadValues, TopicError

# What is wrong with a field of the body, and how it is called; the nearest class comes first.
OF_A_FIELD: Mapping[type[Exception], tuple[str, str]] = {
    of_tickets.PromiseMissing: ("promise_at", "promise-missing"),
    of_tickets.PromiseTooFar: ("promise_at", "promise-too-far"),
    of_tickets.PromiseInThePast: ("promise_at", "promise-in-the-past"),
    of_tickets.FieldsMissing: ("fields", "fields-missing"),
    of_tickets.PlaceholderLeft: ("body", "placeholder-left"),
    of_tickets.CannotBeMentioned: ("body", "mention"),
    of_tickets.BadTag: ("tags", "tag"),
    of_tickets.UnknownTopic: ("topic", "unknown"),
    of_tickets.NotInTeam: ("assignee", "not-in-team"),
    of_tickets.IsAway: ("assignee", "away"),
    of_tickets.BriefMissing: ("brief", "brief-missing"),
    of_tickets.NoAddress: ("customer", "no-address"),
    of_tickets.BadView: ("name", "name"),
    of_tickets.CannotBeScheduled: ("send_at", "cannot-be-scheduled"),
    of_tickets.CannotBeLinked: ("other", "same-ticket"),
    AttachmentRefused: ("content", "file-refused"),
    BadAddress: ("value", "address"),
}


# What forms call otherwise than bodies.
AS_SENT = {"enclosed": "attachments", "depends": "depends_on"}
# What stands in the way, and how it is called.
IN_THE_WAY: Mapping[type[Exception], str] = {
    of_tickets.SomebodyAnswered: "something-new",
    Overtaken: "something-new",
    AddressTaken: "address-taken",
    ChannelOff: "channel-off",
    TakenBefore: "external-id-taken",
}
REFUSALS = (
    *(of_tickets.TicketError, CustomerError, TopicError, ArticleError, ChannelError),
    *(PeopleError, BadRule, BrandError),
)


def problem_of(refusal: Exception) -> Problem | None:
    """How somebody is told; None for what is no refusal."""
    told = str(refusal)
    if isinstance(refusal, BadValues):
        wrong = [
            Wrong(field=f"fields.{key}", code="value", message=said)
            for key, said in refusal.sentences.items()
        ]
        return Problem(422, "invalid", told, errors=wrong)
    if not isinstance(refusal, REFUSALS):
        return None
    if (name := IN_THE_WAY.get(type(refusal))) is not None:
        return Problem(409, name, told)
    if (at := _field_of(refusal)) is not None:
        wrong = [Wrong(field=at[0], code=at[1], message=told)]
        return Problem(422, "invalid", told, errors=wrong)
    return Problem(409, "conflict", told)


def _field_of(refusal: Exception) -> tuple[str, str] | None:
    """What of the body is wrong, if it is one thing."""
    for kind, at in OF_A_FIELD.items():
        if isinstance(refusal, kind):
            return at
    field = getattr(refusal, "field", None)
    return (AS_SENT.get(field, field), "refused") if field else None
