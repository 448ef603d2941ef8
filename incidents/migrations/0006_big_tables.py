"""Lists of a million incidents in their order by every filter, titles by their words; no index that another covers."""

import logging

import django.db.models.deletion
from django.conf import settings
from django.db import DatabaseError, migrations, models, transaction


log = logging.getLogger(__name__)
TITLES = "CREATE INDEX incident_title ON incidents_incident USING gin (upper(title::text) gin_trgm_ops)"


def take_time(apps, schema_editor):
    """A big table's index takes longer than a statement of the product may."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")


def index_titles(apps, schema_editor):
    """By PostgreSQL's own pg_trgm, which a database's owner may create; without it searches read every title."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(TITLES)
    except DatabaseError as error:
        log.warning("Titles have no index, searching many incidents is slow: %s (README, 'PostgreSQL').", error)
    # The planner knows what words are worth only when it has counted some.
    schema_editor.execute("ANALYZE incidents_incident")


def forget_titles(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS incident_title")


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0005_findings'),
        ('oncall', '0007_big_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='alert',
            name='integration',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alerts', to='incidents.integration', verbose_name='integration'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='acknowledged_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='acknowledged by'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='declared_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='declared by'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='merged', to='incidents.incident', verbose_name='merged into'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='previous',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='following', to='incidents.incident', verbose_name='previous'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='service',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='incidents.service', verbose_name='service'),
        ),
        migrations.AlterField(
            model_name='incident',
            name='severity',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.severity', verbose_name='severity'),
        ),
        migrations.AlterField(
            model_name='responder',
            name='incident',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='responders', to='incidents.incident'),
        ),
        migrations.AlterField(
            model_name='timelineentry',
            name='incident',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='timeline', to='incidents.incident', verbose_name='incident'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(models.ExpressionWrapper(models.Q(('resolved_at__isnull', False)), output_field=models.BooleanField()), models.OrderBy(models.F('opened_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='incident_listed'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(models.F('service'), models.ExpressionWrapper(models.Q(('resolved_at__isnull', False)), output_field=models.BooleanField()), models.OrderBy(models.F('opened_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='incident_of_service'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(models.F('severity'), models.ExpressionWrapper(models.Q(('resolved_at__isnull', False)), output_field=models.BooleanField()), models.OrderBy(models.F('opened_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='incident_of_severity'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(models.F('state'), models.ExpressionWrapper(models.Q(('resolved_at__isnull', False)), output_field=models.BooleanField()), models.OrderBy(models.F('opened_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='incident_in_state'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(models.ExpressionWrapper(models.Q(('resolved_at__isnull', False)), output_field=models.BooleanField()), models.OrderBy(models.F('opened_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('private', True)), name='incident_private'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='incident_merged'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('previous__isnull', False)), fields=['previous'], name='incident_previous'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('acknowledged_by__isnull', False)), fields=['acknowledged_by'], name='incident_taken_by'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('declared_by__isnull', False)), fields=['declared_by'], name='incident_declared_by'),
        ),
        migrations.RunPython(index_titles, forget_titles),
    ]
