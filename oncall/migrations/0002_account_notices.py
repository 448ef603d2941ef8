"""Notices about accounts; the table of the shared cache, where wrong sign-ins are counted."""

from django.core.management import call_command
from django.db import migrations, models


def make_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):

    dependencies = [
        ('oncall', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(make_cache_table, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('page', 'page'), ('taken', 'taken'), ('fallback', 'fallback'), ('aware', 'made aware'), ('code', 'verification code'), ('test', 'test'), ('account', 'account')], max_length=12, verbose_name='kind'),
        ),
    ]
