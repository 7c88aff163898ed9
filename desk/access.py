"""The only way an agent reaches an object: what they may not see does not exist for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest

from accounts.api_tokens import tokens_revocable_by
from accounts.first_run import first_run_of
from accounts.models import (
    Agent,
    ApiToken,
    FirstRun,
    Invitation,
    Language,
    PermissionSet,
    Role,
    Team,
)
from accounts.permissions import Permission
from accounts.selectors import may_keep_team, teams_led_by, teams_read_by
from audit.models import Access
from branding.models import Notice
from common.numbers import whole_number
from customers.models import ContactPoint, Customer, Organization
from integrations.models import Channel, Delivery, Webhook
from knowledge.models import Article, ArticleText, ArticleVersion, Collection
from knowledge.selectors import may_keep_articles
from mail.models import (
    BlockedSender,
    InboundEmail,
    InboundEmailQuerySet,
    LetterTextVersion,
    Mailbox,
)
from rules.models import Recurrence, Rule, Run
from tickets import reach
from tickets.models import (
    Attachment,
    BulkChange,
    Macro,
    Message,
    Participant,
    Rating,
    SavedView,
    ScheduledReply,
    StateWording,
    Tag,
    ThirdPartyLetter,
    Ticket,
)
from tickets.services.macros import macros_kept_by, macros_seen_by
from tickets.services.viewing import views_kept_by, views_seen_by
from topics.models import Field, Topic
from transfers.models import ImportJob

Found = TypeVar("Found")


def agent(request: HttpRequest) -> Agent:
    """Who is signed in; helpdesk.access has let nobody else come this far."""
    return cast("Agent", request.user)


def first_run(request: HttpRequest) -> FirstRun:
    """The setting up of this desk, for whoever began it, until it is ended. Raises Http404."""
    return _found(first_run_of(agent(request)))


def sees_first_steps(visitor: Agent) -> bool:
    """Whether they are told what is left to do on a new desk: all of it is open to them."""
    return visitor.role == Role.ADMINISTRATOR and visitor.permission_set_id is None


def check_sees_first_steps(visitor: Agent) -> None:
    """Raises Http404 for everybody else."""
    if not sees_first_steps(visitor):
        raise Http404


def check_may_everything(visitor: Agent) -> None:
    """Raises Http404 for whoever lacks a permission."""
    if not visitor.permissions.issuperset(Permission):
        raise Http404


def import_job(visitor: Agent, pk: int) -> ImportJob:
    """An import, for whoever may do everything. Raises Http404."""
    check_may_everything(visitor)
    return _found(ImportJob.objects.filter(pk=pk).first())


def ticket(visitor: Agent, number: str) -> Ticket:
    """The ticket of this number, or the one it was merged into, if it is theirs. Raises Http404."""
    return _found(reach.find_ticket(visitor, _number(number)))


def ticket_numbers(visitor: Agent, texts: Iterable[str]) -> list[int]:
    """Those of these numbers that are of tickets they may see."""
    found = Ticket.objects.visible_to(visitor).filter(number__in=_numbers(texts))
    return list(found.values_list("number", flat=True))


def customer(visitor: Agent, pk: int) -> Customer:
    """A customer of whom they may see at least one ticket, or the record that they were merged
    into. Raises Http404."""
    return _found(reach.find_customer(visitor, pk))


def customer_of_id(visitor: Agent, text: str) -> Customer:
    """As customer(), by an id that was sent as a text. Raises Http404."""
    return customer(visitor, _number(text))


def customers(visitor: Agent) -> QuerySet[Customer]:
    """Everybody of whom they may see at least one ticket."""
    return reach.customers_seen_by(visitor)


def organization(visitor: Agent, pk: int) -> Organization:
    """An organisation of which they may see somebody. Raises Http404."""
    return _found(reach.organizations_seen_by(visitor).filter(pk=pk).first())


def check_may_add_organization(visitor: Agent) -> None:
    """Raises Http404 for whoever could not see one without customers."""
    if not visitor.sees_everything:
        raise Http404


def view(visitor: Agent, pk: int) -> SavedView:
    """A saved view they may open. Raises Http404."""
    return _found(views_seen_by(visitor).filter(pk=pk).first())


def kept_view(visitor: Agent, pk: int) -> SavedView:
    """A saved view they may rename, move and delete. Raises Http404."""
    return _found(views_kept_by(visitor).filter(pk=pk).first())


def macro(visitor: Agent, pk: int) -> Macro:
    """A macro they may use. Raises Http404."""
    return _found(macros_seen_by(visitor).filter(pk=pk).first())


def macros(visitor: Agent, texts: Iterable[str]) -> list[Macro]:
    """Those of these ids that are of macros they may use."""
    ids = _numbers(texts)
    return list(macros_seen_by(visitor).filter(pk__in=ids)) if ids else []


def kept_macro(visitor: Agent, pk: int) -> Macro:
    """A macro they may edit, move and delete. Raises Http404."""
    return _found(macros_kept_by(visitor).filter(pk=pk).first())


def team(visitor: Agent, pk: int) -> Team:
    """A team whose settings they may read: every team for who manages or sees them all, their own
    for its leads. Raises Http404."""
    return _found(teams_read_by(visitor).filter(pk=pk).first())


def kept_team(visitor: Agent, pk: int) -> Team:
    """A team whose settings they may change. Raises Http404."""
    found = team(visitor, pk)
    return _found(found if may_keep_team(visitor, found) else None)


def person(pk: int) -> Agent:
    """Somebody who works here or did, for those whom helpdesk.access lets come to the people.
    Raises Http404."""
    return _found(Agent.objects.select_related("permission_set").filter(pk=pk).first())


def managed_team(pk: int) -> Team:
    """A team, for the same. Raises Http404."""
    return _found(Team.objects.filter(pk=pk).first())


def invitation(pk: int) -> Invitation:
    """One that is neither accepted nor withdrawn, for the same. Raises Http404."""
    return _found(Invitation.objects.open().filter(pk=pk).first())


def permission_set(pk: int) -> PermissionSet:
    """A permission set, for the same. Raises Http404."""
    return _found(PermissionSet.objects.filter(pk=pk).first())


def bulk_change(visitor: Agent, pk: int) -> BulkChange:
    """What they themselves did in bulk. Raises Http404."""
    found = BulkChange.objects.filter(agent=visitor, pk=pk).select_related("agent").first()
    return _found(found)


def own_message(visitor: Agent, ticket: Ticket, pk: int) -> Message:
    """What they themselves said on this ticket; as if it were there still, when it is gone."""
    said = Message.objects.filter(ticket__in=ticket.family(), agent=visitor, pk=pk).first()
    return said or Message(pk=0, ticket=ticket)


def scheduled_reply(ticket: Ticket, pk: int) -> ScheduledReply:
    """A reply of this ticket that leaves later; as if it were there still, when it is gone."""
    scheduled = ticket.scheduled_replies.filter(pk=pk).first()
    return scheduled or ScheduledReply(pk=0, ticket=ticket)


def mail_message(ticket: Ticket, pk: int) -> Message:
    """A mail on this ticket. Raises Http404."""
    mails = Message.objects.filter(ticket__in=ticket.family(), direction=Message.Direction.INBOUND)
    return _found(mails.select_related("inbound").filter(pk=pk).exclude(from_email="").first())


def answer_of_third_party(ticket: Ticket, pk: int) -> ThirdPartyLetter:
    """What a third party wrote about this ticket. Raises Http404."""
    return _found(_answers(ticket).select_related("inbound").filter(pk=pk).first())


def answer_to_quote(ticket: Ticket, text: str) -> ThirdPartyLetter | None:
    """The same, by an id in an address; None for anything else."""
    pk = whole_number(text)
    return _answers(ticket).filter(pk=pk).first() if pk is not None else None


def _answers(ticket: Ticket) -> QuerySet[ThirdPartyLetter]:
    inbound = ThirdPartyLetter.Direction.INBOUND
    return ThirdPartyLetter.objects.filter(ticket__in=ticket.family(), direction=inbound)


def raw_of(message: Message | ThirdPartyLetter) -> FieldFile:
    """The bytes of a mail. Raises Http404 when they are not kept."""
    inbound = _found(message.inbound)
    reach.note_ticket(Access.Kind.RAW_MAIL, message.ticket, thing=inbound.pk)
    return _found(inbound.raw or None)


def participant(ticket: Ticket, pk: int) -> Participant:
    """Somebody whom a mail on this ticket named. Raises Http404."""
    return _found(ticket.participants.filter(pk=pk).first())


def article(visitor: Agent, pk: int) -> Article:
    """An article they may read, and write drafts of. Raises Http404."""
    articles = Article.objects.visible_to(visitor).select_related("collection", "topic")
    return _found(articles.filter(pk=pk).first())


def kept_article(visitor: Agent, pk: int) -> Article:
    """An article they may publish, place and delete. Raises Http404."""
    return _found(article(visitor, pk) if may_keep_articles(visitor) else None)


def article_of_id(visitor: Agent, text: str) -> Article:
    """As article(), by an id that was sent as a text. Raises Http404."""
    return article(visitor, _number(text))


def article_text(article: Article, language: str) -> ArticleText:
    """What it says in a language; a new one where it says nothing. Raises Http404 for a language
    that nobody speaks here."""
    if language not in Language.values:
        raise Http404
    texts = article.texts.defer("title_tokens", "tokens", "draft_tokens").filter(language=language)
    return texts.first() or ArticleText(article=article, language=language)


def article_version(text: ArticleText, number: str) -> ArticleVersion:
    """What the text said before, by an id that was sent as a text. Raises Http404."""
    versions = ArticleVersion.objects.filter(text=text.pk).select_related("text__article")
    return _found(versions.defer(*OF_INDEX).filter(pk=_number(number)).first())


OF_INDEX = ("text__title_tokens", "text__tokens", "text__draft_tokens")


def collection(visitor: Agent, pk: int) -> Collection:
    """A collection they may change. Raises Http404."""
    check_keeps_articles(visitor)
    return _found(Collection.objects.filter(pk=pk).first())


def check_keeps_articles(visitor: Agent) -> None:
    """Raises Http404 for whoever only writes drafts."""
    if not may_keep_articles(visitor):
        raise Http404


def api_token(visitor: Agent, pk: int) -> ApiToken:
    """A token that they may revoke. Raises Http404."""
    return _found(tokens_revocable_by(visitor).filter(pk=pk).first())


def mailbox(pk: int) -> Mailbox:
    """A mailbox, for those whom helpdesk.access lets come to its settings. Raises Http404."""
    return _found(Mailbox.objects.filter(pk=pk).first())


def letter_version(name: str, language: str, number: str) -> LetterTextVersion | None:
    """What a letter said before; None when no number is given. Raises Http404 when there is none,
    and for the text we come with."""
    if not number:
        return None
    versions = LetterTextVersion.objects.filter(name=name, language=language).exclude(subject="")
    return _found(versions.filter(pk=_number(number)).first())


def state_wording(number: str) -> StateWording | None:
    """What states were called before; None when no number is given. Raises Http404."""
    if not number:
        return None
    return _found(StateWording.objects.filter(pk=_number(number)).first())


def topic(pk: int) -> Topic:
    """A topic, for those whom helpdesk.access lets come to its settings. Raises Http404."""
    return _found(Topic.objects.filter(pk=pk).first())


def tag(pk: int) -> Tag:
    """A tag, for those whom helpdesk.access lets come to its settings. Raises Http404."""
    return _found(Tag.objects.filter(pk=pk).first())


def rule(pk: int) -> Rule:
    """A rule, for those whom helpdesk.access lets come to the rules. Raises Http404."""
    return _found(Rule.objects.select_related("keeper").filter(pk=pk).first())


def rule_run(rule: Rule, text: str) -> Run:
    """Something it did, by an id that was sent as a text. Raises Http404."""
    return _found(rule.runs.filter(pk=_number(text)).first())


def recurrence(pk: int) -> Recurrence:
    """A ticket that is opened again and again, for the same. Raises Http404."""
    found = Recurrence.objects.select_related("customer", "team", "assignee")
    return _found(found.filter(pk=pk).first())


def notice(pk: int) -> Notice:
    """A notice, for those whom helpdesk.access lets come to the settings. Raises Http404."""
    return _found(Notice.objects.filter(pk=pk).first())


def field(pk: int) -> Field:
    """A field, for those whom helpdesk.access lets come to its settings. Raises Http404."""
    return _found(Field.objects.filter(pk=pk).first())


def mails_to_look_at(visitor: Agent) -> QuerySet[InboundEmail]:
    """What waits for a decision: all of it for who manages mail, that of the teams they lead for
    leads. Raises Http404 for everybody else."""
    return _mails_kept_by(visitor).to_look_at()


def undecided_mail(visitor: Agent, pk: int) -> InboundEmail:
    """One of them, or one that a blocked sender wrote. Raises Http404."""
    return _found(_mails_kept_by(visitor).undecided().filter(pk=pk).first())


def _mails_kept_by(visitor: Agent) -> InboundEmailQuerySet:
    if visitor.may(Permission.MAIL):
        return InboundEmail.objects.all()
    if not may_keep_mail(visitor):
        raise Http404
    led = teams_led_by(visitor)
    return InboundEmail.objects.filter(mailbox__team__in=led)


def blocked_sender(pk: int) -> BlockedSender:
    """One whose mail becomes no ticket. Raises Http404."""
    return _found(BlockedSender.objects.filter(pk=pk).first())


def webhook(pk: int) -> Webhook:
    """An endpoint that is told what happens. Raises Http404."""
    return _found(Webhook.objects.select_related("channel").filter(pk=pk).first())


def delivery(webhook_id: int, pk: int) -> Delivery:
    """What this endpoint was told. Raises Http404."""
    told = Delivery.objects.filter(webhook=webhook_id, pk=pk)
    return _found(told.select_related("webhook").first())


def channel(pk: int) -> Channel:
    """A channel by which another program brings messages. Raises Http404."""
    return _found(Channel.objects.filter(pk=pk).first())


def may_keep_mail(visitor: Agent) -> bool:
    """Who manages mail, and who leads a team."""
    return visitor.may(Permission.MAIL) or visitor.memberships.filter(is_lead=True).exists()


def ratings(visitor: Agent) -> QuerySet[Rating]:
    """What customers of the teams they lead were asked and said; see tickets.reach. Raises Http404
    for whoever leads none."""
    if not (visitor.sees_everything or visitor.memberships.filter(is_lead=True).exists()):
        raise Http404
    return reach.ratings_seen_by(visitor)


def may_recover(visitor: Agent, ticket: Ticket) -> bool:
    """Whether it is theirs to make up for a bad rating of the ticket."""
    led = visitor.memberships.filter(team=ticket.team_id, is_lead=True)
    return visitor.sees_everything or led.exists()


def rating_to_recover(visitor: Agent, ticket: Ticket) -> Rating:
    """The bad rating of a ticket that it is theirs to make up for. Raises Http404."""
    if not may_recover(visitor, ticket):
        raise Http404
    return _found(Rating.objects.filter(ticket=ticket, recovery_due_at__isnull=False).first())


def address_point(ticket: Ticket, pk: int) -> ContactPoint:
    """An address of this ticket's customer. Raises Http404."""
    return _found(ticket.customer.contact_points.filter(pk=pk).first())


def attachment(visitor: Agent, public_id: UUID) -> Attachment:
    """A file of a ticket they may see. Raises Http404."""
    return _found(reach.find_attachment(visitor, public_id))


def note_mail(ticket: Ticket, message: Message | ThirdPartyLetter) -> None:
    """They look at this mail as it came."""
    reach.note_ticket(Access.Kind.MAIL, ticket, thing=message.inbound_id)


def _number(text: str) -> int:
    """What an address says in plain digits. Raises Http404 for anything else."""
    number = whole_number(text)
    if number is None:
        raise Http404
    return number


def _numbers(texts: Iterable[str]) -> set[int]:
    return {number for text in texts if (number := whole_number(text)) is not None}


def _found(found: Found | None) -> Found:
    if found is None:
        raise Http404
    return found
