"""The people every test knows, on a frozen Monday morning in Tokyo."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import LazySettings, settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings
from django.urls import clear_url_caches
from django.utils import translation
from zeal.constants import initialize_app_registry
from zeal.patch import patch

import helpdesk.urls
from accounts.models import Agent, Team
from accounts.services import add_member
from common.breaker import redis_breaker
from mail.models import Mailbox
from sla.defaults import install_defaults
from sla.editing import current_version, save_policy
from sla.models import Policy
from tests.factories import AgentFactory, TeamFactory
from tests.mail.incoming import a_mailbox

TOKYO = ZoneInfo("Asia/Tokyo")
# No public holiday is near: the week of 5 October 2026.
MONDAY_AT_TEN = datetime(2026, 10, 5, 10, 0, tzinfo=TOKYO)
PASSWORD = "a-good-long-password"


def pytest_configure() -> None:
    """Collecting seldom saves a seventh of the suite's time: what there is to collect is small
    beside the models, templates and migrations that each collection looks through."""
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_finish() -> None:
    """What is loaded by now stays."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Where the tests start a PostgreSQL of their own, it has a migrated database to copy."""
    of_tests = connections["default"].settings_dict["TEST"]
    of_tests["TEMPLATE"] = os.environ.get("TEST_DATABASE_TEMPLATE")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The defaults of a fresh desk are there in every test."""
    with django_db_blocker.unblock():
        install_defaults()


@pytest.fixture(scope="session", autouse=True)
def _light_settings() -> Iterator[None]:
    """Catalogues are compiled, passwords hash fast, and pages name static files as they are."""
    call_command("compile_catalogs", verbosity=0)
    # A request that asks the database row by row fails; the product itself runs without zeal.
    initialize_app_registry()
    patch()
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        # Loading the models has translated something already; naming the catalogues anew makes
        # Django read what has just been compiled.
        LOCALE_PATHS=list(settings.LOCALE_PATHS),
        MIDDLEWARE=["zeal.middleware.zeal_middleware", *settings.MIDDLEWARE],
        # A merge has two tickets, and does the same with both.
        ZEAL_NPLUSONE_THRESHOLD=3,
        # Django looks up a session three times to end it; each event of a clock reads its log anew.
        ZEAL_ALLOWLIST=[
            {"model": "sessions.Session"},
            {"model": "sla.Clock", "field": "events"},
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        # Letters leave at once, but for the tests of taking them back.
        UNDO_SEND_SECONDS=0,
    ):
        yield


@pytest.fixture(autouse=True)
def _fresh_memory() -> Iterator[None]:
    """No counter, no broken circuit and no reader's language is left from the test before."""
    redis_breaker.reset()
    cache.clear()
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def fresh_desk(transactional_db: None) -> None:
    """For tests that really commit: the flush after the one before took the defaults away."""
    install_defaults()


@pytest.fixture
def monday_at_ten() -> Iterator[time_machine.Traveller]:
    """It is Monday 10:00 in Tokyo and time stands still."""
    with time_machine.travel(MONDAY_AT_TEN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def holding_notes(db: None) -> None:
    """The standard policy tells customers in time when it takes longer."""
    allow_holding_notes()


def allow_holding_notes(*, are_allowed: bool = True) -> None:
    """A new version of the standard policy, for promises made from now on."""
    policy = Policy.objects.get(is_default=True)
    save_policy(
        policy=policy,
        name=policy.name,
        calendar=policy.calendar,
        conditions=policy.conditions,
        settings={**current_version(policy).settings, "holding_note": are_allowed},
    )


@pytest.fixture
def support(db: None) -> Team:
    return TeamFactory(name="Support", is_default=True)


@pytest.fixture
def other_team(db: None) -> Team:
    return TeamFactory(name="Billing")


@pytest.fixture
def aiko(support: Team) -> Agent:
    """An agent of the support team."""
    agent = AgentFactory(email="aiko@example.com", name="Aiko")
    add_member(support, agent)
    return agent


@pytest.fixture
def ben(support: Team) -> Agent:
    """Aiko's team lead."""
    agent = AgentFactory(email="ben@example.com", name="Ben")
    add_member(support, agent, is_lead=True)
    return agent


@pytest.fixture
def chika(db: None) -> Agent:
    """The manager."""
    return AgentFactory(email="chika@example.com", name="Chika", role="manager")


@pytest.fixture
def admin(db: None) -> Agent:
    return AgentFactory(email="admin@example.com", name="Admin", role="administrator")


@pytest.fixture
def mallory(other_team: Team) -> Agent:
    """An agent of another team."""
    agent = AgentFactory(email="mallory@example.com", name="Mallory")
    add_member(other_team, agent)
    return agent


@pytest.fixture
def mailbox(support: Team, settings: LazySettings) -> Mailbox:
    """Support's mailbox, support@desk.example, and a desk that takes its mail."""
    return a_mailbox(support, settings)


@pytest.fixture
def as_aiko(aiko: Agent) -> Client:
    return signed_in(aiko)


def signed_in(agent: Agent) -> Client:
    """A browser in which this agent is signed in."""
    client = Client()
    client.force_login(agent)
    return client


@pytest.fixture
def japanese() -> Client:
    """A visitor's browser that asks for Japanese."""
    return Client(headers={"Accept-Language": "ja"})


@pytest.fixture
def english() -> Client:
    """A visitor's browser that asks for English."""
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def demo_urls() -> Iterator[None]:
    """The addresses that exist only in the demo exist here."""
    with override_settings(DEMO=True):
        _read_urls_again()
        yield
    _read_urls_again()


def _read_urls_again() -> None:
    importlib.reload(helpdesk.urls)
    clear_url_caches()
