"""Which tables are audited, and how. Another table is another line here; see audit.installing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Audited:
    """How the changes of a table are written down. Each is a list of columns, parted by blanks.

    `naming` is kept with every change, so that one knows what it was of when the row is gone;
    changes of what is `silent` are not written down; of what is `veiled` only that it changed.
    """

    naming: str = "name"
    silent: str = ""
    veiled: str = ""


# What stands in place of what is veiled.
VEILED = "•••"
AUDITED: Mapping[str, Audited] = {
    # people
    "accounts_agent": Audited(
        silent="last_login theme sends_and_next keys_off joined_at", veiled="password"
    ),
    "accounts_permissionset": Audited(),
    "accounts_team": Audited(silent="created_at"),
    "accounts_membership": Audited("team_id agent_id", silent="last_given_at"),
    "accounts_oncall": Audited("team_id agent_id"),
    "accounts_invitation": Audited("email", veiled="digest"),
    "accounts_apitoken": Audited(
        "agent_id name", silent="created_at last_used_at ends_in", veiled="digest"
    ),
    "accounts_invitation_teams": Audited("invitation_id team_id"),
    "accounts_signinrules": Audited(""),
    "mfa_authenticator": Audited("user_id type", silent="created_at last_used_at", veiled="data"),
    # customers
    "customers_customer": Audited(silent="let_down_on created_at"),
    "customers_contactpoint": Audited(
        "customer_id value", silent="normalized created_at state_since"
    ),
    "customers_organization": Audited(silent="created_at"),
    "customers_organizationdomain": Audited("organization_id domain"),
    "customers_customermerge": Audited("customer_id into_id", silent="moved agent_id"),
    "customers_differentpeople": Audited("one_id other_id", silent="agent_id"),
    # forms
    "topics_topic": Audited("name_ja name_en"),
    "topics_field": Audited("label_ja label_en"),
    "topics_field_topics": Audited("field_id topic_id"),
    # the help centre
    "knowledge_collection": Audited("name_ja name_en"),
    "knowledge_article": Audited(
        "slug", silent="created_at created_by_id updated_at updated_by_id revision"
    ),
    "knowledge_article_teams": Audited("article_id team_id"),
    # What texts said before is kept by their own versions.
    "knowledge_articletext": Audited(
        "article_id language title",
        silent="title_tokens tokens draft_tokens saved_at saved_by_id revision",
        veiled="body published_body",
    ),
    "knowledge_synonymgroup": Audited("words"),
    # how the company looks
    "branding_brand": Audited(
        "name_ja name_en", silent="logo_digest logo_width logo_height", veiled="logo"
    ),
    "branding_notice": Audited("text_ja text_en"),
    # promises; what versions say stands in the history of each
    "sla_businesscalendar": Audited(),
    "sla_calendarversion": Audited(
        "calendar_id number", silent="created_at created_by_id", veiled="hours"
    ),
    "sla_policy": Audited(),
    "sla_policyversion": Audited(
        "policy_id number", silent="created_at created_by_id", veiled="settings"
    ),
    # mail
    "mail_mailbox": Audited("address"),
    "mail_mailboxsource": Audited(
        "mailbox_id",
        silent="access_token access_token_expires_at uid_validity last_uid left_uids first_look_at"
        " next_fetch_at fetches waiting_on_server last_success_at last_error last_error_said"
        " last_error_at failures watched_since alerted_at",
        veiled="secret app_secret refresh_token smtp_secret",
    ),
    "mail_oauthapp": Audited("provider", veiled="app_secret"),
    "mail_lettertext": Audited("name language", silent="changed_at changed_by_id"),
    "mail_mailhold": Audited(""),
    "mail_blockedsender": Audited("pattern", silent="agent_id blocked_at"),
    # work on tickets
    "tickets_ratingsettings": Audited("", silent="changed_at changed_by_id"),
    "tickets_effortweights": Audited("", silent="changed_at changed_by_id"),
    "tickets_statewording": Audited("", silent="changed_at changed_by_id"),
    "tickets_savedview": Audited(),
    "tickets_macro": Audited(),
    # other systems
    "integrations_webhook": Audited(
        silent="failing_since failures rests_until busy_until gave_up_at",
        veiled="url secret old_secret",
    ),
    "integrations_webhook_teams": Audited("webhook_id team_id"),
    "integrations_channel": Audited(),
    "privacy_retention": Audited("", silent="changed_at changed_by_id"),
    "rules_rule": Audited(silent="active_since"),
    "rules_recurrence": Audited("", silent="next_at last_ticket_id error", veiled="subject body"),
    # reports
    "reports_savedreport": Audited(silent="next_at sent_at"),
    "reports_savedreport_recipients": Audited("savedreport_id agent_id"),
}

# Every other table of the desk, with the reason.
OWN_LOG = "what happens on tickets has logs of its own, which are only ever added to"
VERSION = "is itself the history of something"
PASSING = "is read and forgotten, or counted; nobody decides anything by it"
PERSONAL = "is how one person works, and nobody else's"
WORKED_OUT = "is worked out from something else"
NOT_AUDITED: Mapping[str, str] = {
    "accounts_agentsession": PASSING,
    "accounts_apianswer": PASSING,
    "accounts_firstrun": PASSING,
    "accounts_notification": PASSING,
    "accounts_notificationsettings": PERSONAL,
    "audit_access": VERSION,
    "audit_change": VERSION,
    "common_heartbeat": PASSING,
    "customers_customernote": VERSION,
    "customers_customersession": PASSING,
    "customers_signinlink": PASSING,
    "integrations_channelidentity": OWN_LOG,
    "integrations_channelmessage": OWN_LOG,
    "integrations_channelticket": OWN_LOG,
    "integrations_delivery": OWN_LOG,
    "integrations_listener": WORKED_OUT,
    "integrations_occurrence": PASSING,
    "knowledge_articleversion": VERSION,
    "knowledge_feedback": PASSING,
    "knowledge_searchcount": PASSING,
    "knowledge_selfservice": PASSING,
    "mail_inboundemail": OWN_LOG,
    "mail_lettertextversion": VERSION,
    "mail_mailboxchange": VERSION,
    "mail_outboundemail": OWN_LOG,
    "privacy_doomedfile": PASSING,
    "privacy_erasure": VERSION,
    "privacy_handout": "says itself who asked for what, and is only ever added to",
    "reports_export": "says itself who asked for what, and is only ever added to",
    "reports_exportdownload": VERSION,
    "reports_exportpiece": PASSING,
    "reports_fact": WORKED_OUT,
    "reports_stale": WORKED_OUT,
    "reports_tally": WORKED_OUT,
    "reports_targettally": WORKED_OUT,
    "rules_run": VERSION,
    "sla_clock": OWN_LOG,
    "sla_clockevent": OWN_LOG,
    "sla_commitment": OWN_LOG,
    "sla_commitmentwarning": OWN_LOG,
    "sla_escalation": OWN_LOG,
    "tickets_attachment": OWN_LOG,
    "tickets_bulkchange": OWN_LOG,
    "tickets_bulkitem": OWN_LOG,
    "tickets_checklistitem": OWN_LOG,
    "tickets_customerlink": OWN_LOG,
    "tickets_customertask": OWN_LOG,
    "tickets_defaultview": PERSONAL,
    "tickets_draft": PERSONAL,
    "tickets_follower": PERSONAL,
    "tickets_handover": OWN_LOG,
    "tickets_merge": OWN_LOG,
    "tickets_message": OWN_LOG,
    "tickets_note": OWN_LOG,
    "tickets_participant": OWN_LOG,
    "tickets_rating": OWN_LOG,
    "tickets_readmark": PERSONAL,
    "tickets_rematch": PASSING,
    "tickets_scheduledreply": OWN_LOG,
    "tickets_searchentry": WORKED_OUT,
    "tickets_tag": "is a word, made when first used",
    "tickets_thirdpartyletter": OWN_LOG,
    "tickets_ticket": OWN_LOG,
    "tickets_ticket_tags": OWN_LOG,
    "tickets_ticketarticle": OWN_LOG,
    "tickets_ticketevent": OWN_LOG,
    "tickets_ticketlink": OWN_LOG,
    "transfers_deskexport": "says itself who asked for what, and is only ever added to",
    "transfers_imported": WORKED_OUT,
    "transfers_importfault": PASSING,
    "transfers_importjob": "says itself who asked for what, and is only ever added to",
    "tickets_yardstick": WORKED_OUT,
}
