"""The groups that ship and what each may do."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

HIDDEN = {"apitoken", "inboxitem", "contactmethod", "notificationrule", "policyversion", "steprun", "jobrun", "numbersequence", "signedmessage"}
RESPOND = ["respond_incident", "declare_incident"]
COMMAND = ["command_incident"]
# What responders may set up while an incident runs: step in for somebody, mute noise, plan work.
ON_DUTY = ["override", "leave", "silence", "maintenance"]
CONFIGURATION = [
    "team", "teammember", "channel", "schedule", "layer", "layermember", "declaredgap",
    "escalationpolicy", "escalationstep", "steptarget", "severity", "service", "severitypolicy", "integration",
]
PEOPLE = ["user", "contactmethod", "notificationrule"]


def make(apps, schema_editor):
    for label in ("oncall", "incidents"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.filter(content_type__app_label__in=["oncall", "incidents"])
    every = {p.codename: p for p in permission}
    view = [c for c in every if c.startswith("view_") and c.split("_", 1)[1] not in HIDDEN and not c.startswith("view_private")]
    duty = [f"{act}_{model}" for act in ("add", "change", "delete") for model in ON_DUTY]
    configure = [f"{act}_{model}" for act in ("add", "change", "delete") for model in CONFIGURATION]
    people = [f"{act}_{model}" for act in ("add", "change", "view") for model in PEOPLE] + ["delete_contactmethod", "delete_notificationrule"]
    groups = {
        "Viewer": view,
        "Responder": view + RESPOND + duty,
        "Incident commander": view + RESPOND + COMMAND + duty,
        "Communications": view + ["respond_incident"],
        "Manager": view + RESPOND + COMMAND + duty + configure + people + ["view_inboxitem", "change_inboxitem"],
        "Security": view + RESPOND + ["view_private_incident"],
    }
    group = apps.get_model("auth", "Group")
    for name, codenames in groups.items():
        row, _ = group.objects.get_or_create(name=name)
        row.permissions.add(*[every[c] for c in codenames])


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0002_severity_profiles"),
        ("oncall", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
