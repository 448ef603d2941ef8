"""The four severity profiles that ship; everything in them may be edited afterwards."""

from django.db import migrations

PROFILES = [
    {
        "level": "SEV-1", "rank": 1, "name": "Critical",
        "description": "Outage for all, data loss or corruption, a security breach, or the main task is impossible.",
        "examples": ["The production database is down", "Payments are broken"],
        "urgency": "high", "page": "always", "response_minutes": 5, "update_minutes": 15, "first_update_minutes": 5,
        "aware": ["vp-engineering"], "required_layers": ["primary", "secondary"], "commander": "required",
        "staffing": "all hands", "room": "room", "approval_minutes": 5, "ack_timeout_minutes": 60, "postmortem": "required",
    },
    {
        "level": "SEV-2", "rank": 2, "name": "Major",
        "description": "Degraded for many; there is a way round.",
        "examples": ["Latency is ten times the usual", "50 % of requests fail", "20 % of searches fail", "Payments are slow but complete"],
        "urgency": "high", "page": "always", "response_minutes": 15, "update_minutes": 30, "first_update_minutes": 15,
        "aware": ["team_manager"], "required_layers": ["primary", "secondary"], "commander": "required",
        "staffing": "lead and two or three people", "room": "channel", "approval_minutes": 15, "ack_timeout_minutes": None, "postmortem": "required",
    },
    {
        "level": "SEV-3", "rank": 3, "name": "Minor",
        "description": "Some users, or something that is not critical.",
        "examples": ["One region is affected", "A non-critical feature is away", "Exports are slow"],
        "urgency": "low", "page": "working_hours", "response_minutes": 60, "update_minutes": 120, "first_update_minutes": 60,
        "aware": ["team_lead"], "required_layers": ["primary"], "commander": "optional",
        "staffing": "one person", "room": "none", "approval_minutes": None, "ack_timeout_minutes": None, "postmortem": "sentence",
    },
    {
        "level": "SEV-4", "rank": 4, "name": "Low",
        "description": "Cosmetic, or one user.",
        "examples": ["The logo has the wrong colour", "A dashboard is slow"],
        "urgency": "low", "page": "never", "response_minutes": None, "response_next_business_day": True,
        "update_minutes": 1440, "first_update_minutes": 1440,
        "aware": [], "required_layers": [], "commander": "optional",
        "staffing": "when there is time", "room": "none", "approval_minutes": None, "ack_timeout_minutes": None, "postmortem": "none",
    },
]


def make(apps, schema_editor):
    severity = apps.get_model("incidents", "Severity")
    for profile in PROFILES:
        severity.objects.get_or_create(level=profile["level"], defaults=profile)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
