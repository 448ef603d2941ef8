"""What the watchdog tells: what is not well, since when, what is done about it, and what the reader can do."""

import socket
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from incidentops.health import Term
from incidentops.health.terms import CANARY, PAGING
from incidentops.watchdog.alarm import News

Words = tuple[str, str]


def words(news: News, failing: Sequence[Term], since: datetime, now: datetime) -> Words:
    """Subject and text. `since`: up to when it was well."""
    span = {"since": _at(since), "minutes": max(1, round((now - since).total_seconds() / 60))}
    if news is News.OVER:
        subject = _("IncidentOps is well again")
        return subject, "\n".join([_("It was not since %(since)s, for %(minutes)d min.") % span, "", *_where()])
    if news is News.BEGAN:
        subject = _("IncidentOps is not well: pages may come late or not at all")
    else:
        subject = _("IncidentOps is still not well, after %(minutes)d min") % span
    lines = [
        _("Not well since %(since)s:") % span,
        *(f"- {term.detail or term.name}" for term in failing),
        "",
        _meanwhile(failing),
        "",
        _("What to do:"),
        *(f"- {advice}" for advice in _advice(failing)),
        "",
        *_where(),
    ]
    return subject, "\n".join(lines)


def _meanwhile(failing: Iterable[Term]) -> str:
    names = {term.name for term in failing}
    if "database" in names:
        return _("Nobody can be paged until the database answers. Accepted alerts are kept.")
    if names & PAGING:
        return _("The watchdog pages in the engine's place until it runs again.")
    return _("The engine runs.")


def _advice(failing: Iterable[Term]) -> list[str]:
    names = {term.name for term in failing}
    advice = []
    if "database" in names:
        advice.append(_("See whether the database server runs, has space left and can be reached (DATABASE_URL)."))
    if names & PAGING:
        advice.append(_("See whether worker, beat and broker run: the output of `manage.py up` names what ended."))
    if names & {"oldest_queued_notification", "lease"}:
        advice.append(_("See in the console under Notifications which provider refuses or does not answer."))
    if CANARY in names:
        advice.append(_("Send an alert as one of your senders does, and see whether it is accepted and pages."))
    advice.append(_("Until this is over, tell the people on call by telephone of what cannot wait."))
    advice.append(_("The console says the same in red, and %(url)s/readyz as JSON.") % {"url": settings.SITE_URL})
    return advice


def _where() -> list[str]:
    return [_("Watchdog on %(host)s, %(url)s") % {"host": socket.gethostname(), "url": settings.SITE_URL}]


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
