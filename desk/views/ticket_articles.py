"""Articles that answer a ticket: finding one, tying it, and giving its address to the customer."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk import access
from desk.origin import Origin
from knowledge.models import Article
from knowledge.reporting import Line, article_lines, lines_of
from knowledge.searching import readable
from knowledge.selectors import suggestions
from tickets.articles import link_article, put_into_reply, unlink_article
from tickets.exceptions import TicketError
from tickets.models import Ticket

SHOWN = 30
LIKELY = 5


def choose(request: HttpRequest, number: str) -> HttpResponse:
    """The articles with these words; without any, those that may answer the ticket."""
    agent = access.agent(request)
    ticket, text = access.ticket(agent, number), readable(request.GET.get("q", ""))
    context = {
        "ticket": ticket,
        "text": text,
        "lines": article_lines(agent, text=text, limit=SHOWN) if text else _likely(ticket),
        "linked": set(ticket.ticket_articles.values_list("article_id", flat=True)),
        "origin": Origin.of(request),
        "back_url": Origin.of(request).ticket(ticket.number),
    }
    return render(request, "desk/ticket_articles.html", context)


def create_link(request: HttpRequest, number: str) -> HttpResponse:
    """Tie an article to the ticket."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    article = access.article_of_id(agent, request.POST.get("article", ""))
    link_article(ticket, article, by=agent)
    messages.success(request, _("The article is linked with this ticket."))
    return _back(request, ticket)


def delete_link(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Untie it again; what is gone already is gone."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    unlink_article(ticket, access.article(agent, pk))
    return _back(request, ticket)


def create_insertion(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Put its address into one's reply."""
    agent = access.agent(request)
    ticket, article = access.ticket(agent, number), access.article(agent, pk)
    address = f"{settings.BASE_URL}{reverse('portal:article', args=[article.slug])}"
    try:
        put_into_reply(ticket, article, address=address, agent=agent, now=timezone.now())
    except TicketError as refusal:
        messages.error(request, str(refusal))
        return _back(request, ticket)
    return redirect(f"{Origin.of(request).ticket(ticket.number)}#reply_body")


def _likely(ticket: Ticket) -> list[Line]:
    found = suggestions(ticket.subject, ticket.language, limit=LIKELY)
    order = {each.slug: place for place, each in enumerate(found)}
    lines = lines_of(Article.objects.filter(slug__in=order))
    return sorted(lines, key=lambda line: order[line.article.slug])


def _back(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    return redirect(f"{Origin.of(request).ticket(ticket.number)}#articles")
