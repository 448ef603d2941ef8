"""`teams`: who answers for services together."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import AfterValidator, StringConstraints

from oncall.documents import Column, Directory, Item, Mention, Reference, Run, Section, rows
from oncall.documents.columns import WORKING_HOURS
from oncall.documents.kinds import Country, Hours, Named, Prose, Username, Zone, once
from oncall.documents.problems import Path
from oncall.documents.sections import wanting
from oncall.documents.uses import still_used
from oncall.models import Team, TeamMember
from oncall.models.teams import on_the_web


def _on_the_web(text: str) -> str:
    try:
        if text:
            on_the_web(text)
    except ValidationError as error:
        raise ValueError(error.message) from None
    return text


class TeamShape(Named):
    lead: Username | None = None
    manager: Username | None = None
    members: Annotated[list[Username], AfterValidator(once)] = []
    timezone: Zone = "UTC"
    holidays: Country = ""
    working_hours: Hours | None = None
    tracker_url: Annotated[Prose, StringConstraints(max_length=500), AfterValidator(_on_the_web)] = ""

    def given(self) -> dict[str, Any]:
        given = super().given()
        return {**given, "members": sorted(given["members"])} if "members" in given else given

    def mentions(self) -> Iterator[Mention]:
        for field in ("lead", "manager"):
            if name := getattr(self, field):
                yield Mention((field,), "users", name)
        for index, name in enumerate(self.members):
            yield Mention(("members", index), "users", name)

    def doubts(self) -> Iterator[tuple[Path, str]]:
        if "members" in self.model_fields_set and not self.members:
            yield ("members",), _("nobody is in this team")


class Teams(Section[Team]):
    name: ClassVar[str] = "teams"
    noun: ClassVar[str] = "team"
    shape = TeamShape
    columns = (
        Column("name"),
        Column("slug"),
        Reference("lead", "users"),
        Reference("manager", "users"),
        Column("timezone"),
        Column("holidays"),
        WORKING_HOURS,
        Column("tracker_url"),
    )
    parts = ("members",)
    model = Team

    def rows(self) -> QuerySet[Team]:
        return Team.objects.prefetch_related("memberships")

    def parts_of(self, row: Team, directory: Directory) -> dict[str, Any]:
        names = directory.names("users")
        return {"members": sorted(names[member.user_id] for member in row.memberships.all())}

    def write_parts(self, run: Run, items: Sequence[Item[Team]]) -> None:
        wanted = wanting(items, "members")
        ids = run.directory.ids("users")
        there: dict[int, dict[int, TeamMember]] = {team.pk: {} for team, _members in wanted}
        for member in TeamMember.objects.filter(team__in=there):
            there[member.team_id][member.user_id] = member
        fresh = []
        for team, names in wanted:
            present = there[team.pk]
            fresh += [
                TeamMember(team=team, user_id=ids[name]) for name in names if present.pop(ids[name], None) is None
            ]
            rows.delete(present.values(), run.now)
        rows.create(TeamMember, fresh, run.now)

    def keep(self, run: Run, row: Team) -> str:
        return still_used(row, {"TeamMember"})
