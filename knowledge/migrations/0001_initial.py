import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.token_fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0013_customers_answers_and_ratings"),
        ("topics", "0001_squashed_0002_questions"),
    ]

    operations = [
        migrations.CreateModel(
            name="SynonymGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("words", models.JSONField(default=list)),
                ("position", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("position", models.PositiveIntegerField(default=0)),
                ("name_ja", models.CharField(blank=True, max_length=60)),
                ("name_en", models.CharField(blank=True, max_length=60)),
                ("description_ja", models.CharField(blank=True, max_length=200)),
                ("description_en", models.CharField(blank=True, max_length=200)),
                ("is_active", models.BooleanField(default=True)),
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
                        name="collection_has_a_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("query", models.CharField(max_length=80)),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
                ("searches", models.PositiveIntegerField(default=0)),
                ("results", models.PositiveIntegerField(default=0)),
                ("openings", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "query", "language"), name="search_counted_once_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Article",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=80, unique=True)),
                (
                    "audience",
                    models.CharField(
                        choices=[("public", "Everybody"), ("internal", "Only the desk")],
                        default="public",
                        max_length=10,
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("revision", models.PositiveIntegerField(default=0)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "teams",
                    models.ManyToManyField(blank=True, related_name="articles", to="accounts.team"),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="articles",
                        to="topics.topic",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="articles",
                        to="knowledge.collection",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["public", "internal"])),
                        name="article_audience_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ArticleText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
                ("title", models.CharField(max_length=120)),
                ("body", models.TextField(max_length=30000)),
                ("published_title", models.CharField(blank=True, max_length=120)),
                ("published_body", models.TextField(blank=True, max_length=30000)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("title_tokens", common.token_fields.TokensField(default=list)),
                ("tokens", common.token_fields.TokensField(default=list)),
                ("draft_tokens", common.token_fields.TokensField(default=list)),
                ("saved_at", models.DateTimeField()),
                ("revision", models.PositiveIntegerField(default=0)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="knowledge.article",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["article", "language"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["tokens"], name="article_tokens"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["draft_tokens"], name="article_draft_tokens"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("article", "language"), name="one_text_of_a_language"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["ja", "en"])),
                        name="text_language_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True), name="text_has_a_title"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("published_at", None),
                                ("published_body", ""),
                                ("published_title", ""),
                            ),
                            models.Q(
                                ("published_at__isnull", False),
                                models.Q(("published_title", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="published_text_has_a_title",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
                ("reader", models.CharField(max_length=64)),
                ("has_helped", models.BooleanField()),
                ("comment", models.CharField(blank=True, max_length=1000)),
                ("at", models.DateTimeField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback",
                        to="knowledge.article",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("article"),
                        models.OrderBy(models.F("at"), descending=True),
                        name="feedback_of_an_article",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("article", "language", "reader"), name="one_vote_of_a_reader"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SelfService",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
                ("reader", models.CharField(max_length=64)),
                ("day", models.DateField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="self_services",
                        to="knowledge.article",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(models.F("day"), name="self_service_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("article", "reader", "day"), name="self_service_once_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ArticleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("saved", "Saved as a draft"),
                            ("published", "Published"),
                            ("withdrawn", "Withdrawn"),
                            ("restored", "Restored as a draft"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("title", models.CharField(max_length=120)),
                ("body", models.TextField(max_length=30000)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="knowledge.articletext",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("what__in", ["saved", "published", "withdrawn", "restored"])
                        ),
                        name="version_what_is_known",
                    )
                ],
            },
        ),
    ]
