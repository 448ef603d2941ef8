"""Who answers for a team's action items: its manager, or who stands in for a manager that is not there."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Final, Protocol

from django.contrib.auth.models import Group

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
    """Read once for many: six queries however many teams, and one more for each manager who is asked about something
    private. Exactly one person answers for each thing, as exactly one owns it."""

    def __init__(self) -> None:
        self._by_team = dict(Team.objects.values_list("pk", "manager"))
        members = Group.objects.filter(name=GROUP, user__isnull=False).values_list("user", flat=True)
        self._group: list[int] = sorted(members)
        wanted = {pk for pk in (*self._by_team.values(), *self._group) if pk}
        rows = User.objects.filter(pk__in=wanted, is_active=True).order_by("pk")
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
        own = self._by_team.get(team_id) if team_id else None
        for pk in dict.fromkeys([own, *self._group]):
            if pk in self.people and pk != besides:
                yield self.people[pk]


def reachable(user: User) -> bool:
    """Whether a message would find them: here, and with a verified contact method or a mail address."""
    verified = any(method.verified_at is not None for method in user.contact_methods.all())
    return user.is_active and (verified or bool(user.email))
