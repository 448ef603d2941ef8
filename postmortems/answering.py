"""Who answers for a team's action items: its manager, or who stands in for a manager that is not there: one of the
group Manager, else the team's lead, else a superuser. Where there is nobody at all, the fallback channel is told."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Final, Protocol

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from oncall.models import Team, User
from postmortems.models import Postmortem

GROUP: Final = "Manager"  # the shipped group


class Hidden(Protocol):
    """What may be of a private incident."""

    @property
    def postmortem_id(self) -> int: ...
    @property
    def private(self) -> bool | None: ...
    @property
    def team_id(self) -> int | None: ...


class Managers:
    """Read once for many: seven queries however many teams, and one more for each manager who is asked about something
    private. Exactly one person answers for each thing, as exactly one owns it."""

    def __init__(self) -> None:
        teams = list(Team.objects.values_list("pk", "manager", "lead"))
        self._by_team = {pk: manager for pk, manager, _lead in teams}
        self._leads = {pk: lead for pk, _manager, lead in teams}
        members = Group.objects.filter(name=GROUP, user__isnull=False).values_list("user", flat=True)
        self._group: list[int] = sorted(members)
        superusers = User.objects.filter(is_superuser=True).order_by("pk").values_list("pk", flat=True)
        self._superusers: list[int] = list(superusers)
        rows = candidates().order_by("pk")
        found = rows.prefetch_related("contact_methods", "notification_rules__contact_method")
        self.people = {user.pk: user for user in found if reachable(user)}
        self._private: dict[int, set[int]] = {}

    def of(self, team_id: int | None, besides: int | None = None) -> User | None:
        """Who answers for the team (None: for what has no team), other than `besides`; None where nobody can."""
        return next(self._candidates(team_id, besides), None)

    def for_row(self, row: Hidden, besides: int | None = None) -> User | None:
        """As `of`, among those who may see this."""
        return next((user for user in self._candidates(row.team_id, besides) if self.sees(user, row)), None)

    def sees(self, user: User, row: Hidden) -> bool:
        """Whether this manager may know of it."""
        if not row.private:
            return True
        if user.pk not in self._private:
            rows = Postmortem.objects.filter(incident__private=True).visible_to(user)
            self._private[user.pk] = set(rows.values_list("pk", flat=True))
        return row.postmortem_id in self._private[user.pk]

    @cached_property
    def teams(self) -> dict[int, set[int | None]]:
        """By person: the teams that they answer for, None among them where it is they for what has no team."""
        found: dict[int, set[int | None]] = defaultdict(set)
        for team_id in (*self._by_team, None):
            user = self.of(team_id)
            if user is not None:
                found[user.pk].add(team_id)
        return found

    def _candidates(self, team_id: int | None, besides: int | None) -> Iterator[User]:
        own, lead = (persons.get(team_id) if team_id else None for persons in (self._by_team, self._leads))
        for pk in dict.fromkeys([own, *self._group, lead, *self._superusers]):
            if pk in self.people and pk != besides:
                yield self.people[pk]


def candidates() -> QuerySet[User]:
    """Everybody who may come to answer for something; those whose accounts are closed are left out."""
    teams = Team.objects.all()
    managers, leads = (teams.exclude(**{name: None}).values(name) for name in ("manager", "lead"))
    group = Group.objects.filter(name=GROUP, user__isnull=False).values("user")
    named = Q(pk__in=managers) | Q(pk__in=leads) | Q(pk__in=group) | Q(is_superuser=True)
    return User.objects.filter(named, is_active=True)


def reachable(user: User) -> bool:
    """Whether a message would find them: here, and with a verified contact method or a mail address."""
    verified = any(method.verified_at is not None for method in user.contact_methods.all())
    return user.is_active and (verified or bool(user.email))
