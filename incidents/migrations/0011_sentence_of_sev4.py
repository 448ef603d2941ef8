"""Of a SEV-4 a sentence is kept too, as of a SEV-3; where nobody has said otherwise since it was delivered."""

from django.db import migrations


def make(apps, schema_editor):
    severity = apps.get_model("incidents", "Severity")
    changed = apps.get_model("incidents", "HistoricalSeverity").objects.filter(level="SEV-4", history_type="~").exists()
    if not changed:
        severity.objects.filter(level="SEV-4", postmortem="none").update(postmortem="sentence")


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0010_setup_ticks'),
    ]

    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
