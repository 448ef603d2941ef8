"""Lists of a million pages and messages in their order by every filter; no index that another covers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def take_time(apps, schema_editor):
    """A big table's index takes longer than a statement of the product may."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")


class Migration(migrations.Migration):

    dependencies = [
        ('oncall', '0006_held_notifications'),
    ]

    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name='page',
            name='oncall_page_subject_e31889_idx',
        ),
        migrations.AlterField(
            model_name='notification',
            name='channel',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='oncall.channel', verbose_name='channel'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='key',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='notification',
            name='page',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='oncall.page', verbose_name='page'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='person',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notifications', to=settings.AUTH_USER_MODEL, verbose_name='person'),
        ),
        migrations.AlterField(
            model_name='page',
            name='acknowledged_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='acknowledged by'),
        ),
        migrations.AlterField(
            model_name='page',
            name='responder',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='paged by hand'),
        ),
        migrations.AlterField(
            model_name='page',
            name='subject',
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name='steprun',
            name='page',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='oncall.page'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['person', 'id'], name='notification_of_person'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('kind', 'page'), _negated=True), fields=['kind', 'id'], name='notification_kind'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('state__in', ['held', 'failed', 'cancelled'])), fields=['state', 'id'], name='notification_over'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('channel__isnull', False)), fields=['channel'], name='notification_channel'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='page_due_at'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(fields=['subject'], name='page_subject'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(fields=['state', 'id'], name='page_state'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(fields=['rank', '-id'], name='page_rank'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(condition=models.Q(('responder__isnull', False)), fields=['responder'], name='page_responder'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(condition=models.Q(('acknowledged_by__isnull', False)), fields=['acknowledged_by'], name='page_taken_by'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('key',), name='notification_posted_once'),
        ),
    ]
