import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import mail.models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("mail", "0001_initial"),
        ("mail", "0002_conversations"),
        ("mail", "0003_undelivered"),
        ("mail", "0004_incoming"),
        ("mail", "0005_html_and_files"),
        ("mail", "0006_sources"),
        ("mail", "0007_letter_texts"),
        ("mail", "0008_sign_in"),
        ("mail", "0009_blocked_senders"),
        ("mail", "0010_listening"),
        ("mail", "0011_returned_letter"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0013_customers_answers_and_ratings"),
    ]

    operations = [
        migrations.CreateModel(
            name="OAuthApp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        choices=[("microsoft", "Microsoft 365"), ("google", "Google")],
                        max_length=12,
                        unique=True,
                    ),
                ),
                ("app_id", models.CharField(max_length=255)),
                ("app_secret", models.TextField()),
                ("tenant", models.CharField(blank=True, max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name="BlockedSender",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pattern", models.CharField(max_length=320, unique=True)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("blocked_at", models.DateTimeField()),
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
            ],
            options={
                "ordering": ["pattern"],
            },
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(max_length=320, unique=True, verbose_name="address")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                (
                    "language",
                    models.CharField(
                        choices=[("ja", "日本語"), ("en", "English")],
                        default=mail.models.default_language,
                        max_length=8,
                        verbose_name="language",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_default", models.BooleanField(default=False)),
                ("trusted_servers", models.JSONField(blank=True, default=list)),
                ("takes_agent_replies", models.BooleanField(default=False)),
                ("forwards_open_new", models.BooleanField(default=True)),
                ("quotes_history", models.BooleanField(db_default=False, default=False)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mailboxes",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "mailboxes",
                "ordering": ["address"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="one_default_mailbox",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("address", django.db.models.functions.text.Lower("address"))
                        ),
                        name="mailbox_address_is_lower_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboundEmail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dedupe_key", models.CharField(max_length=120, unique=True)),
                ("message_id", models.CharField(max_length=255, unique=True)),
                ("letter", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("thread", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("to", models.CharField(max_length=320)),
                ("cc", models.JSONField(blank=True, db_default=[], default=list)),
                ("from_email", models.CharField(max_length=400)),
                ("subject", models.CharField(max_length=400)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True, db_default="", default="")),
                ("files", models.JSONField(blank=True, db_default=[], default=list)),
                ("headers", models.JSONField(default=dict)),
                (
                    "provider_id",
                    models.CharField(blank=True, db_default="", default="", max_length=255),
                ),
                ("language", models.CharField(max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                ("queued_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("report_after", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("next_try_at"),
                        condition=models.Q(("next_try_at__isnull", False)),
                        name="outbound_email_to_send",
                    ),
                    models.Index(
                        condition=models.Q(("thread", ""), _negated=True),
                        fields=["thread", "id"],
                        name="outbound_email_in_thread",
                    ),
                    models.Index(fields=["-sent_at"], name="outbound_email_sent"),
                    models.Index(
                        condition=models.Q(("provider_id", ""), _negated=True),
                        fields=["provider_id"],
                        name="outbound_email_provider_id",
                    ),
                    models.Index(
                        condition=models.Q(("report_after__isnull", False)),
                        fields=["report_after"],
                        name="outbound_email_to_report",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(
                                models.Q(("state", "sent"), _negated=True),
                                ("sent_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="sent_letters_have_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("next_try_at__isnull", False), ("state__in", ["queued", "sending"])
                            ),
                            models.Q(
                                ("next_try_at__isnull", True), ("state__in", ["sent", "failed"])
                            ),
                            _connector="OR",
                        ),
                        name="waiting_letters_have_a_next_try",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("report_after", None),
                            models.Q(("state", "failed"), models.Q(("thread", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="only_failed_letters_are_reported",
                    ),
                ],
            },
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
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("acknowledgement", "Acknowledgement"),
                            ("reply", "Reply"),
                            ("holding", "It takes longer"),
                            ("reminder", "Reminder"),
                            ("closing", "Closing without an answer"),
                            ("returned", "Taking it up again without an answer"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
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
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("acknowledgement", "Acknowledgement"),
                            ("reply", "Reply"),
                            ("holding", "It takes longer"),
                            ("reminder", "Reminder"),
                            ("closing", "Closing without an answer"),
                            ("returned", "Taking it up again without an answer"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("ja", "日本語"), ("en", "English")], max_length=8),
                ),
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
        migrations.CreateModel(
            name="InboundEmail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=40)),
                ("envelope_from", models.CharField(blank=True, max_length=320, null=True)),
                ("envelope_to", models.JSONField(blank=True, default=list)),
                ("raw", models.FileField(max_length=200, upload_to=mail.models.raw_path)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "waiting"),
                            ("done", "filed"),
                            ("quarantined", "held back"),
                            ("failed", "needs a look"),
                            ("blocked", "from a blocked sender"),
                        ],
                        default="new",
                        max_length=12,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("opened", "a new ticket"),
                            ("added", "added to a ticket"),
                            ("flood", "added to a ticket, one of very many"),
                            ("duplicate", "here already"),
                            ("own", "our own mail that came back"),
                            ("report", "a report about a letter of ours"),
                            ("discarded", "discarded"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            (
                                "unverified",
                                "It names a ticket, but its sender could not be verified.",
                            ),
                            (
                                "conflict",
                                "It points at two tickets, and its sender takes part in neither.",
                            ),
                            ("unreadable", "It could not be read."),
                            ("too_heavy", "Reading it took too long or too much memory."),
                            ("trouble", "Something went wrong when it was filed."),
                        ],
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                ("filed_at", models.DateTimeField(blank=True, null=True)),
                ("message_id", models.CharField(blank=True, max_length=500)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("from_email", models.CharField(blank=True, max_length=320)),
                ("from_name", models.CharField(blank=True, max_length=200)),
                ("subject", models.CharField(blank=True, max_length=400)),
                (
                    "trust",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("verified", "verified"),
                            ("unknown", "not checked"),
                            ("failed", "failed the check"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_auto", models.BooleanField(default=False)),
                ("is_bounce", models.BooleanField(default=False)),
                ("thread", models.CharField(blank=True, max_length=60)),
                ("alerted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="duplicates",
                        to="mail.inboundemail",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbound",
                        to="mail.mailbox",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("next_try_at"),
                        condition=models.Q(("next_try_at__isnull", False)),
                        name="inbound_email_to_file",
                    ),
                    models.Index(
                        condition=models.Q(("message_id", ""), _negated=True),
                        fields=["message_id"],
                        name="inbound_email_message_id",
                    ),
                    models.Index(
                        condition=models.Q(("digest", ""), _negated=True),
                        fields=["digest"],
                        name="inbound_email_digest",
                    ),
                    models.Index(
                        condition=models.Q(("thread", ""), _negated=True),
                        fields=["thread", "id"],
                        name="inbound_email_in_thread",
                    ),
                    models.Index(
                        condition=models.Q(("outcome__in", ["opened", "flood"])),
                        fields=["from_email", "filed_at"],
                        name="inbound_email_opening",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["quarantined", "failed"])),
                        fields=["received_at"],
                        name="inbound_email_to_look_at",
                    ),
                    models.Index(
                        condition=models.Q(("state", "blocked")),
                        fields=["-received_at"],
                        name="inbound_email_blocked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("duplicate_of", None), models.Q(("digest", ""), _negated=True)
                        ),
                        fields=("mailbox", "message_id", "digest"),
                        name="same_mail_once_in_a_mailbox",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_try_at__isnull", False), ("state", "new")),
                            models.Q(
                                models.Q(("state", "new"), _negated=True),
                                ("next_try_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="waiting_mail_has_a_next_try",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailboxChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        blank=True,
                        choices=[("microsoft", "Microsoft 365"), ("google", "Google")],
                        max_length=12,
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("changes", models.JSONField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="mail.mailbox",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mailbox", None), models.Q(("provider", ""), _negated=True)),
                            models.Q(models.Q(("mailbox", None), _negated=True), ("provider", "")),
                            _connector="OR",
                        ),
                        name="a_change_is_of_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MailboxSource",
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
                        choices=[("none", "Not fetched"), ("imap", "IMAP")],
                        default="none",
                        max_length=8,
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255)),
                ("port", models.PositiveIntegerField(default=993)),
                (
                    "security",
                    models.CharField(
                        choices=[
                            ("tls", "TLS"),
                            ("starttls", "STARTTLS"),
                            ("none", "None (only for this machine)"),
                        ],
                        default="tls",
                        max_length=8,
                    ),
                ),
                ("user", models.CharField(blank=True, max_length=320)),
                (
                    "auth",
                    models.CharField(
                        choices=[
                            ("password", "Password"),
                            ("xoauth2", "OAuth 2.0: somebody signs in (Microsoft 365, Google)"),
                            ("client", "OAuth 2.0: the application by itself (Microsoft 365)"),
                        ],
                        default="password",
                        max_length=8,
                    ),
                ),
                ("secret", models.TextField(blank=True)),
                (
                    "provider",
                    models.CharField(
                        blank=True,
                        choices=[("microsoft", "Microsoft 365"), ("google", "Google")],
                        db_default="",
                        default="",
                        max_length=12,
                    ),
                ),
                (
                    "account",
                    models.CharField(blank=True, db_default="", default="", max_length=320),
                ),
                (
                    "signed_in_as",
                    models.CharField(blank=True, db_default="", default="", max_length=320),
                ),
                ("signed_in_at", models.DateTimeField(blank=True, null=True)),
                ("token_url", models.CharField(blank=True, max_length=500)),
                ("app_id", models.CharField(blank=True, max_length=255)),
                ("app_secret", models.TextField(blank=True)),
                ("refresh_token", models.TextField(blank=True)),
                ("access_token", models.TextField(blank=True)),
                ("access_token_expires_at", models.DateTimeField(blank=True, null=True)),
                ("folder", models.CharField(default="INBOX", max_length=255)),
                (
                    "after_fetch",
                    models.CharField(
                        choices=[("leave", "Leave it as it is"), ("move", "Move it to a folder")],
                        default="leave",
                        max_length=8,
                    ),
                ),
                ("moves_to", models.CharField(blank=True, max_length=255)),
                ("takes_what_is_there", models.BooleanField(default=False)),
                ("listens", models.BooleanField(db_default=False, default=False)),
                (
                    "transport",
                    models.CharField(
                        choices=[
                            ("default", "The mail server of the desk"),
                            ("smtp", "A mail server of its own (SMTP)"),
                        ],
                        default="default",
                        max_length=8,
                    ),
                ),
                ("smtp_host", models.CharField(blank=True, max_length=255)),
                ("smtp_port", models.PositiveIntegerField(default=587)),
                (
                    "smtp_security",
                    models.CharField(
                        choices=[
                            ("tls", "TLS"),
                            ("starttls", "STARTTLS"),
                            ("none", "None (only for this machine)"),
                        ],
                        default="starttls",
                        max_length=8,
                    ),
                ),
                ("smtp_user", models.CharField(blank=True, max_length=320)),
                ("smtp_secret", models.TextField(blank=True)),
                ("uid_validity", models.PositiveBigIntegerField(blank=True, null=True)),
                ("last_uid", models.PositiveBigIntegerField(default=0)),
                ("left_uids", models.JSONField(blank=True, default=list)),
                ("first_look_at", models.DateTimeField(blank=True, null=True)),
                ("next_fetch_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fetches", models.PositiveBigIntegerField(default=0)),
                ("waiting_on_server", models.PositiveIntegerField(default=0)),
                ("last_success_at", models.DateTimeField(blank=True, null=True)),
                (
                    "last_error",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unknown_host", "The server's name is not known."),
                            ("unreachable", "The server does not answer."),
                            ("not_safe", "No safe connection to the server came about."),
                            ("not_trusted", "The server's certificate is not trusted."),
                            ("refused", "The server refused the user name or the password."),
                            ("no_app", "The desk is not known to the provider yet."),
                            ("not_signed_in", "Nobody has signed in at the provider yet."),
                            ("token_refused", "The provider no longer accepts the sign-in."),
                            ("app_refused", "The provider does not accept the desk's application."),
                            (
                                "app_shut_out",
                                "The server does not let the application into this mailbox.",
                            ),
                            ("not_opened", "Who signed in may not open this mailbox."),
                            ("token_server", "The provider's sign-in server does not answer."),
                            ("no_folder", "The folder does not exist, or may not be opened."),
                            (
                                "not_moved",
                                "Mail was taken in, but could not be moved to the other folder.",
                            ),
                            ("no_secret", "The stored password can no longer be read."),
                            ("not_kept", "The desk could not store the mail."),
                            (
                                "odd",
                                "The server answered in a way that the desk does not understand.",
                            ),
                        ],
                        max_length=16,
                    ),
                ),
                ("last_error_said", models.CharField(blank=True, max_length=300)),
                ("last_error_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("watched_since", models.DateTimeField(default=django.utils.timezone.now)),
                ("alerted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail_source",
                        to="mail.mailbox",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "imap"), _negated=True),
                            models.Q(("host", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="a_fetched_mailbox_has_a_host",
                    )
                ],
            },
        ),
    ]
