"""`severities`: the profiles, found by their level."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field

from incidents.logic.severity import rank_of
from incidents.models import Severity
from oncall.documents import Column, Composite, Entry, Mention, Problem, Run, Section, Shape
from oncall.documents.kinds import Level, Line, Minutes, Name, Prose, UrgencyWord, Word, once
from oncall.documents.uses import still_used

NEXT_BUSINESS_DAY = "next_business_day"


def _response(value: Any) -> Any:
    if value is None or value == NEXT_BUSINESS_DAY:
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 2_147_483_647:
        raise ValueError(_("write minutes, or next_business_day"))
    return value


def _at_most(count: int) -> AfterValidator:
    def judged(name: str) -> str:
        if len(name) > count:
            raise ValueError(_("write at most %d characters") % count)
        return name

    return AfterValidator(judged)


class SeverityShape(Shape):
    level: Level
    name: Annotated[Name, _at_most(60)] = ""
    description: Prose = ""
    examples: list[Word] = []
    urgency: UrgencyWord = "high"
    page: Literal["always", "working_hours", "never"] = "always"
    response: Annotated[int | str | None, BeforeValidator(_response)] = None
    update_minutes: Minutes | None = None
    first_update_minutes: Minutes | None = None
    aware: Annotated[list[Word], AfterValidator(once)] = []
    required_layers: Annotated[list[Word], AfterValidator(once)] = []
    commander: Literal["required", "optional"] = "optional"
    staffing: Line = ""
    room: Literal["room", "channel", "none"] = "none"
    approval_minutes: Minutes | None = None
    ack_timeout_minutes: Minutes | None = None
    postmortem: Literal["required", "sentence", "none"] = "none"
    review_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 48
    publish_business_days: Annotated[int, Field(ge=0, le=366)] = 5

    @property
    def identity(self) -> str:
        return self.level

    def mentions(self) -> Iterator[Mention]:
        for index, word in enumerate(self.aware):
            yield Mention(("aware", index), "aware", word, soft=True)


def _response_document(minutes: int | None, next_business_day: bool) -> int | str | None:
    return NEXT_BUSINESS_DAY if next_business_day else minutes


def _response_row(response: int | str | None) -> tuple[int | None, bool]:
    return (response if isinstance(response, int) else None, response == NEXT_BUSINESS_DAY)


class Severities(Section[Severity]):
    name: ClassVar[str] = "severities"
    noun: ClassVar[str] = "severity"
    shape = SeverityShape
    columns = (
        Column("level"),
        Column("name"),
        Column("description"),
        Column("examples"),
        Column("urgency"),
        Column("page"),
        Composite("response", ("response_minutes", "response_next_business_day"), _response_document, _response_row),
        Column("update_minutes"),
        Column("first_update_minutes"),
        Column("aware"),
        Column("required_layers"),
        Column("commander"),
        Column("staffing"),
        Column("room"),
        Column("approval_minutes"),
        Column("ack_timeout_minutes"),
        Column("postmortem"),
        Column("review_hours"),
        Column("publish_business_days"),
    )
    model = Severity

    def rows(self) -> QuerySet[Severity]:
        return Severity.objects.all()

    def identity(self, row: Severity) -> str:
        return row.level

    def names(self, run: Run) -> dict[str, set[str]]:
        """`aware` names people, channels, and two that stand for whoever it is."""
        people = set(run.directory.ids("users")) | run.named("users")
        channels = set(run.directory.ids("channels")) | run.named("channels")
        return {**super().names(run), "aware": people | channels | {"team_lead", "team_manager"}}

    def verify(self, run: Run, entry: Entry, row: Severity | None) -> Iterator[Problem]:
        if row is None and "name" not in entry.shape.model_fields_set:
            yield entry.problem(_("this is required"), "name")

    def new(self, run: Run, entry: Entry) -> Severity:
        return Severity(rank=rank_of(entry.identity))

    def keep(self, run: Run, row: Severity) -> str:
        return still_used(row, ())
