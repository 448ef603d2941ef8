"""The library's order, and an index of the words of every postmortem, by PostgreSQL's own full text search."""

from django.conf import settings
from django.db import migrations, models

TEXTS = (
    "title", "summary", "impact_text", "detection", "symptom", "root_cause", "went_well", "went_poorly", "got_lucky",
    "lessons",
)
# As `postmortems.library.VECTOR` has it: another expression would not be found through this index.
WORDS = "CREATE INDEX postmortem_words ON postmortems_postmortem USING gin (to_tsvector('simple'::regconfig, {}))".format(
    " || ' ' || ".join(f'left("{name}", 12000)' for name in TEXTS)
)


def index_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")
        schema_editor.execute(WORDS)
        # The planner knows what words are worth only when it has counted some.
        schema_editor.execute("ANALYZE postmortems_postmortem")


def forget_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS postmortem_words")


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0009_learning'),
        ('postmortems', '0006_second_move'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='postmortem',
            index=models.Index(condition=models.Q(('published_at__isnull', False)), fields=['-published_at', '-id'], name='postmortem_library'),
        ),
        migrations.RunPython(index_words, forget_words),
    ]
