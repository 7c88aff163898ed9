from __future__ import annotations

import pytest

from accounts.models import Agent
from tests.api.programs import Program


@pytest.fixture
def shop(aiko: Agent) -> Program:
    """A program that acts for Aiko."""
    return Program(aiko)


@pytest.fixture
def intruder(mallory: Agent) -> Program:
    """A program that acts for somebody of another team."""
    return Program(mallory)


@pytest.fixture
def manager(chika: Agent) -> Program:
    return Program(chika)
