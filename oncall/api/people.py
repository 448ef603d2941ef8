"""/people/: accounts, who are also the people on call."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers

from oncall import contacts
from oncall.api.base.filters import Search, Word, filters
from oncall.api.base.rights import person
from oncall.api.base.serializers import Named, Rows
from oncall.api.base.views import NAME, Configuration
from oncall.api.hours import WorkingHours
from oncall.api.settling import schedules_of
from oncall.engine import shifts
from oncall.logic.addresses import masked
from oncall.models import ContactMethod, NotificationRule, User
from oncall.models.fields import Urgency


class ContactMethodSerializer(Rows[ContactMethod]):
    """An address is shown masked: it may hold a secret."""

    address = serializers.SerializerMethodField()
    verified = serializers.SerializerMethodField()

    class Meta:
        model = ContactMethod
        fields = ["slug", "kind", "address", "verified"]

    def get_address(self, method: ContactMethod) -> str:
        return masked(method.address)

    def get_verified(self, method: ContactMethod) -> bool:
        return method.verified_at is not None


class RuleSerializer(Rows[NotificationRule]):
    contact_method = serializers.SlugRelatedField[ContactMethod](slug_field="slug", read_only=True)

    class Meta:
        model = NotificationRule
        fields = ["urgency", "contact_method", "delay_minutes"]


class PersonSerializer(Rows[User]):
    """Contact methods and rules are their owner's: they are set up in the console, or by a configuration file."""

    active = serializers.BooleanField(source="is_active", required=False)
    groups = Named(slug_field="name", queryset=Group.objects.all(), many=True, required=False)
    working_hours = WorkingHours()
    contact_methods = ContactMethodSerializer(many=True, read_only=True)
    notification_rules = RuleSerializer(many=True, read_only=True)

    class Meta:
        model = User
        fields = [
            *("username", "name", "email", "active", "groups", "timezone", "holidays", "working_hours"),
            *("contact_methods", "notification_rules"),
        ]
        extra_kwargs = {"email": {"required": True}}

    def validate_username(self, username: str) -> str:
        if self.instance is not None and username != self.instance.username:
            raise serializers.ValidationError(_("A username stays what it is: history and files know people by it."))
        return username

    def validate(self, attrs: Any) -> Any:
        by = person(self.context["request"])
        if not by.is_superuser:
            if self.instance is not None and self.instance.is_superuser:
                raise exceptions.PermissionDenied(_("Only a superuser may change a superuser."))
            if self.instance is not None and attrs.get("email", self.instance.email) != self.instance.email:
                raise exceptions.PermissionDenied(_("Only a superuser may change the mail address of an account."))
            now_in = set(self.instance.groups.all()) if self.instance else set()
            if "groups" in attrs and set(attrs["groups"]) != now_in:
                raise exceptions.PermissionDenied(_("Only a superuser may put people into groups."))
        return super().validate(attrs)

    def create(self, validated_data: dict[str, Any]) -> User:
        """A new account has no password yet; its mail address counts once the code sent to it came back."""
        groups = validated_data.pop("groups", [])
        user = User(is_staff=True, **validated_data)
        user.set_unusable_password()
        user.save()
        user.groups.set(groups)
        method = ContactMethod.objects.create(user=user, slug="email", kind="email", address=user.email)
        for urgency in Urgency:
            NotificationRule.objects.create(user=user, contact_method=method, urgency=urgency)
        contacts.start_verification(method, timezone.now())
        return user

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        with shifts.settled(schedules_of([instance.pk]), timezone.now()):
            return super().update(instance, validated_data)


class PersonFilter(filters.FilterSet):
    username = Word()
    active = filters.BooleanFilter("is_active")
    team = Word("teams__slug")
    group = Word("groups__name")
    search = Search("name")

    class Meta:
        model = User
        fields: list[str] = []


class PersonViewSet(Configuration[User]):
    """People, by username. Nobody is deleted: what they did stays theirs; make them inactive."""

    queryset: QuerySet[User] = User.objects.prefetch_related(
        "groups", "contact_methods", "notification_rules__contact_method"
    )
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    lookup_field = "username"
    lookup_value_regex = NAME
    http_method_names = ["get", "head", "options", "post", "put", "patch"]
