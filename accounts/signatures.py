"""What stands below a reply: who wrote it, and for whom."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from branding.selectors import brand_name
from common.placeholders import Placeholders

MOST = 1000
AGENT, TEAM, BRAND = "agent", "team", "brand"
WORDS = Placeholders({"担当者名": AGENT, "チーム名": TEAM, "会社名": BRAND})
BUILT_IN = {"ja": "{{会社名}}\n担当 {{担当者名}}", "en": "{{agent}}\n{{brand}}"}


def signature_of(agent: Agent, *, team: Team | None, language: str) -> str:
    """The agent's own, else that of the team, else name and desk in the customer's language."""
    of_team = team.signature if team else ""
    return filled(agent.signature or of_team or BUILT_IN[language], agent=agent, team=team)


def filled(text: str, *, agent: Agent, team: Team | None) -> str:
    """A signature as it stands below a reply of this agent."""
    values = {AGENT: agent.name, TEAM: team.name if team else "", BRAND: brand_name()}
    return WORDS.fill(text, values).strip()


def keep_signature(owner: Agent | Team, text: str) -> None:
    """Replies that are written from now on have it; without one, what stands in for it."""
    owner.signature = text.replace("\r\n", "\n").strip()
    owner.save(update_fields=["signature"])


def objection(text: str) -> str:
    """What is wrong with a signature; empty when nothing is."""
    unknown = WORDS.unknown(text)
    if not unknown:
        return ""
    return _("“%(placeholder)s” is none of the placeholders.") % {"placeholder": unknown[0][:60]}
