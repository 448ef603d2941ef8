"""What the steps of a tick say: messages for the outbox and lines for the timeline."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from oncall import keys, outbox, wording
from oncall.engine.walks import DuePage, Walk, preview
from oncall.logic.escalation import FALLBACK, JOIN_WITHIN
from oncall.logic.reach import Miss, Why
from oncall.models import Channel, Notification, NotificationRule, StepRun
from oncall.outbox import Draft
from oncall.paging.directory import Directory, Reached
from oncall.paging.values import page_event_of
from oncall.signals import PageEvent
from oncall.wording import Facts, Next

State = Notification.State
UNDER_WAY = (State.PENDING, State.SENDING)


@dataclass(slots=True)
class Post:
    """What a tick sends and tells."""

    drafts: list[Draft] = field(default_factory=list)
    events: list[PageEvent] = field(default_factory=list)


def page_drafts(walks: Sequence[Walk], directory: Directory, now: datetime) -> Post:
    """Messages and events of these walks, three queries at most however many pages they are."""
    known = _Known.of(walks, now)
    directory.load(pair for walk in walks if walk.goes_on for pair in walk.wanted())
    post = Post()
    for walk in walks:
        for taken in walk.taken:
            if not taken.cursor.is_fallback and not taken.found.reached:
                text = wording.unreached(taken.cursor.step, taken.cursor.round, taken.found.misses)
                post.events += [page_event_of(page, "unreached", text, None, now) for page in walk.pages]
        if walk.told_fallback:
            for page in walk.pages:
                if not page.canary:  # the watchdog misses it by itself
                    _fallback(page, walk, known, post, now)
        else:
            _step(walk, known, preview(walk, directory), post, now)
    return post


def _step(walk: Walk, known: "_Known", following: Next | None, post: Post, now: datetime) -> None:
    """What all pages of a walk have in common is put together once: readers, their drafts, the timeline's words."""
    cursor, found = walk.taken[-1].cursor, walk.taken[-1].found
    letters = [_to_person(reached, walk, now) for reached in found.people]
    letters += [_to_channel(channel, walk, now) for channel in found.channels]
    names = {letter.reader: letter.name for letter in letters}
    endings = {letter.reader: _Ending(letter, names, following, now) for letter in letters}
    labels = [_label(reached) for reached in found.people] + [channel.name for channel in found.channels]
    text = wording.paged(labels, cursor.step, cursor.round, found.misses)
    people = tuple(reached.user.pk for reached in found.people)
    for page in walk.pages:
        before = known.paged.get(page.pk)
        about = {shared: wording.facts(page, shared=shared) for shared in {letter.shared for letter in letters}}
        for letter in letters:
            ending = endings[letter.reader]
            if before:
                ending = _Ending(letter, {**before, **names}, following, now)
            for draft in letter.written(page, about[letter.shared], ending, now):
                if not known.joins(draft, now):
                    post.drafts.append(draft)
        post.events.append(page_event_of(page, "paged", text, None, now, people))


@dataclass(frozen=True, slots=True)
class _Letter:
    """What a step sends to one reader: a draft for each of their ways, the page's own part left blank."""

    reader: tuple[str, int]
    name: str
    zone: str
    shared: bool
    blanks: Sequence[Draft]

    def written(self, page: DuePage, about: Facts, ending: "_Ending", now: datetime) -> Iterable[Draft]:
        """The drafts with the page's words."""
        link = keys.page_link(page.pk, None if self.shared else self.reader[1], now)
        for blank in self.blanks:
            yield blank._replace(
                key=f"page:{page.pk}:{blank.key}",
                title=about.subject,
                text=wording.page_text(about, self.zone, ending.of(blank), now),
                link=link,
                page_id=page.pk,
                private=page.private,
                rank=page.rank,
            )


class _Ending:
    """How a letter's drafts end; one that is due after the next step does not announce that step."""

    def __init__(
        self, letter: _Letter, everybody: Mapping[tuple[str, int], str], following: Next | None, now: datetime
    ) -> None:
        also = tuple(name for reader, name in everybody.items() if reader != letter.reader)
        self._following = following
        self._before = wording.page_after(letter.zone, also, following, now)
        self._overtaken = wording.page_after(letter.zone, also, None, now) if following else self._before

    def of(self, blank: Draft) -> str:
        overtaken = self._following and blank.due_at and blank.due_at >= self._following.at
        return self._overtaken if overtaken else self._before


def _to_person(reached: Reached, walk: Walk, now: datetime) -> _Letter:
    user = reached.user
    blanks = outbox.to_person(user, _blank(walk), now, rules=reached.rules)
    return _Letter(("person", user.pk), str(user), user.timezone, shared=False, blanks=blanks)


def _to_channel(channel: Channel, walk: Walk, now: datetime) -> _Letter:
    blanks = outbox.to_channel(channel, _blank(walk), now)
    return _Letter(("channel", channel.pk), channel.name, "UTC", shared=True, blanks=blanks)


def _blank(walk: Walk) -> Draft:
    cursor = walk.taken[-1].cursor
    return Draft(
        key=f"{cursor.round}:{cursor.step}",
        kind=Notification.Kind.PAGE,
        title="",
        text="",
        step=cursor.step,
        round=cursor.round,
        urgency=walk.urgency,
    )


def _fallback(page: DuePage, walk: Walk, known: "_Known", post: Post, now: datetime) -> None:
    misses = [*known.misses[page.pk], *(miss for taken in walk.taken for miss in taken.found.misses)]
    nobody_answered = page.pk in known.reached
    reason = wording.fallback_reason(list(dict.fromkeys(misses)), answered_by_nobody=nobody_answered)
    if page.failures:
        reason = wording.engine_failed()
    about = wording.facts(page, shared=True, bare=bool(page.failures))
    post.drafts += [
        draft._replace(
            key=f"fallback:{page.pk}:{walk.taken[-1].cursor.round}{draft.key}",
            title=wording.fallback_subject(about, answered_by_nobody=nobody_answered),
            text=wording.fallback_text(about, reason, "UTC", now),
            link=keys.page_link(page.pk, draft.person_id, now),
            page_id=page.pk,
            private=page.private,
            urgency=page.urgency,
            rank=page.rank,
        )
        for draft in known.fallback
    ]
    text = wording.fallback_told([draft.recipient for draft in known.fallback], reason)
    post.events.append(page_event_of(page, "fallback", text, None, now))


def _label(reached: Reached) -> str:
    """'Ana (email, push +5)': the ways, and the minutes that each waits."""
    ways = [_way(rule) for rule in reached.rules if rule.contact_method.verified_at is not None]
    return f"{reached.user} ({', '.join(dict.fromkeys(ways))})"


def _way(rule: NotificationRule) -> str:
    name = "email" if rule.contact_method.kind == "email" else rule.contact_method.slug
    return f"{name} +{rule.delay_minutes}" if rule.delay_minutes else name


class _Known:
    """What went before on these pages, read once for all of them."""

    def __init__(self) -> None:
        # Who has been paged already, by page: ("person" or "channel", key) → name.
        self.paged: dict[int, dict[tuple[str, int], str]] = defaultdict(dict)
        # When each address of a page is told next or was told a moment ago: (page, contact method, channel) → instants.
        self.told: dict[tuple[int, int | None, int | None], list[datetime]] = defaultdict(list)
        self.reached: set[int] = set()
        self.misses: dict[int, list[Miss]] = defaultdict(list)
        self.fallback: list[Draft] = []

    @classmethod
    def of(cls, walks: Sequence[Walk], now: datetime) -> "_Known":
        known = cls()
        began = [page.pk for walk in walks for page in walk.pages if (page.round, page.step) != (1, 1)]
        known._read_messages(began, now)
        fallback = [walk for walk in walks if walk.told_fallback]
        if fallback:
            blank = Draft(key="", kind=Notification.Kind.FALLBACK, title="", text="")
            known.fallback = outbox.to_fallback(blank, now)
            known._read_runs([page.pk for walk in fallback for page in walk.pages])
        return known

    def joins(self, draft: Draft, now: datetime) -> bool:
        """Whether a message to the same address goes out, or just went out, at the draft's own time (P4)."""
        due_at = draft.due_at or now
        instants = self.told[draft.page_id or 0, draft.contact_method_id, draft.channel_id]
        return any(abs(due_at - at) <= JOIN_WITHIN for at in instants)

    def _read_messages(self, pages: Sequence[int], now: datetime) -> None:
        if not pages:
            return
        rows = Notification.objects.filter(page__in=pages, kind=Notification.Kind.PAGE)
        told = rows.filter(state__in=[*UNDER_WAY, State.SENT]).order_by("page", "person", "channel")
        for page, person, name, username, channel, room in told.values_list(*_WHO).distinct():
            if person:
                self.paged[page]["person", person] = name or username
            elif channel:
                self.paged[page]["channel", channel] = room
        recent = rows.filter(Q(state__in=UNDER_WAY) | Q(state=State.SENT, sent_at__gte=now - JOIN_WITHIN))
        for page, method, channel, due_at, sent_at in recent.values_list(*_WHEN):
            self.told[page, method, channel].append(sent_at or max(due_at, now))

    def _read_runs(self, pages: Sequence[int]) -> None:
        """Whether somebody was reached before, and whom the latest round could not reach."""
        rounds: dict[int, int] = {}
        for run in StepRun.objects.filter(page__in=pages).exclude(step=FALLBACK).order_by("ran_at", "id"):
            if run.reached:
                self.reached.add(run.page_id)
            if rounds.get(run.page_id) != run.round:
                rounds[run.page_id], self.misses[run.page_id] = run.round, []
            self.misses[run.page_id] += [Miss(miss["target"], miss["person"], Why(miss["why"])) for miss in run.misses]


_WHO = ("page", "person", "person__name", "person__username", "channel", "channel__name")
_WHEN = ("page", "contact_method", "channel", "due_at", "sent_at")
