from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0001_squashed_0011_returned_letter"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
            ],
        ),
    ]
