"""Every change of what matters is written down, whoever made it and however."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Agent, Team
from audit.installing import faults, install
from audit.models import Change
from audit.tables import AUDITED, NOT_AUDITED
from audit.who import Who, acting
from customers.models import Customer, Organization
from desk.settings.audit_words import COLUMNS, KINDS
from helpdesk.celery import app
from mail.models import MailboxSource, OAuthApp
from tests.conftest import signed_in
from tests.factories import a_ticket, a_topic
from topics.models import Topic

pytestmark = pytest.mark.django_db

LIBRARIES = {"auth", "contenttypes", "sessions", "account"}


def changes_of(row: object) -> list[Change]:
    table = type(row)._meta.db_table
    return list(Change.objects.filter(table_name=table, row_id=row.pk).order_by("pk"))


def test_every_table_is_audited_or_has_a_reason_why_not():
    ours = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in LIBRARIES
    }

    assert {table for table in ours if table not in AUDITED} == set(NOT_AUDITED)
    assert set(AUDITED) <= set(ours)
    for table, audited in AUDITED.items():
        columns = {field.column for field in ours[table]._meta.local_concrete_fields}
        named = set(f"{audited.naming} {audited.silent} {audited.veiled}".split())
        assert named <= columns, table
        # Everything that can be read in the log has a name that people know.
        assert columns - {"id", *audited.silent.split()} <= set(COLUMNS), table
        assert table in KINDS
        page = KINDS[table].page or KINDS[table].list_page
        assert not page or reverse(page, args=[1] if KINDS[table].page else [])


def test_secrets_are_never_written_down():
    secrets = {"password", "secret", "app_secret", "refresh_token", "access_token", "smtp_secret"}
    secrets |= {"digest", "data"}
    for table, audited in AUDITED.items():
        model = next(each for each in apps.get_models(True) if each._meta.db_table == table)
        columns = {field.column for field in model._meta.local_concrete_fields}
        assert columns & secrets <= set(f"{audited.veiled} {audited.silent}".split()), table

    app = OAuthApp.objects.create(provider="google", app_id="id", app_secret="first-secret")
    OAuthApp.objects.filter(pk=app.pk).update(app_secret="second-secret")

    assert [each.after["app_secret"] for each in changes_of(app)] == ["•••", "•••"]


def raw(sql: str) -> Callable[[Topic], None]:
    def execute(topic: Topic) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"id": topic.pk})

    return execute


def save(topic: Topic) -> None:
    topic.name_ja = "新"
    topic.save()


def in_bulk(topic: Topic) -> None:
    topic.name_ja = "新"
    Topic.objects.bulk_update([topic], ["name_ja"])


WAYS = [
    save,
    in_bulk,
    lambda topic: Topic.objects.filter(pk=topic.pk).update(name_ja="新"),
    raw("UPDATE topics_topic SET name_ja = '新' WHERE id = %(id)s"),
    raw(
        "INSERT INTO topics_topic SELECT * FROM topics_topic WHERE id = %(id)s"
        " ON CONFLICT (id) DO UPDATE SET name_ja = '新'"
    ),
    raw(
        "WITH found AS (SELECT id FROM topics_topic WHERE id = %(id)s)"
        " UPDATE topics_topic SET name_ja = '新' FROM found WHERE topics_topic.id = found.id"
    ),
]


@pytest.mark.parametrize("change", WAYS)
def test_a_change_is_written_down_whichever_way_it_is_made(support, change):
    topic = a_topic(name_ja="返品")

    with acting(lambda: Who(agent=7, name="O'Brien 100%", via="desk:x", request="abc")):
        change(topic)

    newest = changes_of(topic)[-1]
    assert (newest.action, newest.before, newest.after) == (
        "update",
        {"name_ja": "返品"},
        {"name_ja": "新"},
    )
    assert (newest.agent, newest.name, newest.via) == (7, "O'Brien 100%", "desk:x")
    assert newest.about["name_ja"] == "返品"


def test_rows_that_come_and_go_by_copy_or_with_others_are_written_down():
    rows = io.StringIO("90001\tAcme\t2026-01-01\n90002\tBlue\t2026-01-01\n")
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY customers_organization (id, name, created_at) FROM STDIN", rows)
    Organization.objects.filter(pk__in=[90001, 90002]).delete()

    found = Change.objects.filter(table_name="customers_organization", row_id__in=[90001, 90002])
    assert list(found.order_by("pk").values_list("action", "row_id")) == [
        ("insert", 90001),
        ("insert", 90002),
        ("delete", 90001),
        ("delete", 90002),
    ]
    assert found.latest("pk").before == {"name": "Blue"}


def test_what_is_silent_and_what_stays_the_same_says_nothing(support, aiko):
    customer = Customer.objects.create(name="花")
    before = Change.objects.count()

    Customer.objects.filter(pk=customer.pk).update(let_down_on=5, name="花")
    Agent.objects.filter(pk=aiko.pk).update(last_login="2026-01-01T00:00Z")
    MailboxSource.objects.update(fetches=9)

    assert Change.objects.count() == before


def test_tickets_cost_nothing(support, aiko):
    a_ticket()
    who = lambda: pytest.fail("nobody needs to know")  # noqa: E731
    with acting(who), connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET subject = 'x'")
        cursor.execute("SELECT name FROM accounts_team")


def test_a_page_says_who_it_was(admin, support):
    signed_in(admin).post("/desk/settings/topics/create/", {"name_ja": "配送", "team": support.pk})

    change = Change.objects.filter(table_name="topics_topic").latest("pk")
    assert change.about == {"name_ja": "配送"}
    assert (change.agent, change.name) == (admin.pk, "Admin")
    assert change.via == "desk:settings_topic_create"
    assert len(change.request) == 12


def test_a_task_and_a_command_say_their_names(support, monkeypatch):
    @app.task(name="audit.tasks.of_this_test")
    def rename() -> None:
        Team.objects.filter(pk=support.pk).update(name="新")

    rename()
    assert changes_of(support)[-1].via == "audit.tasks.of_this_test"

    monkeypatch.setattr("sys.argv", ["manage.py", "load_demo", "--quiet"])
    Team.objects.filter(pk=support.pk).update(name="旧")
    assert (changes_of(support)[-1].via, changes_of(support)[-1].agent) == (
        "manage.py load_demo",
        None,
    )


def test_without_a_transaction_the_next_statement_is_nobodys(fresh_desk):
    with acting(lambda: Who(agent=7, name="Aiko")):
        first = Organization.objects.create(name="Acme")
    second = Organization.objects.create(name="Blue")

    assert [changes_of(each)[0].agent for each in (first, second)] == [7, None]


def test_a_trigger_that_is_missing_or_off_is_told_and_put_up_again(support):
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_update ON topics_topic")
        cursor.execute("ALTER TABLE sla_policy DISABLE TRIGGER audit_delete")
    assert sorted(faults()) == ["sla_policy", "topics_topic"]

    install()

    assert faults() == []
    topic = a_topic()
    Topic.objects.update(name_ja="新")
    assert changes_of(topic)[-1].action == "update"


def test_emptying_a_table_is_written_down():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE knowledge_synonymgroup")

    change = Change.objects.latest("pk")
    assert (change.table_name, change.action) == ("knowledge_synonymgroup", "truncate")


def test_migrating_again_changes_nothing():
    call_command("migrate", verbosity=0)

    assert faults() == []
