"""What the migrations put into a new database, put into one that was made without them or that a test has emptied."""

from importlib import import_module

from django.apps import apps

from incidents.models import Severity

SHIPPED = [
    import_module(name)
    for name in (
        "incidents.migrations.0002_severity_profiles",
        "incidents.migrations.0003_groups",
        "incidents.migrations.0011_sentence_of_sev4",
        "postmortems.migrations.0002_groups",
    )
]


def ship() -> None:
    """The shipped severities and groups, if they are gone."""
    if Severity.objects.exists():
        return
    modules = {config: config.models_module for config in apps.get_app_configs()}
    for migration in SHIPPED:
        migration.make(apps, None)
    Severity.history.all().delete()  # nobody changed anything
    for config, module in modules.items():  # migrations see stand-ins of the configurations and leave them bare
        config.models_module = module
