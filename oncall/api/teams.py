"""/teams/ and /channels/."""

from typing import Any

from rest_framework import serializers

from oncall import outbound
from oncall.api.base.filters import Search, Word, filters
from oncall.api.base.serializers import Named, Rows, SluggedName
from oncall.api.base.views import NAME, Configuration
from oncall.api.hours import WorkingHours
from oncall.logic import addresses
from oncall.models import Channel, Team, TeamMember, User


class TeamSerializer(SluggedName, Rows[Team]):
    lead = Named(slug_field="username", queryset=User.objects.all(), required=False, allow_null=True)
    manager = Named(slug_field="username", queryset=User.objects.all(), required=False, allow_null=True)
    members = Named(slug_field="username", queryset=User.objects.all(), many=True, required=False)
    working_hours = WorkingHours()

    class Meta:
        model = Team
        fields = [
            *("name", "slug", "lead", "manager", "members", "timezone", "holidays", "working_hours", "tracker_url"),
        ]
        extra_kwargs = {"slug": {"required": False}}

    def create(self, validated_data: dict[str, Any]) -> Team:
        members = validated_data.pop("members", [])
        team = Team.objects.create(**validated_data)
        _set_members(team, members)
        return team

    def update(self, instance: Team, validated_data: dict[str, Any]) -> Team:
        members = validated_data.pop("members", None)
        team = super().update(instance, validated_data)
        if members is not None:
            _set_members(team, members)
        return team


def _set_members(team: Team, people: list[User]) -> None:
    """Row by row, so that each keeps its history."""
    wanted = {user.pk: user for user in people}
    for membership in TeamMember.objects.filter(team=team):
        if wanted.pop(membership.user_id, None) is None:
            membership.delete()
    for user in wanted.values():
        TeamMember.objects.create(team=team, user=user)


class TeamFilter(filters.FilterSet):
    slug = Word()
    member = Word("memberships__user__username")
    search = Search("name")

    class Meta:
        model = Team
        fields: list[str] = []


class TeamViewSet(Configuration[Team]):
    """Teams, by slug."""

    queryset = Team.objects.select_related("lead", "manager").prefetch_related("members")
    serializer_class = TeamSerializer
    filterset_class = TeamFilter
    lookup_field = "slug"
    lookup_value_regex = NAME


class ChannelSerializer(SluggedName, Rows[Channel]):
    """The address goes in whole and comes out masked: it may hold a secret."""

    class Meta:
        model = Channel
        fields = ["name", "slug", "address"]
        extra_kwargs = {"slug": {"required": False}}

    def validate_address(self, address: str) -> str:
        if self.instance is not None and address == _shown(self.instance.address):
            return str(self.instance.address)  # what we showed came back: it was not changed
        return checked_address(address)

    def to_representation(self, instance: Channel) -> dict[str, Any]:
        return {**super().to_representation(instance), "address": _shown(instance.address)}


def checked_address(address: str) -> str:
    """An address that messages may go to. Raises ValidationError."""
    try:
        if address.startswith("mailto:") and "://" not in address:
            return f"mailto:{addresses.email(address.removeprefix('mailto:'))}"
        outbound.check_address(address)
    except (addresses.AddressError, outbound.OutboundRefused) as error:
        raise serializers.ValidationError(str(error)) from error
    return address


def _shown(address: str) -> str:
    if address.startswith("mailto:") and "://" not in address:
        return address
    return addresses.masked(address)


class ChannelFilter(filters.FilterSet):
    slug = Word()
    search = Search("name")

    class Meta:
        model = Channel
        fields: list[str] = []


class ChannelViewSet(Configuration[Channel]):
    """Shared addresses, by slug."""

    queryset = Channel.objects.all()
    serializer_class = ChannelSerializer
    filterset_class = ChannelFilter
    lookup_field = "slug"
    lookup_value_regex = NAME
