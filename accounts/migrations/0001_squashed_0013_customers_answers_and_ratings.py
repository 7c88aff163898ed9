import datetime

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_told_that_it_takes_longer"),
        ("accounts", "0003_undelivered"),
        ("accounts", "0004_sends_and_next"),
        ("accounts", "0005_handed_over"),
        ("accounts", "0006_not_sent"),
        ("accounts", "0007_assignment_and_notifications"),
        ("accounts", "0008_mail_notifications"),
        ("accounts", "0009_mailbox_silent"),
        ("accounts", "0010_keys_off"),
        ("accounts", "0011_third_party"),
        ("accounts", "0012_signatures"),
        ("accounts", "0013_customers_answers_and_ratings"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Agent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "email",
                    models.EmailField(max_length=254, unique=True, verbose_name="email address"),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("agent", "Agent"),
                            ("manager", "Manager"),
                            ("administrator", "Administrator"),
                        ],
                        default="agent",
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("ja", "日本語"), ("en", "English")],
                        default="ja",
                        max_length=8,
                        verbose_name="language",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(default="Asia/Tokyo", max_length=64, verbose_name="time zone"),
                ),
                ("theme", models.CharField(blank=True, default="", max_length=8)),
                ("sends_and_next", models.BooleanField(db_default=False, default=False)),
                ("keys_off", models.BooleanField(db_default=False, default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("is_away", models.BooleanField(db_default=False, default=False)),
                ("away_until", models.DateTimeField(blank=True, null=True)),
                ("signature", models.TextField(blank=True, db_default="", default="")),
                ("joined_at", models.DateTimeField(auto_now_add=True)),
                (
                    "substitute",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="stands_in_for",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="one_agent_per_email"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["agent", "manager", "administrator"])),
                        name="agent_role_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("is_default", models.BooleanField(default=False)),
                (
                    "assignment",
                    models.CharField(
                        choices=[
                            ("manual", "Nobody: people take them, or are given them"),
                            ("round_robin", "Everybody in turn"),
                            ("least_loaded", "Whoever has the fewest open tickets"),
                            (
                                "knows_customer",
                                "Whoever knows the customer, otherwise whoever has the fewest open tickets",
                            ),
                        ],
                        db_default="manual",
                        default="manual",
                        max_length=20,
                    ),
                ),
                ("takes_back_after", models.DurationField(blank=True, null=True)),
                ("signature", models.TextField(blank=True, db_default="", default="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "assignment__in",
                                ["manual", "round_robin", "least_loaded", "knows_customer"],
                            )
                        ),
                        name="team_assignment_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("takes_back_after__isnull", True),
                            ("takes_back_after__gt", datetime.timedelta(0)),
                            _connector="OR",
                        ),
                        name="team_takes_back_after_a_while",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="one_default_team",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_lead", models.BooleanField(default=False)),
                ("capacity", models.PositiveIntegerField(blank=True, null=True)),
                ("last_given_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "agent"), name="one_membership_per_team"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
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
                            ("warning", "A promise is running out"),
                            ("breach", "A promise is broken"),
                            ("settled", "Settled"),
                            ("held", "The customer was told that it takes longer"),
                            ("assigned", "Assigned to you"),
                            ("handed_over", "Handed over"),
                            ("customer_replied", "The customer wrote"),
                            ("went_back", "Went back to the team"),
                            ("mentioned", "You were mentioned"),
                            ("followed", "News on a ticket you follow"),
                            ("undelivered", "A letter did not arrive"),
                            ("not_sent", "A scheduled reply was not sent"),
                            ("third_party", "A third party answered"),
                            ("returned", "The customer did not answer: call"),
                            ("bad_rating", "A bad rating"),
                            ("flooded", "Very many mails from one sender"),
                            ("mail_waits", "Mail needs a look"),
                            ("mailbox_silent", "A mailbox cannot be read"),
                        ],
                        max_length=20,
                    ),
                ),
                ("label", models.CharField(max_length=255)),
                ("path", models.CharField(max_length=255)),
                ("facts", models.JSONField(default=dict)),
                ("dedupe_key", models.CharField(max_length=120, unique=True)),
                ("created_at", models.DateTimeField()),
                ("mail_after", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("is_in_desk", models.BooleanField(db_default=True, default=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["agent", "-created_at"], name="notification_inbox"),
                    models.Index(
                        condition=models.Q(("read_at", None)),
                        fields=["agent"],
                        name="notification_unread",
                    ),
                    models.Index(
                        condition=models.Q(("mail_after__isnull", False), ("mailed_at", None)),
                        fields=["mail_after"],
                        name="notification_to_mail",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ways", models.JSONField(default=dict)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("breaks_quiet_for_breaches", models.BooleanField(default=False)),
                ("digest_at", models.TimeField(blank=True, null=True)),
                ("next_digest_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_settings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "notification settings",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_digest_at__isnull", False)),
                        fields=["next_digest_at"],
                        name="digest_next",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quiet_from__isnull", True), ("quiet_until__isnull", True)),
                            models.Q(("quiet_from__isnull", False), ("quiet_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="quiet_hours_begin_and_end",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="Team",
            name="members",
            field=models.ManyToManyField(
                related_name="teams", through="accounts.Membership", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
