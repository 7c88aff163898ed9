"""What becomes of the tables that privacy.blanking does not name when a customer is erased. Whoever
adds a table says it here."""

from __future__ import annotations

from collections.abc import Mapping

# privacy.erasing sees to these by what they are.
SEEN_TO = frozenset(
    {
        *("accounts_notification", "mail_blockedsender", "mail_inboundemail", "mail_outboundemail"),
        *("integrations_channelidentity", "integrations_channelmessage", "integrations_delivery"),
        *("transfers_deskexport", "transfers_importfault"),
        *("privacy_handout", "reports_export", "reports_exportpiece", "sla_clock"),
        *("tickets_bulkchange", "tickets_ticketevent"),
    }
)

NUMBERS = "numbers, times and keys, which figures are made of"
COLLEAGUES = "is about us"
SETTINGS = "is how the desk is set up"
PUBLISHED = "was written for everybody; what was said of a customer there is erased by hand"
NOBODY = "does not say who it was"
ORGANIZATION = "is a company's, and so are its figures"
WORDS = "is a word for many tickets"
TOLD = "is the erasing itself"
STAYS: Mapping[str, str] = {
    "customers_customermerge": NUMBERS,
    "customers_organization": ORGANIZATION,
    "customers_organizationdomain": ORGANIZATION,
    "integrations_channel": SETTINGS,
    "integrations_channelticket": NUMBERS,
    "integrations_listener": SETTINGS,
    "integrations_occurrence": NUMBERS,
    "integrations_webhook": SETTINGS,
    "integrations_webhook_teams": SETTINGS,
    "knowledge_article": PUBLISHED,
    "knowledge_article_teams": PUBLISHED,
    "knowledge_articletext": PUBLISHED,
    "knowledge_articleversion": PUBLISHED,
    "knowledge_collection": PUBLISHED,
    "knowledge_feedback": NOBODY,
    "knowledge_searchcount": NOBODY,
    "knowledge_selfservice": NOBODY,
    "knowledge_synonymgroup": PUBLISHED,
    "mail_lettertext": SETTINGS,
    "mail_lettertextversion": SETTINGS,
    "mail_mailbox": SETTINGS,
    "mail_mailboxchange": SETTINGS,
    "mail_mailboxsource": SETTINGS,
    "mail_mailhold": SETTINGS,
    "mail_oauthapp": SETTINGS,
    "privacy_doomedfile": TOLD,
    "privacy_erasure": TOLD,
    "privacy_retention": SETTINGS,
    "reports_exportdownload": COLLEAGUES,
    "reports_fact": NUMBERS,
    "reports_savedreport": COLLEAGUES,
    "reports_savedreport_recipients": COLLEAGUES,
    "reports_stale": NUMBERS,
    "reports_tally": NUMBERS,
    "reports_targettally": NUMBERS,
    "rules_rule": SETTINGS,
    "rules_run": NUMBERS,
    "sla_businesscalendar": SETTINGS,
    "sla_calendarversion": SETTINGS,
    "sla_clockevent": NUMBERS,
    "sla_commitment": NUMBERS,
    "sla_commitmentwarning": NUMBERS,
    "sla_escalation": NUMBERS,
    "sla_policy": SETTINGS,
    "sla_policyversion": SETTINGS,
    "tickets_bulkitem": NUMBERS,
    "tickets_defaultview": COLLEAGUES,
    "tickets_effortweights": SETTINGS,
    "tickets_follower": COLLEAGUES,
    "tickets_macro": SETTINGS,
    "tickets_merge": NUMBERS,
    "tickets_ratingsettings": SETTINGS,
    "tickets_readmark": COLLEAGUES,
    "tickets_rematch": NUMBERS,
    "tickets_savedview": COLLEAGUES,
    "tickets_statewording": SETTINGS,
    "tickets_tag": WORDS,
    "tickets_ticket_tags": WORDS,
    "tickets_ticketarticle": PUBLISHED,
    "tickets_ticketlink": NUMBERS,
    "tickets_yardstick": NUMBERS,
    "transfers_imported": NUMBERS,
    "transfers_importjob": COLLEAGUES,
}
