import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0019_validate_permissions"),
        ("customers", "0008_let_down_on"),
        ("tickets", "0028_tickets_by_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
    ]
