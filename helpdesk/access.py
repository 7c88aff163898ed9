"""Who may use which URL: the one table, and the one lock that reads it.

A URL that is not in RULES answers 403 to everybody, and tests/test_authorization.py fails on it.
Which *objects* a visitor may reach is decided in each door's access.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone, translation

from accounts.models import Agent, Role
from helpdesk.errors import not_allowed, session_expired


class Who(Enum):
    """Groups of visitors, each including the ones that may do more."""

    ANYONE = "anyone"
    TOKEN = "secret link"  # noqa: S105 - the bearer of a customer's link; the view checks the token
    OPERATOR = "operator"  # loopback or METRICS_TOKEN; the view checks it
    PROVIDER = "mail provider"  # holds WEBHOOK_SECRET; the view checks it
    AGENT = "agent"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    NOBODY = "nobody"  # a library's page that we have switched off


@dataclass(frozen=True)
class Rule:
    who: Who
    methods: frozenset[str]


def _rule(who: Who, methods: str = "GET") -> Rule:
    names = set(methods.split())
    return Rule(who, frozenset(names | {"HEAD", "OPTIONS"} if "GET" in names else names))


RULES: dict[str, Rule] = {
    # operations
    "healthz": _rule(Who.ANYONE),
    "readyz": _rule(Who.ANYONE),
    "metrics": _rule(Who.OPERATOR),
    "set_language": _rule(Who.ANYONE, "POST"),
    # HEAD is how some providers try whether anybody is there.
    "webhook": _rule(Who.PROVIDER, "HEAD POST"),
    "dev_mail": _rule(Who.ANYONE),
    "dev_mail_letter": _rule(Who.ANYONE),
    # customers
    "portal:home": _rule(Who.ANYONE),
    "portal:inquiry_new": _rule(Who.ANYONE, "GET POST"),
    "portal:questions": _rule(Who.ANYONE),
    "portal:embed_script": _rule(Who.ANYONE),
    "portal:framed_form": _rule(Who.ANYONE, "GET POST"),
    "portal:framed_received": _rule(Who.TOKEN),
    "portal:brand_css": _rule(Who.ANYONE),
    "portal:brand_logo": _rule(Who.ANYONE),
    "portal:inquiry_received": _rule(Who.TOKEN),
    "portal:request": _rule(Who.TOKEN),
    "portal:request_reply": _rule(Who.TOKEN, "POST"),
    "portal:request_solution": _rule(Who.TOKEN, "POST"),
    "portal:request_reopening": _rule(Who.TOKEN, "POST"),
    "portal:request_done": _rule(Who.TOKEN, "POST"),
    "portal:request_language": _rule(Who.TOKEN, "POST"),
    "portal:request_calendar": _rule(Who.TOKEN),
    "portal:request_person": _rule(Who.TOKEN, "POST"),
    "portal:request_person_removal": _rule(Who.TOKEN, "POST"),
    "portal:join": _rule(Who.TOKEN, "GET POST"),
    # Who is signed in sees a list and its inquiries; everybody else the question for the address.
    "portal:inquiry_list": _rule(Who.ANYONE, "GET POST"),
    "portal:sign_in_sent": _rule(Who.ANYONE),
    "portal:sign_in": _rule(Who.TOKEN, "GET POST"),
    "portal:sign_out": _rule(Who.ANYONE, "POST"),
    "portal:inquiry": _rule(Who.ANYONE),
    "portal:inquiry_attachment": _rule(Who.ANYONE),
    "portal:rating": _rule(Who.TOKEN, "GET POST"),
    "portal:attachment": _rule(Who.TOKEN),
    # the help centre
    "portal:help": _rule(Who.ANYONE),
    "portal:suggestions": _rule(Who.ANYONE),
    "portal:article": _rule(Who.ANYONE),
    "portal:article_feedback": _rule(Who.ANYONE, "POST"),
    "portal:collection": _rule(Who.ANYONE),
    # agents
    "desk:queue": _rule(Who.AGENT),
    "desk:next_ticket": _rule(Who.AGENT),
    "desk:palette": _rule(Who.AGENT),
    "desk:bulk_new": _rule(Who.AGENT),
    "desk:bulk_create": _rule(Who.AGENT, "POST"),
    "desk:bulk_macros": _rule(Who.AGENT),
    "desk:bulk_letter_confirm": _rule(Who.AGENT, "POST"),
    "desk:bulk_letter_create": _rule(Who.AGENT, "POST"),
    "desk:bulk_change": _rule(Who.AGENT),
    "desk:bulk_undo": _rule(Who.AGENT, "POST"),
    "desk:view_list": _rule(Who.AGENT),
    # Whose view may be changed by whom: desk.access.kept_view.
    "desk:view_create": _rule(Who.AGENT, "POST"),
    "desk:view_update": _rule(Who.AGENT, "POST"),
    "desk:view_delete": _rule(Who.AGENT, "POST"),
    "desk:view_order": _rule(Who.AGENT, "POST"),
    "desk:view_default": _rule(Who.AGENT, "POST"),
    # Who may do what to an article: desk.access.article and kept_article.
    "desk:article_list": _rule(Who.AGENT),
    "desk:article_new": _rule(Who.AGENT),
    "desk:article_create": _rule(Who.AGENT, "POST"),
    "desk:article_preview": _rule(Who.AGENT, "POST"),
    "desk:article_report": _rule(Who.AGENT),
    "desk:article": _rule(Who.AGENT),
    "desk:article_edit": _rule(Who.AGENT),
    "desk:article_update": _rule(Who.AGENT, "POST"),
    "desk:article_restoration": _rule(Who.AGENT, "POST"),
    "desk:article_withdrawal": _rule(Who.AGENT, "POST"),
    "desk:article_place": _rule(Who.AGENT, "POST"),
    "desk:article_order": _rule(Who.AGENT, "POST"),
    "desk:article_delete": _rule(Who.AGENT, "POST"),
    "desk:synonyms": _rule(Who.AGENT),
    "desk:synonyms_update": _rule(Who.AGENT, "POST"),
    "desk:collection_list": _rule(Who.AGENT),
    "desk:collection_new": _rule(Who.AGENT),
    "desk:collection_create": _rule(Who.AGENT, "POST"),
    "desk:collection": _rule(Who.AGENT),
    "desk:collection_update": _rule(Who.AGENT, "POST"),
    "desk:collection_delete": _rule(Who.AGENT, "POST"),
    "desk:collection_order": _rule(Who.AGENT, "POST"),
    "desk:ticket_articles": _rule(Who.AGENT),
    "desk:ticket_article_create": _rule(Who.AGENT, "POST"),
    "desk:ticket_article_delete": _rule(Who.AGENT, "POST"),
    "desk:ticket_article_insert": _rule(Who.AGENT, "POST"),
    "desk:macro_choose": _rule(Who.AGENT),
    "desk:macro_use": _rule(Who.AGENT, "POST"),
    # Whose macro may be changed by whom: desk.access.kept_macro.
    "desk:macro_list": _rule(Who.AGENT),
    "desk:macro_new": _rule(Who.AGENT),
    "desk:macro_create": _rule(Who.AGENT, "POST"),
    "desk:macro_preview": _rule(Who.AGENT, "POST"),
    "desk:macro": _rule(Who.AGENT),
    "desk:macro_update": _rule(Who.AGENT, "POST"),
    "desk:macro_delete": _rule(Who.AGENT, "POST"),
    "desk:macro_order": _rule(Who.AGENT, "POST"),
    "desk:ticket": _rule(Who.AGENT),
    "desk:ticket_new": _rule(Who.AGENT),
    "desk:ticket_create": _rule(Who.AGENT, "POST"),
    "desk:customer_find": _rule(Who.AGENT),
    "desk:call_create": _rule(Who.AGENT, "POST"),
    "desk:search": _rule(Who.AGENT),
    "desk:customer": _rule(Who.AGENT),
    "desk:link_create": _rule(Who.AGENT, "POST"),
    "desk:link_delete": _rule(Who.AGENT, "POST"),
    "desk:step_create": _rule(Who.AGENT, "POST"),
    "desk:step_update": _rule(Who.AGENT, "POST"),
    "desk:split": _rule(Who.AGENT),
    "desk:split_create": _rule(Who.AGENT, "POST"),
    "desk:customer_edit": _rule(Who.AGENT),
    "desk:customer_update": _rule(Who.AGENT, "POST"),
    "desk:address_create": _rule(Who.AGENT, "POST"),
    "desk:address_delete": _rule(Who.AGENT, "POST"),
    "desk:customer_note_create": _rule(Who.AGENT, "POST"),
    "desk:customer_merge": _rule(Who.AGENT),
    "desk:customer_merge_create": _rule(Who.AGENT, "POST"),
    "desk:customer_separation_create": _rule(Who.AGENT, "POST"),
    "desk:different_create": _rule(Who.AGENT, "POST"),
    "desk:reply_create": _rule(Who.AGENT, "POST"),
    "desk:reply_undo": _rule(Who.AGENT, "POST"),
    "desk:reply_call_off": _rule(Who.AGENT, "POST"),
    "desk:upload_create": _rule(Who.AGENT, "POST"),
    "desk:upload_delete": _rule(Who.AGENT, "POST"),
    "desk:preview": _rule(Who.AGENT, "POST"),
    "desk:presence_create": _rule(Who.AGENT, "POST"),
    "desk:presence_list": _rule(Who.AGENT),
    "desk:note_create": _rule(Who.AGENT, "POST"),
    "desk:draft_save": _rule(Who.AGENT, "POST"),
    "desk:assignment_create": _rule(Who.AGENT, "POST"),
    "desk:following_update": _rule(Who.AGENT, "POST"),
    "desk:hand_over": _rule(Who.AGENT),
    "desk:hand_over_create": _rule(Who.AGENT, "POST"),
    "desk:brief_accept": _rule(Who.AGENT, "POST"),
    "desk:forward": _rule(Who.AGENT),
    "desk:forward_create": _rule(Who.AGENT, "POST"),
    "desk:third_party_original": _rule(Who.AGENT),
    "desk:third_party_document": _rule(Who.AGENT),
    "desk:third_party_raw": _rule(Who.AGENT),
    "desk:solution_create": _rule(Who.AGENT, "POST"),
    "desk:reopening_create": _rule(Who.AGENT, "POST"),
    "desk:status_create": _rule(Who.AGENT, "POST"),
    "desk:priority_create": _rule(Who.AGENT, "POST"),
    "desk:tags_create": _rule(Who.AGENT, "POST"),
    "desk:details_update": _rule(Who.AGENT, "POST"),
    "desk:merge": _rule(Who.AGENT),
    "desk:merge_create": _rule(Who.AGENT, "POST"),
    "desk:separation_create": _rule(Who.AGENT, "POST"),
    "desk:attachment": _rule(Who.AGENT),
    "desk:notification_list": _rule(Who.AGENT),
    "desk:notifications_read": _rule(Who.AGENT, "POST"),
    "desk:notification_settings": _rule(Who.AGENT),
    "desk:notification_settings_update": _rule(Who.AGENT, "POST"),
    "desk:preferences": _rule(Who.AGENT, "POST"),
    "desk:styleguide": _rule(Who.AGENT),
    "desk:ticket_times": _rule(Who.AGENT),
    "desk:signature": _rule(Who.AGENT),
    "desk:signature_update": _rule(Who.AGENT, "POST"),
    "desk:signature_preview": _rule(Who.AGENT, "POST"),
    "desk:availability": _rule(Who.AGENT),
    "desk:availability_update": _rule(Who.AGENT, "POST"),
    "desk:customer_vip": _rule(Who.AGENT, "POST"),
    "desk:customer_organization": _rule(Who.AGENT, "POST"),
    # Managers and the team's leads; see desk.access.team.
    "desk:settings_team": _rule(Who.AGENT),
    "desk:settings_team_update": _rule(Who.AGENT, "POST"),
    "desk:original": _rule(Who.AGENT),
    "desk:original_document": _rule(Who.AGENT),
    "desk:raw_mail": _rule(Who.AGENT),
    "desk:mail_accept": _rule(Who.AGENT, "POST"),
    "desk:participant_create": _rule(Who.AGENT, "POST"),
    "desk:participant_decide": _rule(Who.AGENT, "POST"),
    "desk:address_forgive": _rule(Who.AGENT, "POST"),
    # Administrators and leads; see desk.access.mails_to_look_at.
    "desk:mail_tray": _rule(Who.AGENT),
    "desk:mail_raw": _rule(Who.AGENT),
    "desk:mail_decide": _rule(Who.AGENT, "POST"),
    # Managers and leads; see desk.access.ratings and may_recover.
    "desk:rating_list": _rule(Who.AGENT),
    "desk:recovery_create": _rule(Who.AGENT, "POST"),
    # settings: managers read, administrators change
    "desk:settings_topics": _rule(Who.ADMINISTRATOR),
    "desk:settings_topic": _rule(Who.ADMINISTRATOR),
    "desk:settings_topic_new": _rule(Who.ADMINISTRATOR),
    "desk:settings_topic_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_topic_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_topic_delete": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_topic_order": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_fields": _rule(Who.ADMINISTRATOR),
    "desk:settings_field": _rule(Who.ADMINISTRATOR),
    "desk:settings_field_new": _rule(Who.ADMINISTRATOR),
    "desk:settings_field_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_field_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_field_delete": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_field_order": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:form_link": _rule(Who.AGENT),
    "desk:form_link_create": _rule(Who.AGENT, "POST"),
    "desk:settings_branding": _rule(Who.ADMINISTRATOR),
    "desk:settings_branding_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_branding_preview": _rule(Who.ADMINISTRATOR),
    "desk:settings_embedding": _rule(Who.ADMINISTRATOR),
    "desk:settings_embedding_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_notices": _rule(Who.ADMINISTRATOR),
    "desk:settings_notice_new": _rule(Who.ADMINISTRATOR),
    "desk:settings_notice_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_notice": _rule(Who.ADMINISTRATOR),
    "desk:settings_notice_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_notice_delete": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_letters": _rule(Who.ADMINISTRATOR),
    "desk:settings_letter": _rule(Who.ADMINISTRATOR),
    "desk:settings_letter_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_letter_preview": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_letter_test": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_letter_restore": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_ratings": _rule(Who.ADMINISTRATOR),
    "desk:settings_ratings_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_effort": _rule(Who.ADMINISTRATOR),
    "desk:settings_effort_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_effort_example": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_blocked": _rule(Who.ADMINISTRATOR),
    "desk:settings_blocked_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_blocked_delete": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_mailboxes": _rule(Who.ADMINISTRATOR),
    "desk:settings_mailbox": _rule(Who.ADMINISTRATOR),
    "desk:settings_mailbox_new": _rule(Who.ADMINISTRATOR),
    "desk:settings_mailbox_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_mailbox_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_mailbox_check": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_mailbox_fetch": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_mailbox_sign_in": _rule(Who.ADMINISTRATOR),
    "desk:settings_mailbox_signed_in": _rule(Who.ADMINISTRATOR),
    "desk:settings_mailbox_dns": _rule(Who.ADMINISTRATOR),
    "desk:settings_mailbox_dns_check": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_oauth_app": _rule(Who.ADMINISTRATOR),
    "desk:settings_oauth_app_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings": _rule(Who.MANAGER),
    "desk:settings_policy": _rule(Who.MANAGER),
    "desk:settings_policy_new": _rule(Who.ADMINISTRATOR),
    "desk:settings_policy_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_policy_update": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_policy_order": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_calendar": _rule(Who.MANAGER),
    "desk:settings_calendar_new": _rule(Who.ADMINISTRATOR),
    "desk:settings_calendar_create": _rule(Who.ADMINISTRATOR, "POST"),
    "desk:settings_calendar_update": _rule(Who.ADMINISTRATOR, "POST"),
    # managers
    "reports:overview": _rule(Who.MANAGER),
    "reports:behind": _rule(Who.MANAGER),
    "reports:definitions": _rule(Who.MANAGER),
    "reports:wallboard": _rule(Who.MANAGER),
    # Whose export may be fetched by whom: reports.access.export.
    "reports:export_list": _rule(Who.MANAGER),
    "reports:export_create": _rule(Who.MANAGER, "POST"),
    "reports:export": _rule(Who.MANAGER),
    "reports:export_cancel": _rule(Who.MANAGER, "POST"),
    "reports:export_download": _rule(Who.MANAGER),
    "reports:promises": _rule(Who.MANAGER),
    "reports:times": _rule(Who.MANAGER),
    "reports:arrivals": _rule(Who.MANAGER),
    "reports:backlog": _rule(Who.MANAGER),
    "reports:quality": _rule(Who.MANAGER),
    "reports:customers": _rule(Who.MANAGER),
    "reports:people": _rule(Who.MANAGER),
    # Whose saved report may be read and changed by whom: reports.access.saved_report.
    "reports:saved": _rule(Who.MANAGER),
    "reports:saved_new": _rule(Who.MANAGER),
    "reports:saved_create": _rule(Who.MANAGER, "POST"),
    "reports:saved_edit": _rule(Who.MANAGER),
    "reports:saved_update": _rule(Who.MANAGER, "POST"),
    "reports:saved_delete": _rule(Who.MANAGER, "POST"),
    "reports:saved_run": _rule(Who.MANAGER, "POST"),
    # signing in (django-allauth); people are invited, so nobody signs up
    "account_login": _rule(Who.ANYONE, "GET POST"),
    "account_signup": _rule(Who.NOBODY),
    "account_email": _rule(Who.NOBODY),
    "account_confirm_email": _rule(Who.NOBODY),
    "account_email_verification_sent": _rule(Who.NOBODY),
    "account_confirm_login_code": _rule(Who.NOBODY),
    "account_logout": _rule(Who.ANYONE, "GET POST"),
    "account_inactive": _rule(Who.ANYONE),
    "account_reset_password": _rule(Who.ANYONE, "GET POST"),
    "account_reset_password_done": _rule(Who.ANYONE),
    "account_reset_password_from_key": _rule(Who.ANYONE, "GET POST"),
    "account_reset_password_from_key_done": _rule(Who.ANYONE),
    "account_reauthenticate": _rule(Who.AGENT, "GET POST"),
    "account_change_password": _rule(Who.AGENT, "GET POST"),
    "account_set_password": _rule(Who.AGENT, "GET POST"),
    "mfa_authenticate": _rule(Who.ANYONE, "GET POST"),
    "mfa_reauthenticate": _rule(Who.AGENT, "GET POST"),
    "mfa_reauthenticate_webauthn": _rule(Who.AGENT, "GET POST"),
    "mfa_index": _rule(Who.AGENT),
    "mfa_activate_totp": _rule(Who.AGENT, "GET POST"),
    "mfa_deactivate_totp": _rule(Who.AGENT, "GET POST"),
    "mfa_view_recovery_codes": _rule(Who.AGENT),
    "mfa_generate_recovery_codes": _rule(Who.AGENT, "GET POST"),
    "mfa_download_recovery_codes": _rule(Who.AGENT),
    "mfa_list_webauthn": _rule(Who.AGENT),
    "mfa_add_webauthn": _rule(Who.AGENT, "GET POST"),
    "mfa_edit_webauthn": _rule(Who.AGENT, "GET POST"),
    "mfa_remove_webauthn": _rule(Who.AGENT, "GET POST"),
}


class AccessMiddleware:
    """Apply RULES before any view runs, and speak the agent's language and zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, Agent):
            with timezone.override(request.user.time_zone):
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = request.user.language
                response = self.get_response(request)
                if "Cache-Control" not in response.headers:
                    response["Cache-Control"] = "private, no-store"
                return response
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        rule = RULES.get(match.view_name) if match else None
        if rule is None:
            raise PermissionDenied("no rule for this URL")
        if rule.who is Who.NOBODY:
            raise Http404
        if request.method not in rule.methods:
            return not_allowed(request, rule.methods)
        if rule.who in {Who.ANYONE, Who.TOKEN, Who.OPERATOR, Who.PROVIDER}:
            return None
        return _admit(request, rule.who)


def _admit(request: HttpRequest, who: Who) -> HttpResponse | None:
    if not isinstance(request.user, Agent):
        return _send_to_login(request)
    if not may(request.user, who):
        raise PermissionDenied("this role may not use this URL")
    return None


def may(agent: Agent, who: Who) -> bool:
    """Whether this agent belongs to the group."""
    if who is Who.ADMINISTRATOR:
        return agent.role == Role.ADMINISTRATOR
    if who is Who.MANAGER:
        return agent.sees_everything
    return True


def _send_to_login(request: HttpRequest) -> HttpResponse:
    login = resolve_url(settings.LOGIN_URL)
    if request.method != "GET":
        return session_expired(request)
    return HttpResponse(
        status=302, headers={"Location": f"{login}?{urlencode({'next': request.get_full_path()})}"}
    )
