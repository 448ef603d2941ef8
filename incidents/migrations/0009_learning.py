"""The clocks of postmortems per severity, and the sentence that is said at the resolve."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0008_handoff_rights'),
        ('oncall', '0011_handoffs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalseverity',
            name='publish_business_days',
            field=models.PositiveSmallIntegerField(db_default=5, default=5, help_text='Of the team, counted from the resolve; 0: on the same day.', verbose_name='published within (business days)'),
        ),
        migrations.AddField(
            model_name='historicalseverity',
            name='review_hours',
            field=models.PositiveIntegerField(db_default=48, default=48, help_text='Counted from the resolve.', verbose_name='review scheduled within (hours)'),
        ),
        migrations.AddField(
            model_name='incident',
            name='lesson',
            field=models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='lesson'),
        ),
        migrations.AddField(
            model_name='severity',
            name='publish_business_days',
            field=models.PositiveSmallIntegerField(db_default=5, default=5, help_text='Of the team, counted from the resolve; 0: on the same day.', verbose_name='published within (business days)'),
        ),
        migrations.AddField(
            model_name='severity',
            name='review_hours',
            field=models.PositiveIntegerField(db_default=48, default=48, help_text='Counted from the resolve.', verbose_name='review scheduled within (hours)'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('resolved_at__isnull', False)), fields=['resolved_at'], name='incident_resolved'),
        ),
    ]
