"""The shape of a person in documents."""

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, ValidationInfo, field_validator

from oncall.documents import Mention, Shape
from oncall.documents.kinds import (
    Address,
    Country,
    Email,
    Hours,
    Line,
    ShortSlug,
    Small,
    Span,
    UrgencyWord,
    Username,
    Word,
    Zone,
    address_problem,
    faults_within,
    once,
    twice,
)
from oncall.documents.problems import Path


class Method(Shape):
    """A contact method; `verified` left out keeps what is known of the same address."""

    slug: ShortSlug
    kind: Literal["email", "apprise"] = "email"
    address: Address
    verified: bool | None = None

    @field_validator("address")
    @classmethod
    def _usable(cls, address: str, info: ValidationInfo) -> str:
        if problem := address_problem(info.data.get("kind", ""), address):
            raise ValueError(problem)
        return address


class Rule(Shape):
    urgency: UrgencyWord
    contact_method: ShortSlug
    delay_minutes: Small = 0


#: Lists that say the same in any order, and the one in which they are compared.
ORDERS: Final[dict[str, Callable[[Any], Any]]] = {
    "groups": str,
    "contact_methods": itemgetter("slug"),
    "notification_rules": itemgetter("urgency", "delay_minutes", "contact_method"),
    "leave": itemgetter("from", "to", "reason"),
}


class PersonShape(Shape):
    username: Username
    email: Email
    name: Annotated[Line, AfterValidator(str.strip)] = ""
    timezone: Zone = "UTC"
    active: bool = True
    groups: Annotated[list[Word], AfterValidator(once)] = []
    holidays: Country = ""
    working_hours: Hours | None = None
    contact_methods: list[Method] = []
    notification_rules: Annotated[list[Rule], AfterValidator(once)] = []
    leave: Annotated[list[Span], AfterValidator(once)] = []

    @property
    def identity(self) -> str:
        return self.username

    def given(self) -> dict[str, Any]:
        given = super().given()
        for field, order in ORDERS.items():
            if field in given:
                given[field] = sorted(given[field], key=order)
        return given

    def mentions(self) -> Iterator[Mention]:
        for index, group in enumerate(self.groups):
            yield Mention(("groups", index), "groups", group)

    def faults(self) -> Iterator[tuple[Path, str]]:
        yield from faults_within("leave", self.leave)
        yield from twice("contact_methods", (method.slug for method in self.contact_methods), "slug")
        there = {method.slug for method in self.contact_methods}
        if "contact_methods" in self.model_fields_set:
            for index, rule in enumerate(self.notification_rules):
                if rule.contact_method not in there:
                    message = _("%(who)s has no contact method %(slug)s")
                    yield (
                        ("notification_rules", index, "contact_method"),
                        message % {"who": self.username, "slug": rule.contact_method},
                    )
