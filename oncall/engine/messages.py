"""What the steps of a tick say: messages for the outbox and lines for the timeline."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from oncall import keys, outbox, wording
from oncall.engine.walks import Taken, Walk
from oncall.logic.escalation import FALLBACK, JOIN_WITHIN
from oncall.logic.reach import Miss, Why
from oncall.models import Notification, NotificationRule, StepRun
from oncall.outbox import Draft
from oncall.paging.directory import Reached
from oncall.paging.values import page_event_of
from oncall.signals import PageEvent
from oncall.wording import Facts, Next

State = Notification.State
UNDER_WAY = (State.PENDING, State.SENDING)


@dataclass(frozen=True, slots=True)
class Post:
    """What one page's tick sends and tells."""

    drafts: list[Draft]
    events: list[PageEvent]


def page_drafts(walks: Sequence[Walk], following: Mapping[int, Next | None], now: datetime) -> list[Post]:
    """Messages and events of these walks, three queries at most however many they are."""
    known = _Known.of(walks, now)
    posts = []
    for walk in walks:
        events = [
            page_event_of(walk.page, "unreached", _unreached(taken), None, now)
            for taken in walk.taken
            if not taken.cursor.is_fallback and not taken.found.reached
        ]
        last = walk.taken[-1]
        if last.cursor.is_fallback:
            drafts, event = _fallback(walk, known, now)
        else:
            drafts, event = _step(walk, last, known, following[walk.page.pk], now)
        posts.append(Post(drafts, [*events, event]))
    return posts


def _unreached(taken: Taken) -> str:
    return wording.unreached(taken.cursor.step, taken.cursor.round, taken.found.misses)


def _step(
    walk: Walk, taken: Taken, known: "_Known", following: Next | None, now: datetime
) -> tuple[list[Draft], PageEvent]:
    page, cursor, found = walk.page, taken.cursor, taken.found
    names = {("person", reached.user.pk): str(reached.user) for reached in found.people}
    names |= {("channel", channel.pk): channel.name for channel in found.channels}
    names = {**known.paged[page.pk], **names}
    about = wording.facts(page)
    base = _template(walk, Notification.Kind.PAGE, f"page:{page.pk}:{cursor.round}:{cursor.step}")
    drafts: list[Draft] = []
    for reached in found.people:
        also = [name for key, name in names.items() if key != ("person", reached.user.pk)]
        template = replace(base, title=about.subject)
        made = outbox.to_person(reached.user, template, now, rules=reached.rules)
        drafts += _with_text(made, about, reached.user.timezone, also, following, now)
    for channel in found.channels:
        also = [name for key, name in names.items() if key != ("channel", channel.pk)]
        shared = wording.facts(page, shared=True)
        made = outbox.to_channel(channel, replace(base, title=shared.subject), now)
        drafts += _with_text(made, shared, "UTC", also, following, now)
    labels = [_label(reached) for reached in found.people] + [channel.name for channel in found.channels]
    people = [reached.user.pk for reached in found.people]
    text = wording.paged(labels, cursor.step, cursor.round, found.misses)
    event = page_event_of(page, "paged", text, None, now, people)
    return [draft for draft in drafts if not known.joins(draft, now)], event


def _with_text(
    drafts: Iterable[Draft], about: Facts, zone: str, also: Sequence[str], following: Next | None, now: datetime
) -> list[Draft]:
    """The same text for all, save that a message due after the next step does not announce that step."""
    text = wording.page_text(about, zone, also, following, now)
    return [
        replace(draft, text=wording.page_text(about, zone, also, None, now) if _overtaken(draft, following) else text)
        for draft in drafts
    ]


def _overtaken(draft: Draft, following: Next | None) -> bool:
    return bool(following and draft.due_at and draft.due_at >= following.at)


def _fallback(walk: Walk, known: "_Known", now: datetime) -> tuple[list[Draft], PageEvent]:
    page, cursor = walk.page, walk.taken[-1].cursor
    misses = [*known.misses[page.pk], *(miss for taken in walk.taken for miss in taken.found.misses)]
    nobody_answered = page.pk in known.reached
    reason = wording.fallback_reason(list(dict.fromkeys(misses)), answered_by_nobody=nobody_answered)
    if page.failures:
        reason = wording.engine_failed()
    about = wording.facts(page, shared=True, bare=bool(page.failures))
    base = _template(walk, Notification.Kind.FALLBACK, f"fallback:{page.pk}:{cursor.round}")
    drafts = [
        replace(
            base,
            key=f"{base.key}{draft.key}",
            recipient=draft.recipient,
            transport=draft.transport,
            address=draft.address,
            person_id=draft.person_id,
            step=None,
            round=None,
            link=keys.page_link(page.pk, draft.person_id, now),
            title=wording.fallback_subject(about, answered_by_nobody=nobody_answered),
            text=wording.fallback_text(about, reason, "UTC", now),
        )
        for draft in known.fallback
    ]
    text = wording.fallback_told([draft.recipient for draft in drafts], reason)
    return drafts, page_event_of(page, "fallback", text, None, now)


def _template(walk: Walk, kind: str, key: str) -> Draft:
    page, cursor = walk.page, walk.taken[-1].cursor
    return Draft(
        key=key,
        kind=kind,
        title="",
        text="",
        page_id=page.pk,
        step=cursor.step,
        round=cursor.round,
        private=page.private,
        urgency=page.urgency,
        rank=page.rank,
    )


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
        known._read_messages([walk.page.pk for walk in walks if (walk.page.round, walk.page.step) != (1, 1)], now)
        fallback = [walk for walk in walks if walk.told_fallback]
        if fallback:
            blank = Draft(key="", kind=Notification.Kind.FALLBACK, title="", text="")
            known.fallback = outbox.to_fallback(blank, now)
            known._read_runs([walk.page.pk for walk in fallback])
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
