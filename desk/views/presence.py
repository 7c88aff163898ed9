"""Who else is at a ticket: asked for and told by the page itself, in seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.presence import Visitor, be_at, leave, who_is_at
from desk import access
from desk.forms import PresenceForm

MOST_TICKETS = 100


def create(request: HttpRequest, number: str) -> HttpResponse:
    """Say that one looks at the ticket, writes on it or leaves it; hear who else is there."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = PresenceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    state, path = form.cleaned_data["state"], _path(ticket.number)
    if state == "left":
        leave(path, agent_id=agent.pk)
        return HttpResponse(status=204)
    be_at(path, agent_id=agent.pk, name=agent.name, is_writing=state == "writing")
    return JsonResponse(_told(who_is_at([path])[path], but=agent))


def index(request: HttpRequest) -> HttpResponse:
    """Who is at the tickets of a list, by their addresses; nothing for those where nobody is."""
    agent = access.agent(request)
    wanted = request.GET.getlist("number")[:MOST_TICKETS]
    paths = [_path(number) for number in access.ticket_numbers(agent, wanted)]
    here = {path: _told(visitors, but=agent) for path, visitors in who_is_at(paths).items()}
    return JsonResponse({path: told for path, told in here.items() if told["words"]})


def _path(number: int) -> str:
    return reverse("desk:ticket", args=[number])


def _told(visitors: Sequence[Visitor], *, but: Agent) -> dict[str, object]:
    """Their names and what they do, and in how many seconds the first may have gone."""
    others = [visitor for visitor in visitors if visitor.agent_id != but.pk]
    soonest = min((visitor.until for visitor in others), default=time.time())
    return {
        "words": _(", ").join(_in_words(visitor) for visitor in others),
        "is_writing": any(visitor.is_writing for visitor in others),
        "seconds": max(1, math.ceil(soonest - time.time())),
    }


def _in_words(visitor: Visitor) -> str:
    if visitor.is_writing:
        return _("%(name)s is writing") % {"name": visitor.name}
    return _("%(name)s is looking") % {"name": visitor.name}
