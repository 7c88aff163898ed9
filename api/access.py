"""The only way a program reaches an object: what its agent may not see does not exist for it.

What an address names and is not there is a 404; what a body names and is not there is a fault of
the body.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Model, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import Agent, Language, Team
from accounts.permissions import Permission
from accounts.selectors import default_team
from api.problems import Problem, invalid
from common.numbers import whole_number
from customers.models import ContactPoint, Customer, Organization
from integrations.models import Channel, Webhook
from knowledge.models import Article, ArticleText, Collection
from knowledge.selectors import may_keep_articles
from tickets import reach
from tickets.models import Attachment, Macro, Message, Rating, SavedView, Ticket
from tickets.services.handling import may_hold
from tickets.services.macros import macros_kept_by, macros_seen_by
from tickets.services.viewing import views_kept_by, views_seen_by
from topics.models import Topic
from topics.selectors import definitions

Found = TypeVar("Found")
Row = TypeVar("Row", bound=Model)
UPLOAD = "api.upload"


def check_may_everything(visitor: Agent) -> None:
    """Raises Problem for whoever lacks a permission."""
    if not visitor.permissions.issuperset(Permission):
        said = _("Only whoever may do everything may do this.")
        raise Problem(403, "not-permitted", said)


def check_may(visitor: Agent, permission: Permission) -> None:
    """Raises Problem for whoever lacks it: of calls that share their address with one that others
    may make."""
    if not visitor.may(permission):
        raise Problem(403, "not-permitted")


def one_of(rows: QuerySet[Row], pk: str) -> Row:
    """One of these rows, of which they may see all. Raises Http404."""
    return _found(rows.filter(pk=_number(pk)).first())


def one_in_body(rows: QuerySet[Row], pk: int, *, at: str) -> Row:
    """The same, for an id in a body. Raises Problem."""
    return _known(rows.filter(pk=pk).first(), at)


def all_in_body(rows: QuerySet[Row], pks: Sequence[int], *, at: str) -> list[Row]:
    """The rows of all these ids, each once. Raises Problem."""
    found = list(rows.filter(pk__in=pks))
    if len(found) != len(set(pks)):
        raise unknown(at)
    return found


def ticket(visitor: Agent, number: str) -> Ticket:
    """The ticket of this number, or the one it was merged into. Raises Http404."""
    return _found(reach.find_ticket(visitor, _number(number)))


def ticket_in_body(visitor: Agent, number: int, *, at: str) -> Ticket:
    """The same, for a number in a body. Raises Problem."""
    return _known(reach.find_ticket(visitor, number), at)


def customer(visitor: Agent, pk: str) -> Customer:
    """A customer of whom they may see at least one ticket. Raises Http404."""
    return _found(reach.find_customer(visitor, _number(pk)))


def customer_in_body(visitor: Agent, pk: int, *, at: str = "customer") -> Customer:
    """The same, for an id in a body. Raises Problem."""
    return _known(reach.find_customer(visitor, pk), at)


def contact_point(visitor: Agent, pk: str, point: str) -> ContactPoint:
    """An address of a customer. Raises Http404."""
    found = customer(visitor, pk)
    return _found(found.contact_points.filter(pk=_number(point)).first())


def organization(visitor: Agent, pk: str) -> Organization:
    """An organisation of which they may see somebody. Raises Http404."""
    return _found(reach.organizations_seen_by(visitor).filter(pk=_number(pk)).first())


def message(ticket: Ticket, pk: int, *, at: str = "message") -> Message:
    """What was said on this ticket. Raises Problem."""
    return _known(Message.objects.filter(ticket__in=ticket.family(), pk=pk).first(), at)


def kept_macro(visitor: Agent, pk: str) -> Macro:
    """A macro they may change. Raises Http404."""
    return _found(macros_kept_by(visitor).filter(pk=_number(pk)).first())


def view(visitor: Agent, pk: str) -> SavedView:
    """A queue under a name. Raises Http404."""
    return _found(views_seen_by(visitor).filter(pk=_number(pk)).first())


def kept_view(visitor: Agent, pk: str) -> SavedView:
    """One that they may change. Raises Http404."""
    return _found(views_kept_by(visitor).filter(pk=_number(pk)).first())


def webhook(pk: str) -> Webhook:
    """An endpoint; helpdesk.access has let in nobody else. Raises Http404."""
    return _found(Webhook.objects.filter(pk=_number(pk)).first())


def macro_in_body(visitor: Agent, pk: int) -> Macro:
    """A macro they may use. Raises Problem."""
    return _known(macros_seen_by(visitor).filter(pk=pk).first(), "macro")


def teams(visitor: Agent) -> QuerySet[Team]:
    """Those whose tickets they see."""
    return Team.objects.all() if visitor.sees_everything else visitor.teams.all()


def team(visitor: Agent, pk: int) -> Team:
    """One of them. Raises Problem."""
    return _known(teams(visitor).filter(pk=pk).first(), "team")


def any_team(pk: int) -> Team:
    """Whichever it is: tickets are handed over to all of them. Raises Problem."""
    return _known(Team.objects.filter(pk=pk).first(), "team")


def agents(visitor: Agent) -> QuerySet[Agent]:
    """Who works in the teams whose tickets they see; everybody for who sees everything."""
    active = Agent.objects.filter(is_active=True)
    if visitor.sees_everything:
        return active
    return active.filter(Q(memberships__team__in=visitor.team_ids) | Q(pk=visitor.pk)).distinct()


def channels(visitor: Agent) -> QuerySet[Channel]:
    """Those of teams whose tickets they see."""
    if visitor.sees_everything:
        return Channel.objects.all()
    seen = Q(team__in=visitor.team_ids)
    if default_team().pk in visitor.team_ids:
        seen |= Q(team=None)
    return Channel.objects.filter(seen)


def channel(visitor: Agent, pk: str) -> Channel:
    """One of them. Raises Http404."""
    return _found(channels(visitor).filter(pk=_number(pk)).first())


def assignee(pk: int, *, team_id: int) -> Agent:
    """Somebody who may hold this team's tickets. Raises Problem."""
    found = Agent.objects.filter(pk=pk).prefetch_related("memberships").first()
    return _known(found if found and may_hold(found, team_id=team_id) else None, "assignee")


def topic(pk: int) -> Topic:
    """What a ticket can be about. Raises Problem."""
    found = definitions().topic(pk)
    return _known(found if found and found.is_active else None, "topic")


def one_to_recover(visitor: Agent, ticket: Ticket) -> Rating:
    """The bad rating of a ticket that it is theirs to make up for. Raises Http404."""
    is_lead = visitor.memberships.filter(team=ticket.team_id, is_lead=True)
    if not (visitor.sees_everything or is_lead.exists()):
        raise Http404
    return _found(Rating.objects.filter(ticket=ticket, recovery_due_at__isnull=False).first())


def articles(visitor: Agent) -> QuerySet[Article]:
    """What they may read, with what it says."""
    return with_texts(Article.objects.visible_to(visitor))


def with_texts(articles: QuerySet[Article]) -> QuerySet[Article]:
    """The same, with what they say."""
    texts = ArticleText.objects.defer("title_tokens", "tokens", "draft_tokens")
    return articles.prefetch_related("teams", Prefetch("texts", queryset=texts))


def article(visitor: Agent, pk: str) -> Article:
    """One of them. Raises Http404."""
    return _found(articles(visitor).filter(pk=_number(pk)).first())


def article_text(article: Article, language: str) -> ArticleText:
    """What it says in a language. Raises Http404."""
    return _found(article.texts.filter(language=language).first())


def check_language(language: str) -> None:
    """Raises Http404 for one that nobody speaks here."""
    if language not in Language.values:
        raise Http404


def check_keeps_articles(visitor: Agent) -> None:
    """Raises Problem for whoever only writes drafts."""
    if not may_keep_articles(visitor):
        raise Problem(403, "not-permitted", _("Only who keeps the help centre may do this."))


def collection_in_body(pk: int) -> Collection:
    """Under what an article can stand. Raises Problem."""
    return _known(Collection.objects.filter(pk=pk).first(), "collection")


def attachment(visitor: Agent, public_id: UUID) -> Attachment:
    """A file of a ticket they may see. Raises Http404."""
    return _found(reach.find_attachment(visitor, public_id))


def files_in_body(files: QuerySet[Attachment], public_ids: Sequence[str]) -> list[Attachment]:
    """Those of these files that are named. Raises Problem."""
    named = {str(file.public_id): file for file in files} if public_ids else {}
    return [_known(named.get(each), "attachments") for each in dict.fromkeys(public_ids)]


def name_of_upload(visitor: Agent, upload: Attachment) -> str:
    """By which this agent, and nobody else, sends a file that waits."""
    return signing.dumps([upload.public_id.hex, visitor.pk], salt=UPLOAD)


def uploads(visitor: Agent, names: Sequence[str]) -> list[UUID]:
    """The files that these agents' own uploads are. Raises Problem."""
    return [_upload(visitor, name, f"uploads.{place}") for place, name in enumerate(names)]


def _upload(visitor: Agent, name: str, at: str) -> UUID:
    try:
        said: Any = signing.loads(name, salt=UPLOAD)
    except signing.BadSignature:
        said = None
    if not said or said[1] != visitor.pk:
        raise unknown(at)
    return UUID(said[0])


def _number(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise Http404
    return number


def _found(found: Found | None) -> Found:
    if found is None:
        raise Http404
    return found


def _known(found: Found | None, at: str) -> Found:
    if found is None:
        raise unknown(at)
    return found


def unknown(at: str) -> Problem:
    """What is told of a name in a body that leads nowhere."""
    return invalid(at, "unknown", _("There is none of this name that you may use."))
