"""Whoever's own future shifts an edit changed hears of it once, with before and after; nobody else does."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall import keys, outbox, roster, wording
from oncall.logic import coverage
from oncall.models import Notification, Schedule, User
from oncall.outbox import Draft
from oncall.text import one_line

AHEAD: Final = timedelta(days=90)
SHOWN: Final = 10


class Span(NamedTuple):
    """One person's time on call; turns that follow one another are one span, cut at 90 days from the edit."""

    start: datetime
    end: datetime
    schedule: int
    layer: int


Spans = dict[int, set[Span]]  # by person


class _Watch:
    """What was so before the outermost edit, and after it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.before: Spans = defaultdict(set)
        self.seen: set[int] = set()
        self.names: dict[tuple[int, int], str] = {}

    def look(self, schedule_ids: Iterable[int]) -> None:
        """Remember these schedules as they are, unless an edit around this one did."""
        fresh = set(schedule_ids) - self.seen
        self.seen |= fresh
        for person, spans in self._spans(fresh).items():
            self.before[person] |= spans

    def tell(self) -> None:
        after = self._spans(self.seen)
        changed = {
            person: (self.before.get(person, set()) - after.get(person, set()), spans - self.before.get(person, set()))
            for person in self.before.keys() | after.keys()
            for spans in [after.get(person, set())]
            if spans != self.before.get(person, set())
        }
        if not changed:
            return
        people = User.objects.filter(pk__in=changed, is_active=True).order_by("pk")
        stem = f"roster:{keys.new_key(16)}"
        drafts = []
        for user in people.prefetch_related("notification_rules__contact_method", "contact_methods"):
            template = Draft(
                key=stem,
                kind=Notification.Kind.ROSTER,
                title=_("Your on-call shifts changed"),
                text=self._text(user, *changed[user.pk]),
                link=settings.SITE_URL + reverse("admin:oncall_mine"),
                private=True,
                urgency="low",
            )
            drafts += outbox.to_person_once(user, template, self.now)
        outbox.post(drafts, self.now)

    def _spans(self, schedule_ids: Iterable[int]) -> Spans:
        ids = list(schedule_ids)
        found: Spans = defaultdict(set)
        if not ids:
            return found
        end = self.now + AHEAD
        names = dict(Schedule.objects.filter(pk__in=ids).values_list("pk", "name"))
        for schedule, spec in roster.specs(ids, self.now).items():
            for layer in spec.layers:
                self.names[schedule, layer.id] = f"{names.get(schedule, '')} · {layer.name}"
            theirs: dict[tuple[int, int], list[tuple[datetime, datetime]]] = defaultdict(list)
            for shift in coverage.shifts(spec, self.now, end):
                theirs[shift.person, shift.layer].append((max(shift.start, self.now), min(shift.end, end)))
            for (person, layer_id), spans in theirs.items():
                found[person] |= {Span(*span, schedule, layer_id) for span in _joined(spans)}
        return found

    def _text(self, user: User, before: set[Span], after: set[Span]) -> str:
        parts = [_("Somebody changed who is on call. This is what changed for you.")]
        for heading, spans in ((_("Before:"), before), (_("Now:"), after)):
            lines = [self._line(span, user) for span in sorted(spans)[:SHOWN]]
            if len(spans) > SHOWN:
                left = len(spans) - SHOWN
                lines.append(ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left})
            parts.append("\n".join([heading, *(lines or [_("not on call in these hours")])]))
        return "\n\n".join(parts)

    def _line(self, span: Span, user: User) -> str:
        start = _("now") if span.start <= self.now else wording.instant(span.start, user.timezone, self.now)
        whole = span.end >= self.now + AHEAD
        end = _("further on") if whole else wording.instant(span.end, user.timezone, self.now)
        return f"- {one_line(self.names[span.schedule, span.layer])}: {start} – {end}"


_WATCH: ContextVar[_Watch | None] = ContextVar("roster_watch", default=None)


@contextmanager
def told(schedule_ids: Iterable[int], now: datetime) -> Iterator[None]:
    """Change these schedules inside, in a transaction: those whose shifts of the next 90 days are others afterwards get
    one message, posted in that transaction. Of edits within edits the outermost tells."""
    outer = _WATCH.get()
    watch = outer or _Watch(now)
    watch.look(schedule_ids)
    if outer:
        yield
        return
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)
    watch.tell()


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
