"""The watchdog's canary: its runs, and the mark of its hidden page."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("oncall", "0007_big_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="CanaryRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_at", models.DateTimeField(db_index=True, verbose_name="posted")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted")),
                ("received_at", models.DateTimeField(blank=True, null=True, verbose_name="received")),
                ("failed", models.CharField(blank=True, default="", max_length=300, verbose_name="failed because")),
                ("again", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "canary run",
                "verbose_name_plural": "canary runs",
                "ordering": ["-id"],
                "default_permissions": [],
            },
        ),
        migrations.AddField(
            model_name="page",
            name="canary",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
