"""What pages say: messages for people in their zone, and sentences for the timeline."""

import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.logic.reach import Miss
from oncall.text import one_line, plain

MAX_SUBJECT = 200
MAX_TEXT = 8_000
MAX_FACTS = 40
MAX_LINKS = 10
MAX_VALUE = 500


@dataclass(frozen=True, slots=True)
class Next:
    """What happens unless somebody acknowledges: who is reached when; no names: the fallback channel is told."""

    at: datetime
    names: tuple[str, ...] = ()


class Told(Protocol):
    """A page as its messages see it: the model, or the columns that the engine read."""

    @property
    def title(self) -> str: ...
    @property
    def severity_label(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def facts(self) -> list[dict[str, str]]: ...
    @property
    def links(self) -> list[dict[str, str]]: ...
    @property
    def private(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """A page's own part of its messages, put together once for all its readers."""

    subject: str
    head: str
    body: str
    started_at: datetime


def facts(page: Told, *, shared: bool = False, bare: bool = False) -> Facts:
    """What every reader is told. A `shared` reader (a channel, the fallback) learns nothing private; `bare`: without
    the sender's values, for a page that could not be put in words."""
    hidden = page.private and shared
    service = one_line(page.service, MAX_VALUE)
    title = _("a private incident") if hidden else one_line(page.title, 1024)
    place = f"{service}: " if service else ""
    body: list[str] = []
    if not hidden and not bare:
        lines = [_value(fact.get("label", ""), fact.get("value", "")) for fact in page.facts[:MAX_FACTS]]
        links = [_value(link.get("text", ""), link.get("href", "")) for link in page.links[:MAX_LINKS]]
        body = ["\n".join(part) for part in (lines, links) if part]
    return Facts(
        subject=one_line(f"[{page.severity_label}] {place}{title}", MAX_SUBJECT),
        head=f"{title}\n\n{_how_bad(page.severity_label, service)}",
        body="\n\n".join(body),
        started_at=page.started_at,
    )


def page_text(about: Facts, zone: str, after: str, now: datetime) -> str:
    """A page's message to somebody in `zone`, `page_after` at its end. At most 8 kB."""
    return _fitted(f"{about.head}\n{_since(about.started_at, zone, now)}", about.body, after)


def page_after(zone: str, also: Sequence[str], following: Next | None, now: datetime) -> str:
    """What the messages of all pages of a step say alike: `also` is who else has been paged, and what comes next."""
    return "\n".join(line for line in (_also(also), _following(following, zone, now)) if line)


def fallback_text(about: Facts, why: str, zone: str, now: datetime) -> str:
    """What the fallback channel is told: the same facts, and that nobody has taken it."""
    after = _("It is told here again every 30 minutes until somebody acknowledges.")
    return _fitted(f"{why}\n\n{about.head}\n{_since(about.started_at, zone, now)}", about.body, after)


def fallback_subject(about: Facts, *, answered_by_nobody: bool) -> str:
    words = _("Nobody answered: %(subject)s") if answered_by_nobody else _("Nobody could be reached: %(subject)s")
    return one_line(words % {"subject": about.subject}, MAX_SUBJECT)


def fallback_reason(page_misses: Iterable[Miss], *, answered_by_nobody: bool) -> str:
    """Why the fallback hears of it; without misses and answers there was nobody to page."""
    listed = misses_in_words(page_misses)
    if answered_by_nobody:
        line = _("Everybody who could be paged was paged, and nobody has acknowledged.")
        return f"{line} {listed}." if listed else line
    if not listed:
        return _("No escalation policy says whom to page.")
    return f"{_('Nobody could be reached.')} {listed}."


def engine_failed() -> str:
    return _("Its steps could not be run: an error of ours, the log has it.")


def taken_text(about: Facts, who: str, zone: str, now: datetime) -> str:
    """Told once to those who were paged."""
    words = _("%(who)s took it at %(at)s. You need not do anything.")
    return _fitted(words % {"who": who, "at": instant(now, zone, now)}, about.head, "")


def taken_subject(about: Facts, who: str) -> str:
    return one_line(_("%(who)s took it: %(subject)s") % {"who": who, "subject": about.subject}, MAX_SUBJECT)


def instant(at: datetime, zone: str, now: datetime) -> str:
    """An instant as a reader in `zone` reads it, UTC beside it; with its day where that is not today.

    "10:05 CET (09:05 UTC)", "Thu 15 Jan 2026 10:05 CET (09:05 UTC)".
    """
    return _instant(at, zone, now.astimezone(_zone(zone)).date() == at.astimezone(_zone(zone)).date())


def paged(names: Sequence[str], step: int, round_: int, misses: Sequence[Miss]) -> str:
    """'Paged Ana (email), Bo (push) — step 1. Could not reach Cy: on leave.'"""
    line = _("Paged %(names)s — %(step)s.") % {"names": ", ".join(names), "step": _step(step, round_)}
    missed = misses_in_words(misses)
    return f"{line} {missed}." if missed else line


def unreached(step: int, round_: int, misses: Sequence[Miss]) -> str:
    """'Step 2 reached nobody. Could not reach Cy: on leave.'"""
    line = _("%(step)s reached nobody.") % {"step": _step(step, round_).capitalize()}
    missed = misses_in_words(misses)
    return f"{line} {missed}." if missed else line


def fallback_told(recipients: Sequence[str], reason: str) -> str:
    """Who of the fallback was told and why; nobody is there to be told: says so."""
    if not recipients:
        return _("%(reason)s No fallback channel is set and no administrator has an address.") % {"reason": reason}
    return _("%(reason)s Told %(names)s.") % {"reason": reason, "names": ", ".join(recipients)}


def acknowledged(who: str, cancelled: int, in_flight: Sequence[str]) -> str:
    return f"{_('Acknowledged by %(who)s.') % {'who': who}}{stopped(cancelled, in_flight)}"


def resolved(who: str, cancelled: int, in_flight: Sequence[str]) -> str:
    return f"{_('Paging ended: resolved by %(who)s.') % {'who': who}}{stopped(cancelled, in_flight)}"


def ended(reason: str, cancelled: int, in_flight: Sequence[str]) -> str:
    return f"{_('Paging ended: %(reason)s.') % {'reason': reason}}{stopped(cancelled, in_flight)}"


def no_steps(policy: str) -> str:
    return _("The policy %(policy)s is in use and has no steps: only the fallback channel is told.\nAdd a step.") % {
        "policy": policy
    }


def hole(
    policy: str,
    step: int,
    targets: Sequence[str],
    spans: Sequence[tuple[datetime, datetime]],
    zone: str,
    *look: datetime,
) -> str:
    """'The policy Platform, step 2 (secondary), reaches nobody from Thu 26 Nov 2026 10:00 CST (16:00 UTC) to …'; `look`
    is from when until when was looked."""
    now, until = look
    since, till = spans[0]
    at = {
        "policy": policy,
        "step": step,
        "targets": ", ".join(targets) or _("no target"),
        "from": _("now") if since <= now else dated(since, zone),
        "to": _("the end of the coming week") if till >= until else dated(till, zone),
    }
    text = _("The policy %(policy)s, step %(step)d (%(targets)s), reaches nobody from %(from)s to %(to)s.") % at
    if len(spans) > 1:
        more = ngettext(
            "There is %(count)d more such time in the coming week.",
            "There are %(count)d more such times in the coming week.",
            len(spans) - 1,
        )
        text = f"{text} {more % {'count': len(spans) - 1}}"
    return f"{text}\n{_('Fill the turn, add an override, or declare the gap.')}"


def dated(at: datetime, zone: str) -> str:
    """`instant`, always with its day."""
    return _instant(at, zone, today=False)


def stopped(cancelled: int, in_flight: Sequence[str]) -> str:
    """How many messages were stopped, and to whom one was being handed over already; empty where there were none."""
    parts = []
    if cancelled:
        words = ngettext("%(count)d message was stopped", "%(count)d messages were stopped", cancelled)
        parts.append(words % {"count": cancelled})
    if in_flight:
        parts.append(_("already being sent: to %(names)s") % {"names": ", ".join(in_flight)})
    return f" {one_line('; '.join(parts), MAX_VALUE)}." if parts else ""


def misses_in_words(misses: Iterable[Miss]) -> str:
    """'Could not reach Cy: on leave; Platform · secondary: empty layer'; empty without misses."""
    listed = "; ".join(f"{miss.person or miss.target or _('the step')}: {miss.why}" for miss in misses)
    return _("Could not reach %(misses)s") % {"misses": listed} if listed else ""


def _step(step: int, round_: int) -> str:
    if round_ > 1:
        return _("step %(step)d, round %(round)d") % {"step": step, "round": round_}
    return _("step %(step)d") % {"step": step}


def _also(names: Sequence[str]) -> str:
    return _("Also paged: %(names)s.") % {"names": ", ".join(names)} if names else _("Nobody else was paged.")


def _following(following: Next | None, zone: str, now: datetime) -> str:
    if following is None:
        return ""
    at = instant(following.at, zone, now)
    if not following.names:
        return _("Next: the fallback channel is told at %(at)s unless somebody acknowledges.") % {"at": at}
    words = ngettext(
        "Next: %(names)s is paged at %(at)s unless somebody acknowledges.",
        "Next: %(names)s are paged at %(at)s unless somebody acknowledges.",
        len(following.names),
    )
    return words % {"names": ", ".join(following.names), "at": at}


def _value(label: str, value: str) -> str:
    label, value = one_line(str(label), MAX_SUBJECT), one_line(str(value), MAX_VALUE)
    return f"{label}: {value}" if label not in ("", value) else value


def _fitted(head: str, body: str, tail: str) -> str:
    """The parts with a blank line between them; the middle one gives way where all is too long."""
    room = MAX_TEXT - len(head.encode()) - len(tail.encode()) - 10
    if len(body.encode()) > room:
        body = f"{body.encode()[: max(room, 0)].decode(errors='ignore').rstrip()}…"
    return plain("\n\n".join(part for part in (head, body, tail) if part))


# Kept, as most pages of a flood say them alike: looking words up in a catalogue takes longer than all else here.
@lru_cache(maxsize=512)
def _how_bad(severity: str, service: str) -> str:
    lines = [_("How bad: %(severity)s") % {"severity": one_line(severity)}]
    if service:
        lines.append(_("Service: %(service)s") % {"service": service})
    return "\n".join(lines)


def _since(at: datetime, zone: str, now: datetime) -> str:
    return _since_words() % {"at": instant(at, zone, now)}


@cache
def _since_words() -> str:
    return _("Since: %(at)s")


@lru_cache(maxsize=4096)
def _instant(at: datetime, zone: str, today: bool) -> str:
    local, utc = at.astimezone(_zone(zone)), at.astimezone(UTC)
    shown = f"{local:%H:%M}" if today else f"{local:%a %d %b %Y %H:%M}"
    name = local.tzname() or zone
    if name == "UTC":
        return f"{shown} UTC"
    if not name.isalpha():  # zones without letters of their own read as "+03"
        name = zone
    beside = f"{utc:%H:%M}" if utc.date() == local.date() else f"{utc:%a %H:%M}"
    return f"{shown} {name} ({beside} UTC)"


@lru_cache(maxsize=512)
def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return UTC
