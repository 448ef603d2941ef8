"""The week's digest of each manager, for the ops meeting."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall import wording
from oncall.letters import Entry, Figure, Letter, Section
from oncall.logic.hours import sound_zone
from oncall.models import HandoffSide, Notification, User
from oncall.outbox import Draft
from oncall.text import one_line
from postmortems import notices
from postmortems.answering import Managers
from postmortems.engine import owed
from postmortems.engine.owed import Owed
from postmortems.engine.week import ByTeam, Ended, Late, Moved, Row, Week, read
from postmortems.logic import due
from postmortems.logic.due import DigestKey
from postmortems.logic.weekly import Figures, oldest
from postmortems.models import ActionItem, SentDigest

SHOWN: Final = 10  # entries of a section
NAMED: Final = 3  # teams by name
LIST: Final = "postmortems_actionitem_changelist"


def messages(zones: Mapping[int, str], managers: Managers, now: datetime) -> list[Draft]:
    """The digests of those of these people (their zones) who answer for a team, and the marks that they were sent; a
    few queries a zone however many they are. The caller holds their clocks."""
    by_zone: dict[str, list[User]] = defaultdict(list)
    for pk, zone in zones.items():
        if managers.teams.get(pk):
            by_zone[zone].append(managers.people[pk])
    drafts: list[Draft] = []
    said: list[SentDigest] = []
    for zone, mine in by_zone.items():
        day = due.weekly_digest_day(now, zone)
        keys = {person.pk: due.weekly_key(person.pk, day) for person in mine}
        period = due.week_of(day)
        told = SentDigest.objects.filter(kind=due.DigestKind.MANAGER, period=period, person__in=list(keys))
        done = set(told.values_list("person", flat=True))
        left = [person for person in mine if person.pk not in done]
        if not left:
            continue
        week = read(day, zone, {team for person in left for team in managers.teams[person.pk]}, now)
        for person in left:
            template = _template(keys[person.pk], person, managers, week, now)
            if template is not None:
                drafts += notices.to(person, template, now)
                said.append(SentDigest(kind=due.DigestKind.MANAGER, period=period, person=person, at=now, reached=True))
    SentDigest.objects.bulk_create(said)
    return drafts


def _template(key: DigestKey, person: User, managers: Managers, week: Week, now: datetime) -> Draft | None:
    """None where there is nothing at all to tell."""
    teams = managers.teams[person.pk]

    def own(rows: ByTeam[Row]) -> list[Row]:
        return [row for team in teams for row in rows.get(team, ()) if managers.sees(person, row)]

    rows, ended, moved, late = own(week.open), own(week.ended), own(week.moved), own(week.late)
    rows.sort(key=lambda row: (row.due_on or date.max, row.priority, row.pk))
    unsigned = [side for side in week.unsigned if _team_of(side) in teams]
    counted = _counted(rows, ended, moved, late, unsigned, week)
    if counted.is_empty:
        return None
    zone = person.timezone
    sections = (
        Section("", figures=tuple(_figures(counted, week.day))),
        _longest(rows, week.day),
        _section(_("Moved this week"), moved, _move),
        _section(_("Postmortems late"), late, lambda row: _late(row, zone, now)),
        _section(_("Handoffs nobody signed"), unsigned, lambda side: _side(side, zone, now)),
        _section(_("Cannot be reached"), _unreached(rows, week.lost), lambda each: _person(*each)),
    )
    names = [name for pk, name in sorted(week.teams.items(), key=lambda each: each[1]) if pk in teams]
    about = (
        ", ".join(names)
        if len(names) <= NAMED
        else ngettext("%(n)d team", "%(n)d teams", len(names)) % {"n": len(names)}
    )
    title = _("Actions this week: %(open)d open, %(overdue)d overdue") % {
        "open": counted.open,
        "overdue": counted.overdue,
    }
    letter = Letter(
        heading=_("For the ops meeting"),
        lead="\n".join(word for word in (about, _span(week, zone)) if word),
        sections=tuple(section for section in sections if section.entries or section.figures),
        button=_("Open the board"),
        link=owed.console("postmortems_actionitem_board"),
        foot=_(
            "You get this because you answer for these teams: each Monday at 09:00 (%(zone)s), unless there is nothing "
            "to tell. Done of those due: of the action items that were due in these seven days, the share that is "
            "done; what will not be done is left out."
        )
        % {"zone": zone},
    )
    return notices.letter(f"digest:{key.kind}:{key.period}:{key.person}", Notification.Kind.DIGEST, title, letter, now)


def _counted(
    rows: Sequence[Owed],
    ended: Sequence[Ended],
    moved: Sequence[Moved],
    late: Sequence[Late],
    unsigned: Sequence[HandoffSide],
    week: Week,
) -> Figures:
    done, wont = ActionItem.Status.DONE, ActionItem.Status.WONT_DO
    due_rows = [
        row for row in ended if row.due_on and week.day - due.WEEK <= row.due_on < week.day and row.status != wont
    ]
    return Figures(
        open=len(rows),
        overdue=sum(1 for row in rows if row.due_on and row.due_on < week.day),
        moved=len(moved),
        completed=sum(
            1 for row in ended if row.status == done and row.finished_at and week.start <= row.finished_at < week.end
        ),
        due=len(due_rows),
        due_done=sum(1 for row in due_rows if row.status == done),
        late_postmortems=len(late),
        unsigned=len(unsigned),
        oldest_on=oldest([row.created_at.date() for row in rows]),
    )


def _figures(counted: Figures, day: date) -> Iterable[Figure]:
    yield Figure(str(counted.open), _("open"), owed.console(LIST, "?open=yes"))
    yield Figure(str(counted.overdue), _("overdue"), owed.console(LIST, "?open=late"), grave=counted.overdue > 0)
    yield Figure(str(counted.completed), _("completed this week"), owed.console(LIST, "?open=no"))
    yield Figure(str(counted.moved), _("due dates moved this week"))
    rate = "–" if counted.rate is None else f"{counted.rate} %"
    of = _("done of those due (%(done)d of %(due)d)") if counted.due else _("done of those due (none was due)")
    yield Figure(rate, of % {"done": counted.due_done, "due": counted.due})
    age = counted.oldest_days(day)
    days = "–" if age is None else ngettext("%(n)d day", "%(n)d days", age) % {"n": age}
    yield Figure(days, _("age of the oldest open one"))
    where = owed.console("postmortems_postmortem_changelist")
    yield Figure(str(counted.late_postmortems), _("postmortems late"), where, grave=counted.late_postmortems > 0)
    signed = owed.console("oncall_handoff_changelist")
    yield Figure(str(counted.unsigned), _("handoffs unsigned"), signed, grave=counted.unsigned > 0)


def _longest(rows: Sequence[Owed], day: date) -> Section:
    late = [row for row in rows if row.due_on and row.due_on < day]
    entries = owed.entries(late[:SHOWN], day, owners=True)
    return Section(_("Overdue, the longest first"), entries, more=max(len(late) - SHOWN, 0))


Each = TypeVar("Each")


def _section(heading: str, rows: Sequence[Each], entry: Callable[[Each], Entry]) -> Section:
    return Section(heading, tuple(entry(row) for row in rows[:SHOWN]), more=max(len(rows) - SHOWN, 0))


def _move(row: Moved) -> Entry:
    way = " → ".join(owed.day_of(each) for each in (row.from_on, row.to_on) if each)
    if row.private:
        return Entry(_("An action item of a private incident"), (way,), _action_link(row.action_id))
    why = one_line(f"{row.by or _('somebody')}: {row.reason}", 160)
    return Entry(one_line(row.words, owed.WIDTH), (way, why), _action_link(row.action_id))


def _action_link(pk: int) -> str:
    return f"{owed.console(LIST)}{pk}/change/"


def _late(row: Late, zone: str, now: datetime) -> Entry:
    facts = []
    if row.review_due_at and row.review_due_at < now and row.review_scheduled_at is None:
        facts.append(_("no review scheduled by %(at)s") % {"at": wording.dated(row.review_due_at, zone)})
    if row.publish_due_at and row.publish_due_at < now:
        facts.append(_("to be published by %(at)s") % {"at": wording.dated(row.publish_due_at, zone)})
    title = _("a private incident") if row.private else row.title
    link = f"{owed.console('postmortems_postmortem_changelist')}{row.postmortem_id}/change/"
    owner = row.owner or row.owner_username or _("nobody")
    return Entry(one_line(f"{row.number} {title}", owed.WIDTH), (owner, *facts), link)


def _side(side: HandoffSide, zone: str, now: datetime) -> Entry:
    handoff = side.handoff
    where = one_line(f"{handoff.schedule or handoff.schedule_slug} · {handoff.layer_name}", owed.WIDTH)
    return Entry(where, (str(side.person or side.username), side.get_side_display(), wording.dated(handoff.at, zone)))


def _team_of(side: HandoffSide) -> int | None:
    return side.handoff.schedule.team_id if side.handoff.schedule else None


def _unreached(rows: Sequence[Owed], lost: Mapping[int, User]) -> list[tuple[User, int]]:
    counts: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.owner_id in lost:
            counts[row.owner_id or 0] += 1
    return [(lost[pk], count) for pk, count in sorted(counts.items())]


def _person(user: User, count: int) -> Entry:
    why = _("has no verified contact method and no mail address") if user.is_active else _("has left")
    owns = ngettext("owns %(n)d open action item", "owns %(n)d open action items", count) % {"n": count}
    return Entry(str(user), (why, owns), owed.console("postmortems_actionitem_board", f"?owner={user.username}"))


def _span(week: Week, zone: str) -> str:
    tz = ZoneInfo(sound_zone(zone))
    start, end = (owed.day_of(at.astimezone(tz).date()) for at in (week.start, week.end))
    return _("%(start)s to %(end)s, 09:00 (%(zone)s)") % {"start": start, "end": end, "zone": zone}
