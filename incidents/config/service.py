"""`services`: what can break, who answers for it, and by which policy."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from incidents.engine.findings import SERVICE as BUILT_IN
from incidents.models import Service, SeverityPolicy
from oncall.documents import Column, Directory, Item, Mention, Reference, Run, Section, rows
from oncall.documents.kinds import Level, Named, Prose, Slug, once
from oncall.documents.problems import Path
from oncall.documents.sections import wanting
from oncall.documents.uses import still_used

# Rows that go with a service: they say nothing of a past.
OWN = {"SeverityPolicy", "Silence", "Maintenance"}

_web_address = URLValidator(schemes=["http", "https"])


def _url(text: str) -> str:
    try:
        if text:
            _web_address(text)
    except ValidationError:
        raise ValueError(_("write an address that begins with https:// or http://")) from None
    return text


def _mapping(value: Any) -> Any:
    return {} if value is None else value


class ServiceShape(Named):
    description: Prose = ""
    team: Slug | None = None
    escalation_policy: Slug | None = None
    severity_policies: Annotated[dict[Level, Slug], BeforeValidator(_mapping)] = {}
    default_severity: Level | None = None
    grouping_minutes: Annotated[int, Field(ge=0, le=2_147_483_647)] = 5
    auto_resolve: bool = True
    depends_on: Annotated[list[Slug], AfterValidator(once)] = []
    user_facing: bool = False
    runbook_url: Annotated[Prose, StringConstraints(max_length=500), AfterValidator(_url)] = ""

    def given(self) -> dict[str, Any]:
        given = super().given()
        return {**given, "depends_on": sorted(given["depends_on"])} if "depends_on" in given else given

    def mentions(self) -> Iterator[Mention]:
        if self.team:
            yield Mention(("team",), "teams", self.team)
        if self.escalation_policy:
            yield Mention(("escalation_policy",), "escalation_policies", self.escalation_policy)
        if self.default_severity:
            yield Mention(("default_severity",), "severities", self.default_severity)
        for level, policy in self.severity_policies.items():
            yield Mention(("severity_policies", level), "severities", level)
            yield Mention(("severity_policies", level), "escalation_policies", policy)
        for index, slug in enumerate(self.depends_on):
            yield Mention(("depends_on", index), "services", slug)

    def faults(self) -> Iterator[tuple[Path, str]]:
        if self.identity in self.depends_on:
            yield ("depends_on",), _("a service does not depend on itself")


class Services(Section[Service]):
    name: ClassVar[str] = "services"
    noun: ClassVar[str] = "service"
    shape = ServiceShape
    columns = (
        Column("name"),
        Column("slug"),
        Column("description"),
        Reference("team", "teams"),
        Reference("escalation_policy", "escalation_policies"),
        Reference("default_severity", "severities"),
        Column("grouping_minutes"),
        Column("auto_resolve"),
        Column("user_facing"),
        Column("runbook_url"),
    )
    parts = ("severity_policies", "depends_on")
    model = Service

    def rows(self) -> QuerySet[Service]:
        return Service.objects.prefetch_related("severity_policies", "depends_on")

    def parts_of(self, row: Service, directory: Directory) -> dict[str, Any]:
        levels, policies = directory.names("severities"), directory.names("escalation_policies")
        own = {levels[each.severity_id]: policies[each.policy_id] for each in row.severity_policies.all()}
        return {
            "severity_policies": dict(sorted(own.items())),
            "depends_on": sorted(other.slug for other in row.depends_on.all()),
        }

    def write_parts(self, run: Run, items: Sequence[Item[Service]]) -> None:
        _write_policies(run, wanting(items, "severity_policies"))
        ids = run.directory.ids("services")
        for row, names in wanting(items, "depends_on"):
            if names or row.depends_on.exists():
                row.depends_on.set([ids[name] for name in names])  # simple-history follows this relation itself

    def built_in(self, row: Service) -> bool:
        return row.slug == BUILT_IN

    def keep(self, run: Run, row: Service) -> str:
        return still_used(row, OWN)


def _write_policies(run: Run, wanted: Sequence[tuple[Service, dict[str, str]]]) -> None:
    levels, policies = run.directory.ids("severities"), run.directory.ids("escalation_policies")
    there: dict[int, dict[int, SeverityPolicy]] = {row.pk: {} for row, _own in wanted}
    for own in SeverityPolicy.objects.filter(service__in=there):
        there[own.service_id][own.severity_id] = own
    fresh = []
    for row, named in wanted:
        present = there[row.pk]
        for level, policy in named.items():
            kept = present.pop(levels[level], None)
            if kept is None:
                fresh.append(SeverityPolicy(service=row, severity_id=levels[level], policy_id=policies[policy]))
            elif kept.policy_id != policies[policy]:
                kept.policy_id = policies[policy]
                rows.save(kept, ["policy"], run.now)
        rows.delete(present.values(), run.now)
    rows.create(SeverityPolicy, fresh, run.now)
