from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0029_state_wording"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ("new", "open", "pending_customer", "on_hold"))),
                fields=["team", "assignee"],
                include=["next_due_at", "next_contact_at"],
                name="queue_by_holder",
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=~models.Q(("status__in", ("new", "open", "pending_customer", "on_hold"))),
                fields=["-resolved_at", "-id"],
                include=["team", "assignee", "status"],
                name="resolved_of_everybody",
            ),
        ),
        AddIndexConcurrently(
            model_name="customertask",
            index=models.Index(fields=["asked_at"], name="tasks_by_day"),
        ),
    ]
