"""Whoever sees shifts as they were sees handoffs."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def show(apps, schema_editor):
    config = apps.get_app_config("oncall")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="oncall")
    view = permission.get(codename="view_handoff")
    for group in apps.get_model("auth", "Group").objects.filter(permissions__codename="view_shift").distinct():
        group.permissions.add(view)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0007_canary"),
        ("oncall", "0011_handoffs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(show, migrations.RunPython.noop)]
