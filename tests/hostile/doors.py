"""Every door that takes a body, each with a good body whose free words are marked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.utils import timezone

from incidents import integrations, lifecycle
from incidents.models import Incident, Severity
from oncall import contacts, handoffs, keys
from oncall.engine import handoffs as engine
from oncall.engine import shifts
from oncall.models import Channel, Page, Schedule, User
from oncall.paging import Actor
from tests import cast
from tests.hostile.corpus import JSON, Body, Encode, Free, as_json

FORM = "application/x-www-form-urlencoded"
SPAN = {"from": "2026-01-14T10:00:00Z", "to": "2026-01-14T12:00:00Z"}
VERBS: dict[str, Body] = {
    "acknowledge": {},
    "severity": {"level": "SEV-2", "reason": Free("worse")},
    "role": {"role": "commander", "person": "ana"},
    "note": {"text": Free("a note"), "at": "2026-01-14T10:00:00Z"},
    "escalate": {},
    "page": {"person": "bo"},
    "mitigate": {"kind": "rollback"},
    "resolve": {},
    "reopen": {"reason": Free("not over")},
    "merge": {"into": "INC-2026-0001"},
    "dismiss": {"reason": Free("nothing")},
    "close": {},
}


@dataclass(frozen=True)
class Door:
    """`good(n)` is the n-th good body: what must be unique in it has the number."""

    name: str
    path: str
    good: Callable[[int], Body]
    method: str = "POST"
    content_type: str = JSON
    encode: Encode = as_json
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Town:
    """The usual company with a sender of each format, an open incident with a page, and tokens to write with."""

    company: cast.Platform
    boss: User
    keys: dict[str, str]
    incident: Incident
    token: str
    phone: str
    link: str
    handoff: str


def town() -> Town:
    now = timezone.now()
    company = cast.platform(now)
    cast.channel("Ops room")
    boss = User.objects.create_superuser("root", "root@example.org", "correct horse battery", name="Root")
    boss.groups.add(Group.objects.get(name="Manager"))
    formats = ("generic", "alertmanager", "pagerduty", "heartbeat")
    keyed = {name: integrations.create(company.service, name, name, now)[1] for name in formats}
    by = Actor(boss, "Root", "api")
    incident = lifecycle.declare("Good", company.service, by, now, severity=Severity.objects.get(level="SEV-1"))
    page = Page.objects.get(subject=incident.subject)
    method = cast.contact(company.ana, "new", "new@example.org", kind="email", verified=False)
    contacts.start_verification(method, now)
    method.refresh_from_db()
    link = keys.signed_link(contacts.LINK_PURPOSE, method.pk, method.code_digest[:16], now)
    phone = keys.page_link(page.pk, company.ana.pk, now)
    token = keys.issue_api_token(boss, "write", now)
    return Town(company, boss, keyed, incident, token, _path(phone), _path(link), _path(_handoff(company, now)))


def _handoff(company: cast.Platform, now: datetime) -> str:
    """Ana hands over to Cy in a moment: her link."""
    with shifts.settled([company.schedule.pk], now):
        cast.override(company.schedule, now + _hour(), now + 2 * _hour(), add=company.cy, remove=company.ana)
    engine.run(now)
    return handoffs.link(handoffs.sides().filter(person=company.ana).earliest("handoff__at"), now)


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def senders(town: Town) -> Iterator[Door]:
    """Where alerts come in."""
    key = {name: {"Authorization": f"Token {key}"} for name, key in town.keys.items()}
    base = "/api/v1/ingest"
    yield Door("generic", f"{base}/generic/", generic, headers=key["generic"])
    yield Door("alertmanager", f"{base}/alertmanager/", alertmanager, headers=key["alertmanager"])
    yield Door("pagerduty", f"{base}/pagerduty/{town.keys['pagerduty']}/", events_v2(""))
    yield Door("heartbeat", f"{base}/heartbeat/{town.keys['heartbeat']}/", generic)
    yield Door("enqueue", "/v2/enqueue", events_v2(town.keys["pagerduty"]))


def generic(n: int) -> Body:
    return {
        "summary": Free("Disk full"), "dedup_key": Free(f"disk-{n}"), "severity": "critical", "source": Free("db1"),
        "labels": {"host": Free("db1"), "region": "eu"}, "values": {"used": Free("99 %")},
        "links": [{"href": "https://example.org/d", "text": Free("Panel")}, "https://example.org/x"],
        "started_at": "2026-01-14T08:00:00Z",
    }  # fmt: skip


def alertmanager(n: int) -> Body:
    labels = {"alertname": Free("DiskFull"), "severity": "critical", "instance": Free("db1")}
    notes = {"summary": Free("Disk full"), "runbook_url": "https://example.org/r", "description": Free("99 %")}
    alert = {
        "status": "firing", "labels": labels, "annotations": notes, "startsAt": "2026-01-14T08:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "https://example.org/g", "values": {"A": Free("1")},
    }  # fmt: skip
    return {
        "version": "4", "groupKey": Free(f"{{}}:{{n={n}}}"), "status": "firing", "receiver": Free("iops"),
        "groupLabels": {"alertname": Free("DiskFull")}, "commonLabels": labels, "commonAnnotations": notes,
        "externalURL": "https://am.example.org", "alerts": [alert, alert],
    }  # fmt: skip


def events_v2(key: str) -> Callable[[int], Body]:
    def make(n: int) -> Body:
        payload = {
            "summary": Free("Disk full"), "source": Free("db1"), "severity": "critical",
            "timestamp": "2026-01-14T08:00:00Z", "component": Free("disk"), "group": Free("db"), "class": Free("x"),
            "custom_details": {"used": Free("99 %"), "more": {"a": Free("b")}},
        }  # fmt: skip
        links = [{"href": "https://example.org/d", "text": Free("Panel")}]
        return {
            "routing_key": key, "event_action": "trigger", "dedup_key": Free(f"disk-{n}"), "payload": payload,
            "client": Free("probe"), "client_url": "https://example.org", "links": links, "images": [],
        }  # fmt: skip

    return make


def rest(town: Town) -> Iterator[Door]:
    """What the API writes: every list, every row, every verb."""
    auth = {"Authorization": f"Bearer {town.token}"}
    for name, good in _bodies().items():
        yield Door(f"POST {name}", f"/api/v1/{name}/", good, headers=auth)
    for path, body in _rows(town).items():
        yield Door(f"PATCH {path}", f"/api/v1/{path}/", _same(body), "PATCH", headers=auth)
    for verb, body in VERBS.items():
        yield Door(f"verb {verb}", f"/api/v1/incidents/{town.incident.number}/{verb}/", _same(body), headers=auth)
    for verb in ("rotate", "enable", "disable"):
        yield Door(f"verb {verb}", f"/api/v1/integrations/generic/{verb}/", _same({}), headers=auth)


def _same(body: Body) -> Callable[[int], Body]:
    return lambda n: body


def _bodies() -> dict[str, Callable[[int], Body]]:
    hours = {"days": ["mon"], "from": "09:00", "to": "17:00"}
    layer = {
        "name": Free("first"),
        "rotation": {"unit": "weekly", "length": 1, "start": SPAN["from"]},
        "members": ["ana"],
    }
    return {
        "incidents": lambda n: {"title": Free("Down"), "service": "checkout", "severity": "SEV-3", "description": Free("x")},
        "people": lambda n: {"username": f"p{n}", "name": Free("Pat"), "email": f"p{n}@example.org", "timezone": "UTC", "holidays": "PT"},
        "teams": lambda n: {"name": Free("Team"), "slug": f"t{n}", "lead": "ana", "members": ["ana"], "working_hours": hours, "tracker_url": "https://example.org/{number}"},
        "channels": lambda n: {"name": Free("Room"), "slug": f"c{n}", "address": "mailto:room@example.org"},
        "schedules": lambda n: {"name": Free("Rota"), "slug": f"r{n}", "timezone": "UTC", "layers": [layer], "declared_gaps": [{**SPAN, "reason": Free("none")}], "handoff_notices": [60, 0]},
        "overrides": lambda n: {**SPAN, "schedule": "platform", "layer": "primary", "add": "cy", "reason": Free("swap")},
        "leave": lambda n: {**SPAN, "person": "cy", "reason": Free("away")},
        "escalation-policies": lambda n: {"name": Free("Chain"), "slug": f"e{n}", "repeat": 1, "steps": [{"delay_minutes": 0, "targets": [{"user": "ana"}]}]},
        "holidays": lambda n: {"country": "PT", "day_on": f"20{n // 300 % 90 + 10:02}-{n // 25 % 12 + 1:02}-{n % 25 + 1:02}", "name": Free("Day")},
        "services": lambda n: {"name": Free("Shop"), "slug": f"s{n}", "description": Free("x"), "team": "platform", "runbook_url": "https://example.org/r", "severity_policies": {"SEV-1": "platform"}},
        "integrations": lambda n: {"name": Free(f"Probe {n}"), "service": "checkout", "format": "generic", "severity_map": {"bad": "SEV-1"}},
        "severities": lambda n: {"level": f"SEV-{n}", "rank": n % 30_000, "name": Free("Level"), "description": Free("x"), "examples": [Free("x")], "aware": ["ana"], "staffing": Free("all")},
        "silences": lambda n: {**SPAN, "service": "checkout", "matchers": 'alertname="x"', "comment": Free("quiet")},
        "maintenance": lambda n: {**SPAN, "service": "checkout", "reason": Free("moving"), "weekly": False},
        "postmortems/import": lambda n: {"text": Free(f"postmortem: {{title: Down {n}, summary: It was down}}"), "name": Free("a.yaml"), "check_only": False},
    }  # fmt: skip


def _rows(town: Town) -> dict[str, Body]:
    now = timezone.now()
    company, made = town.company, {"created_by": town.boss}
    silence = company.service.silences.create(starts_at=now, ends_at=now + _hour(), comment="x", **made)
    work = company.service.maintenance.create(starts_at=now, ends_at=now + _hour(), reason="x", **made)
    away = cast.away(company.cy, now, now + _hour())
    swap = cast.override(Schedule.objects.get(), now, now + _hour(), add=company.cy)
    return {
        "people/bo": {"name": Free("Bo"), "timezone": "UTC", "email": "bo@example.org"},
        "teams/platform": {"name": Free("Platform"), "tracker_url": "https://example.org/{title}"},
        f"channels/{Channel.objects.get().slug}": {"name": Free("Room"), "address": "mailto:x@example.org"},
        "schedules/platform": {"name": Free("Platform"), "declared_gaps": [{**SPAN, "reason": Free("x")}]},
        f"overrides/{swap.pk}": {"reason": Free("swap"), **SPAN},
        f"leave/{away.pk}": {"reason": Free("away"), **SPAN},
        "escalation-policies/platform": {"name": Free("Platform"), "repeat": 1},
        "services/checkout": {"name": Free("Checkout"), "description": Free("x"), "runbook_url": "https://example.org"},
        "integrations/generic": {"severity_map": {"bad": "SEV-1"}, "limit_per_minute": None},
        "severities/SEV-4": {"name": Free("Low"), "description": Free("x"), "staffing": Free("x")},
        f"silences/{silence.pk}": {"comment": Free("quiet"), "matchers": 'a="b"'},
        f"maintenance/{work.pk}": {"reason": Free("moving")},
    }


def _hour() -> timedelta:
    return timedelta(hours=1)


def people(town: Town) -> Iterator[Door]:
    """Forms of people: the page on a phone, the link in a mail, the sign-in."""
    for act in ("note", "dismiss", "ack"):
        yield _form(f"phone {act}", town.phone, {"act": act, "text": Free("words")})
    yield _form("phone act", town.phone, {"act": Free("ack"), "text": Free("words")})
    yield _form("link", town.link, {"code": Free("123456")})
    for act in ("note", "sign"):
        yield _form(f"handoff {act}", town.handoff, {"act": act, "note": Free("words")})
    yield _form("login", "/admin/login/", {"username": Free("ana"), "password": Free("x"), "next": Free("/admin/")})


def _form(name: str, path: str, body: Body) -> Door:
    return Door(name, path, _same(body), content_type=FORM, encode=as_form)


def as_form(value: Any) -> bytes:
    """A form's fields; what is no object is its JSON."""
    if not isinstance(value, dict):
        return as_json(value)
    pairs = [
        (name.encode("utf-8", "surrogatepass"), str(item).encode("utf-8", "surrogatepass"))
        for name, item in value.items()
    ]
    return urlencode(pairs).encode()
