"""What the shipped groups may do with postmortems and action items."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

HIDDEN = {"postmortemnumber", "clockreminder", "sentdigest"}
WRITE = ["add_postmortem", "change_postmortem", "add_comment", "add_actionitem", "change_actionitem"]
ANSWER = ["publish_postmortem", "approve_actionitem"]
CONFIGURE = [f"{act}_postmortemtemplate" for act in ("add", "change", "delete")]


def make(apps, schema_editor):
    config = apps.get_app_config("postmortems")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    every = {
        p.codename: p for p in apps.get_model("auth", "Permission").objects.filter(content_type__app_label="postmortems")
    }
    view = [c for c in every if c.startswith("view_") and c.split("_", 1)[1] not in HIDDEN and "historical" not in c]
    groups = {
        "Viewer": view,
        "Responder": view + WRITE,
        "Incident commander": view + WRITE + ANSWER,
        "Communications": view + ["change_postmortem", "add_comment"],
        "Manager": view + WRITE + ANSWER + CONFIGURE,
        "Security": view + WRITE,
    }
    group = apps.get_model("auth", "Group")
    for name, codenames in groups.items():
        row, _ = group.objects.get_or_create(name=name)
        row.permissions.add(*[every[c] for c in codenames])


class Migration(migrations.Migration):
    dependencies = [
        ("postmortems", "0001_initial"),
        ("incidents", "0003_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
