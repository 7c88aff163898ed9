import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NAMES = [
    ("acknowledgement", "Acknowledgement"),
    ("reply", "Reply"),
    ("holding", "It takes longer"),
    ("reminder", "Reminder"),
    ("closing", "Closing without an answer"),
]
LANGUAGES = [("ja", "日本語"), ("en", "English")]


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0006_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="quotes_history",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="LetterText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(choices=NAMES, max_length=20)),
                ("language", models.CharField(choices=LANGUAGES, max_length=8)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="letter_texts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "language"), name="one_text_for_a_letter"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterTextVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(choices=NAMES, max_length=20)),
                ("language", models.CharField(choices=LANGUAGES, max_length=8)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("body", models.TextField(blank=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="letter_text_versions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["name", "language", "-id"], name="letter_text_history")
                ],
            },
        ),
    ]
