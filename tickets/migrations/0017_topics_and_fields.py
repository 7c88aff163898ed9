import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0016_macros"),
        ("topics", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="fields",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="ticket",
            name="topic",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="topics.topic",
            ),
        ),
        migrations.AlterField(
            model_name="searchentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("subject", "Subject"),
                    ("customer", "Customer"),
                    ("message", "Message"),
                    ("note", "Note"),
                    ("brief", "Brief"),
                    ("details", "Topic and details"),
                    ("file", "File"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["new", "open", "pending_customer", "on_hold"]),
                    ("topic__isnull", False),
                ),
                fields=["topic", "next_due_at", "id"],
                name="queue_by_topic",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["fields"], name="tickets_by_field", opclasses=["jsonb_path_ops"]
            ),
        ),
    ]
