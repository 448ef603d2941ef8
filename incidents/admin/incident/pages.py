"""Who was paged, by which message, with what outcome; and who will be, by the engine's own plan."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from incidents.admin.shapes import clock_face, moment
from incidents.models import Incident
from oncall import paging
from oncall.models import Notification, Page, StepRun
from oncall.paging import Planned

MAX_PAGES: Final = 20
MAX_MESSAGES: Final = 300
Key = tuple[int, int | datetime]
_KINDS: Final = (Notification.Kind.PAGE, Notification.Kind.FALLBACK, Notification.Kind.TAKEN)


@dataclass(frozen=True, slots=True)
class Message:
    """One notification and how it ended."""

    recipient: str
    how: str
    state: str
    label: str
    reason: str
    at: str


@dataclass(slots=True)
class Step:
    """One run of a step: its messages, and whom it could not reach (name, why)."""

    words: str
    when: datetime
    at: str
    messages: list[Message] = field(default_factory=list)
    misses: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """One page: `steps` newest first, `ahead` in order, the first of it in `face`. `waiting_for` was paged by hand."""

    page: Page
    title: str
    state: str
    label: str
    steps: list[Step]
    ahead: list[Planned]
    face: str
    waiting_for: str


def page_rows(incident: Incident) -> list[Page]:
    """The incident's pages, newest first."""
    rows = Page.objects.filter(subject=incident.subject).select_related("policy", "responder", "acknowledged_by")
    return list(rows.order_by("-opened_at", "-pk")[:MAX_PAGES])


def message_rows(incident: Incident) -> list[Notification]:
    """The newest messages of the incident's pages, without their texts."""
    rows = Notification.objects.filter(page__subject=incident.subject, kind__in=_KINDS)
    return list(rows.select_related("contact_method").defer("text").order_by("-created_at", "-pk")[:MAX_MESSAGES])


def runs(incident: Incident, pages: Sequence[Page], messages: Sequence[Notification], now: datetime) -> list[Run]:
    """The pages with their steps, newest first.

    One query, and those of one plan: several escalations of one incident never run at once.
    """
    if not pages:
        return []
    steps = _steps(pages, messages, now)
    released_at = max(incident.hold_until_at or now, now)
    return [_run(page, steps[page.pk], released_at if page.held_at else now, now) for page in pages]


def _run(page: Page, steps: list[Step], goes_on_at: datetime, now: datetime) -> Run:
    running = page.state == Page.State.OPEN
    by_hand = str(page.responder) if page.responder else ""
    title = _("Paged by hand: %(who)s") % {"who": by_hand} if by_hand else _policy(page)
    ahead = paging.plan(page, goes_on_at) if running and not by_hand else []
    state = "held" if page.held_at and running else "open" if running else page.state
    label = _("held") if state == "held" else _("nobody answered yet") if running else page.get_state_display()
    face = clock_face(ahead[0].at - now) if ahead else ""
    return Run(page, title, state, label, steps, ahead, face, by_hand if running else "")


def _policy(page: Page) -> str:
    return page.policy.name if page.policy else _("No policy: the fallback is told")


def _steps(pages: Sequence[Page], messages: Sequence[Notification], now: datetime) -> dict[int, list[Step]]:
    """Steps by page, newest first."""
    found: dict[int, dict[Key, Step]] = defaultdict(dict)
    for run in StepRun.objects.filter(page__in=pages):
        key: Key = (0, run.ran_at) if run.step == 0 else (run.round, run.step)
        misses = [(miss.get("person") or miss.get("target") or "", miss.get("why", "")) for miss in run.misses]
        found[run.page_id][key] = Step(_words(run.step, run.round), run.ran_at, moment(run.ran_at, now), misses=misses)
    for row in messages:
        key, words = _place(row)
        step = Step(words, row.created_at, moment(row.created_at, now))
        found[row.page_id or 0].setdefault(key, step).messages.insert(0, _message(row, now))
    return defaultdict(
        list,
        {page: sorted(steps.values(), key=lambda step: step.when, reverse=True) for page, steps in found.items()},
    )


def _place(row: Notification) -> tuple[Key, str]:
    """The step that a message belongs to; a telling of the fallback has no number and is known by its instant."""
    if row.kind == Notification.Kind.TAKEN:
        return (-1, row.created_at), _("Told who took it")
    if row.kind == Notification.Kind.FALLBACK:
        return (0, row.created_at), _words(0, 1)
    return (row.round or 1, row.step or 1), _words(row.step or 1, row.round or 1)


def _message(row: Notification, now: datetime) -> Message:
    how = row.contact_method.slug if row.contact_method else row.transport
    at = row.sent_at or row.due_at
    return Message(row.recipient, how, row.state, row.get_state_display(), row.reason, moment(at, now))


def _words(step: int, round_: int) -> str:
    if step == 0:
        return _("Fallback channel")
    if round_ > 1:
        return _("Step %(step)d, round %(round)d") % {"step": step, "round": round_}
    return _("Step %(step)d") % {"step": step}
