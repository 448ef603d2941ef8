"""The watchdog's canary: its hidden service, and incidents without a number."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("incidents", "0006_big_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="service",
            name="canary",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="incident",
            name="number",
            field=models.CharField(max_length=20, null=True, unique=True, verbose_name="number"),
        ),
    ]
