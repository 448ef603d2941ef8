"""One letter for each kind of person: the groups that ship, nobody's groups, the superuser, a stranger.

Of each there are two: one in the team whose rows are looked at, one in none. Being in a team gives nobody a right.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group

from oncall.models import TeamMember, User
from tests import cast

GROUPS = {
    "V": "Viewer",
    "R": "Responder",
    "I": "Incident commander",
    "C": "Communications",
    "M": "Manager",
    "S": "Security",
}
NO_GROUP, SUPERUSER = "N", "B"
LETTERS = "".join([*GROUPS, SUPERUSER, NO_GROUP])
TEAMS = ("own", "foreign")


@dataclass(frozen=True)
class Kinds:
    """Somebody of each letter, in the team and outside of it."""

    people: dict[tuple[str, str], User]

    def of(self, letter: str, team: str = "foreign") -> User:
        return self.people[letter, team]


def make(company: cast.Platform) -> Kinds:
    people = {}
    for letter in LETTERS:
        for team in TEAMS:
            name = f"{letter.lower()}-{team}"
            user = User(username=name, email=f"{name}@example.org", is_staff=True, is_superuser=letter == SUPERUSER)
            user.save_without_historical_record()
            if letter in GROUPS:
                user.groups.add(Group.objects.get(name=GROUPS[letter]))
            if team == "own":
                TeamMember.objects.create(team=company.team, user=user)
            people[letter, team] = user
    return Kinds(people)


def fresh(user: User) -> User:
    """Read anew, with nothing remembered of their permissions."""
    return User.objects.get(pk=user.pk)
