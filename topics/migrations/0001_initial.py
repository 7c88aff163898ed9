import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0010_keys_off"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                ("position", models.PositiveIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "topics",
                    models.ManyToManyField(blank=True, related_name="fields", to="topics.topic"),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name_ja", ""), _negated=True),
                    models.Q(("name_en", ""), _negated=True),
                    _connector="OR",
                ),
                name="topic_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.UniqueConstraint(fields=("of", "key"), name="field_key_once"),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(("of__in", ["ticket", "customer"])), name="field_of_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["text", "number", "date", "choice", "yes_no"])),
                name="field_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "choice"), ("choices", []), _connector="OR"),
                name="only_choices_have_choices",
            ),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("of", "ticket"), ("is_required_to_solve", False), _connector="OR"
                ),
                name="only_tickets_are_solved",
            ),
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("label_ja", ""), _negated=True),
                    models.Q(("label_en", ""), _negated=True),
                    _connector="OR",
                ),
                name="field_has_a_label",
            ),
        ),
    ]
