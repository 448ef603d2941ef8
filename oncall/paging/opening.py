"""Pages begin, and what they say is kept up to date."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from oncall import bulk, nudge, outbox, wording
from oncall.logic.escalation import first
from oncall.models import Page, PolicyVersion, User
from oncall.paging.values import Actor, PageContent, PageRequest, page_event_of
from oncall.paging.versions import by_hand, plan_of, snapshot, to_loopback
from oncall.signals import PageEvent, tell
from oncall.text import one_line

TASK = "oncall.escalate"
CANARY_RANK = 99  # due work is taken by rank: after everything that somebody waits for


@transaction.atomic
def open_pages(requests: Sequence[PageRequest], now: datetime) -> list[Page]:
    """Open a page for each request, in order, as of its `opened_at`; the engine runs what is due by then.

    A bounded number of queries however many. Each follows its policy as it is now; no policy, or one without steps,
    tells the fallback at once. A request with a `hold_reason` begins held.
    """
    versions = snapshot({request.policy for request in requests if request.policy is not None}, now)
    loopback = to_loopback(now) if any(request.canary for request in requests) else None
    pages = [
        _page(request, loopback if request.canary else versions.get(request.policy or 0), now) for request in requests
    ]
    bulk.create(pages)
    _admit(zip(pages, (request.content.audience for request in requests), strict=True))
    tell([_held(page, now) for page in pages if page.held_at])
    nudge.look(TASK)
    return pages


def open_page(request: PageRequest, now: datetime) -> Page:
    """Open one page; see `open_pages`."""
    return open_pages([request], now)[0]


@transaction.atomic
def add_responder(subject: str, content: PageContent, person: User, by: Actor, now: datetime) -> Page:
    """Page one person every five minutes until they answer themselves or the subject is resolved.

    While such a page of theirs is unanswered, it is returned as it is.
    """
    # The person's row is the lock: two requests at once make one page also where the subject has none yet.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    running = Page.objects.filter(subject=subject, responder=person, state=Page.State.OPEN).order_by("pk").first()
    if running is not None:
        return running
    page = Page(
        subject=subject,
        **_columns(content),
        responder=person,
        policy=by_hand(person, now),
        opened_at=now,
        due_at=now,
    )
    page.save(force_insert=True)
    _admit([(page, content.audience)])
    nudge.look(TASK)
    return page


@transaction.atomic
def update_page(subject: str, content: PageContent, now: datetime) -> int:
    """Change what later messages of the subject's running pages say; nothing is sent again. Returns how many pages.

    Who may see them is changed on pages that are over too; messages that wait for shared addresses follow.
    """
    every = list(Page.objects.select_for_update().filter(subject=subject).order_by("pk"))
    running = [page.pk for page in every if page.state in (Page.State.OPEN, Page.State.ACKNOWLEDGED)]
    Page.objects.filter(pk__in=running).update(**_columns(content))
    over = [page for page in every if page.pk not in running and page.private != content.private]
    Page.objects.filter(pk__in=[page.pk for page in over]).update(private=content.private)
    if content.private:
        _hush(page.pk for page in every if not page.private)
    _admit_exactly(every, content.audience)
    return len(running)


def _hush(turned_private: Iterable[int]) -> None:
    for page in Page.objects.filter(pk__in=list(turned_private)):
        about = wording.facts(page, shared=True)
        outbox.reword_shared(page.pk, about.subject, about.head)


def _page(request: PageRequest, version: PolicyVersion | None, now: datetime) -> Page:
    start = first(plan_of(version), request.opened_at)
    held = bool(request.hold_reason)
    return Page(
        subject=request.subject,
        **_columns(request.content) | ({"rank": CANARY_RANK, "canary": True} if request.canary else {}),
        policy=version,
        opened_at=request.opened_at,
        step=start.step,
        round=start.round,
        due_at=None if held else start.due_at,
        held_at=now if held else None,
        held_due_at=start.due_at if held else None,
        hold_reason=one_line(request.hold_reason),
    )


def _columns(content: PageContent) -> dict[str, Any]:
    return {
        "title": one_line(content.title, 1024),
        "severity_label": one_line(content.severity_label, 32),
        "rank": content.rank,
        "urgency": content.urgency,
        "service": one_line(content.service, 200),
        "started_at": content.started_at,
        "facts": list(content.facts),
        "links": list(content.links),
        "private": content.private,
    }


def _admit(audiences: Iterable[tuple[Page, Iterable[int]]]) -> None:
    rows = [Page.audience.through(page_id=page.pk, user_id=user) for page, users in audiences for user in users]
    if rows:
        Page.audience.through.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _admit_exactly(pages: Sequence[Page], users: frozenset[int]) -> None:
    through = Page.audience.through.objects
    gone = through.filter(page__in=[page.pk for page in pages]).exclude(user__in=users)
    if gone.exists():
        gone.delete()
    _admit((page, users) for page in pages)


def _held(page: Page, now: datetime) -> PageEvent:
    text = _("Paging is held: %(reason)s.") % {"reason": page.hold_reason}
    return page_event_of(page, "held", text, None, now)
