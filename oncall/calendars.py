"""Calendars: secret addresses that calendar programs read, made and revoked by their owner."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from oncall import keys, wording
from oncall.logic.hours import sound_zone
from oncall.logic.ical import Event, calendar
from oncall.models import CalendarEvent, CalendarFeed, Schedule, User
from oncall.text import one_line

MAX_FEEDS: Final = 50
LENGTH: Final = 40
USED_EVERY: Final = timedelta(hours=1)


class TooManyFeeds(Exception):  # noqa: N818
    """Somebody has MAX_FEEDS that are good."""


def make(user: User, schedule: Schedule | None, now: datetime) -> str:
    """A new secret address: of the person's own shifts, or of a whole schedule. It is returned this once and not
    stored. Raises TooManyFeeds."""
    if CalendarFeed.objects.filter(user=user, revoked_at=None).count() >= MAX_FEEDS:
        raise TooManyFeeds(_("That is enough: revoke one first."))
    token = keys.new_key(LENGTH)
    CalendarFeed.objects.create(
        user=user, schedule=schedule, prefix=keys.prefix(token), digest=_digest(token), created_at=now
    )
    return f"{settings.SITE_URL}/calendars/{token}.ics"


def revoke(user: User, feed_id: int, now: datetime) -> bool:
    """Whether the person had such a feed that was good; it opens nothing any more."""
    return bool(CalendarFeed.objects.filter(pk=feed_id, user=user, revoked_at=None).update(revoked_at=now))


def find(token: str, now: datetime) -> CalendarFeed | None:
    """The feed of this token, unless it is revoked, its owner has left, or may not see schedules any more. That it was
    read is noted at most once an hour."""
    if len(token) != LENGTH or not token.isascii():
        return None
    rows = CalendarFeed.objects.select_related("user", "schedule")
    feed = rows.filter(digest=_digest(token), revoked_at=None, user__is_active=True).first()
    if feed is None or (feed.schedule_id and not feed.user.has_perm("oncall.view_schedule")):
        return None
    if feed.last_used_at is None or feed.last_used_at <= now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        CalendarFeed.objects.filter(stale, pk=feed.pk).update(last_used_at=now)
    return feed


def body(feed: CalendarFeed) -> bytes:
    """The calendar as iCalendar: the whole final schedule, overrides and leave in it, from 90 days ago to half a year
    ahead, as the engine made it last."""
    rows = CalendarEvent.objects.select_related("schedule", "layer", "person")
    rows = rows.filter(schedule=feed.schedule) if feed.schedule else rows.filter(person=feed.user)
    name = _("On call: %(name)s") % {"name": feed.schedule or feed.user}
    link = settings.SITE_URL + reverse("admin:oncall_mine")
    return calendar(one_line(name), [_event(row) for row in rows.order_by("starts_at", "pk")], link)


def _event(row: CalendarEvent) -> Event:
    zone = sound_zone(row.layer.timezone or row.schedule.timezone)
    what = one_line(f"{row.schedule} · {row.layer.name}")
    words = {"person": one_line(str(row.person)), "what": what}
    # Both with their day: a calendar keeps the text, "today" would not hold.
    start, end = (wording.dated(at, zone) for at in (row.starts_at, row.ends_at))
    return Event(
        uid=f"{row.uid}@incidentops",
        start=row.starts_at,
        end=row.ends_at,
        zone=zone,
        summary=_("%(person)s on call: %(what)s") % words,
        description=_("%(person)s\n%(what)s\n%(start)s – %(end)s") % {**words, "start": start, "end": end},
        sequence=row.sequence,
        modified_at=row.modified_at,
    )


def _digest(token: str) -> str:
    return keys.digest(f"calendar:{token}")
