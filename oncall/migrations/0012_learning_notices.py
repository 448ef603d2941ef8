"""Notices of postmortems and action items."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oncall', '0011_handoffs'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('page', 'page'), ('taken', 'taken'), ('fallback', 'fallback'), ('aware', 'made aware'), ('code', 'verification code'), ('test', 'test'), ('account', 'account'), ('handoff', 'handoff'), ('roster', 'changed shifts'), ('postmortem', 'postmortem'), ('digest', 'digest')], max_length=12, verbose_name='kind'),
        ),
    ]
