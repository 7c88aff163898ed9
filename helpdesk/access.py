"""Who may use which URL: the one table, and the one lock that reads it.

A URL that is not in RULES answers 403 to everybody, and tests/test_authorization.py fails on it.
Which *objects* a visitor may reach is decided in each door's access.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.permissions import OF_SETTINGS, Permission
from api.problems import Problem
from helpdesk.errors import not_allowed, session_expired


class Who(Enum):
    """Groups of visitors. What not every agent may do is a Permission, or a set of them of which
    one is enough."""

    ANYONE = "anyone"
    TOKEN = "secret link"  # noqa: S105 - the bearer of a customer's link; the view checks the token
    OPERATOR = "operator"  # loopback or METRICS_TOKEN; the view checks it
    PROVIDER = "mail provider"  # holds WEBHOOK_SECRET; the view checks it
    AGENT = "agent"
    PROGRAM = "program with a token"  # see helpdesk.programs; it may do what the token's agent may
    NOBODY = "nobody"  # a library's page that we have switched off


Group = Who | Permission | frozenset[Permission]
# To know what was promised is part of both.
READS_POLICIES = frozenset({Permission.HOURS, Permission.REPORTS})


@dataclass(frozen=True)
class Rule:
    who: Group
    methods: frozenset[str]
    # Of programs: for what the token must be, to read and to change.
    reads: str = ""
    writes: str = ""
    # What the token's agent must be allowed to.
    needs: Group = Who.AGENT

    def scope(self, method: str) -> str:
        """For what a token must be; empty: any token will do."""
        return self.reads if method in {"GET", "HEAD", "OPTIONS"} else self.writes


def _rule(who: Group, methods: str = "GET") -> Rule:
    names = set(methods.split())
    return Rule(who, frozenset(names | {"HEAD", "OPTIONS"} if "GET" in names else names))


def _program(of: str, methods: str = "GET", *, needs: Group = Who.AGENT) -> Rule:
    """Of the API: the kind of thing, as scopes call it; empty: any token will do."""
    rule = _rule(Who.PROGRAM, methods)
    return replace(rule, reads=of and f"{of}:read", writes=of and f"{of}:write", needs=needs)


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
    "dev_demo": _rule(Who.AGENT, "GET POST"),
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
    # programs with a token; what exactly they may see: api.access
    "api:root": _program(""),
    "api:schema": _rule(Who.ANYONE),
    "api:docs": _rule(Who.ANYONE),
    "api:me": _program(""),
    "api:tickets": _program("tickets", "GET POST"),
    "api:ticket": _program("tickets", "GET PATCH"),
    "api:messages": _program("tickets", "GET POST"),
    "api:notes": _program("tickets", "GET POST"),
    "api:commitments": _program("tickets"),
    "api:events": _program("tickets"),
    "api:times": _program("tickets"),
    "api:message": _program("tickets", "DELETE"),
    "api:acceptance": _program("tickets", "POST"),
    "api:calls": _program("tickets", "POST"),
    "api:missed_calls": _program("tickets", "POST"),
    "api:scheduled": _program("tickets", "GET POST"),
    "api:scheduled_message": _program("tickets", "DELETE"),
    "api:third_party_letters": _program("tickets", "GET POST"),
    "api:customer_tasks": _program("tickets"),
    "api:merge": _program("tickets", "GET POST"),
    "api:ticket_merge": _program("tickets", "DELETE"),
    "api:participants": _program("tickets", "GET POST"),
    "api:participant": _program("tickets", "PATCH"),
    "api:links": _program("tickets", "GET POST"),
    "api:link": _program("tickets", "DELETE"),
    "api:steps": _program("tickets", "GET POST"),
    "api:step": _program("tickets", "PATCH DELETE"),
    "api:linked_articles": _program("tickets", "GET POST"),
    "api:linked_article": _program("tickets", "DELETE"),
    "api:following": _program("tickets", "GET PUT"),
    "api:brief": _program("tickets", "POST"),
    "api:recovery": _program("tickets", "POST"),
    # What the token's agent did in bulk, and nobody else.
    "api:bulk": _program("tickets", "POST"),
    "api:bulk_change": _program("tickets"),
    "api:bulk_undo": _program("tickets", "POST"),
    "api:split": _program("tickets", "POST"),
    "api:macro": _program("tickets", "POST"),
    # Of their teams for leads: tickets.reach.ratings_seen_by.
    "api:ratings": _program("tickets"),
    "api:form_links": _program("tickets", "POST"),
    "api:uploads": _program("tickets", "POST"),
    "api:attachment": _program("tickets"),
    "api:customers": _program("customers", "GET POST"),
    "api:customer": _program("customers", "GET PATCH"),
    "api:contact_points": _program("customers", "GET POST"),
    "api:contact_point": _program("customers", "DELETE"),
    "api:contact_point_state": _program("customers", "DELETE"),
    "api:customer_tickets": _program("tickets"),
    "api:customer_notes": _program("customers", "GET POST"),
    "api:customer_merge": _program("customers", "GET POST"),
    "api:customer_separation": _program("customers", "DELETE"),
    "api:customer_difference": _program("customers", "POST"),
    "api:organizations": _program("customers", "GET POST"),
    "api:organization": _program("customers", "GET PATCH DELETE"),
    # To set one up: api.access.check_may.
    "api:channels": replace(_program("settings", "GET POST"), reads="tickets:read"),
    "api:channel": _program("settings", "PATCH", needs=Permission.INTEGRATIONS),
    "api:channel_messages": _program("channels", "POST"),
    "api:report": _program("reports", needs=Permission.REPORTS),
    # Only who may do everything: api.access.check_may_everything.
    "api:settings": _program("settings", "GET PUT"),
    "api:macros": _program("knowledge", "GET POST"),
    "api:macro_detail": _program("knowledge", "PATCH DELETE"),
    "api:webhooks": _program("settings", "GET POST", needs=Permission.INTEGRATIONS),
    "api:webhook": _program("settings", "PATCH DELETE", needs=Permission.INTEGRATIONS),
    "api:webhook_secret": _program("settings", "POST", needs=Permission.INTEGRATIONS),
    "api:webhook_test": _program("settings", "POST", needs=Permission.INTEGRATIONS),
    "api:deliveries": _program("settings", needs=Permission.INTEGRATIONS),
    "api:delivery": _program("settings", needs=Permission.INTEGRATIONS),
    "api:resending": _program("settings", "POST", needs=Permission.INTEGRATIONS),
    "api:notices": _program("settings", "GET POST", needs=Permission.BRAND),
    "api:notice": _program("settings", "GET PATCH DELETE", needs=Permission.BRAND),
    "api:blocked_senders": _program("settings", "GET POST", needs=Permission.MAIL),
    "api:blocked_sender": _program("settings", "DELETE", needs=Permission.MAIL),
    # Who publishes and arranges: knowledge.selectors.may_keep_articles.
    "api:collections": _program("knowledge", "GET POST"),
    "api:collection": _program("knowledge", "PATCH DELETE"),
    "api:synonyms": _program("knowledge", "GET PUT"),
    "api:articles": _program("knowledge", "GET POST"),
    "api:article": _program("knowledge", "GET PATCH DELETE"),
    "api:draft": _program("knowledge", "PUT"),
    "api:publication": _program("knowledge", "POST DELETE"),
    "api:views": _program("tickets", "GET POST"),
    "api:view": _program("tickets", "PATCH DELETE"),
    # To make one: who manages forms, or people; api.access.check_may.
    "api:topics": replace(_program("settings", "GET POST"), reads="tickets:read"),
    "api:topic": _program("settings", "PATCH DELETE", needs=Permission.FORMS),
    "api:fields": replace(_program("settings", "GET POST"), reads="tickets:read"),
    "api:field": _program("settings", "PATCH DELETE", needs=Permission.FORMS),
    "api:tags": _program("tickets"),
    "api:tag": _program("settings", "PATCH DELETE", needs=Permission.FORMS),
    "api:teams": replace(_program("settings", "GET POST"), reads="tickets:read"),
    # Also its leads: accounts.selectors.teams_read_by and may_keep_team.
    "api:team": _program("settings", "GET PATCH DELETE"),
    "api:on_call": _program("settings", "GET POST"),
    "api:on_call_line": _program("settings", "DELETE"),
    "api:people": _program("settings", needs=Permission.PEOPLE),
    "api:person": _program("settings", "GET PATCH", needs=Permission.PEOPLE),
    "api:deactivation": _program("settings", "POST DELETE", needs=Permission.PEOPLE),
    "api:permission_sets": _program("settings", needs=Permission.PEOPLE),
    "api:invitations": _program("settings", "GET POST", needs=Permission.PEOPLE),
    "api:invitation": _program("settings", "DELETE", needs=Permission.PEOPLE),
    "api:invitation_sending": _program("settings", "POST", needs=Permission.PEOPLE),
    "api:availability": _program("tickets", "GET PUT"),
    "api:rules": _program("settings", "GET POST", needs=Permission.RULES),
    "api:rule_parts": _program("settings", needs=Permission.RULES),
    "api:rule": _program("settings", "GET PATCH DELETE", needs=Permission.RULES),
    "api:rule_preview": _program("settings", needs=Permission.RULES),
    "api:rule_runs": _program("settings", "GET POST", needs=Permission.RULES),
    "api:rule_undo": _program("settings", "POST", needs=Permission.RULES),
    "api:recurring": _program("settings", "GET POST", needs=Permission.RULES),
    "api:recurring_ticket": _program("settings", "GET PATCH DELETE", needs=Permission.RULES),
    "api:agents": _program("tickets"),
    # setting up a new desk: the link, then whoever came by it; see desk.access.first_run
    "desk:first_run_begin": _rule(Who.TOKEN, "GET POST"),
    "desk:first_run": _rule(Who.AGENT),
    "desk:first_run_update": _rule(Who.AGENT, "POST"),
    "desk:first_run_end": _rule(Who.AGENT, "POST"),
    "desk:first_steps_put_away": _rule(Who.AGENT, "POST"),
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
    # Whose token may be revoked by whom: accounts.api_tokens.tokens_revocable_by.
    "desk:api_tokens": _rule(Who.AGENT),
    "desk:api_token_create": _rule(Who.AGENT, "POST"),
    "desk:api_token_revoke": _rule(Who.AGENT, "POST"),
    "desk:settings_api_tokens": _rule(Permission.PEOPLE),
    "desk:settings_api_token_revoke": _rule(Permission.PEOPLE, "POST"),
    "desk:session_end": _rule(Who.AGENT, "POST"),
    "desk:sessions_end": _rule(Who.AGENT, "POST"),
    "desk:availability": _rule(Who.AGENT),
    "desk:availability_update": _rule(Who.AGENT, "POST"),
    "desk:customer_vip": _rule(Who.AGENT, "POST"),
    "desk:customer_organization": _rule(Who.AGENT, "POST"),
    # Which of them, and who may make new ones: desk.access.organization.
    "desk:organization_list": _rule(Who.AGENT),
    "desk:organization_new": _rule(Who.AGENT),
    "desk:organization_create": _rule(Who.AGENT, "POST"),
    "desk:organization": _rule(Who.AGENT),
    "desk:organization_update": _rule(Who.AGENT, "POST"),
    "desk:organization_delete": _rule(Who.AGENT, "POST"),
    # Who manages teams, and the team's leads; see desk.access.team.
    "desk:settings_team": _rule(Who.AGENT),
    "desk:settings_team_update": _rule(Who.AGENT, "POST"),
    "desk:settings_on_call": _rule(Who.AGENT),
    "desk:settings_on_call_create": _rule(Who.AGENT, "POST"),
    "desk:settings_on_call_delete": _rule(Who.AGENT, "POST"),
    "desk:original": _rule(Who.AGENT),
    "desk:original_document": _rule(Who.AGENT),
    "desk:raw_mail": _rule(Who.AGENT),
    "desk:mail_accept": _rule(Who.AGENT, "POST"),
    "desk:participant_create": _rule(Who.AGENT, "POST"),
    "desk:participant_decide": _rule(Who.AGENT, "POST"),
    "desk:address_forgive": _rule(Who.AGENT, "POST"),
    # Who manages mail, and leads; see desk.access.mails_to_look_at.
    "desk:mail_tray": _rule(Who.AGENT),
    "desk:mail_raw": _rule(Who.AGENT),
    "desk:mail_decide": _rule(Who.AGENT, "POST"),
    # Who sees everything, and leads; see desk.access.ratings and may_recover.
    "desk:rating_list": _rule(Who.AGENT),
    "desk:recovery_create": _rule(Who.AGENT, "POST"),
    # settings
    "desk:settings_topics": _rule(Permission.FORMS),
    "desk:settings_topic": _rule(Permission.FORMS),
    "desk:settings_topic_new": _rule(Permission.FORMS),
    "desk:settings_topic_create": _rule(Permission.FORMS, "POST"),
    "desk:settings_topic_update": _rule(Permission.FORMS, "POST"),
    "desk:settings_topic_delete": _rule(Permission.FORMS, "POST"),
    "desk:settings_topic_order": _rule(Permission.FORMS, "POST"),
    "desk:settings_fields": _rule(Permission.FORMS),
    "desk:settings_field": _rule(Permission.FORMS),
    "desk:settings_field_new": _rule(Permission.FORMS),
    "desk:settings_field_create": _rule(Permission.FORMS, "POST"),
    "desk:settings_field_update": _rule(Permission.FORMS, "POST"),
    "desk:settings_field_delete": _rule(Permission.FORMS, "POST"),
    "desk:settings_field_order": _rule(Permission.FORMS, "POST"),
    "desk:settings_retention": _rule(Permission.PRIVACY),
    "desk:settings_retention_update": _rule(Permission.PRIVACY, "POST"),
    "desk:settings_tags": _rule(Permission.FORMS),
    "desk:settings_tag": _rule(Permission.FORMS),
    "desk:settings_tag_update": _rule(Permission.FORMS, "POST"),
    "desk:settings_tag_delete": _rule(Permission.FORMS, "POST"),
    "desk:settings_rules": _rule(Permission.RULES),
    "desk:settings_rule_new": _rule(Permission.RULES),
    "desk:settings_rule_create": _rule(Permission.RULES, "POST"),
    "desk:settings_rule": _rule(Permission.RULES),
    "desk:settings_rule_update": _rule(Permission.RULES, "POST"),
    "desk:settings_rule_switch": _rule(Permission.RULES, "POST"),
    "desk:settings_rule_order": _rule(Permission.RULES, "POST"),
    "desk:settings_rule_delete": _rule(Permission.RULES, "POST"),
    "desk:settings_rule_run": _rule(Permission.RULES, "POST"),
    "desk:settings_rule_undo": _rule(Permission.RULES, "POST"),
    "desk:settings_rule_log": _rule(Permission.RULES),
    "desk:settings_recurrences": _rule(Permission.RULES),
    "desk:settings_recurrence_new": _rule(Permission.RULES),
    "desk:settings_recurrence_create": _rule(Permission.RULES, "POST"),
    "desk:settings_recurrence": _rule(Permission.RULES),
    "desk:settings_recurrence_update": _rule(Permission.RULES, "POST"),
    "desk:settings_recurrence_delete": _rule(Permission.RULES, "POST"),
    "desk:form_link": _rule(Who.AGENT),
    "desk:form_link_create": _rule(Who.AGENT, "POST"),
    "desk:settings_branding": _rule(Permission.BRAND),
    "desk:settings_branding_update": _rule(Permission.BRAND, "POST"),
    "desk:settings_branding_preview": _rule(Permission.BRAND),
    "desk:settings_embedding": _rule(Permission.FORMS),
    "desk:settings_embedding_update": _rule(Permission.FORMS, "POST"),
    "desk:settings_state_words": _rule(Permission.BRAND),
    "desk:settings_state_words_update": _rule(Permission.BRAND, "POST"),
    "desk:settings_state_words_preview": _rule(Permission.BRAND, "POST"),
    "desk:settings_notices": _rule(Permission.BRAND),
    "desk:settings_notice_new": _rule(Permission.BRAND),
    "desk:settings_notice_create": _rule(Permission.BRAND, "POST"),
    "desk:settings_notice": _rule(Permission.BRAND),
    "desk:settings_notice_update": _rule(Permission.BRAND, "POST"),
    "desk:settings_notice_delete": _rule(Permission.BRAND, "POST"),
    "desk:settings_letters": _rule(Permission.MAIL),
    "desk:settings_letter": _rule(Permission.MAIL),
    "desk:settings_letter_update": _rule(Permission.MAIL, "POST"),
    "desk:settings_letter_preview": _rule(Permission.MAIL, "POST"),
    "desk:settings_letter_test": _rule(Permission.MAIL, "POST"),
    "desk:settings_letter_restore": _rule(Permission.MAIL, "POST"),
    "desk:privacy": _rule(Permission.PRIVACY),
    "desk:hand_out_create": _rule(Permission.PRIVACY, "POST"),
    "desk:hand_out_download": _rule(Permission.PRIVACY),
    "desk:customer_erase": _rule(Permission.PRIVACY, "POST"),
    # Only who may do everything: desk.access.check_may_everything.
    "desk:settings_file": _rule(Who.AGENT),
    "desk:settings_file_download": _rule(Who.AGENT),
    "desk:settings_file_compare": _rule(Who.AGENT, "POST"),
    "desk:settings_file_update": _rule(Who.AGENT, "POST"),
    "desk:settings_import": _rule(Who.AGENT),
    "desk:settings_import_customers": _rule(Who.AGENT, "POST"),
    "desk:settings_import_desk": _rule(Who.AGENT, "POST"),
    "desk:settings_import_job": _rule(Who.AGENT),
    "desk:settings_import_update": _rule(Who.AGENT, "POST"),
    "desk:settings_import_faults": _rule(Who.AGENT),
    "desk:settings_export": _rule(Who.AGENT),
    "desk:settings_export_create": _rule(Who.AGENT, "POST"),
    "desk:settings_export_download": _rule(Who.AGENT),
    "desk:settings_audit": _rule(Permission.AUDIT),
    "desk:settings_audit_export": _rule(Permission.AUDIT),
    "desk:settings_audit_looks": _rule(Permission.AUDIT),
    "desk:settings_audit_looks_export": _rule(Permission.AUDIT),
    "desk:settings_audit_touched": _rule(Permission.PRIVACY),
    "desk:settings_ratings": _rule(Permission.RATINGS),
    "desk:settings_ratings_update": _rule(Permission.RATINGS, "POST"),
    "desk:settings_effort": _rule(Permission.RATINGS),
    "desk:settings_effort_update": _rule(Permission.RATINGS, "POST"),
    "desk:settings_effort_example": _rule(Permission.RATINGS, "POST"),
    "desk:settings_blocked": _rule(Permission.MAIL),
    "desk:settings_blocked_create": _rule(Permission.MAIL, "POST"),
    "desk:settings_blocked_delete": _rule(Permission.MAIL, "POST"),
    "desk:settings_mailboxes": _rule(Permission.MAIL),
    "desk:settings_mailbox": _rule(Permission.MAIL),
    "desk:settings_mailbox_new": _rule(Permission.MAIL),
    "desk:settings_mailbox_create": _rule(Permission.MAIL, "POST"),
    "desk:settings_mailbox_update": _rule(Permission.MAIL, "POST"),
    "desk:settings_mailbox_check": _rule(Permission.MAIL, "POST"),
    "desk:settings_mailbox_fetch": _rule(Permission.MAIL, "POST"),
    "desk:settings_mailbox_sign_in": _rule(Permission.MAIL),
    "desk:settings_mailbox_signed_in": _rule(Permission.MAIL),
    "desk:settings_mailbox_dns": _rule(Permission.MAIL),
    "desk:settings_mailbox_dns_check": _rule(Permission.MAIL, "POST"),
    "desk:settings_oauth_app": _rule(Permission.MAIL),
    "desk:settings_oauth_app_update": _rule(Permission.MAIL, "POST"),
    # What of somebody may be changed by whom: accounts.people.may_manage.
    "desk:settings_people": _rule(Permission.PEOPLE),
    "desk:settings_invitation_new": _rule(Permission.PEOPLE),
    "desk:settings_invitation_create": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_invitation_send": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_invitation_delete": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_person": _rule(Permission.PEOPLE),
    "desk:settings_person_update": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_person_leave": _rule(Permission.PEOPLE),
    "desk:settings_person_leave_create": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_person_return": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_person_factors": _rule(Permission.PEOPLE),
    "desk:settings_person_factors_delete": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_sign_in": _rule(Permission.PEOPLE),
    "desk:settings_sign_in_update": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_permissions": _rule(Permission.PEOPLE),
    "desk:settings_permission_set_new": _rule(Permission.PEOPLE),
    "desk:settings_permission_set_create": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_permission_set": _rule(Permission.PEOPLE),
    "desk:settings_permission_set_update": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_permission_set_delete": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_teams": _rule(Permission.PEOPLE),
    "desk:settings_team_new": _rule(Permission.PEOPLE),
    "desk:settings_team_create": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_team_members": _rule(Permission.PEOPLE),
    "desk:settings_team_members_update": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_team_delete": _rule(Permission.PEOPLE, "POST"),
    "desk:settings_webhooks": _rule(Permission.INTEGRATIONS),
    "desk:settings_webhook_new": _rule(Permission.INTEGRATIONS),
    "desk:settings_webhook_create": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_webhook": _rule(Permission.INTEGRATIONS),
    "desk:settings_webhook_update": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_webhook_delete": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_webhook_secret": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_webhook_test": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_webhook_log": _rule(Permission.INTEGRATIONS),
    "desk:settings_delivery": _rule(Permission.INTEGRATIONS),
    "desk:settings_delivery_resend": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_channels": _rule(Permission.INTEGRATIONS),
    "desk:settings_channel_new": _rule(Permission.INTEGRATIONS),
    "desk:settings_channel_create": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings_channel": _rule(Permission.INTEGRATIONS),
    "desk:settings_channel_update": _rule(Permission.INTEGRATIONS, "POST"),
    "desk:settings": _rule(OF_SETTINGS),
    "desk:settings_promises": _rule(READS_POLICIES),
    "desk:settings_policy": _rule(READS_POLICIES),
    "desk:settings_policy_new": _rule(Permission.HOURS),
    "desk:settings_policy_create": _rule(Permission.HOURS, "POST"),
    "desk:settings_policy_update": _rule(Permission.HOURS, "POST"),
    "desk:settings_policy_order": _rule(Permission.HOURS, "POST"),
    "desk:settings_calendar": _rule(READS_POLICIES),
    "desk:settings_calendar_new": _rule(Permission.HOURS),
    "desk:settings_calendar_create": _rule(Permission.HOURS, "POST"),
    "desk:settings_calendar_update": _rule(Permission.HOURS, "POST"),
    # reports
    "reports:overview": _rule(Permission.REPORTS),
    "reports:behind": _rule(Permission.REPORTS),
    "reports:definitions": _rule(Permission.REPORTS),
    "reports:wallboard": _rule(Permission.REPORTS),
    # Whose export may be fetched by whom: reports.access.export.
    "reports:export_list": _rule(Permission.EXPORT),
    "reports:export_create": _rule(Permission.EXPORT, "POST"),
    "reports:export": _rule(Permission.EXPORT),
    "reports:export_cancel": _rule(Permission.EXPORT, "POST"),
    "reports:export_download": _rule(Permission.EXPORT),
    "reports:promises": _rule(Permission.REPORTS),
    "reports:times": _rule(Permission.REPORTS),
    "reports:arrivals": _rule(Permission.REPORTS),
    "reports:backlog": _rule(Permission.REPORTS),
    "reports:quality": _rule(Permission.REPORTS),
    "reports:customers": _rule(Permission.REPORTS),
    "reports:people": _rule(Permission.REPORTS),
    # Whose saved report may be read and changed by whom: reports.access.saved_report.
    "reports:saved": _rule(Permission.REPORTS),
    "reports:saved_new": _rule(Permission.REPORTS),
    "reports:saved_create": _rule(Permission.REPORTS, "POST"),
    "reports:saved_edit": _rule(Permission.REPORTS),
    "reports:saved_update": _rule(Permission.REPORTS, "POST"),
    "reports:saved_delete": _rule(Permission.REPORTS, "POST"),
    "reports:saved_run": _rule(Permission.REPORTS, "POST"),
    # signing in (django-allauth); people are invited, so nobody signs up
    "account_invitation": _rule(Who.TOKEN, "GET POST"),
    "account_login": _rule(Who.ANYONE, "GET POST"),
    "account_security": _rule(Who.AGENT),
    "account_passkeys": _rule(Who.AGENT),
    "account_forgotten_password": _rule(Who.ANYONE, "GET POST"),
    "account_company": _rule(Who.ANYONE),
    "account_company_back": _rule(Who.ANYONE),
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
    "mfa_login_webauthn": _rule(Who.ANYONE, "GET POST"),
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


# What is open to somebody who has to set up a second factor first.
BEFORE_SECOND_FACTOR = {
    *(name for name in RULES if name.startswith("mfa_")),
    *("account_security", "account_passkeys", "account_reauthenticate"),
    *("account_change_password", "account_set_password"),
    *("desk:preferences", "desk:session_end", "desk:sessions_end"),
}


class AccessMiddleware:
    """Apply RULES before any view runs, and speak the agent's language and zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, Agent):
            with timezone.override(request.user.time_zone):
                language = getattr(request, "wished_language", "") or request.user.language
                translation.activate(language)
                request.LANGUAGE_CODE = language
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
        if match is None or rule is None:
            raise PermissionDenied("no rule for this URL")
        if rule.who is Who.NOBODY:
            raise Http404
        if request.method not in rule.methods:
            return not_allowed(request, rule.methods)
        if rule.who in {Who.ANYONE, Who.TOKEN, Who.OPERATOR, Who.PROVIDER}:
            return None
        if rule.who is Who.PROGRAM:
            return _admit_program(request, rule)
        return _admit(request, rule.who, name=match.view_name)


def _admit(request: HttpRequest, who: Group, *, name: str) -> HttpResponse | None:
    if not isinstance(request.user, Agent):
        return _send_to_login(request)
    if request.user.is_held_back and name not in BEFORE_SECOND_FACTOR:
        return HttpResponse(status=302, headers={"Location": resolve_url("account_security")})
    if not may(request.user, who):
        raise PermissionDenied("this agent may not use this URL")
    return None


def _admit_program(request: HttpRequest, rule: Rule) -> HttpResponse | None:
    bearer = getattr(request, "bearer", None)
    if bearer is None:
        return _ask_for_token(request)
    scope = rule.scope(request.method or "")
    if scope and not bearer.has(scope):
        said = _("The token lacks the scope “%(scope)s”.") % {"scope": scope}
        return Problem(403, "scope-missing", said).response()
    if not may(bearer.agent, rule.needs):
        return Problem(403, "not-permitted").response()
    return None


def _ask_for_token(request: HttpRequest) -> HttpResponse:
    is_named = "Authorization" in request.headers
    error = ', error="invalid_token"' if is_named else ""
    said = _("Send a token that is valid: “Authorization: Bearer ykt_…”.")
    return Problem(
        401,
        "token-invalid" if is_named else "token-missing",
        said,
        headers={"WWW-Authenticate": f'Bearer realm="api"{error}'},
    ).response()


def may(agent: Agent, who: Group) -> bool:
    """Whether this agent belongs to the group."""
    if isinstance(who, Permission):
        return agent.may(who)
    if isinstance(who, frozenset):
        return not who.isdisjoint(agent.permissions)
    return True


def _send_to_login(request: HttpRequest) -> HttpResponse:
    login = resolve_url(settings.LOGIN_URL)
    if request.method != "GET":
        return session_expired(request)
    return HttpResponse(
        status=302, headers={"Location": f"{login}?{urlencode({'next': request.get_full_path()})}"}
    )
