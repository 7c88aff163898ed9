"""A commitment that the log no longer has leaves its cycle to another."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_holding_note")]

    operations = [
        migrations.RemoveConstraint(model_name="commitment", name="one_row_per_cycle"),
        migrations.AddConstraint(
            model_name="commitment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("end_reason__in", ["no_target", "withdrawn"]), _negated=True),
                fields=("clock", "kind", "cycle"),
                name="one_row_per_cycle",
            ),
        ),
    ]
