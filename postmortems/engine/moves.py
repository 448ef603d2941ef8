"""A due date that moved a second time is told to the manager, once; where nobody is one, to the fallback channel."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall import outbox
from oncall.engine.loop import sweep
from oncall.letters import Entry, Letter, Section
from oncall.models import Notification
from oncall.outbox import Draft
from oncall.text import one_line
from postmortems import notices
from postmortems.answering import Managers
from postmortems.engine import owed
from postmortems.engine.owed import SHOWN, Owed
from postmortems.models import ActionItem, DueMove

BATCH: Final = 500


def run(now: datetime) -> int:
    """Tell of every second move that was not told of, all of a manager's in one message. How many items."""
    return sweep(_due(), _tell, now, BATCH)


def _due() -> QuerySet[ActionItem]:
    return ActionItem.objects.filter(second_move_at__isnull=False).only("pk").order_by("second_move_at", "pk")


def _tell(rows: Sequence[ActionItem], now: datetime) -> None:
    """The mark is taken away with the message: each item is in one message, ever, so its key is that message's."""
    keys = [row.pk for row in rows]
    found = owed.read(ActionItem.objects.unfinished().filter(pk__in=keys))
    moves: dict[int, list[DueMove]] = defaultdict(list)
    for move in DueMove.objects.filter(action__in=keys).order_by("at", "pk"):
        moves[move.action_id].append(move)
    managers = Managers()
    told: dict[int, list[Owed]] = defaultdict(list)
    nobodys: list[Owed] = []
    for row in found:
        user = managers.for_row(row, besides=row.owner_id)
        if user is None:
            nobodys.append(row)
        elif user.pk != moves[row.pk][1].by_id:  # whoever moved it knows
            told[user.pk].append(row)
    drafts: list[Draft] = []
    for pk, mine in told.items():
        drafts += notices.to(managers.people[pk], _message(mine, moves, now), now)
    if nobodys:
        drafts += outbox.to_fallback(_message(nobodys, moves, now), now)
    outbox.post(drafts, now)
    ActionItem.objects.filter(pk__in=keys).update(second_move_at=None)


def _message(rows: Sequence[Owed], moves: dict[int, list[DueMove]], now: datetime) -> Draft:
    count = len(rows)
    title = ngettext("A due date moved a second time", "%(n)d due dates moved a second time", count) % {"n": count}
    letter = Letter(
        heading=title,
        lead=_("Perhaps it is too much, or not wanted any more: please talk about it."),
        sections=(Section("", tuple(_entry(row, moves[row.pk]) for row in rows[:SHOWN]), more=max(count - SHOWN, 0)),),
        button=_("Open the board"),
        link=owed.console("postmortems_actionitem_board"),
        foot=_(
            "You get this because you answer for the team, or because nobody does. Further moves are in the weekly "
            "digest."
        ),
    )
    key = f"moved:{min(row.pk for row in rows)}"
    return notices.letter(key, Notification.Kind.DIGEST, title, letter, now)


def _entry(row: Owed, moves: Sequence[DueMove]) -> Entry:
    days = [each for each in (moves[0].from_on, *(move.to_on for move in moves)) if each]
    last = moves[-1]
    way = " → ".join(owed.day_of(each) for each in days)
    why = one_line(f"{last.by_name or _('somebody')}: {last.reason}", 200)
    people = ("", "") if row.private else (row.owner, why)
    facts = [word for word in (row.priority, way, people[0], row.number, people[1]) if word]
    link = f"{owed.console('postmortems_actionitem_changelist')}{row.pk}/change/"
    return Entry(owed.title(row), tuple(facts), link=link)
