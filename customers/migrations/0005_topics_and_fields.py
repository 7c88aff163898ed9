from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_vip"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="fields",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
