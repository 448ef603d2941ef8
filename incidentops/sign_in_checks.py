"""System checks of signing in: half a single sign-on is none, and somebody must always get in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError

from oncall.models import User

LONGEST_ISSUER = 200  # the column of the account's key


@register
def single_sign_on_is_whole(app_configs: Any, **_: Any) -> list[CheckMessage]:
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    missing = [name for name in names if not getattr(settings, name)]
    found: list[CheckMessage] = []
    if missing and len(missing) < len(names):
        found.append(Error(f"Single sign-on lacks {', '.join(missing)}.", id="incidentops.E010"))
    if settings.OIDC_ONLY and missing:
        found.append(Error("OIDC_ONLY is set, but single sign-on is not.", id="incidentops.E011"))
    if settings.PRODUCTION and settings.OIDC_ISSUER and not settings.OIDC_ISSUER.startswith("https://"):
        found.append(Error("OIDC_ISSUER must begin with https://", id="incidentops.E012"))
    if len(settings.OIDC_ISSUER) > LONGEST_ISSUER:
        found.append(Error(f"OIDC_ISSUER is longer than {LONGEST_ISSUER} characters.", id="incidentops.E013"))
    if any(not word or not group for word, group in settings.OIDC_GROUPS):
        found.append(Error("OIDC_GROUPS must look like claim=Group,claim=Group.", id="incidentops.E014"))
    return found


@register("database")
def somebody_gets_in(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """The break-glass account exists where single sign-on is the only way, and mapped groups exist."""
    if not databases or not settings.OIDC_ISSUER:
        return []
    try:
        groups = set(Group.objects.values_list("name", flat=True))
        account = User.objects.filter(username=settings.BREAK_GLASS_USER, is_active=True, is_superuser=True).first()
    except DatabaseError:
        return []  # not migrated yet
    found: list[CheckMessage] = [
        Warning(f"OIDC_GROUPS names {group!r}, and there is no such group.", id="incidentops.W010")
        for _word, group in settings.OIDC_GROUPS
        if group not in groups
    ]
    if settings.OIDC_ONLY and (account is None or not account.has_usable_password()):
        found.append(
            Warning(
                f"BREAK_GLASS_USER={settings.BREAK_GLASS_USER} is no active superuser with a password.",
                hint="Without it nobody gets in while the identity provider is away.",
                id="incidentops.W011",
            )
        )
    return found
