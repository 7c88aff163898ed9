import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0013_customers_answers_and_ratings"),
        ("customers", "0008_let_down_on"),
        ("mail", "0001_squashed_0011_returned_letter"),
        ("sla", "0006_longest_wait"),
        ("tickets", "0024_effort_and_cleanliness"),
        ("topics", "0001_squashed_0002_questions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="ticket",
            name="queue_by_team",
        ),
        migrations.RemoveIndex(
            model_name="ticket",
            name="queue_of_everybody",
        ),
        migrations.RemoveIndex(
            model_name="ticket",
            name="queue_by_assignee",
        ),
        migrations.AlterField(
            model_name="ticket",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tickets",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="customers.customer",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="accounts.team",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending_customer", "on_hold"])),
                fields=["team", "next_due_at", "id"],
                include=("assignee", "next_contact_at"),
                name="queue_by_team",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending_customer", "on_hold"])),
                fields=["next_due_at", "id"],
                include=("team", "assignee", "next_contact_at"),
                name="queue_of_everybody",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending_customer", "on_hold"])),
                fields=["assignee", "next_due_at", "id"],
                include=("team", "next_contact_at"),
                name="queue_by_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    ("assignee", None),
                    ("status__in", ["new", "open", "pending_customer", "on_hold"]),
                ),
                fields=["team", "next_due_at", "id"],
                include=("next_contact_at",),
                name="queue_unassigned",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending_customer", "on_hold"])),
                fields=["opened_at", "id"],
                include=("team", "assignee", "topic", "channel"),
                name="open_by_age",
            ),
        ),
    ]
