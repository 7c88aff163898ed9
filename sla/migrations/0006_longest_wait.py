from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0001_squashed_0005_version_authors"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="commitment",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("kind__in", ["first_reply", "next_reply"])),
                fields=["started_at", "id"],
                name="commitment_waited_for",
            ),
        ),
    ]
