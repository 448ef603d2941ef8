"""What stands above a postmortem's form: where it is, what is missing, hints on its words, its actions, comments."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Alert
from oncall.admin.base import lasting
from oncall.models import Notification, Page, User
from oncall.text import markdown
from postmortems import invitations, rights
from postmortems.admin import deeds, shapes
from postmortems.drafting.editing import SECTIONS
from postmortems.logic import durations, language
from postmortems.logic.document import INSTANTS, Document, Instants
from postmortems.models import Postmortem

MOST_HINTS: Final = 30
MOST_EVENTS: Final = 50
MOST_PAGES: Final = 20
AROUND: Final = 40
SPANS: Final = {
    "change_to_alert": gettext_lazy("change → alert"),
    "impact_to_alert": gettext_lazy("impact → alert"),
    "alert_to_acknowledged": gettext_lazy("alert → acknowledged"),
    "alert_to_cause": gettext_lazy("alert → cause found"),
    "alert_to_rolled_back": gettext_lazy("alert → rolled back"),
    "alert_to_recovered": gettext_lazy("alert → recovered"),
    "impact_to_recovered": gettext_lazy("impact → recovered"),
    "change_to_recovered": gettext_lazy("change → recovered"),
}


@dataclass(frozen=True, slots=True)
class Hint:
    """Words of a section that may blame; `before` and `after` stand around them."""

    before: str
    words: str
    after: str
    suggestion: str


def context(row: Postmortem, user: User, now: datetime) -> dict[str, Any]:
    """The template's values; a bounded number of queries."""
    actions = list(row.actions.select_related("owner"))
    published = row.state not in Postmortem.UNPUBLISHED
    return {
        "postmortem": row,
        "state": shapes.state_badge(row),
        "severity": shapes.severity_badge(row.severity),
        "review_clock": shapes.clock(row.review_due_at, row.review_scheduled_at, now),
        "publish_clock": shapes.clock(row.publish_due_at, row.published_at, now),
        "buttons": _buttons(row, user),
        "stages": _stages(row),
        "published": published,
        "full": row.kind == Postmortem.Kind.FULL,
        **spans(row),
        "actions": [(each, shapes.status_badge(each), shapes.due_day(each, now)) for each in actions],
        "can_add_action": rights.may(row, user, rights.ADD_ACTION, owner=True),
        "alerts": _alerts(row),
        "pages": _pages(row),
        "answers": _answers(row),
        "events": list(row.events.select_related("actor").order_by("-at", "-pk")[:MOST_EVENTS]),
        "meeting": _meeting(row),
        "comments": [(each, markdown(each.text)) for each in row.comments.select_related("by")],
    }


def _buttons(row: Postmortem, user: User) -> list[deeds.Deed]:
    """Invitations are sent by hand only where somebody waits for one."""
    found = deeds.of_postmortem(row, user)
    if any(deed.slug == "invite" for deed in found) and not any(invitations.waiting(row)):
        return [deed for deed in found if deed.slug != "invite"]
    return found


def _meeting(row: Postmortem) -> dict[str, Any] | None:
    """The meeting to come: how many are invited, who waits for an invitation."""
    if row.review_at is None:
        return None
    newcomers, gone = invitations.waiting(row) if row.review_held_at is None else ([], [])
    return {
        "invited": row.invitations.filter(cancelled_at=None).count(),
        "newcomers": [str(person) for person in newcomers],
        "gone": [str(person) for person in gone],
    }


def _stages(row: Postmortem) -> list[dict[str, str]]:
    """The way it goes, and where it is."""
    states = list(Postmortem.State)
    here = states.index(Postmortem.State(row.state))
    tones = ["io-done" if place < here else "io-here" if place == here else "" for place in range(len(states))]
    return [{"words": str(state.label), "tone": tone} for state, tone in zip(states, tones, strict=True)]


def hints(row: Postmortem) -> dict[str, list[Hint]]:
    """Words to look at again, by section, at most 30 in all."""
    people = [str(each) for each in row.attendees.select_related("person")]
    found: dict[str, list[Hint]] = {}
    for name, hint in islice(_hints(row, people), MOST_HINTS):
        found.setdefault(name, []).append(hint)
    return found


def _hints(row: Postmortem, people: list[str]) -> Iterator[tuple[str, Hint]]:
    for name in ("impact_text", *SECTIONS):
        text = getattr(row, name)
        for hint in language.hints(text, people):
            since, until = max(0, hint.start - AROUND), hint.end + AROUND
            before = ("…" if since else "") + text[since : hint.start]
            after = text[hint.end : until] + ("…" if until < len(text) else "")
            suggestion = _(hint.suggestion.message) % dict(hint.suggestion.values)
            yield name, Hint(before, text[hint.start : hint.end], after, suggestion)


def spans(row: Postmortem) -> dict[str, Any]:
    """How long it took, each duration by its name, and whether the stated one agrees. Without a query."""
    instants = Instants(**{name: getattr(row, name) for name in INSTANTS})
    document = Document(stated_duration=row.stated_duration, instants=instants)
    return {
        "spans": [(SPANS[name], lasting(span)) for name, span in durations.derived(instants).items()],
        "differs": _differs(durations.compare(document)),
    }


def _differs(compared: durations.Comparison | None) -> str:
    if compared is None or not compared.differs or compared.compared_with is None:
        return ""
    said = {
        "stated": lasting(compared.stated),
        "name": SPANS[compared.compared_with],
        "derived": lasting(compared.stated + (compared.difference or timedelta())),
    }
    return _("Stated are %(stated)s; %(name)s are %(derived)s.") % said


def _alerts(row: Postmortem) -> list[Alert]:
    if row.incident is None:
        return []
    return list(row.incident.alerts.order_by("first_seen_at", "pk").defer("labels", "values")[:20])


def _answers(row: Postmortem) -> list[tuple[datetime, str]]:
    """When each page was opened, and who answered it how soon."""
    if row.incident is None:
        return []
    rows = Page.objects.filter(subject=row.incident.subject).select_related("acknowledged_by").order_by("opened_at")
    return [(page.opened_at, _answer(page)) for page in rows[:MOST_PAGES]]


def _answer(page: Page) -> str:
    if page.acknowledged_at is None:
        return _("Page opened; nobody took it.")
    said = {"who": page.acknowledged_by or _("somebody"), "after": lasting(page.acknowledged_at - page.opened_at)}
    return _("Page opened; %(who)s took it after %(after)s.") % said


def _pages(row: Postmortem) -> list[Notification]:
    """The messages that paged somebody, in order, and what became of them."""
    if row.incident is None:
        return []
    rows = Notification.objects.filter(page__subject=row.incident.subject, kind=Notification.Kind.PAGE)
    return list(rows.order_by("due_at", "pk")[:40])
