"""What belongs to a ticket beside what is said on it: people, other tickets, steps, articles."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse

from api import access
from api.endpoint import Asked, Endpoint, absolute, answer, call, page
from api.problems import invalid
from api.schema import page_of
from api.shapes import Choice, Flag, Instant, ListOf, OrNull, Text, Whole, answered, body, utc
from api.showing import AGENT, MESSAGE, TICKET, shown_message, ticket_as_it_is
from customers.exceptions import BadAddress
from knowledge.models import Article
from tickets.articles import link_article, unlink_article
from tickets.models import ChecklistItem, Follower, Message, Participant, Ticket, TicketLink
from tickets.services import checking, linking, participating, receiving
from tickets.services.following import follow, unfollow
from tickets.services.handing_over import accept_brief
from tickets.services.rating import finish_recovery

MOST = 1000
DECIDED = {Participant.Kind.CC: True, Participant.Kind.IGNORED: False}
PARTICIPANT = answered(
    "Participant",
    {
        "id": Whole(),
        "address": Text(320),
        "name": Text(200),
        "state": Choice(Participant.Kind.values, about="`cc`: they get our answers, too"),
        "added_at": Instant(),
    },
)
NEW_PARTICIPANT = body("NewParticipant", {"address": Text(320, 1)}, ["address"])
PARTICIPANT_CHANGE = body("ParticipantChange", {"state": Choice([*DECIDED])}, ["state"])
LINK = answered(
    "TicketLink",
    {
        "id": Whole(),
        "ticket": Whole(about="The number of the duplicate, or of the part"),
        "other": Whole(about="The number of the other one"),
        "kind": Choice(TicketLink.Kind.values),
    },
)
NEW_LINK = body(
    "NewTicketLink",
    {
        "other": Whole(about="The number of the other ticket"),
        "kind": Choice(TicketLink.Kind.values, about="What this ticket is to the other one"),
    },
    ["other", "kind"],
)
STEP = answered(
    "Step",
    {
        "id": Whole(),
        "text": Text(checking.STEP_LENGTH),
        "done_at": OrNull(Instant()),
        "done_by": OrNull(AGENT),
    },
)
NEW_STEPS = body(
    "NewSteps",
    {"steps": ListOf(Text(checking.STEP_LENGTH, 1), checking.MOST_STEPS)},
    ["steps"],
)
STEP_CHANGE = body("StepChange", {"is_done": Flag()}, ["is_done"])
FOLLOWING = answered("Following", {"follows": Flag(about="The token's agent hears of it")})
LINKED = answered("LinkedArticle", {"id": Whole(), "slug": Text(200), "linked_at": Instant()})
RECOVERY = body("Recovery", {"words": Text(500, 1, about="What was done")}, ["words"])
NEW_LINKED = body("ArticleToLink", {"article": Whole()}, ["article"])


class Participants(Endpoint):
    """Who takes part beside the customer."""

    of = section = "tickets"

    @call("List who is in Cc, and whom mails have named", answer=page_of(PARTICIPANT, most=MOST))
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """On one page."""
        ticket = access.ticket(asked.agent, number)
        return page(asked, [_shown_participant(each) for each in _participants(ticket)[:MOST]], "")

    @call(
        "Put somebody in Cc",
        answer=PARTICIPANT,
        status=201,
        body=NEW_PARTICIPANT,
        example={"address": "colleague@example.com"},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """From now on they get our answers, too."""
        ticket = access.ticket(asked.agent, number)
        written = asked.body["address"]
        try:
            made = participating.add_to_cc(ticket, address=written, by=asked.agent, now=asked.now)
        except BadAddress as refusal:
            raise invalid("address", "address", str(refusal)) from refusal
        address = absolute(reverse("api:participants", args=[ticket.number]))
        return answer(_shown_participant(made), status=201, Location=address)


class ParticipantDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call(
        "Say whether somebody gets our answers",
        answer=PARTICIPANT,
        body=PARTICIPANT_CHANGE,
        example={"state": "ignored"},
    )
    def patch(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """In Cc, or not."""
        found = access.one_of(_participants(access.ticket(asked.agent, number)), pk)
        is_wanted = DECIDED[asked.body["state"]]
        decide = participating.accept_participant if is_wanted else participating.ignore_participant
        return answer(_shown_participant(decide(found, by=asked.agent, now=asked.now)))


def _participants(ticket: Ticket) -> QuerySet[Participant]:
    return ticket.participants.select_related("ticket")


def _shown_participant(participant: Participant) -> dict[str, Any]:
    return {
        "id": participant.pk,
        "address": participant.address,
        "name": participant.name,
        "state": participant.kind,
        "added_at": utc(participant.added_at),
    }


class Acceptances(Endpoint):
    """A mail of which there was a doubt."""

    of = section = "tickets"

    @call("Say that a mail is what it says", answer=MESSAGE)
    def post(self, asked: Asked, number: str, message: str) -> HttpResponse:
        """It is part of the ticket."""
        ticket = access.ticket(asked.agent, number)
        mails = Message.objects.filter(
            ticket__in=ticket.family(), direction=Message.Direction.INBOUND
        ).exclude(from_email="")
        found = access.one_of(mails, message)
        receiving.accept_message(found, by=asked.agent)
        beside = Message.objects.select_related("agent", "customer", "ticket")
        return answer(shown_message(beside.get(pk=found.pk)))


class Links(Endpoint):
    """Other tickets that have to do with it."""

    of = section = "tickets"

    @call("List links with other tickets", answer=page_of(LINK, most=MOST))
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """With those that the agent may see, on one page."""
        ticket = access.ticket(asked.agent, number)
        seen = Ticket.objects.visible_to(asked.agent)
        links = _links(ticket).filter(ticket__in=seen, other__in=seen).order_by("pk")[:MOST]
        return page(asked, [_shown_link(each) for each in links], "")

    @call(
        "Link a ticket with another one",
        answer=LINK,
        status=201,
        body=NEW_LINK,
        about="A second link between the two takes the place of the first.",
        example={"other": 1042, "kind": "related"},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """No clock moves."""
        ticket = access.ticket(asked.agent, number)
        other = access.ticket_in_body(asked.agent, asked.body["other"], at="other")
        link = linking.link_tickets(ticket, other=other, kind=asked.body["kind"], agent=asked.agent)
        address = absolute(reverse("api:links", args=[ticket.number]))
        return answer(_shown_link(link), status=201, Location=address)


class LinkDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call("Remove a link", status=204)
    def delete(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """Both tickets stay."""
        link = access.one_of(_links(access.ticket(asked.agent, number)), pk)
        linking.unlink_tickets(link, agent=asked.agent)
        return HttpResponse(status=204)


def _links(ticket: Ticket) -> QuerySet[TicketLink]:
    links = TicketLink.objects.filter(Q(ticket=ticket) | Q(other=ticket))
    return links.select_related("ticket__clock", "other__clock")


def _shown_link(link: TicketLink) -> dict[str, Any]:
    return {
        "id": link.pk,
        "ticket": link.ticket.number,
        "other": link.other.number,
        "kind": link.kind,
    }


class Steps(Endpoint):
    """The steps of the work. Customers never see them."""

    of = section = "tickets"

    @call("List the steps of the work", answer=page_of(STEP, most=MOST))
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """In their order, on one page."""
        return _page_of_steps(asked, access.ticket(asked.agent, number))

    @call(
        "Add steps",
        answer=page_of(STEP, most=MOST),
        body=NEW_STEPS,
        about="Answers with all of them.",
        example={"steps": ["Order the part", "Call when it is here"]},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """Behind those there are."""
        ticket = access.ticket(asked.agent, number)
        lines = [" ".join(each.split()) for each in asked.body["steps"]]
        checking.add_steps(ticket, text="\n".join(lines))
        return _page_of_steps(asked, ticket)


class StepDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call("Tick a step off, or not", answer=STEP, body=STEP_CHANGE, example={"is_done": True})
    def patch(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """With who did it."""
        step = access.one_of(_steps(access.ticket(asked.agent, number)), pk)
        checking.tick(step, is_done=asked.body["is_done"], by=asked.agent)
        return answer(_shown_step(step))

    @call("Remove a step", status=204)
    def delete(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """Done or not."""
        checking.remove_step(access.one_of(_steps(access.ticket(asked.agent, number)), pk))
        return HttpResponse(status=204)


def _page_of_steps(asked: Asked, ticket: Ticket) -> HttpResponse:
    return page(asked, [_shown_step(each) for each in _steps(ticket)[:MOST]], "")


def _steps(ticket: Ticket) -> QuerySet[ChecklistItem]:
    steps = ChecklistItem.objects.filter(ticket__in=ticket.family())
    return steps.select_related("ticket", "done_by")


def _shown_step(step: ChecklistItem) -> dict[str, Any]:
    by = step.done_by
    return {
        "id": step.pk,
        "text": step.text,
        "done_at": utc(step.done_at),
        "done_by": {"id": by.pk, "name": by.name} if by else None,
    }


class FollowingDetail(Endpoint):
    """Hearing of a ticket that is not one's own."""

    of = section = "tickets"

    @call("Read whether the token's agent follows a ticket", answer=FOLLOWING)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """Nobody else's."""
        ticket = access.ticket(asked.agent, number)
        follows = Follower.objects.filter(ticket__in=ticket.family(), agent=asked.agent)
        return answer({"follows": follows.exists()})

    @call(
        "Follow a ticket, or no longer", answer=FOLLOWING, body=FOLLOWING, example={"follows": True}
    )
    def put(self, asked: Asked, number: str) -> HttpResponse:
        """Twice is as once."""
        ticket = access.ticket(asked.agent, number)
        if asked.body["follows"]:
            follow(ticket, agent=asked.agent, now=asked.now)
        else:
            unfollow(ticket, agent=asked.agent)
        return answer(asked.body)


class BriefReadings(Endpoint):
    """What the one before wrote down when a ticket was handed over."""

    of = section = "tickets"

    @call("Say that the brief of a hand-over was read", answer=TICKET)
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """By whoever has the ticket now."""
        ticket = access.ticket(asked.agent, number)
        accept_brief(ticket, by=asked.agent, now=asked.now)
        return answer(ticket_as_it_is(ticket))


class Recoveries(Endpoint):
    """A bad rating."""

    of = section = "tickets"

    @call(
        "Say how a bad rating was made up for",
        answer=TICKET,
        body=RECOVERY,
        about="For the leads of its team, and for whoever sees all tickets.",
        example={"words": "Called, and sent a new cable."},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """What a colleague has said already stays."""
        ticket = access.ticket(asked.agent, number)
        rating = access.one_to_recover(asked.agent, ticket)
        finish_recovery(rating, words=asked.body["words"], by=asked.agent, now=asked.now)
        return answer(ticket_as_it_is(ticket))


class LinkedArticles(Endpoint):
    """Articles that answer it."""

    of = section = "tickets"

    @call("List the articles linked with a ticket", answer=page_of(LINKED, most=MOST))
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """On one page."""
        return _page_of_articles(asked, access.ticket(asked.agent, number))

    @call(
        "Link an article with a ticket",
        answer=page_of(LINKED, most=MOST),
        body=NEW_LINKED,
        about="Answers with all of them.",
        example={"article": 12},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """A second time is the same."""
        ticket = access.ticket(asked.agent, number)
        seen = access.articles(asked.agent)
        article = access.one_in_body(seen, asked.body["article"], at="article")
        link_article(ticket, article, by=asked.agent)
        return _page_of_articles(asked, ticket)


class LinkedArticleDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call("Remove the link with an article", status=204)
    def delete(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """The article stays."""
        ticket = access.ticket(asked.agent, number)
        linked = Article.objects.filter(ticket_articles__ticket__in=ticket.family()).distinct()
        unlink_article(ticket, access.one_of(linked, pk))
        return HttpResponse(status=204)


def _page_of_articles(asked: Asked, ticket: Ticket) -> HttpResponse:
    seen = access.articles(asked.agent)
    links = ticket.ticket_articles.filter(article__in=seen.values("pk")).select_related("article")
    items = [
        {"id": each.article_id, "slug": each.article.slug, "linked_at": utc(each.at)}
        for each in links.order_by("pk")[:MOST]
    ]
    return page(asked, items, "")
