"""What people are good at: a few words each, such as "English" or "network"."""

from __future__ import annotations

import re

from accounts.models import Agent
from common.tokens import fold

MOST = 20
LENGTH = 40
BETWEEN = re.compile(r"[,、，;；\n]")


def read_skills(text: str) -> list[str]:
    """The skills of a text with commas between them, each once."""
    named = (" ".join(part.split()) for part in BETWEEN.split(text))
    return list({fold(each): each for each in named if each}.values())


def has_skill(agent: Agent, skill: str) -> bool:
    """Whether it is one of theirs, however it is written; everybody has the empty one."""
    return not skill or fold(skill) in map(fold, agent.skills)
