"""Links to the form of customers that are filled in already."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.translation import gettext as _

from api import access
from api.endpoint import Asked, Endpoint, answer, call
from api.problems import Problem, Wrong, invalid
from api.shapes import Instant, Text, Values, Whole, answered, body, utc
from customers.services import is_email
from tickets.form_links import HOLDS, form_link
from tickets.queue import FIELD
from topics.models import Field
from topics.selectors import definitions
from topics.values import as_typed, read_values

NEW = body(
    "NewFormLink",
    {
        "name": Text(100),
        "email": Text(254),
        "phone": Text(40),
        "subject": Text(200),
        "topic": Whole(),
        "fields": Values(about="Of tickets, as far as customers are asked"),
    },
)
LINK = answered("FormLink", {"url": Text(8000), "holds_until": Instant()})


class FormLinks(Endpoint):
    """For a letter, or a page of one's own."""

    of = section = "tickets"

    @call(
        "Make a link to the form that is filled in already",
        answer=LINK,
        body=NEW,
        about="Nothing is kept. Whoever has the link can change everything in the form, and sees nothing"
        " that a stranger would not.",
        example={"name": "Emma Clarke", "subject": "The printer does not print"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """Signed by us."""
        sent = asked.body
        if sent.get("email") and not is_email(sent["email"]):
            raise invalid("email", "address", _("This is not an email address."))
        filled = {
            name: sent[name] for name in ("name", "email", "phone", "subject") if name in sent
        }
        if "topic" in sent:
            filled["topic"] = str(access.topic(sent["topic"]).pk)
        link = form_link({**filled, **_fields(sent.get("fields", {}))})
        return answer({"url": link, "holds_until": utc(asked.now + HOLDS)})


def _fields(typed: Mapping[str, str]) -> dict[str, str]:
    """What the fields say, as the form names them. Raises Problem and topics.exceptions.BadValues."""
    of_tickets = definitions().fields_of(Field.Of.TICKET)
    asked = [each for each in of_tickets if each.is_for_customers and each.is_active]
    known = {each.key for each in asked}
    wrong = [
        Wrong(field=f"fields.{key}", code="unknown", message=_("There is no such field."))
        for key in typed
        if key not in known
    ]
    if wrong:
        raise Problem(422, "invalid", wrong[0]["message"], errors=wrong)
    values = read_values(asked, typed, only_offered=True)
    return {f"{FIELD}{key}": as_typed(value) for key, value in values.items()}
