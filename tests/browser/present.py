"""What is going on now: a SEV-1 that nobody answers, a storm, held and private ones, and all that is no incident."""

from datetime import timedelta
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from incidentops.beat import JOBS
from incidentops.celery import app
from incidents import lifecycle
from incidents.models import InboxItem, Incident, Integration, Maintenance, Service, Silence
from oncall import contacts, handoffs, keys, roster
from oncall.engine import handoffs as engine
from oncall.engine import shifts
from oncall.models import (
    ContactMethod,
    DeclaredGap,
    HandoffSide,
    JobRun,
    Leave,
    Notification,
    NotificationRule,
    Override,
    Page,
    Schedule,
    User,
)
from postmortems.models import ActionItem
from tests.browser import learning
from tests.browser.clock import Clock, by, level, signal

STORM = 217


def tell(clock: Clock) -> dict[str, Any]:
    shown = {"private": private(clock)}
    around(clock)
    shown |= {name: happen(clock) for name, happen in RUNNING.items()}
    link = confirmation(clock)
    passing = handing_over(clock)
    learned = learning.tell(clock)
    clock.tick(clock.now)
    engine_runs(clock)
    ended = {
        "resolved": Incident.objects.filter(state="resolved", merged_into=None).latest("pk"),
        "merged": Incident.objects.exclude(merged_into=None).latest("pk"),
        "false-alarm": Incident.objects.filter(false_alarm=True).latest("pk"),
    }
    everything = {**shown, **ended}
    return {
        "incidents": {name: incident.pk for name, incident in everything.items()},
        "phone": phone_pages(everything, clock),
        "link": link,
        **passing,
        "done": to_be_done(clock),
        "schedule": Schedule.objects.get(slug="storefront").pk,
        **learned,
    }


def around(clock: Clock) -> None:
    """Silences, maintenance, overrides, leave, addresses, tokens, and a body that broke the drain."""
    admin, now = User.objects.get(username="admin"), clock.now
    person = {user.username: user for user in User.objects.all()}
    search, mails = Service.objects.get(slug="search"), Service.objects.get(slug="order-mails")
    storefront = Schedule.objects.get(slug="storefront")
    with clock.at(clock.ago(hours=6)) as then:
        Silence.objects.create(
            service=search,
            matchers='alertname="SearchCacheCold"\nregion=~"eu-.*"',
            starts_at=then,
            ends_at=now + timedelta(hours=18),
            comment="Known while the new cache warms up",
            created_by=admin,
        )
        Maintenance.objects.create(
            service=mails,
            starts_at=clock.ago(hours=1),
            ends_at=now + timedelta(hours=3),
            reason="Mail relay moves house",
        )
        Maintenance.objects.create(
            service=Service.objects.get(slug="payments-database"),
            starts_at=now + timedelta(days=2),
            ends_at=now + timedelta(days=2, hours=2),
            weekly=True,
            reason="Minor upgrades",
        )
        Override.objects.create(
            schedule=storefront,
            layer=storefront.layers.first(),
            add=person["lena"],
            starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=1, hours=12),
            reason="School concert",
            created_by=admin,
        )
        Leave.objects.create(
            user=person["jonas"], starts_at=now + timedelta(days=4), ends_at=now + timedelta(days=11), reason="Holiday"
        )
        DeclaredGap.objects.create(
            schedule=Schedule.objects.get(slug="platform"),
            starts_at=now + timedelta(days=9),
            ends_at=now + timedelta(days=9, hours=6),
            reason="Data centre closed",
        )
        # An address inside our own network is refused by the guard at sending: a failed message, without any network.
        pager = ContactMethod.objects.create(
            user=person["tomas"], slug="pager", kind="apprise", address="json://127.0.0.1:9/pager", verified_at=then
        )
        NotificationRule.objects.create(user=person["tomas"], contact_method=pager, urgency="high")
        mine = ContactMethod.objects.create(
            user=admin, slug="mail", kind="email", address=admin.email, verified_at=then
        )
        NotificationRule.objects.create(user=admin, contact_method=mine, urgency="high")
        keys.issue_api_token(admin, "read", then, "Grafana annotations")
        keys.issue_api_token(person["maya"], "write", then, "Terminal")
        InboxItem.objects.create(
            integration=Integration.objects.get(name="Alertmanager"),
            received_at=then,
            signals=[{"action": "explode", "title": "A row that no version ever wrote", "dedup_key": "odd"}],
        )
        # New in the team, and nothing would have rung: what the audit found.
        newcomer = User.objects.create_user("rosa", "rosa@example.org", name="Rosa Jensen", timezone="Europe/Berlin")
        platform = Schedule.objects.get(slug="platform")
        Override.objects.create(
            schedule=platform,
            layer=platform.layers.first(),
            add=newcomer,
            starts_at=then,
            ends_at=then + timedelta(seconds=20),
            reason="First watch, beside Priya",
            created_by=admin,
        )
    clock.run(clock.ago(hours=6), 0.1, 0.5, 2)
    cold = {"alertname": "SearchCacheCold", "region": "eu-west-1"}
    clock.fire(clock.ago(hours=5.5), "Alertmanager", signal("Search cache is cold", "cold", "warning", labels=cold))


def handing_over(clock: Clock) -> dict[str, str]:
    """Links of those who hand over and take over next; before that a handoff that nobody signed."""
    storefront = Schedule.objects.get(slug="storefront")
    relieved = roster.on_call(storefront, clock.now)[0].people[0]
    stands_in = User.objects.get(username="lena" if relieved.username != "lena" else "maya")
    with shifts.settled([storefront.pk], clock.now):
        Override.objects.create(
            schedule=storefront,
            add=stands_in,
            remove=relieved,
            starts_at=clock.now + timedelta(hours=2),
            ends_at=clock.now + timedelta(hours=5),
            reason="Dentist",
        )
    Schedule.objects.update(planned_to_at=clock.ago(hours=7), plan_due_at=None)
    engine.run(clock.now)
    coming = handoffs.sides().filter(handoff__at__gt=clock.now).order_by("handoff__at", "pk")
    outgoing, incoming = (coming.filter(side=side).first() for side in ("outgoing", "incoming"))
    assert outgoing and incoming
    note = "The index of search is being built anew: it is slow until about noon.\nShard 12 may ring; that is known."
    for side in HandoffSide.objects.filter(side="outgoing"):
        handoffs.write_note(side.pk, note, clock.now)
    return {
        "handing_over": handoffs.link(outgoing, clock.now),
        "taking_over": handoffs.link(incoming, clock.now),
    }


def to_be_done(clock: Clock) -> dict[str, str]:
    """The link in the mail to who owns the action that is due last: others of the story are worked on elsewhere."""
    item = ActionItem.objects.unfinished().filter(owner__is_active=True, due_on__isnull=False).last()
    assert item and item.owner_id
    stamp = keys.reader_stamp(item.owner_id)
    return {"link": keys.signed_link("action", item.pk, stamp, clock.now), "words": item.description[:40]}


def storm(clock: Clock) -> Incident:
    """217 alerts in one incident, acknowledged."""
    start = clock.ago(hours=2, minutes=10)
    alerts = [
        signal(
            f"Shard {number} of search does not answer",
            f"shard-{number}",
            "error",
            source="prometheus",
            labels={"alertname": "ShardDown", "shard": str(number), "region": "eu-west-1"},
            values={"failed queries": f"{5 + number % 60} %"},
        )
        for number in range(1, STORM + 1)
    ]
    incident = clock.fire(start, "Alertmanager", *alerts)
    clock.run(start, 0.2, 1)
    with clock.at(start + timedelta(minutes=4)) as now:
        lifecycle.acknowledge(incident, by("aiko", "phone"), now)
        lifecycle.assign_role(incident, "commander", User.objects.get(username="lena"), by("lena"), now)
        lifecycle.note(incident, "Rack 12 lost power. Replicas take over, one shard after another.", by("aiko"), now)
    clock.fire(start + timedelta(minutes=9), "Alertmanager", *alerts[:40])
    with clock.at(start + timedelta(minutes=11)) as now:  # his pager refuses, his mail arrives
        lifecycle.page(incident, User.objects.get(username="tomas"), by("lena"), now)
    clock.run(start, 11.1, 12.5)
    with clock.at(start + timedelta(minutes=13)) as now:
        lifecycle.acknowledge(incident, by("tomas", "phone"), now)
    return incident


def private(clock: Clock) -> Incident:
    with clock.at(clock.ago(hours=9)) as now:
        service = Service.objects.get(slug="payments-database")
        incident = lifecycle.declare(
            "A token of the backup job was pushed to a public place",
            service,
            by("lena"),
            now,
            level("SEV-2"),
            private=True,
            description="Rotated at once; the access log is being read.",
        )
    clock.run(clock.ago(hours=9), 0.1, 1)
    with clock.at(clock.ago(hours=8, minutes=52)) as now:
        lifecycle.acknowledge(incident, by("lena"), now)
    return incident


def mitigated(clock: Clock) -> Incident:
    start = clock.ago(hours=5)
    title = "Payments are slow but complete"
    incident = clock.fire(start, "Events", signal(title, "payments-slow", "error", values={"p95": "9 s"}))
    clock.run(start, 0.2, 5.2, 20.5)
    with clock.at(start + timedelta(minutes=21)) as now:
        lifecycle.acknowledge(incident, by("samuel", "phone"), now)
        lifecycle.mitigate(incident, by("samuel"), now + timedelta(minutes=30), "capacity")
    return incident


def held(clock: Clock) -> Incident:
    """Nobody is paged for it until the maintenance of its service ends."""
    with clock.at(clock.ago(minutes=35)) as now:
        service = Service.objects.get(slug="order-mails")
        return lifecycle.declare("Order mails arrive an hour late", service, by("maya"), now, level("SEV-3"))


def escalating(clock: Clock) -> Incident:
    """Primary and secondary were paged seven minutes ago, the team lead two; the manager is next."""
    start = clock.ago(minutes=7)
    failing = signal(
        "12 % of checkout requests fail",
        "checkout-errors",
        "critical",
        source="probe/checkout",
        labels={"service": "checkout", "region": "eu-west-1", "version": "2026.7.3"},
        values={"error rate": "12 %", "p99": "8.4 s", "orders per minute": "31, usually 240"},
        links=[{"href": "https://grafana.example.com/d/checkout", "text": "Dashboard: checkout"}],
    )
    incident = clock.fire(start, "curl", failing)
    clock.run(start, 0.1, 0.3)
    clock.fire(start + timedelta(minutes=2), "curl", signal("Basket cannot be saved", "basket", "error"))
    clock.run(start, 5.1, 5.3, 6.5)
    return incident


RUNNING = {"mitigated": mitigated, "storm": storm, "held": held, "escalating": escalating}


def engine_runs(clock: Clock) -> None:
    """The beat's entries, and each has just run."""
    DatabaseScheduler(app=app)
    for job in JOBS:
        JobRun.objects.update_or_create(task=job.task, defaults={"done_at": clock.now})


def phone_pages(incidents: dict[str, Incident], clock: Clock) -> dict[str, str]:
    """The address of the page that somebody paged for each incident holds in hand."""
    found = {}
    for name, incident in incidents.items():
        page = Page.objects.filter(subject=incident.subject).first()
        if page is None:
            continue
        paged = page.notifications.filter(kind=Notification.Kind.PAGE).exclude(person=None).first()
        found[name] = keys.page_link(page.pk, paged.person_id if paged else None, clock.now)
        if name == "storm":
            found["mine"] = keys.page_link(page.pk, incident_holder(incident), clock.now)
        if name == "escalating":
            found["channel"] = keys.page_link(page.pk, None, clock.now)
            found["expired"] = keys.page_link(page.pk, None, clock.ago(days=2))
    return found


def incident_holder(incident: Incident) -> int | None:
    return Incident.objects.get(pk=incident.pk).acknowledged_by_id


def confirmation(clock: Clock) -> str:
    """The link of a code that waits for its owner."""
    method = ContactMethod.objects.create(
        user=User.objects.get(username="admin"), slug="pager", kind="email", address="noor-pager@example.org"
    )
    with clock.at(clock.now) as now:
        contacts.start_verification(method, now)
    return Notification.objects.filter(kind=Notification.Kind.CODE).latest("pk").link
