"""`users`: people with their contact methods, notification rules, groups and leave."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from oncall.config import contacts
from oncall.config.person import ORDERS, PersonShape
from oncall.documents import Column, Directory, Entry, Item, Problem, Run, Section, rows
from oncall.documents.columns import WORKING_HOURS, distinct
from oncall.documents.run import Index
from oncall.documents.sections import wanting
from oncall.documents.uses import users_of
from oncall.engine import shifts
from oncall.models import Leave, NotificationRule, Schedule, User

# A person's own rows: they go with the person and say nothing of a past.
OWN = {"ContactMethod", "NotificationRule", "Leave", "User_groups", "User_user_permissions", "ApiToken", "Session"}


class People(Section[User]):
    name: ClassVar[str] = "users"
    noun: ClassVar[str] = "user"
    shape = PersonShape
    columns = (
        Column("username"),
        Column("name"),
        Column("email"),
        Column("timezone"),
        Column("active", "is_active"),
        Column("holidays"),
        WORKING_HOURS,
    )
    parts = ("groups", "contact_methods", "notification_rules", "leave")
    model = User

    def rows(self) -> QuerySet[User]:
        return User.objects.prefetch_related(
            "groups", "contact_methods", "notification_rules__contact_method", "leave"
        ).order_by("username")

    def identity(self, row: User) -> str:
        return row.username

    def indexes(self) -> dict[str, Index]:
        return {
            "users": lambda: dict(User.objects.values_list("username", "pk")),
            "groups": lambda: dict(Group.objects.values_list("name", "pk")),
        }

    def names(self, run: Run) -> dict[str, set[str]]:
        return {**super().names(run), "groups": set(run.directory.ids("groups"))}

    def export(self, directory: Directory) -> list[dict[str, Any]]:
        """Accounts without a mail address are no people that a document could hold (the first administrator's)."""
        return [person for person in super().export(directory) if person["email"]]

    def verify(self, run: Run, entry: Entry, row: User | None) -> Iterator[Problem]:
        shape: PersonShape = entry.shape
        if "contact_methods" in shape.model_fields_set or "notification_rules" not in shape.model_fields_set:
            return  # the shape has judged it, or there is nothing to judge
        there = {method.slug for method in row.contact_methods.all()} if row else {contacts.DEFAULT_SLUG}
        for index, rule in enumerate(shape.notification_rules):
            if rule.contact_method not in there:
                message = _("%(who)s has no contact method %(slug)s") % {
                    "who": shape.username,
                    "slug": rule.contact_method,
                }
                yield entry.problem(message, "notification_rules", index, "contact_method")

    def new(self, run: Run, entry: Entry) -> User:
        """Somebody who may sign in to the console once they have a password."""
        return User(is_staff=True, password=make_password(None), date_joined=run.now)

    def defaults(self, entry: Entry) -> dict[str, Any]:
        return contacts.defaults(entry.shape.given())

    def wanted(self, entry: Entry, row: User, before: dict[str, Any]) -> dict[str, Any]:
        wanted = super().wanted(entry, row, before)
        if "contact_methods" in wanted:
            wanted["contact_methods"] = contacts.as_verified(wanted["contact_methods"], before["contact_methods"])
        return wanted

    def parts_of(self, row: User, directory: Directory) -> dict[str, Any]:
        return {
            "groups": sorted(group.name for group in row.groups.all()),
            "contact_methods": contacts.methods_of(row),
            "notification_rules": contacts.rules_of(row),
            "leave": sorted(
                distinct({"from": a.starts_at, "to": a.ends_at, "reason": a.reason} for a in row.leave.all()),
                key=ORDERS["leave"],
            ),
        }

    def before_writing(self, run: Run, changed: Sequence[Item[User]]) -> None:
        """Who is away or inactive changes whose turn it is: shifts that run are split at this instant."""
        people = [item.row.pk for item in changed if {"active", "leave"} & item.wanted.keys()]
        _settle(run, people)

    def write_parts(self, run: Run, items: Sequence[Item[User]]) -> None:
        _write_groups(run, wanting(items, "groups"))
        contacts.write_methods(run, wanting(items, "contact_methods"))
        contacts.write_rules(run, wanting(items, "notification_rules"))
        _write_leave(run, wanting(items, "leave"))
        _warn_of_unreachable(run, items)

    def remove(self, run: Run, row: User) -> None:
        """People with a past, or a place in what stays, become inactive; superusers are left alone."""
        if row.is_superuser:
            return
        if row.last_login is None and not users_of(row, OWN):
            super().remove(run, row)
        elif row.is_active:
            _settle(run, [row.pk])
            row.is_active = False
            rows.save(row, ["is_active"], run.now)
            run.changes.append(f"~ {self.noun} {row.username}: active true → false")


def _settle(run: Run, people: Sequence[int]) -> None:
    if not people:
        return
    theirs = Schedule.objects.filter(
        Q(layers__members__user__in=people) | Q(overrides__add__in=people) | Q(overrides__remove__in=people)
    )
    if ids := sorted(set(theirs.values_list("pk", flat=True))):
        run.stack.enter_context(shifts.settled(ids, run.now))


def _write_groups(run: Run, wanted: Sequence[tuple[User, list[str]]]) -> None:
    ids = run.directory.ids("groups")
    through = User.groups.through
    there: dict[int, set[int]] = {}
    for user, group in through.objects.filter(user__in=[row.pk for row, _names in wanted]).values_list(
        "user_id", "group_id"
    ):
        there.setdefault(user, set()).add(group)
    fresh = []
    for row, names in wanted:
        now_in, shall = there.get(row.pk, set()), {ids[name] for name in names}
        fresh += [through(user_id=row.pk, group_id=group) for group in sorted(shall - now_in)]
        if gone := now_in - shall:
            through.objects.filter(user=row, group__in=gone).delete()
    through.objects.bulk_create(fresh, batch_size=500)


def _write_leave(run: Run, wanted: Sequence[tuple[User, list[dict[str, Any]]]]) -> None:
    there: dict[int, list[Leave]] = {}
    for away in Leave.objects.filter(user__in=[row.pk for row, _spans in wanted]):
        there.setdefault(away.user_id, []).append(away)
    fresh = []
    for row, spans in wanted:
        open_spans = [(span["from"], span["to"], span["reason"]) for span in spans]
        for away in there.get(row.pk, []):
            value = (away.starts_at, away.ends_at, away.reason)
            if value in open_spans:
                open_spans.remove(value)
            else:
                rows.delete([away], run.now)
        fresh += [Leave(user=row, starts_at=start, ends_at=end, reason=why) for start, end, why in open_spans]
    rows.create(Leave, fresh, run.now)


def _warn_of_unreachable(run: Run, items: Sequence[Item[User]]) -> None:
    """Active people without a rule whose contact method is verified: a page would pass them by."""
    people = [item for item in items if item.row.is_active]
    reached = set(
        NotificationRule.objects.filter(
            user__in=[item.row.pk for item in people], contact_method__verified_at__isnull=False, urgency="high"
        ).values_list("user_id", flat=True)
    )
    for item in people:
        if item.row.pk not in reached:
            message = _("no rule of high urgency has a verified contact method: pages cannot reach this person")
            run.warn([item.entry.problem(message, "notification_rules")])
