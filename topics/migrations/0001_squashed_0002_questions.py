import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("topics", "0001_initial"),
        ("topics", "0002_questions"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0013_customers_answers_and_ratings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Topic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_ja", models.CharField(blank=True, max_length=60)),
                ("name_en", models.CharField(blank=True, max_length=60)),
                ("position", models.PositiveIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="topics",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="topics",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name_ja", ""), _negated=True),
                            models.Q(("name_en", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="topic_has_a_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Field",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of",
                    models.CharField(
                        choices=[("ticket", "Ticket"), ("customer", "Customer")], max_length=10
                    ),
                ),
                ("key", models.SlugField(db_index=False, max_length=40)),
                ("label_ja", models.CharField(blank=True, max_length=60)),
                ("label_en", models.CharField(blank=True, max_length=60)),
                ("help_ja", models.CharField(blank=True, max_length=200)),
                ("help_en", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Short text"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("choice", "Choice"),
                            ("yes_no", "Yes or no"),
                        ],
                        max_length=10,
                    ),
                ),
                ("choices", models.JSONField(blank=True, default=list)),
                ("is_required_to_solve", models.BooleanField(default=False)),
                ("is_for_customers", models.BooleanField(default=False)),
                ("is_required_for_customers", models.BooleanField(db_default=False, default=False)),
                (
                    "depends_value",
                    models.CharField(blank=True, db_default="", default="", max_length=40),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "depends_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dependents",
                        to="topics.field",
                    ),
                ),
                (
                    "topics",
                    models.ManyToManyField(blank=True, related_name="fields", to="topics.topic"),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("of", "key"), name="field_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(("of__in", ["ticket", "customer"])),
                        name="field_of_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["text", "number", "date", "choice", "yes_no"])
                        ),
                        name="field_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "choice"), ("choices", []), _connector="OR"),
                        name="only_choices_have_choices",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("of", "ticket"), ("is_required_to_solve", False), _connector="OR"
                        ),
                        name="only_tickets_are_solved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("label_ja", ""), _negated=True),
                            models.Q(("label_en", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="field_has_a_label",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("depends_on", None), ("depends_value", "")),
                            models.Q(
                                ("depends_on__isnull", False),
                                models.Q(("depends_value", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="field_depends_on_a_value",
                    ),
                ],
            },
        ),
    ]
