"""What there is to set: each page by name, with what it does, for whoever may open it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Agent, Team
from accounts.permissions import Permission
from desk import access
from tickets.services.macros import fold

P = Permission
EVERYBODY: frozenset[Permission] = frozenset()
Needs = Collection[Permission]


@dataclass(frozen=True)
class Entry:
    """One page; any permission of `needs` opens it, and all of them are needed if `needs_all`."""

    label: str | Promise
    effect: str | Promise
    url: str
    needs: Needs = EVERYBODY
    needs_all: bool = False
    icon: str = ""

    def is_for(self, permissions: Collection[str]) -> bool:
        """Whether whoever has these permissions may open it."""
        if not self.needs:
            return True
        has = [each in permissions for each in self.needs]
        return all(has) if self.needs_all else any(has)


@dataclass(frozen=True)
class Section:
    """Pages about one thing."""

    label: str | Promise
    entries: Sequence[Entry]


def sections_for(agent: Agent, text: str = "") -> list[Section]:
    """What this agent may set, as far as each word of the text is found in its name, its effect or
    the name of its section."""
    words = fold(text).split()
    found = [
        Section(section.label, [each for each in section.entries if _fits(each, section, words)])
        for section in _open_to(agent)
    ]
    return [section for section in found if section.entries]


def _fits(entry: Entry, section: Section, words: list[str]) -> bool:
    said = fold(f"{entry.label} {entry.effect} {section.label}")
    return all(word in said for word in words)


def _open_to(agent: Agent) -> Iterator[Section]:
    permissions = agent.permissions
    for label, entries in SECTIONS:
        mine = [entry for entry in entries if entry.is_for(permissions)]
        if label == ALL_OF_IT and settings.CAN_START_EMPTY and access.sees_first_steps(agent):
            mine.append(END_OF_DEMO)
        if label == PEOPLE and {P.SEE_ALL, P.PEOPLE} & permissions:
            mine += _teams()
        yield Section(label, mine)


def _teams() -> list[Entry]:
    return [
        Entry(
            team.name,
            team.get_assignment_display(),
            reverse("desk:settings_team", args=[team.pk]),
            icon="users",
        )
        for team in Team.objects.order_by("name")
    ]


def url_of(entry: Entry) -> str:
    """Its address; teams know theirs."""
    return entry.url if entry.url.startswith("/") else reverse(entry.url)


PEOPLE = _("People and teams")
ALL_OF_IT = _("All of the desk")
END_OF_DEMO = Entry(
    _("End the demo"),
    _("Delete what the demo brought along and begin with an empty desk."),
    "dev_demo",
    icon="rocket",
)
SECTIONS: Sequence[tuple[str | Promise, Sequence[Entry]]] = (
    (
        _("Promises"),
        [
            Entry(
                _("Promises and opening hours"),
                _(
                    "By when customers hear from us, on which days and at which hours, and who is"
                    " told before a time runs out."
                ),
                "desk:settings_promises",
                {P.HOURS, P.REPORTS},
                icon="clock",
            ),
        ],
    ),
    (
        PEOPLE,
        [
            Entry(
                pgettext_lazy("staff", "People"),
                _(
                    "Who works here: invite, change roles, deactivate and hand their work over, help out"
                    " when a phone is lost."
                ),
                "desk:settings_people",
                {P.PEOPLE},
                icon="user-plus",
            ),
            Entry(
                _("Teams and their members"),
                _("Which teams there are, who belongs to them and who leads them."),
                "desk:settings_teams",
                {P.PEOPLE},
                icon="users",
            ),
            Entry(
                _("Roles and permission sets"),
                _("What somebody may do beyond working on the tickets of their teams."),
                "desk:settings_permissions",
                {P.PEOPLE},
                icon="key-round",
            ),
            Entry(
                _("Signing in"),
                _("Who needs a second factor, and how long a session lasts."),
                "desk:settings_sign_in",
                {P.PEOPLE},
                icon="lock",
            ),
        ],
    ),
    (
        _("Tickets and customers"),
        [
            Entry(
                _("Topics"),
                _("What inquiries are about, and which team gets them."),
                "desk:settings_topics",
                {P.FORMS},
                icon="shapes",
            ),
            Entry(
                _("Fields"),
                _("What else is asked about tickets and customers, and what must be known."),
                "desk:settings_fields",
                {P.FORMS},
                icon="list-checks",
            ),
            Entry(
                _("Organisations"),
                _("For whom customers write, and from which domains."),
                "desk:organization_list",
                icon="building-2",
            ),
            Entry(
                _("Tags"),
                _("Which words tickets are sorted by: rename them, make two one, delete them."),
                "desk:settings_tags",
                {P.FORMS},
                icon="tags",
            ),
            Entry(
                _("Macros"),
                _("Texts for many replies, with the tags, priority and promise they set."),
                "desk:macro_list",
                icon="zap",
            ),
            Entry(
                _("Rules"),
                _("What the desk does by itself when something happens, or lasts too long."),
                "desk:settings_rules",
                {P.RULES},
                icon="workflow",
            ),
            Entry(
                _("Recurring tickets"),
                _("Tickets that are opened every day, week or month, such as check-ins."),
                "desk:settings_recurrences",
                {P.RULES},
                icon="repeat",
            ),
            Entry(
                _("How long customers are kept"),
                _("After how many months without a word customers are erased; shows first who."),
                "desk:settings_retention",
                {P.PRIVACY},
                icon="eraser",
            ),
            Entry(
                _("Ratings"),
                _("When customers are asked how it was, and how often at most."),
                "desk:settings_ratings",
                {P.RATINGS},
                icon="smile",
            ),
            Entry(
                _("Effort of customers"),
                _("How much each thing that is work for a customer counts."),
                "desk:settings_effort",
                {P.RATINGS},
                icon="scale",
            ),
        ],
    ),
    (
        _("What customers see"),
        [
            Entry(
                _("Name and colours"),
                _(
                    "How the company looks on all pages and in letters, and which languages it speaks."
                ),
                "desk:settings_branding",
                {P.BRAND},
                icon="palette",
            ),
            Entry(
                _("States in customers' words"),
                _(
                    "What customers read about how far their inquiry is, on its page and in their list."
                ),
                "desk:settings_state_words",
                {P.BRAND},
                icon="signpost",
            ),
            Entry(
                _("Notices"),
                _(
                    "What everybody reads for a time on the form, in the help centre and on signing in."
                ),
                "desk:settings_notices",
                {P.BRAND},
                icon="megaphone",
            ),
            Entry(
                _("The form on your site"),
                _("Which sites may show the form, and the lines to put there."),
                "desk:settings_embedding",
                {P.FORMS},
                icon="app-window",
            ),
            Entry(
                _("Link to the form"),
                _("A signed link that opens the form with some of it filled in."),
                "desk:form_link",
                {P.FORMS},
                icon="link",
            ),
        ],
    ),
    (
        _("Mail"),
        [
            Entry(
                _("Mailboxes"),
                _("Where mail comes in and goes out, and whether it does."),
                "desk:settings_mailboxes",
                {P.MAIL},
                icon="inbox",
            ),
            Entry(
                _("Blocked senders"),
                _("Whose mail becomes no ticket."),
                "desk:settings_blocked",
                {P.MAIL},
                icon="ban",
            ),
            Entry(
                _("Letters"),
                _("What the desk writes to customers by itself, in each language."),
                "desk:settings_letters",
                {P.MAIL},
                icon="mail",
            ),
        ],
    ),
    (
        _("Other systems"),
        [
            Entry(
                _("Webhooks"),
                _(
                    "Tell other programs and chats at once what happens here, signed and with a log."
                ),
                "desk:settings_webhooks",
                {P.INTEGRATIONS},
                icon="webhook",
            ),
            Entry(
                _("Channels of other programs"),
                _(
                    "Chats, social networks and voice bots that bring inquiries and get the answers."
                ),
                "desk:settings_channels",
                {P.INTEGRATIONS},
                icon="plug",
            ),
            Entry(
                _("API tokens of everybody"),
                _("Which programs act for whom; take one back at once."),
                "desk:settings_api_tokens",
                {P.PEOPLE},
                icon="key-square",
            ),
        ],
    ),
    (
        ALL_OF_IT,
        [
            Entry(
                _("Settings as a file"),
                _("Take the settings along, compare them, and bring them to another desk."),
                "desk:settings_file",
                frozenset(Permission),
                needs_all=True,
                icon="file-cog",
            ),
            Entry(
                _("Import"),
                _(
                    "Customers from a table, and whole desks from another helpdesk; writes to nobody."
                ),
                "desk:settings_import",
                frozenset(Permission),
                needs_all=True,
                icon="import",
            ),
            Entry(
                _("Take the whole desk along"),
                _("Everything as documented files, to keep or to restore elsewhere."),
                "desk:settings_export",
                frozenset(Permission),
                needs_all=True,
                icon="package-open",
            ),
        ],
    ),
    (
        _("Audit log"),
        [
            Entry(
                _("Who changed what"),
                _("Every change of people, settings and customers, with before and after."),
                "desk:settings_audit",
                {P.AUDIT},
                icon="history",
            ),
            Entry(
                _("Who looked at what"),
                _("Who opened which customer, ticket and file."),
                "desk:settings_audit_looks",
                {P.AUDIT},
                icon="eye",
            ),
        ],
    ),
    (
        _("For yourself"),
        [
            Entry(
                _("What I am told"),
                _("What you are told, in which way, and when you are left in peace."),
                "desk:notification_settings",
                icon="bell",
            ),
            Entry(
                _("My signature"),
                _("What stands below your letters."),
                "desk:signature",
                icon="pen-line",
            ),
            Entry(
                _("API tokens"),
                _("By which programs of yours act for you, and what for."),
                "desk:api_tokens",
                icon="key-square",
            ),
            Entry(
                _("Availability"),
                _("When you are away, and who stands in for you."),
                "desk:availability",
                icon="calendar-off",
            ),
            Entry(
                _("Sign-in and security"),
                _("Your password, second factor, passkeys and sessions."),
                "account_security",
                icon="shield-check",
            ),
        ],
    ),
)
