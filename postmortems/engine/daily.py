"""A day's messages: to owners what asks for them, to managers what went up to them and whom nobody can reach."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall import bulk, outbox
from oncall.letters import Letter, Section
from oncall.models import Notification, TeamMember, User
from oncall.outbox import Draft
from postmortems import notices
from postmortems.answering import Managers
from postmortems.engine import owed
from postmortems.engine.owed import SHOWN, Owed
from postmortems.logic import due
from postmortems.logic.due import Digest, DigestKey
from postmortems.models import ActionItem, SentDigest

AHEAD = max(due.BEFORE)
BOARD = "postmortems_actionitem_board"


def messages(zones: Mapping[int, str], managers: Managers, now: datetime) -> list[Draft]:
    """Everything that nine o'clock asks for of these people (their zones), and the marks that it was said; a few
    queries however many they are. The caller holds their clocks."""
    day_of = {zone: due.digest_day(now, zone) for zone in set(zones.values())}
    days = {pk: day_of[zone] for pk, zone in zones.items()}
    if not days:
        return []
    told = _told(days)
    said: list[Said] = []
    drafts = _own(days, told, said, managers, now)
    drafts += _gone_up(days, told, said, managers, now)
    bulk.insert(SentDigest, Said._fields, said)
    return drafts


class Said(NamedTuple):
    """A message that is sent: a row of SentDigest."""

    kind: str
    period: str
    person_id: int
    at: datetime
    reached: bool = True


def _told(days: Mapping[int, date]) -> set[DigestKey]:
    """What was sent already."""
    rows = SentDigest.objects.filter(person__in=list(days), period__in={day.isoformat() for day in days.values()})
    return {DigestKey(due.DigestKind(kind), period, pk) for kind, period, pk in rows.values_list(*_KEY)}


_KEY = ("kind", "period", "person")


def _own(
    days: Mapping[int, date], told: set[DigestKey], said: list[Said], managers: Managers, now: datetime
) -> list[Draft]:
    """To each owner one, or, where they cannot be reached, to who answers for them."""
    latest = max(days.values()) + AHEAD
    rows = ActionItem.objects.unfinished().filter(owner__in=list(days), due_on__lte=latest)
    by_owner: dict[int, dict[int, Owed]] = defaultdict(dict)
    for row in owed.read(rows):
        by_owner[row.owner_id or 0][row.pk] = row
    digests: dict[int, Digest] = {}
    for pk, theirs in by_owner.items():
        digest = due.digest([owed.item(row) for row in theirs.values()], days[pk])
        if digest is not None and due.owner_key(pk, days[pk]) not in told:
            digests[pk] = digest
    people = User.objects.filter(pk__in=list(digests)).order_by("pk")
    drafts: list[Draft] = []
    lost: list[tuple[User, Digest]] = []
    for person in people.prefetch_related("contact_methods", "notification_rules__contact_method"):
        digest, key = digests[person.pk], due.owner_key(person.pk, days[person.pk])
        found = notices.to(person, _digest(key, by_owner[person.pk], digest, person, now), now)
        drafts += found
        said.append(Said(key.kind, key.period, key.person, now, bool(found)))
        if not found:
            lost.append((person, digest))
    reminded = [(item.id, digest.day) for digest in digests.values() for item in digest.reminders]
    bulk.update(ActionItem, ["id"], ["reminded_on"], reminded)
    return drafts + _lost(lost, by_owner, managers, now)


def _digest(key: DigestKey, rows: Mapping[int, Owed], digest: Digest, person: User, now: datetime) -> Draft:
    """Overdue first, then what is due today, then what is ahead."""
    day = digest.day
    told = sorted((*digest.reminders, *digest.overdue), key=lambda item: (item.due_on, item.priority, item.id))
    late = [rows[item.id] for item in told if item.due_on < day]
    today = [rows[item.id] for item in told if item.due_on == day]
    ahead = [rows[item.id] for item in told if item.due_on > day]
    counts = _counts(len(late), len(today), len(ahead))
    parts = ((_("Overdue"), late), (_("Due today"), today), (_("Coming up"), ahead))
    letter = Letter(
        heading=_("Your action items"),
        lead=_("%(counts)s.") % {"counts": counts},
        sections=tuple(_section(heading, found, day, acts=True) for heading, found in parts if found),
        button=_("Open my board"),
        link=owed.console(BOARD, "?owner=me"),
        foot=_(
            "You get this because these action items are yours: at most one such message a day, at 09:00 (%(zone)s). "
            "To move a date or to give one to somebody else, open it. The links “Mark as done” act in your name and "
            "hold for two weeks: please do not pass this mail on."
        )
        % {"zone": person.timezone},
    )
    title = _("Action items: %(counts)s") % {"counts": counts}
    return notices.letter(_key(key), Notification.Kind.DIGEST, title, letter, now)


def _counts(late: int, today: int, ahead: int) -> str:
    """'2 overdue, 1 due today'"""
    said = (
        ngettext("%(n)d overdue", "%(n)d overdue", late) % {"n": late} if late else "",
        ngettext("%(n)d due today", "%(n)d due today", today) % {"n": today} if today else "",
        ngettext("%(n)d coming up", "%(n)d coming up", ahead) % {"n": ahead} if ahead else "",
    )
    return ", ".join(word for word in said if word)


def _section(heading: str, rows: Sequence[Owed], day: date, *, acts: bool = False, owners: bool = False) -> Section:
    entries = owed.entries(rows[:SHOWN], day, acts=acts, owners=owners)
    return Section(heading, entries, more=max(len(rows) - SHOWN, 0))


def _lost(
    lost: Sequence[tuple[User, Digest]], by_owner: Mapping[int, Mapping[int, Owed]], managers: Managers, now: datetime
) -> list[Draft]:
    """Of owners who cannot be reached: the managers of their teams are told, else of the teams whose actions they own,
    else the fallback channel."""
    if not lost:
        return []
    teams: dict[int, list[int | None]] = defaultdict(list)
    memberships = TeamMember.objects.filter(user__in=[person.pk for person, _digest in lost]).order_by("pk")
    for user_id, team_id in memberships.values_list("user", "team"):
        teams[user_id].append(team_id)
    drafts: list[Draft] = []
    for person, digest in lost:
        rows = [by_owner[person.pk][item.id] for item in (*digest.reminders, *digest.overdue)]
        asked = teams[person.pk] or [row.team_id for row in rows]
        told = {user.pk: user for team in asked if (user := managers.of(team, besides=person.pk))}
        key = _key(due.owner_key(person.pk, digest.day))
        found: list[Draft] = []
        for user in told.values():
            seen = [row for row in rows if managers.sees(user, row)]
            found += notices.to(user, _unreachable(key, person, seen, digest.day, now), now)
        if not found:
            seen = [row for row in rows if not row.private]
            found = outbox.to_fallback(_unreachable(key, person, seen, digest.day, now), now)
        drafts += found
    return drafts


def _unreachable(key: str, person: User, rows: Sequence[Owed], day: date, now: datetime) -> Draft:
    why = (
        _("%(who)s has neither a verified contact method nor a mail address, so nobody was told of what follows.")
        if person.is_active
        else _("%(who)s has left, so nobody was told of what follows.")
    ) % {"who": person}
    letter = Letter(
        heading=_("%(who)s cannot be reached about action items") % {"who": person},
        lead=f"{why}\n{_('Give them an address, or give the action items to somebody else.')}",
        sections=(_section(_("What asks for them"), rows, day),) if rows else (),
        button=_("Open their board"),
        link=owed.console(BOARD, f"?owner={person.username}"),
    )
    return notices.letter(key, Notification.Kind.DIGEST, letter.heading, letter, now)


def _gone_up(
    days: Mapping[int, date], told: set[DigestKey], said: list[Said], managers: Managers, now: datetime
) -> list[Draft]:
    """To managers what is overdue for so long, by priority, that it is theirs too; each item once. What nobody answers
    for goes to the fallback channel, whoever's nine o'clock it is."""
    latest = max(days.values())
    over = Q(due_on__lte=latest - due.LATER_ESCALATION_DAYS * due.DAY)
    for priority, after in due.ESCALATION_DAYS.items():
        over |= Q(priority=priority, due_on__lte=latest - after * due.DAY)
    rows = ActionItem.objects.unfinished().filter(over, escalated_on=None)
    up: dict[int, list[Owed]] = defaultdict(list)
    nobodys: list[Owed] = []
    for row in owed.read(rows):
        if row.due_on is None:
            continue
        user = managers.for_row(row, besides=row.owner_id)
        if user is None:
            nobodys.append(row)
            continue
        if user.pk not in days:
            continue
        key = due.escalation_key(user.pk, days[user.pk])
        if key not in told and due.is_escalated(row.priority, row.due_on, days[user.pk]):
            up[user.pk].append(row)
    drafts: list[Draft] = []
    for pk, mine in up.items():
        key = due.escalation_key(pk, days[pk])
        drafts += notices.to(managers.people[pk], _long_overdue(_key(key), mine, days[pk], now), now)
        said.append(Said(key.kind, key.period, key.person, now))
    if nobodys:
        # No clock is held for these: each is in one such message, ever, so the first one's key makes it once.
        stem = f"digest:{due.DigestKind.ESCALATION}:nobody:{min(row.pk for row in nobodys)}:{latest}"
        drafts += outbox.to_fallback(_long_overdue(stem, nobodys, latest, now), now)
    escalated = [(row.pk, days[pk]) for pk, mine in up.items() for row in mine]
    escalated += [(row.pk, latest) for row in nobodys]
    bulk.update(ActionItem, ["id"], ["escalated_on"], escalated)
    return drafts


def _long_overdue(key: str, rows: Sequence[Owed], day: date, now: datetime) -> Draft:
    count = len(rows)
    title = ngettext("%(n)d action item is long overdue", "%(n)d action items are long overdue", count) % {"n": count}
    letter = Letter(
        heading=title,
        lead=_("Not done though the owners were reminded: please follow up."),
        sections=(_section("", rows, day, owners=True),),
        button=_("Open what is overdue"),
        link=owed.console("postmortems_actionitem_changelist", "?open=late"),
        foot=_(
            "You get this because you answer for these teams, or because nobody does: a P1 after 3 days, a P2 after 7, "
            "others after 14."
        ),
    )
    return notices.letter(key, Notification.Kind.DIGEST, title, letter, now)


def _key(key: DigestKey) -> str:
    return f"digest:{key.kind}:{key.period}:{key.person}"
