"""Every URL, with every method, for every kind of visitor: as helpdesk.access.RULES says.

The URLs come from the resolver, so a URL nobody has thought of fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.core.cache import cache as django_cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.template.backends.django import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.inviting import Invited, make_invitation
from accounts.models import Agent, Invitation, Notification, PermissionSet
from accounts.notifying import Notice
from accounts.permissions import OF_ROLE, Permission
from accounts.services import add_member, notify_agents
from branding.models import Notice as BrandNotice
from branding.services import save_brand, save_notice
from customers.models import Organization
from customers.signing_in import make_link
from helpdesk.access import RULES, Who, may
from integrations.models import Channel, Delivery, Webhook
from knowledge.models import Article, Collection
from mail.blocking import block_sender
from mail.mailboxes import default_mailbox
from mail.models import BlockedSender, Mailbox
from portal.views.inquiries import RECEIVED
from rules.models import Recurrence, Rule, Run
from sla.models import BusinessCalendar, Policy
from tests.api.programs import Program
from tests.factories import AgentFactory, TeamFactory, a_field, a_png, a_topic, an_inquiry
from tests.integrations.endpoints import a_webhook
from tests.knowledge.articles import a_collection, an_article
from tests.rules.recurrences import a_recurrence
from tickets.attachments import keep_uploads
from tickets.models import Attachment, Message, Note, Participant, Rating, Tag, Ticket
from tickets.ratings import token_of as rating_token
from tickets.services.handling import solve
from tickets.services.inviting import token_of as invitation_token
from topics.models import Field, Topic

HANDLER = Client().handler
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# The clerk has a permission set: two things more than an agent, whatever their role says.
STAFF = ("agent", "other_agent", "lead", "clerk", "manager", "administrator")
VISITORS = ("anonymous", "customer_a", "customer_b", *STAFF)
OF_CLERK = frozenset({Permission.PEOPLE, Permission.MAIL})
MAY = {
    **dict.fromkeys(("agent", "other_agent", "lead"), OF_ROLE["agent"]),
    "clerk": OF_CLERK,
    "manager": OF_ROLE["manager"],
    "administrator": OF_ROLE["administrator"],
}
NO_TOKEN = "a" * 32

DEMO_URLS = {"dev_mail", "dev_mail_letter", "dev_demo"}
# Addresses of one ticket of the support team: for everybody else it does not exist.
OF_ONE_TEAM = {
    *("desk:ticket", "desk:customer", "desk:attachment", "desk:reply_create", "desk:note_create"),
    "desk:call_create",
    *("desk:assignment_create", "desk:solution_create", "desk:reopening_create"),
    *(
        "desk:ticket_times",
        "desk:draft_save",
        "desk:status_create",
        "desk:priority_create",
        "desk:tags_create",
        "desk:details_update",
    ),
    *("desk:merge", "desk:merge_create", "desk:separation_create"),
    *("desk:ticket_articles", "desk:ticket_article_create"),
    *("desk:ticket_article_delete", "desk:ticket_article_insert"),
    *("desk:reply_undo", "desk:reply_call_off", "desk:upload_create", "desk:upload_delete"),
    *("desk:preview", "desk:presence_create", "desk:macro_choose", "desk:macro_use"),
    *("desk:hand_over", "desk:hand_over_create", "desk:brief_accept"),
    *("desk:forward", "desk:forward_create"),
    *("desk:third_party_original", "desk:third_party_document", "desk:third_party_raw"),
    *("desk:customer_vip", "desk:following_update"),
    *("desk:link_create", "desk:link_delete", "desk:step_create", "desk:step_update"),
    *("desk:split", "desk:split_create", "desk:settings_rule_undo"),
    *("desk:original", "desk:original_document", "desk:raw_mail", "desk:mail_accept"),
    *("desk:participant_create", "desk:participant_decide", "desk:address_forgive"),
    *("desk:customer_edit", "desk:customer_update", "desk:address_create", "desk:address_delete"),
    *("desk:customer_note_create", "desk:customer_merge", "desk:customer_merge_create"),
    *("desk:customer_separation_create", "desk:different_create"),
    *("desk:customer_organization", "desk:recovery_create"),
    *("desk:organization", "desk:organization_update", "desk:organization_delete"),
    *("desk:privacy", "desk:hand_out_create", "desk:hand_out_download", "desk:customer_erase"),
}
# What only these of the staff may read, and change: settings of a team, mail that needs a look, the end
# of the demo.
OF_LEADS = {
    "dev_demo": {"administrator"},
    "desk:settings_team": {"lead", "clerk", "manager", "administrator"},
    "desk:settings_team_update": {"lead", "clerk", "administrator"},
    "desk:settings_on_call": {"lead", "clerk", "manager", "administrator"},
    "desk:settings_on_call_create": {"lead", "clerk", "administrator"},
    "desk:settings_on_call_delete": {"lead", "clerk", "administrator"},
    **{
        name: {"lead", "manager", "administrator"}
        for name in (
            *("desk:article_withdrawal", "desk:article_place", "desk:article_order"),
            *("desk:article_delete", "desk:synonyms", "desk:synonyms_update"),
            *("desk:collection_list", "desk:collection_new", "desk:collection_create"),
            *("desk:collection", "desk:collection_update", "desk:collection_delete"),
            "desk:collection_order",
        )
    },
    **{
        f"desk:settings_file{what}": {"administrator"}
        for what in ("", "_download", "_compare", "_update")
    },
    **{
        f"desk:settings_{what}": {"administrator"}
        for what in (
            *("import", "import_customers", "import_desk", "import_job", "import_update"),
            *("import_faults", "export", "export_create", "export_download"),
        )
    },
    "desk:organization_new": {"manager", "administrator"},
    "desk:organization_create": {"manager", "administrator"},
    "desk:mail_tray": {"lead", "clerk", "administrator"},
    "desk:mail_raw": {"lead", "clerk", "administrator"},
    "desk:mail_decide": {"lead", "clerk", "administrator"},
    "desk:rating_list": {"lead", "manager", "administrator"},
    "desk:recovery_create": {"lead", "manager", "administrator"},
}
# Of the API: what is of one ticket, or of one customer, of the support team.
OF_ONE_TICKET = (
    *("ticket", "messages", "notes", "commitments", "events", "merge", "split", "macro"),
    *("calls", "missed_calls", "scheduled", "third_party_letters", "customer_tasks", "recovery"),
    *("participants", "links", "steps", "linked_articles", "following", "brief", "times"),
)
# One of these things, which is not there.
OF_ONE_TICKET_ABSENT = (
    *("message", "acceptance", "scheduled_message", "ticket_merge", "participant", "link", "step"),
    *("linked_article",),
)
OF_SETTINGS_ABSENT = (
    *("topic", "field", "tag", "team", "person", "deactivation", "invitation", "rule", "rule_runs"),
    *("invitation_sending", "rule_preview", "rule_undo", "recurring_ticket", "bulk_change"),
    *("bulk_undo", "collection", "notice", "blocked_sender", "channel", "on_call"),
    *("webhook_secret", "webhook_test", "deliveries"),
    *("on_call_line", "delivery", "resending"),
)
# What needs no words.
WITHOUT_BODY = {"api:brief": 200, "api:missed_calls": 201, "api:form_links": 200}
# What is refused to agents who keep no articles, after they were let in. Nobody deletes what was
# published.
OF_KEEPERS = {"api:publication": {200, 403}, "api:article": {200, 403, 409}}
OF_MESSAGES = ("message", "acceptance")
OF_ONE_CUSTOMER_ABSENT = ("contact_point", "contact_point_state", "customer_separation")
OF_ONE_CUSTOMER = (
    *("customer", "contact_points", "customer_tickets", "customer_notes", "customer_merge"),
    *("customer_difference",),
)
# What nobody here has set up or merged: the page is open to the visitor, the thing is absent.
ABSENT = {
    *("desk:settings_import_job", "desk:settings_import_update", "desk:settings_import_faults"),
    "desk:settings_export_download",
    *("desk:separation_create", "desk:article_restoration", "desk:ticket_article_create"),
    *("desk:view_update", "desk:view_delete", "desk:view_order", "desk:view_default"),
    *("desk:bulk_change", "desk:bulk_undo", "desk:macro_use"),
    *("desk:macro", "desk:macro_update", "desk:macro_delete", "desk:macro_order"),
    *("mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_deactivate_totp"),
    *("desk:session_end", "desk:api_token_revoke", "desk:settings_api_token_revoke"),
    *("mfa_download_recovery_codes", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("desk:customer_merge_create", "desk:customer_separation_create"),
    *("desk:address_delete", "desk:different_create", "desk:hand_out_download"),
    *("desk:split", "desk:split_create", "desk:settings_rule_undo"),
    *("desk:original", "desk:original_document", "desk:raw_mail", "desk:mail_accept"),
    *("desk:participant_decide", "desk:address_forgive", "desk:mail_raw", "desk:mail_decide"),
    *("desk:third_party_original", "desk:third_party_document", "desk:third_party_raw"),
    # The desk is set up.
    *("desk:first_run", "desk:first_run_update", "desk:first_run_end", "desk:first_steps_put_away"),
    # Exports of somebody else, and those that nobody has asked for.
    *("reports:export", "reports:export_cancel", "reports:export_download"),
    # And so it is with reports that were saved, and with a new one of no page.
    *("reports:saved_edit", "reports:saved_update", "reports:saved_delete", "reports:saved_run"),
    *("reports:saved_new", "reports:saved_create"),
}


@dataclass(frozen=True, eq=False)
class World:
    """Two customers' tickets in the support team, and the people who might look at them."""

    ticket: Ticket
    attachment: Attachment
    tokens: Mapping[str, str]
    received: Mapping[str, str]
    # Of links that lead to something else than the inquiry, by the name of their address.
    ways: Mapping[str, Mapping[str, str]]
    people: Mapping[str, Agent]
    sessions: Mapping[str, Client]

    def browser(self, visitor: str) -> Client:
        """A fresh browser with the visitor's session: no request sees another one's cookies."""
        client = Client()
        # Loading the middleware takes longer than most answers here.
        client.handler = HANDLER
        if visitor in self.sessions:
            client.cookies = self.sessions[visitor].cookies.copy()
        return client


@pytest.fixture
def world(db: None, demo_urls: None, settings: Any) -> World:
    settings.CAN_START_EMPTY = True
    return _build_world()


def _build_world() -> World:
    support, billing = TeamFactory(name="Support", is_default=True), TeamFactory(name="Billing")
    a_field(topics=[a_topic(team=support)])
    people = {
        "agent": AgentFactory(email="aiko@example.com"),
        "other_agent": AgentFactory(email="mallory@example.com"),
        "lead": AgentFactory(email="ben@example.com"),
        "clerk": AgentFactory(
            email="dai@example.com",
            role="manager",
            permission_set=PermissionSet.objects.create(name="Clerk", permissions=[*OF_CLERK]),
        ),
        "manager": AgentFactory(email="chika@example.com", role="manager"),
        "administrator": AgentFactory(email="admin@example.com", role="administrator"),
    }
    default_mailbox()
    a_webhook()
    save_brand(values={}, logo=a_png())
    save_notice(BrandNotice(starts_at=timezone.now()), values={"text_en": "x", "places": ["form"]})
    an_article(collection=a_collection(slug="printers"), slug="power", by=people["lead"])
    block_sender("shop.example", note="", by=people["administrator"], now=timezone.now())
    add_member(support, people["agent"])
    add_member(support, people["lead"], is_lead=True)
    add_member(billing, people["other_agent"])
    add_member(billing, people["clerk"])
    inquiry_a = an_inquiry(email="hana@example.com", submission_key=(key := uuid4()))
    keep_uploads([_a_file()], submission_key=key, now=timezone.now())
    message = Message.objects.get(ticket=inquiry_a.ticket)
    Attachment.objects.update(message=message)
    organization = Organization.objects.create(name="Example KK")
    organization.customers.add(inquiry_a.ticket.customer)
    inquiry_b = an_inquiry(email="jiro@example.com", subject="請求書について")
    keeper = people["administrator"]
    Tag.objects.create(name="VIP", normalized="vip")
    rule = Rule.objects.create(name="A rule", events=["opened"], keeper=keeper)
    Run.objects.create(rule=rule, ticket=inquiry_a.ticket, because="opened", outcome="same")
    a_recurrence(inquiry_b.ticket, keeper=keeper)
    sessions = {}
    for name, person in people.items():
        sessions[name] = Client()
        sessions[name].force_login(person)
    inquiries = {"customer_a": inquiry_a, "customer_b": inquiry_b}
    return World(
        ticket=inquiry_a.ticket,
        attachment=Attachment.objects.get(),
        tokens={name: inquiry.token for name, inquiry in inquiries.items()},
        received={
            name: signing.dumps([inquiry.ticket.pk, True, False], salt=RECEIVED)
            for name, inquiry in inquiries.items()
        },
        ways={name: _ways_of(inquiry.ticket) for name, inquiry in inquiries.items()},
        people=people,
        sessions=sessions,
    )


def _ways_of(ticket: Ticket) -> dict[str, str]:
    """A rating with something to make up for, an invitation, and a way to all inquiries."""
    now = timezone.now()
    rating = Rating.objects.create(
        ticket=ticket, kind="csat", value=0, asked_at=now, answered_at=now, recovery_due_at=now
    )
    person = Participant.objects.create(
        ticket=ticket, address="kenji@example.com", kind="invited", added_at=now
    )
    return {
        "portal:rating": rating_token(rating),
        "portal:join": invitation_token(person),
        "portal:sign_in": make_link(ticket.reply_address, now=now).token,
        "account_invitation": make_invitation(
            Invited(email=f"new{ticket.pk}@example.com", name="New", language="en"),
            by=Agent.objects.get(role="administrator"),
            now=now,
        )[1],
    }


def _a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("error.txt", b"paper jam", content_type="text/plain")


def _url_names(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _url_names(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name}"


def _arguments(name: str, world: World, visitor: str) -> dict[str, object]:
    """What this visitor would fill in: customers their own token, all others a guess."""
    arguments = _all_arguments(world, visitor)
    if name in ABSENT and name.startswith(("desk:view_", "desk:bulk_")):
        return {"pk": 1}
    if name.startswith("portal:request"):
        return {"token": world.tokens.get(visitor, NO_TOKEN)}
    if name in OF_ONE_TEAM and name not in arguments:
        return {"number": str(world.ticket.number)}
    return arguments.get(name, {})


@cache
def _all_arguments(world: World, visitor: str) -> dict[str, dict[str, object]]:
    token = world.tokens.get(visitor, NO_TOKEN)
    number = {"number": str(world.ticket.number)}
    return {
        "portal:inquiry_received": {"token": world.received.get(visitor, NO_TOKEN)},
        "portal:framed_received": {"token": world.received.get(visitor, NO_TOKEN)},
        **{
            f"desk:settings_notice{what}": {"pk": _the_id_of(BrandNotice)}
            for what in ("", "_update", "_delete")
        },
        "portal:attachment": {"token": token, "public_id": world.attachment.public_id},
        "portal:inquiry": number,
        "portal:inquiry_attachment": {**number, "public_id": world.attachment.public_id},
        **{
            name: {"token": world.ways.get(visitor, {}).get(name, NO_TOKEN)}
            for name in (
                *("portal:rating", "portal:join", "portal:sign_in", "account_invitation"),
                "desk:first_run_begin",
            )
        },
        "desk:customer": {"pk": world.ticket.customer_id},
        "desk:customer_vip": {"pk": world.ticket.customer_id},
        **{
            name: {"pk": world.ticket.customer_id}
            for name in (
                *("desk:customer_edit", "desk:customer_update", "desk:address_create"),
                *("desk:customer_note_create", "desk:customer_merge"),
                *("desk:customer_merge_create", "desk:different_create"),
                *("desk:customer_organization", "desk:privacy", "desk:hand_out_create"),
                "desk:customer_erase",
            )
        },
        **{
            name: {**number, "pk": 1}
            for name in (
                *("desk:link_delete", "desk:step_update", "desk:split", "desk:split_create"),
                *("desk:original", "desk:original_document", "desk:raw_mail", "desk:mail_accept"),
                *("desk:participant_decide", "desk:address_forgive"),
                *("desk:third_party_original", "desk:third_party_document"),
                "desk:third_party_raw",
            )
        },
        **{name: {"step": "company"} for name in ("desk:first_run", "desk:first_run_update")},
        "webhook": {"hook": "postmark/inbound/"},
        "portal:collection": {"slug": "printers"},
        "portal:article": {"slug": "power"},
        "portal:article_feedback": {"slug": "power"},
        **{
            f"desk:article{what}": {"pk": _the_id_of(Article)} for what in ("", "_order", "_delete")
        },
        **{
            f"desk:article_{what}": {"pk": _the_id_of(Article), "language": "ja"}
            for what in ("edit", "update", "place", "withdrawal", "restoration")
        },
        **{
            f"desk:collection{what}": {"pk": _the_id_of(Collection)}
            for what in ("", "_update", "_delete", "_order")
        },
        **{
            f"desk:ticket_article_{what}": {**number, "pk": _the_id_of(Article)}
            for what in ("delete", "insert")
        },
        **{
            f"desk:settings_letter{what}": {"name": "reply", "language": "ja"}
            for what in ("", "_update", "_preview", "_test", "_restore")
        },
        **{
            f"desk:settings_mailbox{what}": {"pk": _the_id_of(Mailbox)}
            for what in ("", "_update", "_check", "_fetch", "_sign_in", "_dns", "_dns_check")
        },
        "desk:settings_blocked_delete": {"pk": _the_id_of(BlockedSender)},
        **{
            f"desk:settings_webhook{what}": {"pk": _the_id_of(Webhook)}
            for what in ("", "_update", "_delete", "_secret", "_test", "_log")
        },
        **{
            f"desk:settings_delivery{what}": {
                "pk": _the_id_of(Webhook),
                "delivery": Delivery.objects.earliest("pk").pk,
            }
            for what in ("", "_resend")
        },
        **{f"desk:settings_channel{what}": {"pk": _the_id_of(Channel)} for what in ("", "_update")},
        **{
            f"desk:settings_person{what}": {"pk": world.people["agent"].pk}
            for what in (
                *("", "_update", "_leave", "_leave_create", "_return"),
                *("_factors", "_factors_delete"),
            )
        },
        **{
            f"desk:settings_invitation_{what}": {"pk": _the_id_of(Invitation)}
            for what in ("send", "delete")
        },
        **{
            f"desk:settings_permission_set{what}": {"pk": _the_id_of(PermissionSet)}
            for what in ("", "_update", "_delete")
        },
        **{
            f"desk:settings_team_{what}": {"pk": world.ticket.team_id}
            for what in ("members", "members_update", "delete")
        },
        "desk:settings_on_call": {"pk": world.ticket.team_id},
        "desk:settings_on_call_create": {"pk": world.ticket.team_id},
        "desk:settings_on_call_delete": {"pk": world.ticket.team_id, "line": 1},
        "desk:settings_oauth_app": {"key": "microsoft"},
        "desk:settings_oauth_app_update": {"key": "google"},
        **{
            f"desk:settings_{one}{what}": {"pk": _the_id_of(model)}
            for one, model in (("topic", Topic), ("field", Field), ("rule", Rule))
            for what in ("", "_update", "_delete", "_order")
        },
        **{
            f"desk:settings_tag{what}": {"pk": _the_id_of(Tag)}
            for what in ("", "_update", "_delete")
        },
        **{
            f"desk:settings_rule_{what}": {"pk": _the_id_of(Rule)}
            for what in ("switch", "run", "undo", "log")
        },
        **{
            f"desk:settings_recurrence{what}": {"pk": _the_id_of(Recurrence)}
            for what in ("", "_update", "_delete")
        },
        **{f"reports:export{what}": {"pk": 1} for what in ("", "_cancel", "_download")},
        **{
            f"desk:settings_{what}": {"pk": 1}
            for what in ("import_job", "import_update", "import_faults", "export_download")
        },
        **{f"reports:saved_{what}": {"pk": 1} for what in ("edit", "update", "delete", "run")},
        "desk:mail_raw": {"pk": 1},
        "desk:mail_decide": {"pk": 1},
        "desk:address_delete": {"pk": world.ticket.customer_id, "point": 1},
        "desk:hand_out_download": {"pk": world.ticket.customer_id, "hand_out": 1},
        "desk:customer_separation_create": {"pk": world.ticket.customer_id, "merge": 1},
        "desk:settings_team": {"pk": world.ticket.team_id},
        "desk:settings_team_update": {"pk": world.ticket.team_id},
        "desk:attachment": {"public_id": world.attachment.public_id},
        "dev_mail_letter": {"pk": _a_letter()},
        "account_confirm_email": {"key": "abc"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "abc-def"},
        "desk:settings_policy": {"pk": _the_id_of(Policy)},
        "desk:settings_policy_update": {"pk": _the_id_of(Policy)},
        "desk:settings_calendar": {"pk": _the_id_of(BusinessCalendar)},
        "desk:settings_calendar_update": {"pk": _the_id_of(BusinessCalendar)},
        **{
            f"desk:organization{what}": {"pk": _the_id_of(Organization)}
            for what in ("", "_update", "_delete")
        },
        "desk:separation_create": {**number, "pk": 1},
        "desk:reply_undo": {**number, "pk": 1},
        "desk:macro_use": {**number, "pk": 1},
        **{
            name: {"pk": 1}
            for name in (
                *("desk:macro", "desk:macro_update", "desk:macro_delete", "desk:macro_order"),
            )
        },
        "desk:reply_call_off": {**number, "pk": 1},
        "mfa_edit_webauthn": {"pk": 1},
        "mfa_remove_webauthn": {"pk": 1},
        "desk:session_end": {"pk": 1},
        "desk:api_token_revoke": {"pk": 1},
        "desk:settings_api_token_revoke": {"pk": 1},
        **{f"api:{name}": number for name in OF_ONE_TICKET},
        **{f"api:{name}": {"pk": world.ticket.customer_id} for name in OF_ONE_CUSTOMER},
        **{
            f"api:{name}": {"pk": world.ticket.customer_id, "point": 10**9}
            for name in OF_ONE_CUSTOMER_ABSENT
        },
        **{
            f"api:{name}": {**number, "message" if name in OF_MESSAGES else "pk": 10**9}
            for name in OF_ONE_TICKET_ABSENT
        },
        **{f"api:{name}": {"pk": 10**9} for name in OF_SETTINGS_ABSENT},
        **{
            f"api:{name}": {"pk": 10**9, "point": 10**9}
            for name in ("rule_undo", "on_call_line", "delivery", "resending")
        },
        **{
            f"api:{name}": {"pk": 10**9}
            for name in (*("organization", "channel_messages", "macro_detail", "view", "webhook"),)
        },
        "api:report": {"page": "promises"},
        "api:article": {"pk": _the_id_of(Article)},
        "api:draft": {"pk": _the_id_of(Article), "language": "ja"},
        "api:publication": {"pk": _the_id_of(Article), "language": "ja"},
        "api:attachment": {"public_id": world.attachment.public_id},
    }


def _the_id_of(model: type[models.Model]) -> object:
    return model._default_manager.values_list("pk", flat=True)[0]


def _a_letter() -> int:
    from mail.models import OutboundEmail  # noqa: PLC0415 - only this rule's URL needs it

    return OutboundEmail.objects.order_by("pk").values_list("pk", flat=True)[0]


def _expected(name: str, visitor: str, method: str) -> set[object]:
    """The outcomes the rule allows: status codes, or "allowed" for below 400 and 422."""
    rule = RULES[name]
    if rule.who is Who.NOBODY:
        return {404}
    if method not in rule.methods:
        return {405}
    # Nobody here holds the secret of a provider.
    if rule.who is Who.PROVIDER:
        return {404}
    if rule.who is Who.TOKEN:
        return {"allowed"} if _holds_the_token(name, visitor) else {404}
    if rule.who in {Who.ANYONE, Who.OPERATOR}:
        return {"allowed"}
    # Nobody's browser holds a token: see the table of programs below.
    if rule.who is Who.PROGRAM:
        return {401}
    if visitor not in STAFF:
        return {"login"} if method == "GET" else {401}
    return _expected_of_staff(name, visitor)


def _expected_of_staff(name: str, visitor: str) -> set[object]:
    if not _is_let_in(RULES[name].who, visitor):
        return {403}
    if name in OF_ONE_TEAM and visitor in {"other_agent", "clerk"}:
        return {404}
    if name in OF_LEADS and visitor not in OF_LEADS[name]:
        return {404}
    return {"allowed", 404} if name in ABSENT else {"allowed"}


def _visitors(name: str) -> list[str]:
    """Where no permission is asked for, the clerk is an agent of another team, whom we have; and where
    no link is, customers send what anybody would."""
    who = RULES[name].who
    is_like_an_agent = isinstance(who, Who) and name not in OF_LEADS and who is not Who.PROGRAM
    alike = {"clerk"} if is_like_an_agent else set()
    alike |= set() if who is Who.TOKEN else {"customer_a", "customer_b"}
    return [each for each in VISITORS if each not in alike]


def _is_let_in(group: object, visitor: str) -> bool:
    """By a permission, or by one of several."""
    if group is Who.AGENT:
        return True
    needed = group if isinstance(group, frozenset) else {group}
    return not MAY[visitor].isdisjoint(needed)


def _holds_the_token(name: str, visitor: str) -> bool:
    """B's link opens B's page, but never A's file; a desk with an administrator is set up."""
    if name == "desk:first_run_begin":
        return False
    return visitor == "customer_a" or (visitor == "customer_b" and name != "portal:attachment")


def _outcome(response: HttpResponseBase) -> object:
    status = response.status_code
    if status == 302 and response.headers["Location"].startswith(reverse("account_login") + "?"):
        return "login"
    return "allowed" if status < 400 or status == 422 else status


def _ask(world: World, visitor: str, method: str, address: str) -> HttpResponseBase:
    """One request whose effects are undone, rate limits included."""
    django_cache.clear()
    with transaction.atomic():
        response = world.browser(visitor).generic(method, address)
        transaction.set_rollback(True)
    _close_file(response)
    return response


def _close_file(response: HttpResponseBase) -> None:
    """As a server does after the last byte; the test client does it only for other answers."""
    if isinstance(response, FileResponse):
        for close in response._resource_closers:
            close()


# The table ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demo_urls")
def test_every_url_has_a_rule_and_every_rule_a_url():
    names = list(_url_names(get_resolver().url_patterns))

    assert sorted(set(names) - set(RULES)) == [], "URLs without a rule"
    assert sorted(set(RULES) - set(names)) == [], "rules without a URL"
    assert len(names) == len(set(names)), "two URLs share a name"


@pytest.mark.django_db
def test_the_demo_mailbox_exists_only_in_the_demo(client: Client):
    assert set(_url_names(get_resolver().url_patterns)) == set(RULES) - DEMO_URLS
    assert client.get("/dev/mail/").status_code == 404


DOORS = sorted({name.split(":")[0].split("_")[0] for name in RULES})


@pytest.fixture
def _blank_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is let in does not depend on what they read, and reading it takes most of the time; that every
    page can be read is for the tour of tests/browser/test_accessibility.py to see."""
    monkeypatch.setattr(Template, "render", lambda *_args, **_context: "")


@pytest.mark.usefixtures("_blank_pages")
@pytest.mark.parametrize("door", DOORS)
def test_each_url_answers_each_visitor_and_method_as_its_rule_says(door: str, world: World):
    deviations = []

    for name in (each for each in RULES if each.startswith(door)):
        for visitor in _visitors(name):
            address = reverse(name, kwargs=_arguments(name, world, visitor))
            # A method no rule names is refused before it matters who asks.
            asked = METHODS if visitor == "anonymous" else RULES[name].methods
            for method in asked:
                outcome = _outcome(_ask(world, visitor, method, address))
                if outcome not in (expected := _expected(name, visitor, method)):
                    deviations.append(f"{method} {name} as {visitor}: {outcome}, not {expected}")

    assert deviations == []


def test_each_call_of_the_api_answers_each_program_as_its_rule_says(world: World):
    """A program without the scope is refused, another team's finds nothing, and whoever may is let
    in as far as their request is right."""
    deviations = []
    names = [name for name in RULES if RULES[name].who is Who.PROGRAM]
    hidden = {f"api:{name}" for name in (*OF_ONE_TICKET, *OF_ONE_CUSTOMER)} | {"api:attachment"}

    none = Program(world.people["agent"], "reports:read")
    for visitor in ("agent", "other_agent", "manager", "administrator"):
        every = Program(world.people[visitor])
        for name in names:
            address = reverse(name, kwargs=_arguments(name, world, visitor))
            for method in RULES[name].methods - {"OPTIONS"}:
                if visitor == "agent":
                    refused = _ask_as(none, method, address)
                    if (refused == 403) is not bool(RULES[name].scope(method)):
                        deviations.append(f"{method} {name} without scope: {refused}")
                outcome = _ask_as(every, method, address)
                expected = _expected_of_program(world.people[visitor], name, method)
                if name in hidden and visitor == "other_agent":
                    # A body that is not right is refused before anything is looked for.
                    expected = {404, 422}
                if outcome not in expected:
                    deviations.append(f"{method} {name} as {visitor}: {outcome}, not {expected}")

    assert deviations == []


def _may_use(agent: Agent, name: str) -> bool:
    """Whether they have the permissions that a call of the API needs."""
    is_everything = agent.permissions.issuperset(Permission)
    return may(agent, RULES[name].needs) and (is_everything or name != "api:settings")


def _expected_of_program(agent: Agent, name: str, method: str) -> set[int]:
    if not _may_use(agent, name):
        return {403}
    absent = (*OF_ONE_TICKET_ABSENT, *OF_SETTINGS_ABSENT, *OF_ONE_CUSTOMER_ABSENT)
    if name.removeprefix("api:") in {*absent, "organization", "macro_detail", "view", "webhook"}:
        # A body that is not right is refused before anything is looked for.
        return {404, 422} if method in {"PATCH", "POST"} else {404}
    if method in {"GET", "HEAD"}:
        return {200, 403} if name == "api:synonyms" else {200}
    if name in WITHOUT_BODY:
        return {WITHOUT_BODY[name]}
    if name in OF_KEEPERS:
        return OF_KEEPERS[name]
    return {200} if method == "PATCH" else {403, 422}


def _ask_as(program: Program, method: str, address: str) -> int:
    django_cache.clear()
    with transaction.atomic():
        response = program.send(method, address)
        transaction.set_rollback(True)
    _close_file(response)
    return response.status_code


def test_an_undeclared_url_is_closed_to_everybody(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(RULES, "portal:home")

    statuses = {_ask(world, visitor, "GET", "/").status_code for visitor in VISITORS}

    assert statuses == {403}


# Objects --------------------------------------------------------------------------------------


def _counts() -> tuple[int, ...]:
    return tuple(
        model.objects.count() for model in (Ticket, Message, Note, Attachment, Notification)
    )


def test_another_teams_agent_changes_nothing_on_a_ticket_they_cannot_see(world: World):
    before, revision = _counts(), world.ticket.revision
    mallory = world.browser("other_agent")
    number = world.ticket.number
    forms = {
        "reply_create": {"body": "Hello", "outcome": "solve"},
        "note_create": {"body": "mine now"},
        "upload_create": {"submission_key": str(uuid4()), "attachments": _a_file()},
        "preview": {"body": "x"},
        "presence_create": {"state": "writing"},
        "call_create": {"body": "Nobody there", "outcome": "missed"},
        "assignment_create": {"assignee": world.people["other_agent"].pk},
        "hand_over_create": {"to": "1", "problem": "x", "next_step": "x"},
        "brief_accept": {},
        "following_update": {"follow": "yes"},
        "solution_create": {},
        "reopening_create": {},
        "draft_save": {"kind": "note", "body": "mine", "submission_key": str(uuid4())},
        "status_create": {"status": "spam"},
        "priority_create": {"priority": "urgent"},
        "tags_create": {"add": "VIP"},
        "details_update": {"topic": ""},
        "merge_create": {"number": str(number)},
    }

    statuses = {
        name: mallory.post(reverse(f"desk:{name}", args=[number]), body).status_code
        for name, body in forms.items()
    }

    assert set(statuses.values()) == {404}
    assert _counts() == before
    world.ticket.refresh_from_db()
    assert (world.ticket.revision, world.ticket.assignee) == (revision, None)


def test_another_teams_ticket_is_in_no_list_of_an_agent(world: World):
    mallory = world.browser("other_agent")
    words = ["プリンター", "hana", str(world.ticket.number)]

    pages = [
        mallory.get(reverse("desk:queue")),
        mallory.get(reverse("desk:queue"), headers={"HX-Request": "true"}),
        *(mallory.get(reverse("desk:search"), {"q": word}) for word in words),
    ]

    for page in pages:
        assert page.status_code == 200
        assert "動きません" not in page.text
        assert f"/desk/tickets/{world.ticket.number}/" not in page.text
    assert mallory.get(reverse("desk:next_ticket")).headers["Location"] == reverse("desk:queue")


@pytest.mark.parametrize("who", ["other_agent", "nobody", "retired"])
def test_a_ticket_cannot_be_given_to_somebody_outside_its_team(world: World, who: str):
    retired = AgentFactory(is_active=False)
    add_member(world.ticket.team, retired)
    strangers = {"other_agent": world.people["other_agent"].pk, "nobody": 10**9}
    assignee = {**strangers, "retired": retired.pk}[who]
    address = reverse("desk:assignment_create", args=[world.ticket.number])

    response = world.browser("agent").post(address, {"assignee": assignee})

    assert response.status_code == 422
    world.ticket.refresh_from_db()
    assert world.ticket.assignee is None


def test_more_fields_than_the_form_has_change_nothing(world: World):
    """Mass assignment: what a form does not declare is not read."""
    address = reverse("portal:request_reply", args=[world.tokens["customer_a"]])
    extra = {
        "status": "resolved",
        "customer": 10**6,
        "team": 10**6,
        "agent": 1,
        "priority": "urgent",
    }
    before = Ticket.objects.filter(pk=world.ticket.pk).values("customer", "team", "priority").get()

    response = world.browser("customer_a").post(address, {"body": "まだです", **extra})

    assert response.status_code == 302
    assert (
        Ticket.objects.filter(pk=world.ticket.pk).values("customer", "team", "priority").get()
        == before
    )
    message = Message.objects.filter(ticket=world.ticket).latest("pk")
    assert (message.body, message.direction, message.agent) == ("まだです", "inbound", None)


def test_a_number_in_full_width_digits_is_not_another_spelling_of_it(world: World):
    wide = str(world.ticket.number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    status = world.browser("agent").get(f"/desk/tickets/{wide}/").status_code

    assert status == 404


def test_an_upload_that_is_not_on_this_form_cannot_be_removed_by_it(world: World):
    key = uuid4()
    [waiting] = keep_uploads([_a_file()], submission_key=key, now=timezone.now())
    browser = world.browser("customer_b")

    browser.post(reverse("portal:inquiry_new"), {"remove": str(waiting.public_id)})
    browser.post(reverse("portal:inquiry_new"), {"remove": str(world.attachment.public_id)})

    assert Attachment.objects.filter(pk__in=[waiting.pk, world.attachment.pk]).count() == 2


# Sessions -------------------------------------------------------------------------------------


def test_a_person_who_left_is_out_at_once(world: World):
    browser = world.browser("agent")
    Agent.objects.filter(pk=world.people["agent"].pk).update(is_active=False)

    response = browser.get(reverse("desk:queue"))

    assert _outcome(response) == "login"


def test_a_person_who_left_the_team_sees_its_tickets_no_more(world: World):
    world.people["agent"].memberships.all().delete()

    response = world.browser("agent").get(f"/desk/tickets/{world.ticket.number}/")

    assert response.status_code == 404


def test_what_somebody_signed_out_had_written_is_given_back(world: World):
    address = reverse("desk:note_create", args=[world.ticket.number])

    response = world.browser("anonymous").post(address, {"body": "a long thought"})

    assert response.status_code == 401
    assert "a long thought" in response.text
    assert not Note.objects.exists()


def test_reading_changes_nothing(world: World):
    """No GET of any URL changes a ticket: links are followed by mail programs and crawlers."""
    solve(world.ticket, agent=None)
    state: Callable[[], object] = partial(
        lambda: (_counts(), list(Ticket.objects.order_by("pk").values("status", "revision")))
    )
    before = state()
    notify_agents([], now=timezone.now())

    for name, rule in RULES.items():
        for visitor in _visitors(name):
            if "GET" in rule.methods and rule.who is not Who.NOBODY:
                address = reverse(name, kwargs=_arguments(name, world, visitor))
                _close_file(world.browser(visitor).get(address))

    assert state() == before


def test_notifications_of_others_are_neither_shown_nor_marked(world: World):
    notify_agents(
        [
            Notice(
                agent_id=world.people["agent"].pk,
                kind=Notification.Kind.ASSIGNED,
                label="#1 secret subject",
                path="/desk/tickets/1/",
                dedupe_key="one",
            )
        ],
        now=timezone.now(),
    )
    other = world.browser("other_agent")

    shown = other.get(reverse("desk:notification_list"))
    other.post(reverse("desk:notifications_read"))

    assert "secret subject" not in shown.text
    assert Notification.objects.get().read_at is None
