import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.token_fields


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tickets", "0001_initial"),
        ("tickets", "0002_rematch"),
        ("tickets", "0003_reply_address"),
        ("tickets", "0004_merging"),
        ("tickets", "0005_search_entry"),
        ("tickets", "0006_tags"),
        ("tickets", "0007_saved_views"),
        ("tickets", "0008_bulk"),
        ("tickets", "0009_drafts"),
        ("tickets", "0010_read_marks"),
        ("tickets", "0011_hand_over"),
        ("tickets", "0012_composing"),
        ("tickets", "0013_incoming_mail"),
        ("tickets", "0014_taking_turns_and_following"),
        ("tickets", "0015_links_and_checklist"),
        ("tickets", "0016_macros"),
        ("tickets", "0017_topics_and_fields"),
        ("tickets", "0018_third_party"),
        ("tickets", "0019_bulk_letters"),
        ("tickets", "0020_invitations"),
        ("tickets", "0021_customer_tasks_and_ratings"),
        ("tickets", "0022_articles"),
        ("tickets", "0023_chasers"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0013_customers_answers_and_ratings"),
        ("customers", "0001_squashed_0007_all_my_inquiries"),
        ("knowledge", "0001_initial"),
        ("mail", "0001_squashed_0011_returned_letter"),
        ("sla", "0001_squashed_0005_version_authors"),
        ("topics", "0001_squashed_0002_questions"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE ticket_number START 1001", "DROP SEQUENCE ticket_number"
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("normalized", models.CharField(max_length=120, unique=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("assign", "Assign"),
                            ("status", "Status"),
                            ("priority", "Priority"),
                            ("tag", "Tag"),
                            ("untag", "Untag"),
                            ("resolve", "Resolve"),
                            ("reply", "Reply"),
                            ("merge", "Merge"),
                        ],
                        max_length=10,
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("query", models.CharField(blank=True, max_length=700)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("submission_key", models.UUIDField(editable=False, null=True, unique=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bulk_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["agent", "-started_at"], name="bulk_changes_of_agent"),
                    models.Index(
                        condition=models.Q(("finished_at", None)),
                        fields=["started_at"],
                        name="bulk_unfinished",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Macro",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("reading", models.CharField(blank=True, max_length=60)),
                ("body", models.TextField()),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("", "Any language"), ("ja", "日本語"), ("en", "English")],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[("promise", "Promise"), ("ask", "Ask"), ("solve", "Solve")],
                        max_length=10,
                    ),
                ),
                ("promise_after", models.DurationField(blank=True, null=True)),
                ("tags", models.JSONField(blank=True, default=list)),
                (
                    "priority",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("urgent", "Urgent"),
                            ("high", "High"),
                            ("normal", "Normal"),
                            ("low", "Low"),
                        ],
                        max_length=10,
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="macros",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="macros",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("owner", None), ("team", None), _connector="OR"),
                        name="macro_is_ones_own_or_the_teams",
                    ),
                    models.UniqueConstraint(
                        fields=("owner", "team", "name"),
                        name="macro_names_differ",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RatingSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_on", models.BooleanField(default=True)),
                ("days_between", models.PositiveSmallIntegerField(default=30)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "rating settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="one_row_of_rating_settings"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rematch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("moved", models.PositiveIntegerField(default=0)),
                ("last_ticket", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "rematches",
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)),
                        fields=["started_at"],
                        name="rematch_unfinished",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=600)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("owner", None), ("team", None), _connector="OR"),
                        name="view_is_ones_own_or_the_teams",
                    ),
                    models.UniqueConstraint(
                        fields=("owner", "team", "name"),
                        name="view_names_differ",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DefaultView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "agent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="default_view",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="defaults",
                        to="tickets.savedview",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField(editable=False, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Open"),
                            ("pending_customer", "Waiting for the customer"),
                            ("on_hold", "On hold"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("spam", "Spam"),
                            ("merged", "Merged"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
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
                    "channel",
                    models.CharField(
                        choices=[
                            ("web", "Web form"),
                            ("email", "Email"),
                            ("phone", "Phone"),
                            ("api", "API"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("fields", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "reply_address",
                    models.CharField(blank=True, db_default="", default="", max_length=320),
                ),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
                ("next_due_at", models.DateTimeField(null=True)),
                (
                    "next_due_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ack", "Acknowledgement"),
                            ("first_reply", "First reply"),
                            ("next_reply", "Next reply"),
                            ("update", "Update"),
                            ("resolution", "Resolution"),
                            ("promise", "Promise"),
                            ("nudge_1", "First reminder to the customer"),
                            ("nudge_2", "Second reminder to the customer"),
                            ("auto_close", "Closing after silence"),
                        ],
                        max_length=20,
                    ),
                ),
                ("next_contact_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("preview", models.CharField(blank=True, max_length=200)),
                ("is_last_word_ours", models.BooleanField(default=False)),
                ("reopen_count", models.PositiveIntegerField(default=0)),
                ("hand_over_count", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "hold_reason",
                    models.CharField(blank=True, db_default="", default="", max_length=100),
                ),
                ("chased_at", models.DateTimeField(blank=True, null=True)),
                ("chaser_count", models.PositiveIntegerField(db_default=0, default=0)),
                ("unanswered_since", models.DateTimeField(blank=True, null=True)),
                ("awaits_agent", models.BooleanField(db_default=False, default=False)),
                ("act_since", models.DateTimeField(blank=True, null=True)),
                ("act_by", models.DateTimeField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("entry_count", models.PositiveIntegerField(default=1)),
                ("submission_key", models.UUIDField(editable=False, null=True, unique=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tickets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clock",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket",
                        to="sla.clock",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="customers.customer",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tickets",
                        to="mail.mailbox",
                    ),
                ),
                (
                    "maybe_belongs_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="maybe_belonging",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absorbed",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "tags",
                    models.ManyToManyField(blank=True, related_name="tickets", to="tickets.tag"),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="accounts.team",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="topics.topic",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending_customer", "on_hold"])
                        ),
                        fields=["team", "next_due_at", "id"],
                        name="queue_by_team",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending_customer", "on_hold"])
                        ),
                        fields=["next_due_at", "id"],
                        name="queue_of_everybody",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending_customer", "on_hold"])
                        ),
                        fields=["assignee", "next_due_at", "id"],
                        name="queue_by_assignee",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending_customer", "on_hold"]),
                            ("topic__isnull", False),
                        ),
                        fields=["topic", "next_due_at", "id"],
                        name="queue_by_topic",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["fields"], name="tickets_by_field", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending_customer", "on_hold"]),
                            _negated=True,
                        ),
                        fields=["team", "-resolved_at", "-id"],
                        name="resolved_by_team",
                    ),
                    models.Index(
                        models.F("customer"),
                        models.OrderBy(models.F("opened_at"), descending=True),
                        name="tickets_of_customer",
                    ),
                    models.Index(
                        condition=models.Q(("act_by__isnull", False)),
                        fields=["act_by"],
                        name="tickets_to_take_back",
                    ),
                    models.Index(
                        condition=models.Q(("awaits_agent", True)),
                        fields=["team"],
                        name="tickets_awaiting_agent",
                    ),
                    models.Index(
                        condition=models.Q(("chased_at__isnull", False)),
                        fields=["team", "next_due_at", "id"],
                        name="queue_of_chasers",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["new", "open", "pending_customer", "on_hold"]),
                                _negated=True,
                            ),
                            ("next_contact_at__isnull", False),
                            _connector="OR",
                        ),
                        name="unresolved_ticket_has_a_next_contact",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "new",
                                    "open",
                                    "pending_customer",
                                    "on_hold",
                                    "resolved",
                                    "closed",
                                    "spam",
                                    "merged",
                                ],
                            )
                        ),
                        name="ticket_status_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("inbound", "Inbound"), ("outbound", "Outbound")], max_length=10
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("web", "Web form"),
                            ("email", "Email"),
                            ("phone", "Phone"),
                            ("api", "API"),
                        ],
                        max_length=10,
                    ),
                ),
                ("body", models.TextField()),
                ("sent_at", models.DateTimeField()),
                ("submission_key", models.UUIDField(editable=False, null=True, unique=True)),
                (
                    "from_email",
                    models.CharField(blank=True, db_default="", default="", max_length=320),
                ),
                (
                    "from_name",
                    models.CharField(blank=True, db_default="", default="", max_length=200),
                ),
                ("folded", models.TextField(blank=True, db_default="", default="")),
                ("html", models.TextField(blank=True, db_default="", default="")),
                ("cuts", models.JSONField(blank=True, db_default=[], default=list)),
                ("invitations", models.JSONField(blank=True, db_default=[], default=list)),
                ("is_auto", models.BooleanField(db_default=False, default=False)),
                (
                    "doubt",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unverified", "Unverified"),
                            ("stranger", "Stranger"),
                            ("agent", "Agent"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "meaning",
                    models.CharField(
                        blank=True,
                        choices=[("chaser", "Chaser"), ("thanks", "Thanks")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("is_hidden", models.BooleanField(db_default=False, default=False)),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="customers.customer",
                    ),
                ),
                (
                    "email",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="mail.outboundemail",
                    ),
                ),
                (
                    "inbound",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="message",
                        to="mail.inboundemail",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["sent_at", "pk"],
                "indexes": [
                    models.Index(fields=["ticket", "sent_at", "id"], name="thread_of_ticket")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("direction", "outbound"), ("agent", None), _connector="OR"
                        ),
                        name="customers_words_have_no_agent",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ThirdPartyLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("inbound", "Inbound"), ("outbound", "Outbound")], max_length=10
                    ),
                ),
                ("address", models.CharField(max_length=320)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("body", models.TextField()),
                ("folded", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("cuts", models.JSONField(blank=True, default=list)),
                ("is_auto", models.BooleanField(default=False)),
                (
                    "doubt",
                    models.CharField(
                        blank=True,
                        choices=[("unverified", "Unverified"), ("stranger", "Stranger")],
                        max_length=10,
                    ),
                ),
                ("hold_reason", models.CharField(blank=True, max_length=100)),
                ("sent_at", models.DateTimeField()),
                ("submission_key", models.UUIDField(editable=False, null=True, unique=True)),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="third_party_letters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "email",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="third_party_letter",
                        to="mail.outboundemail",
                    ),
                ),
                (
                    "inbound",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="third_party_letter",
                        to="mail.inboundemail",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="third_party_letters",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["sent_at", "pk"],
                "indexes": [
                    models.Index(fields=["ticket", "sent_at"], name="third_party_of_ticket")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("direction", "outbound"),
                                ("doubt", ""),
                                ("inbound", None),
                                ("is_auto", False),
                            ),
                            models.Q(
                                ("agent", None),
                                ("direction", "inbound"),
                                ("email", None),
                                ("hold_reason", ""),
                                ("submission_key", None),
                            ),
                            _connector="OR",
                        ),
                        name="third_party_letter_goes_one_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("direction", "outbound"), _negated=True),
                            models.Q(("address", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="third_party_letter_goes_somewhere",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchEntry",
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
                            ("subject", "Subject"),
                            ("customer", "Customer"),
                            ("message", "Message"),
                            ("note", "Note"),
                            ("brief", "Brief"),
                            ("details", "Topic and details"),
                            ("file", "File"),
                            ("outside", "Third party"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("source_id", models.BigIntegerField(null=True)),
                ("text", models.TextField(blank=True)),
                ("tokens", common.token_fields.TokensField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_entries",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "search entries",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["tokens"], name="search_tokens"
                    ),
                    models.Index(fields=["at", "id"], name="search_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduledReply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body", models.TextField()),
                (
                    "ending",
                    models.CharField(
                        choices=[("promise", "Promise"), ("ask", "Ask"), ("solve", "Solve")],
                        max_length=10,
                    ),
                ),
                ("promise_at", models.DateTimeField(blank=True, null=True)),
                ("thing", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("needed_on", models.DateField(blank=True, null=True)),
                ("leaves_at", models.DateTimeField()),
                ("written_at", models.DateTimeField()),
                ("newest_inbound", models.BigIntegerField()),
                ("submission_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scheduled_replies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scheduled_replies",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "scheduled replies",
                "ordering": ["leaves_at", "pk"],
                "indexes": [models.Index(fields=["leaves_at"], name="scheduled_replies_to_send")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ending", "promise"), _negated=True),
                            models.Q(
                                ("promise_at__gt", models.F("leaves_at")),
                                ("promise_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="scheduled_reply_promises_what_comes_after",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry_count", models.PositiveIntegerField()),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="read_marks",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "agent"), name="one_read_mark_per_agent"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(max_length=320)),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("suggested", "suggested"),
                            ("invited", "invited"),
                            ("cc", "in Cc"),
                            ("ignored", "ignored"),
                        ],
                        max_length=10,
                    ),
                ),
                ("added_at", models.DateTimeField()),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="participants",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "address"), name="participant_once_per_ticket"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body", models.TextField()),
                ("mentions", models.JSONField(blank=True, db_default=[], default=list)),
                ("written_at", models.DateTimeField()),
                ("submission_key", models.UUIDField(editable=False, null=True, unique=True)),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["written_at", "pk"],
                "indexes": [models.Index(fields=["ticket", "written_at"], name="notes_of_ticket")],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "into",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges_in",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)),
                        fields=("ticket",),
                        name="merged_once_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("problem", models.TextField()),
                ("known", models.TextField(blank=True)),
                ("tried", models.TextField(blank=True)),
                ("promised", models.TextField(blank=True)),
                ("next_step", models.TextField()),
                ("at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
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
                    "from_agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
                    ),
                ),
                (
                    "to_agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to_team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hand_overs",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "indexes": [models.Index(fields=["ticket", "at"], name="hand_overs_of_ticket")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("problem", ""), _negated=True),
                            models.Q(("next_step", ""), _negated=True),
                        ),
                        name="brief_says_problem_and_next_step",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Follower",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="followers",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "agent"), name="follows_a_ticket_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("reply", "Reply"), ("note", "Note")], max_length=5),
                ),
                ("body", models.TextField()),
                ("submission_key", models.UUIDField()),
                ("saved_at", models.DateTimeField()),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[("promise", "Promise"), ("ask", "Ask"), ("solve", "Solve")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("promise_at", models.DateTimeField(blank=True, null=True)),
                ("leaves_at", models.DateTimeField(blank=True, null=True)),
                ("thing", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("needed_on", models.DateField(blank=True, null=True)),
                ("macros", models.JSONField(blank=True, db_default=[], default=list)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["saved_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "agent", "kind"), name="one_draft_of_a_kind_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("nonce", models.CharField(max_length=32, unique=True)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChecklistItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=200)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checklist",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("same", "Same"),
                            ("failed", "Failed"),
                            ("undone", "Undone"),
                            ("kept", "Kept"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("revision", models.PositiveIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="tickets.bulkchange",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("change", "ticket"), name="ticket_once_in_a_bulk_change"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketArticle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ticket_articles",
                        to="knowledge.article",
                    ),
                ),
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
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ticket_articles",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "article"), name="article_linked_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "indexes": [models.Index(fields=["ticket", "at", "id"], name="timeline_of_ticket")],
            },
        ),
        migrations.CreateModel(
            name="TicketLink",
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
                            ("related", "Related"),
                            ("duplicate", "Duplicate of"),
                            ("part", "Part of"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links_to",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links_from",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "other"), name="tickets_linked_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ticket", models.F("other")), _negated=True),
                        name="no_link_to_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("submission_key", models.UUIDField(editable=False, null=True)),
                ("public_id", models.UUIDField(editable=False, unique=True)),
                ("file", models.FileField(max_length=200, upload_to="attachments/")),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("uploaded_at", models.DateTimeField()),
                ("cid", models.CharField(blank=True, db_default="", default="", max_length=200)),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="tickets.message",
                    ),
                ),
                (
                    "third_party_letter",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="tickets.thirdpartyletter",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("message", None)),
                        fields=["submission_key"],
                        name="attachment_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("third_party_letter__isnull", False)),
                        fields=["third_party_letter"],
                        name="attachment_of_third_party",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("third_party_letter__isnull", True),
                                models.Q(
                                    ("message__isnull", False),
                                    ("submission_key__isnull", False),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("message__isnull", True),
                                ("submission_key__isnull", True),
                                ("third_party_letter__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="attachment_has_one_place",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rating",
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
                        choices=[("csat", "Satisfaction"), ("effort", "Effort")], max_length=10
                    ),
                ),
                ("value", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("comment", models.TextField(blank=True)),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("recovery_due_at", models.DateTimeField(blank=True, null=True)),
                ("recovered_at", models.DateTimeField(blank=True, null=True)),
                ("recovery_words", models.CharField(blank=True, max_length=500)),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rating",
                        to="tickets.message",
                    ),
                ),
                (
                    "recovered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rating",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at__isnull", False)),
                        fields=["-answered_at"],
                        name="ratings_given",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("recovered_at", None), ("recovery_due_at__isnull", False)
                        ),
                        fields=["recovery_due_at"],
                        name="recoveries_to_do",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("value__isnull", True)),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("kind", "csat"),
                                ("value__in", [0, 1]),
                            ),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("kind", "effort"),
                                ("value__gte", 1),
                                ("value__lte", 5),
                            ),
                            _connector="OR",
                        ),
                        name="rating_is_on_its_scale",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("thing", models.CharField(max_length=200)),
                ("needed_on", models.DateField(blank=True, null=True)),
                ("asked_at", models.DateTimeField()),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("answered", "Answered"),
                            ("done", "Marked as done"),
                            ("replaced", "Something else was asked"),
                            ("withdrawn", "No longer needed"),
                            ("returned", "Came back to us without an answer"),
                            ("closed", "Closed without an answer"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="customer_task",
                        to="tickets.message",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="customer_tasks",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ["asked_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("ticket",),
                        name="one_thing_asked_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ending", "")),
                            models.Q(
                                ("ended_at__isnull", False), models.Q(("ending", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="customer_task_says_how_it_ended",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("thing", ""), _negated=True),
                        name="customer_task_names_a_thing",
                    ),
                ],
            },
        ),
    ]
