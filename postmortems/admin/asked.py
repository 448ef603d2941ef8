"""Which action items somebody asks for: the filters of the board and of the figures, kept in the address."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.models import Service
from oncall.models import Team, User
from oncall.text import one_line
from postmortems.logic.completion import AGES, Age
from postmortems.models import ActionItem

ME: Final = "me"
NO_TEAM: Final = "-"
NAMESAKES: Final = 10
MAX: Final = 150


@dataclass(frozen=True, slots=True)
class Asked:
    """Each empty: all. `team` is a slug, `owner` a username, a name or ME, `incident` a number."""

    team: str = ""
    priority: str = ""
    owner: str = ""
    incident: str = ""

    def rows(self, rows: QuerySet[ActionItem], user: User) -> QuerySet[ActionItem]:
        """Those of `rows` that are asked for; two queries at most besides."""
        if self.team:
            rows = rows.filter(of_team(self.team))
        if self.priority:
            rows = rows.filter(priority=self.priority)
        if self.owner:
            rows = rows.filter(owned_by(self.owner, user))
        if self.incident:
            rows = rows.filter(postmortem__incident__number=self.incident)
        return rows

    def query(self, **more: str) -> str:
        """For an address: what is asked for, and more."""
        return urlencode({name: value for name, value in {**asdict(self), **more}.items() if value})

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def asked(given: QueryDict | Mapping[str, str]) -> Asked:
    """What an address asks for; what is unknown is left out."""
    said = {name: one_line(str(given.get(name) or ""), MAX) for name in Asked.__slots__}
    if said["priority"] not in ActionItem.Priority.values:
        said["priority"] = ""
    return Asked(**{**said, "incident": said["incident"].upper()})


def of_team(slug: str) -> Q:
    """Of the team whose service it was about; NO_TEAM: of none. By the services' keys: a database that joins the teams
    as well does not see that most items are theirs, and reads all of them to find the first."""
    if slug == NO_TEAM:
        return Q(postmortem__service__team=None)
    return Q(postmortem__service__in=list(Service.objects.filter(team__slug=slug).values_list("pk", flat=True)))


def owned_by(word: str, user: User) -> Q:
    """Of this username, else of this name, with an account or without one."""
    if word == ME:
        return Q(owner=user)
    known = User.objects.filter(Q(username__iexact=word) | Q(name__iexact=word))
    return Q(owner__in=list(known.values_list("pk", flat=True)[:NAMESAKES])) | Q(owner=None, owner_name__iexact=word)


def the_list(wanted: Asked, **more: str) -> str:
    """The address of the list of action items with these filters and more."""
    values = {name: value for name, value in asdict(wanted).items() if value}
    if "priority" in values:
        values["priority__exact"] = values.pop("priority")
    return f"{reverse('admin:postmortems_actionitem_changelist')}?{urlencode(values | more)}"


# -- the same filters on the list ------------------------------------------------------------------------------------
class _Said(admin.SimpleListFilter):
    """A filter by a value that only an address brings: offered while it is asked for."""

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        value = one_line(str(self.value() or ""), MAX)
        return [(value, value)] if value else []


class TeamFilter(_Said):
    title = _("team")
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [*Team.objects.order_by("name").values_list("slug", "name"), (NO_TEAM, gettext("no team"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
        word = one_line(str(self.value() or ""), MAX)
        return queryset.filter(of_team(word)) if word else queryset


class OwnerFilter(_Said):
    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        others = [each for each in super().lookups(request, model_admin) if each[0] != ME]
        return [(ME, str(_("me"))), *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
        word = one_line(str(self.value() or ""), MAX)
        return queryset.filter(owned_by(word, request.user)) if word else queryset  # type: ignore[arg-type]


class IncidentFilter(_Said):
    title = _("incident")
    parameter_name = "incident"

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
        word = one_line(str(self.value() or ""), MAX).upper()
        return queryset.filter(postmortem__incident__number=word) if word else queryset


def age_words(age: Age) -> str:
    """A step of age in words."""
    if not age.below:
        return gettext("%(from)d days and more") % {"from": age.from_days}
    return gettext("%(from)d to %(to)d days") % {"from": age.from_days, "to": age.below}


class AgeFilter(admin.SimpleListFilter):
    """How long ago it was added, in the figures' steps."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(age.key, age_words(age)) for age in AGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
        now = timezone.now()
        for age in AGES:
            if age.key == self.value():
                rows = queryset.filter(created_at__lte=now - timedelta(days=age.from_days))
                return rows.filter(created_at__gt=now - timedelta(days=age.below)) if age.below else rows
        return queryset


class FinishedFilter(_Said):
    """Finished in the seven days from a date on, where the reader is: a column of the figures."""

    title = _("finished in the week from")
    parameter_name = "finished"

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
        try:
            start, end = week_from(date.fromisoformat(str(self.value() or "")))
        except (ValueError, OverflowError):
            return queryset
        return queryset.filter(finished_at__gte=start, finished_at__lt=end)


def week_from(day: date) -> tuple[datetime, datetime]:
    """[the day's midnight where the reader is, that of seven days later). OverflowError at the end of time."""
    start, end = (datetime.combine(each, time()) for each in (day, day + timedelta(weeks=1)))
    return timezone.make_aware(start), timezone.make_aware(end)
