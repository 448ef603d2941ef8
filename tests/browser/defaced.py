"""Puts scripts into every word that people and senders type: `python -m tests.browser.defaced`, after the story."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import django

# What programs write, or what names a thing in addresses; all other text is somebody's words.
NOT_WORDS = {
    *("password", "username", "slug", "number", "level", "digest", "prefix", "key", "subject", "task", "timezone"),
    *(
        "holidays",
        "zone",
        "country",
        "lane",
        "address",
        "email",
        "link",
        "dedup_key",
        "message_id",
        "code_digest",
        "key_prefix",
    ),
    *(
        "working_days",
        "steps",
        "misses",
        "aware",
        "required_layers",
        "severity_map",
        "matchers",
        "signals",
        "transport",
    ),
    *("signing_secret", "previous_signing_secret", "severity_label", "tracker_url", "runbook_url", "schedule_slug"),
    *("key_digest", "key_prefix", "transport"),
}


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "incidentops.settings"
    django.setup()
    # Only now: models can be imported once Django is set up, and this is a program of its own.
    from django.apps import apps  # noqa: PLC0415
    from django.db.models import CharField, JSONField, TextField  # noqa: PLC0415

    from incidents.models import Service  # noqa: PLC0415
    from oncall.models import Team  # noqa: PLC0415
    from tests.hostile.scripts import SCRIPTS  # noqa: PLC0415

    words = itertools.cycle(script.replace("\x00", "") for script in SCRIPTS)
    for label in ("oncall", "incidents", "postmortems"):
        for model in apps.get_app_config(label).get_models():
            fields = [
                field
                for field in model._meta.local_fields
                if isinstance(field, CharField | TextField | JSONField)
                and not getattr(field, "choices", None)
                and field.name not in NOT_WORDS
            ]
            for row in model._base_manager.order_by("-pk") if fields else ():
                changed = {field.name: _defaced(row, field, words) for field in fields}
                model._base_manager.filter(pk=row.pk).update(**changed)
    for row in Service._base_manager.all():
        Service._base_manager.filter(pk=row.pk).update(runbook_url=f"https://example.org/?{next(words)}"[:500])
    for team in Team._base_manager.all():
        Team._base_manager.filter(pk=team.pk).update(tracker_url=f"https://example.org/?{{number}}{next(words)}"[:500])


def _defaced(row: Any, field: Any, words: Iterator[str]) -> Any:
    """As much as the field holds; a name stays one of its kind by the row's number."""
    value = getattr(row, field.name)
    if field.name == "links":
        return [{"href": f"https://example.org/?{next(words)}", "text": next(words)} for _ in range(4)]
    if field.name == "examples":
        return list(itertools.islice(words, 5))
    if isinstance(value, dict):
        return {next(words)[:128]: next(words) for _ in range(12)}
    if isinstance(value, list):
        return [[next(words), next(words)] if isinstance(one, list) else one for one in value]
    limit = field.max_length or 10_000
    if limit <= 200:
        return f"{row.pk}{next(words)}"[:limit]
    text = next(words)
    for word in itertools.islice(words, 5):
        text = f"{text}\n{word}" if field.max_length is None else f"{text} {word}"
    return text[:limit]


if __name__ == "__main__":
    main()
