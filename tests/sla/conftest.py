"""Commitments for the sweep, and tests whose transactions really commit."""

from __future__ import annotations

import pytest

from accounts.models import Agent, Team
from accounts.services import add_member
from tests.factories import AgentFactory, TeamFactory


@pytest.fixture
def committed_team(fresh_desk: None) -> Team:
    """A team in a database where commits count."""
    return TeamFactory(name="Support", is_default=True)


@pytest.fixture
def committed_agent(committed_team: Team) -> Agent:
    agent = AgentFactory(email="aiko@example.com", name="Aiko")
    add_member(committed_team, agent)
    return agent
