from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_integrations"),
    ]

    operations = [
        ValidateConstraint(
            model_name="permissionset", name="permission_set_is_of_known_permissions"
        ),
    ]
