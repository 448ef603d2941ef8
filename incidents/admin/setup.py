"""What is still to be set up before everybody can rely on being paged; looked at once in half a minute."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.core.cache import caches
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.admin.duty import OnCall
from incidents.models import Integration, Service, Severity
from oncall.models import Channel, User

SECONDS: Final = 30
EACH: Final = 10
WORDS: Final = frozenset({"team_lead", "team_manager"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do and where; `needs` is the permission to look there."""

    text: str
    link: str
    needs: str
    grave: bool = False


def items(request: HttpRequest, duties: Iterable[OnCall]) -> list[Item]:
    """What this person may look into, the gravest first."""
    configured: list[Item] = caches["process"].get_or_set("console.setup", _configuration, SECONDS) or []
    every = [*_unreachable(duties), *configured]
    mine = [item for item in every if request.user.has_perm(item.needs)]
    return sorted(mine, key=lambda item: not item.grave)


def _unreachable(duties: Iterable[OnCall]) -> list[Item]:
    found: dict[int, Item] = {}
    for duty in duties:
        for layer in duty.layers:
            for person in layer.people:
                if not person.reachable:
                    said = {"who": person.user, "schedule": duty.schedule, "layer": layer.layer}
                    text = _("%(who)s is on call (%(schedule)s, %(layer)s) without a verified contact method.") % said
                    link = reverse("admin:oncall_user_change", args=[person.user.pk])
                    found.setdefault(person.user.pk, Item(text, link, "oncall.view_user", grave=True))
    return list(found.values())


def _configuration() -> list[Item]:
    """Five queries."""
    return [*_without_policy(), *_unknown_words(), *_never_heard()]


def _without_policy() -> list[Item]:
    rows = Service.objects.filter(escalation_policy=None, severity_policies=None).order_by("name")[:EACH]
    return [
        Item(
            _("%(service)s has no escalation policy: only the fallback channel is told.") % {"service": row},
            reverse("admin:incidents_service_change", args=[row.pk]),
            "incidents.view_service",
            grave=True,
        )
        for row in rows
    ]


def _never_heard() -> list[Item]:
    rows = Integration.objects.filter(enabled=True, last_seen_at=None).select_related("service").order_by("pk")[:EACH]
    return [
        Item(
            _("%(integration)s has never sent anything.") % {"integration": row},
            reverse("admin:incidents_integration_change", args=[row.pk]),
            "incidents.view_integration",
        )
        for row in rows
    ]


def _unknown_words() -> list[Item]:
    """People and channels that a severity makes aware and that do not exist."""
    severities = list(Severity.objects.order_by("rank"))
    words = {str(word) for severity in severities for word in severity.aware} - WORDS
    known = set(User.objects.filter(username__in=words).values_list("username", flat=True))
    known |= set(Channel.objects.filter(slug__in=words).values_list("slug", flat=True))
    return [
        Item(
            _("%(level)s makes “%(word)s” aware: nobody and no channel is called that.")
            % {"level": severity.level, "word": word},
            reverse("admin:incidents_severity_change", args=[severity.pk]),
            "incidents.view_severity",
        )
        for severity in severities
        for word in map(str, severity.aware)
        if word not in known and word not in WORDS
    ]
