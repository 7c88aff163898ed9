"""What audited tables and their columns are called, and where the page of a record is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import pgettext_lazy

from audit.models import Change
from sla.models import Status

Word = str | Promise


@dataclass(frozen=True)
class Kind:
    """A table, in words; the page of a row of it, or of what `owner` names, or of all of them."""

    word: Word
    page: str = ""
    owner: str = ""
    list_page: str = ""


KINDS: Mapping[str, Kind] = {
    "accounts_agent": Kind(pgettext_lazy("kind of record", "person"), "desk:settings_person"),
    "accounts_permissionset": Kind(
        pgettext_lazy("kind of record", "permission set"), "desk:settings_permission_set"
    ),
    "accounts_team": Kind(pgettext_lazy("kind of record", "team"), "desk:settings_team"),
    "accounts_membership": Kind(
        pgettext_lazy("kind of record", "membership"), "desk:settings_team", owner="team_id"
    ),
    "accounts_oncall": Kind(
        pgettext_lazy("kind of record", "on-call duty"), "desk:settings_team", owner="team_id"
    ),
    "accounts_invitation": Kind(pgettext_lazy("kind of record", "invitation")),
    "accounts_invitation_teams": Kind(pgettext_lazy("kind of record", "team of an invitation")),
    "accounts_apitoken": Kind(
        pgettext_lazy("kind of record", "API token"), list_page="desk:settings_api_tokens"
    ),
    "accounts_signinrules": Kind(
        pgettext_lazy("kind of record", "sign-in rules"), list_page="desk:settings_sign_in"
    ),
    "mfa_authenticator": Kind(
        pgettext_lazy("kind of record", "second factor"), "desk:settings_person", owner="user_id"
    ),
    "customers_customer": Kind(pgettext_lazy("kind of record", "customer"), "desk:customer"),
    "customers_contactpoint": Kind(
        pgettext_lazy("kind of record", "address of a customer"),
        "desk:customer",
        owner="customer_id",
    ),
    "customers_organization": Kind(pgettext_lazy("kind of record", "organisation")),
    "customers_organizationdomain": Kind(
        pgettext_lazy("kind of record", "domain of an organisation")
    ),
    "customers_customermerge": Kind(
        pgettext_lazy("kind of record", "merge of customers"), "desk:customer", owner="into_id"
    ),
    "customers_differentpeople": Kind(
        pgettext_lazy("kind of record", "note that two customers are two people"),
        "desk:customer",
        owner="one_id",
    ),
    "topics_topic": Kind(pgettext_lazy("kind of record", "topic"), "desk:settings_topic"),
    "topics_field": Kind(pgettext_lazy("kind of record", "field"), "desk:settings_field"),
    "topics_field_topics": Kind(
        pgettext_lazy("kind of record", "topic of a field"), "desk:settings_field", owner="field_id"
    ),
    "knowledge_collection": Kind(pgettext_lazy("kind of record", "collection"), "desk:collection"),
    "knowledge_article": Kind(pgettext_lazy("kind of record", "article"), "desk:article"),
    "knowledge_article_teams": Kind(
        pgettext_lazy("kind of record", "team of an article"), "desk:article", owner="article_id"
    ),
    "knowledge_articletext": Kind(
        pgettext_lazy("kind of record", "text of an article"), "desk:article", owner="article_id"
    ),
    "knowledge_synonymgroup": Kind(
        pgettext_lazy("kind of record", "synonyms"), list_page="desk:synonyms"
    ),
    "branding_brand": Kind(
        pgettext_lazy("kind of record", "name and colours"), list_page="desk:settings_branding"
    ),
    "branding_notice": Kind(pgettext_lazy("kind of record", "notice"), "desk:settings_notice"),
    "sla_businesscalendar": Kind(
        pgettext_lazy("kind of record", "opening hours"), "desk:settings_calendar"
    ),
    "sla_calendarversion": Kind(
        pgettext_lazy("kind of record", "version of opening hours"),
        "desk:settings_calendar",
        owner="calendar_id",
    ),
    "sla_policy": Kind(pgettext_lazy("kind of record", "policy"), "desk:settings_policy"),
    "sla_policyversion": Kind(
        pgettext_lazy("kind of record", "version of a policy"),
        "desk:settings_policy",
        owner="policy_id",
    ),
    "mail_mailbox": Kind(pgettext_lazy("kind of record", "mailbox"), "desk:settings_mailbox"),
    "mail_mailboxsource": Kind(
        pgettext_lazy("kind of record", "mail servers of a mailbox"),
        "desk:settings_mailbox",
        owner="mailbox_id",
    ),
    "mail_oauthapp": Kind(pgettext_lazy("kind of record", "application at a mail provider")),
    "mail_lettertext": Kind(
        pgettext_lazy("kind of record", "letter"), list_page="desk:settings_letters"
    ),
    "mail_mailhold": Kind(pgettext_lazy("kind of record", "hold on mail")),
    "mail_blockedsender": Kind(
        pgettext_lazy("kind of record", "blocked sender"), list_page="desk:settings_blocked"
    ),
    "integrations_webhook": Kind(
        pgettext_lazy("kind of record", "webhook"), "desk:settings_webhook"
    ),
    "integrations_webhook_teams": Kind(
        pgettext_lazy("kind of record", "team of a webhook"),
        "desk:settings_webhook",
        owner="webhook_id",
    ),
    "integrations_channel": Kind(
        pgettext_lazy("kind of record", "channel"), "desk:settings_channel"
    ),
    "tickets_ratingsettings": Kind(
        pgettext_lazy("kind of record", "settings of ratings"), list_page="desk:settings_ratings"
    ),
    "tickets_effortweights": Kind(
        pgettext_lazy("kind of record", "weights of effort"), list_page="desk:settings_effort"
    ),
    "tickets_statewording": Kind(
        pgettext_lazy("kind of record", "words for states"), list_page="desk:settings_state_words"
    ),
    "tickets_savedview": Kind(pgettext_lazy("kind of record", "saved view")),
    "tickets_macro": Kind(pgettext_lazy("kind of record", "macro"), list_page="desk:macro_list"),
    "privacy_retention": Kind(
        pgettext_lazy("kind of record", "time customers are kept"),
        list_page="desk:settings_retention",
    ),
    "rules_rule": Kind(pgettext_lazy("kind of record", "rule"), "desk:settings_rule"),
    "rules_recurrence": Kind(
        pgettext_lazy("kind of record", "recurring ticket"), "desk:settings_recurrence"
    ),
    "reports_savedreport": Kind(pgettext_lazy("kind of record", "saved report")),
    "reports_savedreport_recipients": Kind(
        pgettext_lazy("kind of record", "recipient of a saved report")
    ),
}


def _japanese(word: Word) -> Word:
    return format_lazy(pgettext_lazy("column", "{} (Japanese)"), word)


def _english(word: Word) -> Word:
    return format_lazy(pgettext_lazy("column", "{} (English)"), word)


COLUMNS: Mapping[str, Word] = {
    "accent_dark": pgettext_lazy("column", "Colour in dark mode"),
    "accent_light": pgettext_lazy("column", "Colour"),
    "accepted_at": pgettext_lazy("column", "Accepted"),
    "account": pgettext_lazy("column", "Account"),
    "actions": pgettext_lazy("column", "Actions"),
    "address": pgettext_lazy("column", "Address"),
    "after": pgettext_lazy("column", "After"),
    "after_fetch": pgettext_lazy("column", "After fetching"),
    "agent_id": pgettext_lazy("column", "Person"),
    "app_id": pgettext_lazy("column", "Client ID"),
    "app_secret": pgettext_lazy("column", "Client secret"),
    "article_id": pgettext_lazy("column", "Article"),
    "asked_again": pgettext_lazy("column", "Asked again"),
    "assignee_id": pgettext_lazy("column", "Assignee"),
    "assignment": pgettext_lazy("column", "New tickets"),
    "at": pgettext_lazy("column", "When"),
    "audience": pgettext_lazy("column", "For"),
    "auth": pgettext_lazy("column", "Sign-in"),
    "away_until": pgettext_lazy("column", "Away until"),
    "body": pgettext_lazy("column", "Text"),
    "calendar_id": pgettext_lazy("column", "Opening hours"),
    "calendar_version_id": pgettext_lazy("column", "Opening hours"),
    "capacity": pgettext_lazy("column", "Most open tickets"),
    "channel_id": pgettext_lazy("column", "Channel"),
    "channel_change": pgettext_lazy("column", "Change of channel"),
    "chaser": pgettext_lazy("column", "Asking for news"),
    "choices": pgettext_lazy("column", "Choices"),
    "collection_id": pgettext_lazy("column", "Collection"),
    "conditions": pgettext_lazy("column", "Conditions"),
    "contact": pgettext_lazy("column", "Message"),
    "customer_id": pgettext_lazy("column", "Customer"),
    "data": pgettext_lazy("column", "Key"),
    "days_between": pgettext_lazy("column", "Days between two questions"),
    "default_language": pgettext_lazy("column", "Language for everybody else"),
    "depends_on_id": pgettext_lazy("column", "Depends on"),
    "depends_value": pgettext_lazy("column", "Depends on the answer"),
    "description_en": _english(pgettext_lazy("column", "Description")),
    "description_ja": _japanese(pgettext_lazy("column", "Description")),
    "digest": pgettext_lazy("column", "Link"),
    "domain": pgettext_lazy("column", "Domain"),
    "email": pgettext_lazy("column", "Email"),
    "encoding": pgettext_lazy("column", "Encoding"),
    "ending": pgettext_lazy("column", "What happens then"),
    "ends_at": pgettext_lazy("column", "Until"),
    "events": pgettext_lazy("column", "Events"),
    "every": pgettext_lazy("column", "How often"),
    "expires_at": pgettext_lazy("column", "Expires"),
    "field_id": pgettext_lazy("column", "Field"),
    "fields": pgettext_lazy("column", "Fields"),
    "first_at": pgettext_lazy("column", "First time"),
    "folder": pgettext_lazy("column", "Folder"),
    "forwards_open_new": pgettext_lazy("column", "Forwarded letters open tickets"),
    "frame_origins": pgettext_lazy("column", "Sites with the form"),
    "hand_over": pgettext_lazy("column", "Hand-over"),
    "help_en": _english(pgettext_lazy("column", "Help")),
    "help_ja": _japanese(pgettext_lazy("column", "Help")),
    "host": pgettext_lazy("column", "Server"),
    "hour": pgettext_lazy("column", "Hour"),
    "hour_late": pgettext_lazy("column", "Hour late"),
    "hours": pgettext_lazy("column", "Opening hours"),
    "into_id": pgettext_lazy("column", "Into"),
    "invitation_id": pgettext_lazy("column", "Invitation"),
    "invited_at": pgettext_lazy("column", "Invited"),
    "invited_by_id": pgettext_lazy("column", "Invited by"),
    "is_active": pgettext_lazy("column", "In use"),
    "is_away": pgettext_lazy("column", "Away"),
    "is_default": pgettext_lazy("column", "Default"),
    "is_for_customers": pgettext_lazy("column", "For customers"),
    "is_lead": pgettext_lazy("column", "Lead"),
    "is_on": pgettext_lazy("column", "On"),
    "is_required_for_customers": pgettext_lazy("column", "Required of customers"),
    "is_required_to_solve": pgettext_lazy("column", "Required to solve"),
    "is_shared": pgettext_lazy("column", "For everybody"),
    "is_vip": pgettext_lazy("column", "VIP"),
    "keeper_id": pgettext_lazy("column", "Kept by"),
    "key": pgettext_lazy("column", "Key"),
    "kind": pgettext_lazy("column", "Kind"),
    "label_en": _english(pgettext_lazy("column", "Name")),
    "label_ja": _japanese(pgettext_lazy("column", "Name")),
    "language": pgettext_lazy("column", "Language"),
    "languages": pgettext_lazy("column", "Languages"),
    "link": pgettext_lazy("column", "Link"),
    "listens": pgettext_lazy("column", "Listens for new mail"),
    "logo": pgettext_lazy("column", "Logo"),
    "logo_has_name": pgettext_lazy("column", "The logo has the name"),
    "logo_type": pgettext_lazy("column", "Kind of logo"),
    "mailbox_id": pgettext_lazy("column", "Mailbox"),
    "merged_into_id": pgettext_lazy("column", "Merged into"),
    "months": pgettext_lazy("column", "Months"),
    "moves_to": pgettext_lazy("column", "Folder to move to"),
    "name": pgettext_lazy("column", "Name"),
    "name_en": _english(pgettext_lazy("column", "Name")),
    "name_ja": _japanese(pgettext_lazy("column", "Name")),
    "needs_all": pgettext_lazy("column", "All conditions must be met"),
    "new_en": _english(Status.NEW.label),
    "new_ja": _japanese(Status.NEW.label),
    "note": pgettext_lazy("column", "Reason"),
    "number": pgettext_lazy("column", "Version"),
    "of": pgettext_lazy("column", "Of"),
    "old_secret": pgettext_lazy("column", "Secret before"),
    "old_secret_until": pgettext_lazy("column", "Secret before signs until"),
    "on_hold_en": _english(Status.ON_HOLD.label),
    "on_hold_ja": _japanese(Status.ON_HOLD.label),
    "one_id": pgettext_lazy("column", "One"),
    "open_en": _english(Status.OPEN.label),
    "open_ja": _japanese(Status.OPEN.label),
    "organization_id": pgettext_lazy("column", "Organisation"),
    "other_id": pgettext_lazy("column", "Other"),
    "owner_id": pgettext_lazy("column", "Person"),
    "page": pgettext_lazy("column", "Page"),
    "password": pgettext_lazy("column", "Password"),
    "pattern": pgettext_lazy("column", "Address or domain"),
    "pending_customer_en": _english(Status.PENDING_CUSTOMER.label),
    "pending_customer_ja": _japanese(Status.PENDING_CUSTOMER.label),
    "permission_set_id": pgettext_lazy("column", "Permission set"),
    "permissions": pgettext_lazy("column", "Permissions"),
    "places": pgettext_lazy("column", "Where"),
    "policy_id": pgettext_lazy("column", "Policy"),
    "port": pgettext_lazy("column", "Port"),
    "position": pgettext_lazy("column", "Place in the list"),
    "priority": pgettext_lazy("column", "Priority"),
    "promise_after": pgettext_lazy("column", "Next promise"),
    "provider": pgettext_lazy("column", "Provider"),
    "published_at": pgettext_lazy("column", "Published"),
    "published_body": pgettext_lazy("column", "Published text"),
    "published_title": pgettext_lazy("column", "Published title"),
    "query": pgettext_lazy("column", "Filter"),
    "quotes_history": pgettext_lazy("column", "Quotes what was said before"),
    "reading": pgettext_lazy("column", "Reading"),
    "refresh_token": pgettext_lazy("column", "Token"),
    "reopen": pgettext_lazy("column", "Reopened"),
    "resolved_en": _english(Status.RESOLVED.label),
    "resolved_ja": _japanese(Status.RESOLVED.label),
    "revoked_at": pgettext_lazy("column", "Revoked"),
    "role": pgettext_lazy("column", "Role"),
    "savedreport_id": pgettext_lazy("column", "Saved report"),
    "schedule": pgettext_lazy("column", "Schedule"),
    "scopes": pgettext_lazy("column", "What it is for"),
    "second_factor_roles": pgettext_lazy("column", "Second factor required for"),
    "secret": pgettext_lazy("column", "Password"),
    "security": pgettext_lazy("column", "Encryption"),
    "sees_organization": pgettext_lazy("column", "Sees inquiries of the organisation"),
    "session_round": pgettext_lazy("column", "Sessions ended"),
    "settings": pgettext_lazy("column", "Targets"),
    "signature": pgettext_lazy("column", "Signature"),
    "signed_in_as": pgettext_lazy("column", "Signed in as"),
    "signed_in_at": pgettext_lazy("column", "Signed in"),
    "since": pgettext_lazy("column", "Since"),
    "skill": pgettext_lazy("column", "Skills"),
    "skills": pgettext_lazy("column", "Skills"),
    "slug": pgettext_lazy("column", "Address of the page"),
    "smtp_host": pgettext_lazy("column", "Server for sending"),
    "smtp_port": pgettext_lazy("column", "Port for sending"),
    "smtp_secret": pgettext_lazy("column", "Password for sending"),
    "smtp_security": pgettext_lazy("column", "Encryption for sending"),
    "smtp_user": pgettext_lazy("column", "User for sending"),
    "starts_at": pgettext_lazy("column", "From"),
    "state": pgettext_lazy("column", "State"),
    "subject": pgettext_lazy("column", "Subject"),
    "substitute_id": pgettext_lazy("column", "Substitute"),
    "tags": pgettext_lazy("column", "Tags"),
    "takes_agent_replies": pgettext_lazy("column", "Takes answers to notifications"),
    "takes_back_after": pgettext_lazy("column", "Goes back to the team after"),
    "takes_what_is_there": pgettext_lazy("column", "Takes in what is there"),
    "team_id": pgettext_lazy("column", "Team"),
    "tells_notes": pgettext_lazy("column", "Tells notes"),
    "tenant": pgettext_lazy("column", "Tenant"),
    "text_en": _english(pgettext_lazy("column", "Text")),
    "text_ja": _japanese(pgettext_lazy("column", "Text")),
    "time_zone": pgettext_lazy("column", "Time zone"),
    "title": pgettext_lazy("column", "Title"),
    "token_url": pgettext_lazy("column", "Address for tokens"),
    "topic_id": pgettext_lazy("column", "Topic"),
    "transport": pgettext_lazy("column", "Sending"),
    "trusted_servers": pgettext_lazy("column", "Trusted servers"),
    "type": pgettext_lazy("column", "Kind"),
    "undone_at": pgettext_lazy("column", "Undone"),
    "url": pgettext_lazy("column", "URL"),
    "user": pgettext_lazy("column", "User"),
    "user_id": pgettext_lazy("column", "Person"),
    "value": pgettext_lazy("column", "Address"),
    "webhook_id": pgettext_lazy("column", "Webhook"),
    "withdrawn_at": pgettext_lazy("column", "Withdrawn"),
    "words": pgettext_lazy("column", "Words"),
}
# Each with and without a person who did it.
SENTENCES: Mapping[str, tuple[Word, Word]] = {
    Change.Action.INSERT: (
        pgettext_lazy("by a person", "%(who)s added %(what)s"),
        pgettext_lazy("by no person", "%(who)s added %(what)s"),
    ),
    Change.Action.UPDATE: (
        pgettext_lazy("by a person", "%(who)s changed %(what)s"),
        pgettext_lazy("by no person", "%(who)s changed %(what)s"),
    ),
    Change.Action.DELETE: (
        pgettext_lazy("by a person", "%(who)s deleted %(what)s"),
        pgettext_lazy("by no person", "%(who)s deleted %(what)s"),
    ),
    Change.Action.TRUNCATE: (
        pgettext_lazy("by a person", "%(who)s deleted every %(what)s"),
        pgettext_lazy("by no person", "%(who)s deleted every %(what)s"),
    ),
    Change.Action.ERASE: (
        pgettext_lazy("by a person", "%(who)s erased what some of these records said"),
        pgettext_lazy("by no person", "%(who)s erased what some of these records said"),
    ),
    Change.Action.FORGET: (
        pgettext_lazy("by a person", "%(who)s deleted records whose time was over"),
        pgettext_lazy("by no person", "%(who)s deleted records whose time was over"),
    ),
}
