"""What happened in the last three weeks: every way in which an incident can end."""

from datetime import datetime, timedelta

from incidentops import demo, demo_past
from incidents import lifecycle
from incidents.models import Incident, Service
from oncall.models import CanaryRun, EscalationStep, User
from tests.browser.clock import Clock, by, level, signal

PASSWORD = "correct-horse-battery"


def tell(clock: Clock) -> None:
    company(clock)
    database_down(clock, clock.ago(days=20, hours=3))
    slow_search(clock, clock.ago(days=13, hours=7))
    false_alarm(clock, clock.ago(days=11, hours=2))
    twice_reported(clock, clock.ago(days=8, hours=5))
    wrong_colour(clock, clock.ago(days=6, hours=1))
    reopened(clock, clock.ago(days=1, hours=4))
    canaries(clock)


def company(clock: Clock) -> None:
    """The demo company, with the steps of a real one: minutes in which a picture can be taken."""
    with clock.at(clock.ago(days=21)) as then:
        demo.make(then)
        User.objects.create_superuser(
            "admin", "admin@example.org", PASSWORD, name="Noor Haddad", timezone="Europe/Lisbon"
        )
        for username in ("maya", "jonas"):
            person = User.objects.get(username=username)
            person.set_password(PASSWORD)
            person.save()
        for step in EscalationStep.objects.filter(position__gt=0):
            step.delay_minutes = {1: 5, 2: 25}[step.position]  # time enough to look at what is ahead
            step.save()
    demo_past.tell(clock.now)  # eight weeks, of which the engine looks back on what it finds
    clock.tick(clock.ago(days=21))


def database_down(clock: Clock, start: datetime) -> None:
    """A SEV-1 as in the book: paged, commanded, worked, resolved, closed."""
    died = signal(
        "Primary of the payments database does not accept writes",
        "payments-primary",
        "critical",
        source="patroni/payments-1",
        labels={"cluster": "payments", "instance": "payments-1", "region": "eu-west-1"},
        values={"replication lag": "47 s", "failed writes": "100 %"},
        links=[{"href": "https://grafana.example.com/d/payments", "text": "Dashboard: payments database"}],
    )
    incident = clock.fire(start, "Events", died)
    clock.run(start, 0.2, 1)
    with clock.at(start + timedelta(minutes=3)) as now:
        lifecycle.acknowledge(incident, by("priya", "phone"), now)
    with clock.at(start + timedelta(minutes=6)) as now:
        lifecycle.assign_role(incident, "commander", User.objects.get(username="lena"), by("lena"), now)
        lifecycle.assign_role(incident, "operations", User.objects.get(username="priya"), by("lena"), now)
        lifecycle.assign_role(incident, "communications", User.objects.get(username="samuel"), by("lena"), now)
    with clock.at(start + timedelta(minutes=14)) as now:
        lifecycle.note(
            incident, "The disk of payments-1 is full: the archive bucket refuses our key.", by("priya"), now
        )
    with clock.at(start + timedelta(minutes=22)) as now:
        lifecycle.mitigate(incident, by("priya"), now, "failover")
    clock.fire(
        start + timedelta(minutes=58),
        "Events",
        signal(died.title, died.dedup_key, "critical", "resolve"),
    )
    with clock.at(start + timedelta(days=2)) as now:
        lifecycle.close(Incident.objects.get(pk=incident.pk), by("lena"), now)


def slow_search(clock: Clock, start: datetime) -> None:
    """Nobody answers the first page; the second one does."""
    slow = signal(
        "p99 latency of search is ten times the usual",
        "search-p99",
        "error",
        source="prometheus",
        labels={"alertname": "SearchLatencyHigh", "job": "search", "quantile": "0.99"},
        values={"p99": "4.2 s", "usual": "0.4 s"},
    )
    incident = clock.fire(start, "Alertmanager", slow)
    clock.run(start, 0.2, 5.1, 5.3)
    with clock.at(start + timedelta(minutes=8)) as now:
        lifecycle.acknowledge(incident, by("jonas", "phone"), now)
        lifecycle.note(incident, "A reindex runs since 07:40; throttled to two shards.", by("jonas", "phone"), now)
    clock.fire(start + timedelta(minutes=47), "Alertmanager", signal(slow.title, slow.dedup_key, "error", "resolve"))


def false_alarm(clock: Clock, start: datetime) -> None:
    probe = signal("Checkout probe from Sydney times out", "probe-syd", "error", labels={"probe": "syd-1"})
    incident = clock.fire(start, "curl", probe)
    clock.run(start, 0.2)
    with clock.at(start + timedelta(minutes=4)) as now:
        lifecycle.dismiss(incident, "The probe's own network was down; checkout answered everywhere.", by("lena"), now)


def twice_reported(clock: Clock, start: datetime) -> None:
    """Somebody declares by hand what a monitor had seen already."""
    alert = signal("Order mails: 40 % bounce", "bounces", "error", values={"bounce rate": "40 %"})
    seen = clock.fire(start, "curl", alert)
    clock.run(start, 0.2)
    with clock.at(start + timedelta(minutes=9)) as now:
        service = Service.objects.get(slug="order-mails")
        told = lifecycle.declare("Customers ask where their order mails are", service, by("maya"), now, level("SEV-3"))
        lifecycle.acknowledge(seen, by("maya"), now)
    with clock.at(start + timedelta(minutes=12)) as now:
        lifecycle.merge(told, Incident.objects.get(pk=seen.pk), by("lena"), now)
    with clock.at(start + timedelta(minutes=75)) as now:
        lifecycle.mitigate(seen, by("maya"), now, "rollback")
        lifecycle.resolve(seen, by("maya"), now + timedelta(minutes=10))
    clock.run(start + timedelta(minutes=75), 11)


def wrong_colour(clock: Clock, start: datetime) -> None:
    with clock.at(start) as now:
        service = Service.objects.get(slug="checkout")
        incident = lifecycle.declare("The logo on the receipt is green", service, by("tomas"), now, level("SEV-4"))
    with clock.at(start + timedelta(hours=5)) as now:
        lifecycle.resolve(incident, by("tomas"), now)


def reopened(clock: Clock, start: datetime) -> None:
    """Resolved too early."""
    failing = signal(
        "Card payments fail for one issuer",
        "issuer-declines",
        "error",
        labels={"issuer": "4929"},
        values={"declined": "31 %"},
    )
    incident = clock.fire(start, "curl", failing)
    clock.run(start, 0.2)
    with clock.at(start + timedelta(minutes=2)) as now:
        lifecycle.acknowledge(incident, by("lena", "api"), now)
        lifecycle.resolve(incident, by("lena"), now + timedelta(minutes=20))
    with clock.at(start + timedelta(minutes=41)) as now:
        lifecycle.reopen(incident, "The declines are back since 14:02.", by("lena"), now)
    clock.run(start, 41.2)
    with clock.at(start + timedelta(minutes=45)) as now:
        lifecycle.acknowledge(incident, by("lena"), now)
        lifecycle.set_severity(incident, level("SEV-3"), "One issuer only, the others pass.", by("lena"), now)
        lifecycle.resolve(incident, by("lena"), now + timedelta(minutes=50))
    clock.run(start, 96)


def canaries(clock: Clock) -> None:
    """Three weeks of them: an evening without a database, and one that came late."""
    first = clock.ago(days=21)
    rows = []
    for number in range(21 * 96):
        at = first + number * timedelta(minutes=15)
        row = CanaryRun(posted_at=at, accepted_at=at, received_at=at + timedelta(seconds=1))
        if 700 <= number < 720:
            row = CanaryRun(posted_at=at, failed="the database did not answer")
        elif number == 1234:
            row = CanaryRun(posted_at=at, accepted_at=at, failed="its message was made and not sent")
        rows.append(row)
    CanaryRun.objects.bulk_create(rows)
