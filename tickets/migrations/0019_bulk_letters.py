from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0018_third_party")]

    operations = [
        migrations.AlterField(
            model_name="bulkchange",
            name="action",
            field=models.CharField(
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
        migrations.AddField(
            model_name="bulkchange",
            name="submission_key",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
