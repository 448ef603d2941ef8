"""An incident of its own for each finding of the audit; whoever sees shifts as they were sees findings."""

import django.db.models.deletion
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


def show(apps, schema_editor):
    config = apps.get_app_config("oncall")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="oncall")
    view = permission.get(codename="view_auditfinding")
    for group in apps.get_model("auth", "Group").objects.filter(permissions__codename="view_shift").distinct():
        group.permissions.add(view)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0004_signatures"),
        ("oncall", "0003_audit"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AddField(
            model_name="incident",
            name="finding",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="incident",
                to="oncall.auditfinding",
                verbose_name="audit finding",
            ),
        ),
        migrations.RunPython(show, migrations.RunPython.noop),
    ]
