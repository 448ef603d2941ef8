"""What a file may name: accounts, services and severities that there are here."""

from collections import Counter

from incidents.models import Service, Severity
from oncall.models import User
from postmortems.logic.fitting import Known

SEES_ADDRESSES = "oncall.view_contactmethod"


def known(people: dict[str, str]) -> Known:
    """`people` as `display_names` gives them."""
    services: dict[str, str] = {}
    for name, slug in Service.objects.order_by("pk").values_list("name", "slug"):
        services.setdefault(slug.casefold(), name)
        services[name.casefold()] = name
    return Known(frozenset(Severity.objects.values_list("level", flat=True)), services, people)


def accounts(by: User | None) -> tuple[dict[str, str], dict[str, str]]:
    """(usernames by all that active people may be called, casefolded; names as shown by username).

    A name that several share leads nowhere. Mail addresses count only for who may see them, or a file would tell whose
    they are.
    """
    rows = list(User.objects.filter(is_active=True).only("username", "name", "email"))
    shared = Counter(row.name.casefold() for row in rows)
    called: dict[str, str] = {}
    if by is None or by.has_perm(SEES_ADDRESSES):
        called |= {row.email.casefold(): row.username for row in rows if row.email}
    called |= {row.name.casefold(): row.username for row in rows if row.name and shared[row.name.casefold()] == 1}
    called |= {row.username.casefold(): row.username for row in rows}
    return called, {row.username: str(row) for row in rows}
