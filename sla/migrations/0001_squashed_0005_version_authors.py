import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# sla.md 2.4: whatever is not resolved carries exactly one live promise. PostgreSQL sees to it.
#
# The partial unique index allows at most one; this trigger, at commit, demands at least one while
# the clock is unresolved and none after.
FUNCTION = """
CREATE FUNCTION sla_check_live_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    clock_status text;
    promises int;
BEGIN
    IF TG_TABLE_NAME = 'sla_clock' THEN
        checked := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        checked := OLD.clock_id;
    ELSE
        checked := NEW.clock_id;
    END IF;
    SELECT status INTO clock_status FROM sla_clock WHERE id = checked;
    IF clock_status IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT count(*) INTO promises FROM sla_commitment
        WHERE clock_id = checked AND kind = 'promise' AND ended_at IS NULL;
    IF clock_status IN ('new', 'open', 'pending_customer', 'on_hold') AND promises <> 1 THEN
        RAISE EXCEPTION 'clock % is % and has % live promises instead of one',
            checked, clock_status, promises
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_live_promise';
    ELSIF clock_status NOT IN ('new', 'open', 'pending_customer', 'on_hold') AND promises <> 0 THEN
        RAISE EXCEPTION 'clock % is % and still has a live promise', checked, clock_status
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_live_promise';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER clock_has_one_live_promise
    AFTER INSERT OR UPDATE OF status ON sla_clock
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sla_check_live_promise();

-- The sweep never sets these columns, so it pays nothing.
CREATE CONSTRAINT TRIGGER promise_is_live_while_owed
    AFTER INSERT OR UPDATE OF ended_at, clock_id, kind ON sla_commitment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'promise')
    EXECUTE FUNCTION sla_check_live_promise();

CREATE CONSTRAINT TRIGGER promise_is_not_deleted_while_owed
    AFTER DELETE ON sla_commitment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.kind = 'promise')
    EXECUTE FUNCTION sla_check_live_promise();
"""

REVERSE = "DROP FUNCTION sla_check_live_promise CASCADE;"


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("sla", "0001_initial"),
        ("sla", "0002_one_live_promise"),
        ("sla", "0003_holding_note"),
        ("sla", "0004_withdrawn"),
        ("sla", "0005_version_authors"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0013_customers_answers_and_ratings"),
        ("customers", "0001_squashed_0007_all_my_inquiries"),
    ]

    operations = [
        migrations.CreateModel(
            name="BusinessCalendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("is_default", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="one_default_calendar",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("hours", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="sla.businesscalendar",
                    ),
                ),
                (
                    "created_by",
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("calendar", "number"), name="calendar_version_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("position", models.PositiveIntegerField(unique=True)),
                ("is_default", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("conditions", models.JSONField(blank=True, default=dict)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="sla.businesscalendar"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "policies",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="one_default_policy",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_default", False), ("is_active", True), _connector="OR"
                        ),
                        name="default_policy_is_active",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("settings", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "calendar_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="sla.calendarversion"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="sla.policy",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("policy", "number"), name="policy_version_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                ("label", models.CharField(max_length=255)),
                ("path", models.CharField(max_length=255)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clocks",
                        to="customers.customer",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="clocks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clocks",
                        to="accounts.team",
                    ),
                ),
                (
                    "policy_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clocks",
                        to="sla.policyversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending_customer", "on_hold"])
                        ),
                        fields=["policy_version"],
                        name="clock_unresolved",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("type", models.CharField(max_length=20)),
                ("data", models.JSONField(default=dict)),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="sla.clock",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["clock", "id"], name="clock_event_log")],
            },
        ),
        migrations.CreateModel(
            name="Commitment",
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
                ("cycle", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("met", "Met"),
                            ("breached", "Breached"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=20)),
                ("target_seconds", models.BigIntegerField(null=True)),
                ("used_seconds", models.BigIntegerField(null=True)),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("met_at", models.DateTimeField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("detected_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=30)),
                ("schedule", models.JSONField(default=list)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("hold_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="commitments",
                        to="sla.clock",
                    ),
                ),
                (
                    "policy_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="sla.policyversion"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_check_at__isnull", False)),
                        fields=["next_check_at"],
                        name="commitment_to_check",
                    ),
                    models.Index(
                        condition=models.Q(("hold_at__isnull", False)),
                        fields=["hold_at"],
                        name="commitment_to_hold",
                    ),
                    models.Index(fields=["kind", "ended_at"], name="commitment_ended"),
                    models.Index(
                        condition=models.Q(("ended_at", None), ("kind", "promise")),
                        fields=["due_at"],
                        name="commitment_live_promise",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("end_reason__in", ["no_target", "withdrawn"]), _negated=True
                        ),
                        fields=("clock", "kind", "cycle"),
                        name="one_row_per_cycle",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("kind", "promise")),
                        fields=("clock",),
                        name="one_live_promise_per_clock",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["active", "paused", "met", "breached", "cancelled"])
                        ),
                        name="commitment_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("breached_at", models.F("due_at")), ("state", "breached")),
                            models.Q(
                                models.Q(("state", "breached"), _negated=True),
                                ("breached_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="breached_at_is_the_due_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("next_check_at", None), _connector="OR"
                        ),
                        name="ended_commitments_are_not_watched",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("hold_at", None),
                            models.Q(("breached_at", None), ("ended_at", None)),
                            _connector="OR",
                        ),
                        name="only_an_unbroken_promise_is_held",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommitmentWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "commitment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warnings",
                        to="sla.commitment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("commitment", "percent"), name="one_warning_per_percent"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("raised_at", models.DateTimeField()),
                ("is_skipped", models.BooleanField(default=False)),
                (
                    "commitment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalations",
                        to="sla.commitment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("commitment", "level"), name="one_escalation_per_level"
                    )
                ],
            },
        ),
        migrations.RunSQL(FUNCTION, REVERSE),
    ]
