"""Who is made aware of an incident of a severity without being paged for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from incidents import timeline
from incidents.models import Incident, TimelineEntry
from oncall import outbox
from oncall.models import Channel, Notification, User
from oncall.outbox import Draft

TEAM_LEAD: Final = "team_lead"
TEAM_MANAGER: Final = "team_manager"
PENDING: Final = (Notification.State.PENDING,)


@dataclass(slots=True)
class _Told:
    """What came of one incident's words."""

    names: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)


def tell(incidents: Sequence[Incident], now: datetime) -> list[timeline.NewEntry]:
    """Post a notice to everybody named in the severities' `aware`; once per incident, severity and recipient.

    A word that names nobody is passed over. Returns the timeline entries to be written. Three queries for all. The
    notice of a private incident says neither title nor service, and no shared channel gets one.
    """
    wanted = [incident for incident in incidents if incident.severity.aware]
    if not wanted:
        return []
    people, channels = _people(wanted), _channels(wanted)
    drafts, entries = [], []
    for incident in wanted:
        told = _Told()
        for word in dict.fromkeys(map(str, incident.severity.aware)):
            _tell_one(incident, word, people, channels, told, now)
        drafts += told.drafts
        entries += _entries(incident, told, now)
    outbox.post(drafts, now)
    return entries


def follow_privacy(incident: Incident, now: datetime) -> None:
    """Notices follow the incident's privacy: hidden from others, and what still waits says no more than it may."""
    notices = Notification.objects.filter(kind=Notification.Kind.AWARE, key__startswith=f"aware:{incident.pk}:")
    notices.update(private=incident.private)
    if incident.private:
        waiting = notices.filter(state__in=PENDING)
        waiting.filter(person=None).update(state=Notification.State.CANCELLED, reason=_("the incident is private"))
        said = _template(incident, now)
        waiting.update(title=said.title, text=said.text)


def _people(incidents: Iterable[Incident]) -> dict[str, User]:
    """By username, and the leads and managers by `#pk`."""
    names = {str(word) for incident in incidents for word in incident.severity.aware}
    teams = [incident.service.team for incident in incidents if incident.service.team]
    ids = {pk for team in teams for pk in (team.lead_id, team.manager_id) if pk is not None}
    users = User.objects.prefetch_related("notification_rules__contact_method", "contact_methods")
    found = {user.username: user for user in users.filter(username__in=names)}
    return found | {f"#{user.pk}": user for user in users.filter(pk__in=ids)}


def _channels(incidents: Iterable[Incident]) -> dict[str, Channel]:
    slugs = {str(word) for incident in incidents for word in incident.severity.aware}
    return {channel.slug: channel for channel in Channel.objects.filter(slug__in=slugs)}


def _tell_one(
    incident: Incident,
    word: str,
    people: dict[str, User],
    channels: dict[str, Channel],
    told: _Told,
    now: datetime,
) -> None:
    template = _template(incident, now)
    user = people.get(_key_of(incident, word))
    channel = channels.get(word) if user is None else None
    if user is not None and user.is_active:
        drafts, name = outbox.to_person_once(user, template, now), str(user)
    elif channel is not None and not incident.private:
        drafts, name = outbox.to_channel(channel, template, now), channel.name
    else:
        drafts, name = [], word
    (told.names if drafts else told.missing).append(name)
    told.drafts += drafts


def _key_of(incident: Incident, word: str) -> str:
    team = incident.service.team
    if word == TEAM_LEAD:
        return f"#{team.lead_id}" if team else ""
    if word == TEAM_MANAGER:
        return f"#{team.manager_id}" if team else ""
    return word


def _template(incident: Incident, now: datetime) -> Draft:
    said = {"level": incident.severity.level, "number": incident.number}
    if incident.private:
        title, text = _("%(level)s: private incident %(number)s") % said, _("You are told because of its severity.")
    else:
        said |= {
            "title": incident.title,
            "service": incident.service.name,
            "since": f"{incident.started_at:%Y-%m-%d %H:%M}",
        }
        title = _("%(level)s on %(service)s: %(title)s") % said
        text = (
            _(
                "For your information: %(number)s, %(level)s, on %(service)s since %(since)s UTC.\n%(title)s\n"
                "You are told because of its severity; you are not paged."
            )
            % said
        )
    return Draft(
        key=f"aware:{incident.pk}:{incident.severity.level}",
        kind=Notification.Kind.AWARE,
        title=title,
        text=text,
        link=f"{settings.SITE_URL}/admin/incidents/incident/{incident.pk}/change/",
        due_at=now,
        private=incident.private,
        urgency=incident.severity.urgency,
        # Without the severity's rank: whoever is paged hears before whoever is only told.
    )


def _entries(incident: Incident, told: _Told, now: datetime) -> list[timeline.NewEntry]:
    lines = []
    if told.names:
        lines.append(_("Made aware: %(names)s.") % {"names": ", ".join(told.names)})
    if told.missing:
        names = ", ".join(told.missing)
        lines.append(
            _("Could not be made aware (unknown, without an address, or not allowed): %(names)s.") % {"names": names}
        )
    return [timeline.entry(incident.pk, TimelineEntry.Kind.AWARE, line, None, now) for line in lines]
