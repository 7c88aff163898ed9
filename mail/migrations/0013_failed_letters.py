from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mail", "0012_hold")]

    operations = [
        AddIndexConcurrently(
            model_name="outboundemail",
            index=models.Index(
                fields=["failed_at"],
                condition=models.Q(failed_at__isnull=False),
                name="outbound_email_failed",
            ),
        ),
    ]
