import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# What happens to tickets, for the rules that wait for it. Where no rule does, each asks one small
# table. A rule at work names itself in yakusoku.rules, so that what it sets off is known as such.
TRIGGERS = """
CREATE FUNCTION rules_waited_for(happening text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM rules_rule WHERE is_active AND jsonb_exists(events, happening))
$$;

CREATE FUNCTION rules_chain() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('yakusoku.rules', true), '')
$$;

CREATE FUNCTION rules_note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM rules_rule WHERE is_active AND since = '') THEN
        RETURN NULL;
    END IF;
    INSERT INTO rules_occurrence (ticket_id, kind, chain)
    SELECT ticket_id, happening, rules_chain()
    FROM (
        SELECT id, ticket_id, CASE
            WHEN kind = 'opened' THEN 'opened'
            WHEN kind = 'chased' THEN 'chased'
            WHEN kind = 'rated' THEN 'rated'
            WHEN kind = 'priority_changed' THEN 'priority'
            WHEN kind = 'tags_changed' THEN 'tagged'
            WHEN kind = 'topic_changed' THEN 'topic'
            WHEN kind IN ('assigned', 'released', 'handed_over', 'went_back') THEN 'assigned'
            WHEN kind IN ('resolved', 'reopened', 'closed', 'put_on_hold', 'waiting', 'resumed',
                          'hold_ended', 'returned') THEN 'moved'
        END AS happening
        FROM noted
    ) AS named
    WHERE happening IS NOT NULL AND rules_waited_for(happening)
    ORDER BY id;
    RETURN NULL;
END $$;

CREATE FUNCTION rules_note_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM rules_rule WHERE is_active AND since = '') THEN
        RETURN NULL;
    END IF;
    INSERT INTO rules_occurrence (ticket_id, kind, chain)
    SELECT ticket_id, happening, rules_chain()
    FROM (
        SELECT id, ticket_id,
               CASE WHEN direction = 'inbound' THEN 'wrote' ELSE 'answered' END AS happening
        FROM noted
        -- What a ticket was opened with is no further word.
        WHERE EXISTS (
            SELECT FROM tickets_message AS earlier
            WHERE earlier.ticket_id = noted.ticket_id AND earlier.id < noted.id
        )
    ) AS named
    WHERE rules_waited_for(happening)
    ORDER BY id;
    RETURN NULL;
END $$;

CREATE FUNCTION rules_note_breaches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM rules_rule WHERE is_active AND since = '') THEN
        RETURN NULL;
    END IF;
    INSERT INTO rules_occurrence (ticket_id, kind, chain)
    SELECT ticket.id, 'broken', rules_chain()
    FROM changed
    JOIN before ON before.id = changed.id
    JOIN tickets_ticket AS ticket ON ticket.clock_id = changed.clock_id
    WHERE changed.kind = 'promise' AND changed.state = 'breached' AND before.state <> 'breached'
      AND rules_waited_for('broken')
    ORDER BY changed.id;
    RETURN NULL;
END $$;

CREATE TRIGGER rules_events_noted AFTER INSERT ON tickets_ticketevent
    REFERENCING NEW TABLE AS noted FOR EACH STATEMENT EXECUTE FUNCTION rules_note_events();
CREATE TRIGGER rules_messages_noted AFTER INSERT ON tickets_message
    REFERENCING NEW TABLE AS noted FOR EACH STATEMENT EXECUTE FUNCTION rules_note_messages();
CREATE TRIGGER rules_breaches_noted AFTER UPDATE ON sla_commitment
    REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION rules_note_breaches();
"""
NO_TRIGGERS = """
DROP TRIGGER rules_events_noted ON tickets_ticketevent;
DROP TRIGGER rules_messages_noted ON tickets_message;
DROP TRIGGER rules_breaches_noted ON sla_commitment;
DROP FUNCTION rules_note_events(), rules_note_messages(), rules_note_breaches(),
    rules_waited_for(text), rules_chain();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0017_rules_tell"),
        ("customers", "0008_let_down_on"),
        ("tickets", "0025_queue_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "a ticket is opened"),
                            ("wrote", "a customer writes again"),
                            ("answered", "the customer is answered"),
                            ("chased", "a customer asks for news"),
                            ("broken", "a promise is broken"),
                            ("assigned", "a ticket changes hands"),
                            ("moved", "the state of a ticket changes"),
                            ("priority", "the priority changes"),
                            ("tagged", "the tags change"),
                            ("topic", "the topic changes"),
                            ("rated", "a customer rates us"),
                        ],
                        max_length=10,
                    ),
                ),
                ("chain", models.CharField(blank=True, max_length=200)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True)),
                ("events", models.JSONField(blank=True, default=list)),
                (
                    "since",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("opened", "a ticket was opened"),
                            ("waiting", "a customer began to wait for our word"),
                            ("untouched", "anything changed on a ticket"),
                            ("promise", "before a promised contact"),
                        ],
                        max_length=10,
                    ),
                ),
                ("after", models.DurationField(default=datetime.timedelta(0))),
                ("needs_all", models.BooleanField(default=True)),
                ("conditions", models.JSONField(blank=True, default=list)),
                ("actions", models.JSONField(default=list)),
                ("is_active", models.BooleanField(default=False)),
                ("position", models.PositiveIntegerField(default=0)),
                ("active_since", models.DateTimeField(blank=True, null=True)),
                (
                    "keeper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("because", models.CharField(max_length=10)),
                ("anchor", models.DateTimeField(null=True)),
                ("batch", models.UUIDField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "done"),
                            ("same", "it was so already"),
                            ("failed", "not possible"),
                            ("stopped", "stopped: rules set each other off"),
                            ("undone", "undone"),
                            ("kept", "not undone: changed again since"),
                        ],
                        max_length=10,
                    ),
                ),
                ("before", models.JSONField(default=list)),
                ("actions", models.JSONField(default=list)),
                ("revision", models.PositiveIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="rules.rule",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rule_runs",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Recurrence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("urgent", "Urgent"),
                            ("high", "High"),
                            ("normal", "Normal"),
                            ("low", "Low"),
                        ],
                        default="normal",
                        max_length=10,
                    ),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[
                            ("day", "every day"),
                            ("week", "every week"),
                            ("month", "every month"),
                        ],
                        max_length=10,
                    ),
                ),
                ("first_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("is_active", models.BooleanField(default=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recurrences",
                        to="customers.customer",
                    ),
                ),
                (
                    "keeper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "last_ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["next_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_active", True)),
                        fields=["next_at"],
                        name="recurrence_due",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(("since", ""), ("events", []), _connector="OR"),
                name="rule_waits_for_events_or_for_time",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["ticket", "-id"], name="rule_runs_of_ticket"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["rule", "-id"], name="rule_runs"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)), fields=["batch"], name="rule_batch"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("anchor__isnull", False)),
                fields=("rule", "ticket", "anchor"),
                name="rule_of_time_runs_once",
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
