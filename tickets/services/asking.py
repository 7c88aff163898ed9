"""The one thing we wait for the customer to do: asked, marked as done, and how it ended."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sla.models import Status
from tickets.exceptions import NothingAsked
from tickets.models import CustomerTask, Message, Ticket
from tickets.services.recording import end_customer_task, lock_ticket
from tickets.services.replying import receive_reply

Ending = CustomerTask.Ending


@transaction.atomic
def complete_task(ticket: Ticket, *, now: datetime | None = None) -> Message:
    """The customer says that they have done it: it is our turn, as if they had written so.

    Raises NothingAsked when we ask nothing of them any more.
    """
    ticket = lock_ticket(ticket)
    now = now or timezone.now()
    task = current_task(ticket)
    if task is None:
        raise NothingAsked(_("We are not waiting for anything from you any more."))
    end_customer_task(ticket, ending=Ending.DONE, now=now)
    with translation.override(ticket.language):
        words = _("Done: %(thing)s") % {"thing": task.thing}
    key = uuid5(NAMESPACE_OID, f"customer-task:{task.pk}")
    return receive_reply(ticket, body=words, submission_key=key, now=now)


def current_task(ticket: Ticket) -> CustomerTask | None:
    """What the ticket waits for the customer to do, if that was named."""
    if ticket.status != Status.PENDING_CUSTOMER:
        return None
    return ticket.customer_tasks.filter(ended_at=None).first()
