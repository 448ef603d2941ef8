"""Postmortems and action items as the API writes them."""

from typing import Any

from rest_framework import serializers

from incidents.models import Incident, Service, Severity
from oncall.api.base.instants import Instant
from oncall.api.base.serializers import Named, Rows, Strict
from oncall.models import User
from postmortems.drafting import EDITABLE
from postmortems.models import (
    ActionItem,
    Attendee,
    Author,
    Comment,
    DueMove,
    Factor,
    ObservabilityGap,
    Postmortem,
    PostmortemEvent,
    Tag,
    TimelineItem,
    Why,
)

_CLOCKS = (
    *("created_at", "resolved_at", "review_due_at", "review_scheduled_at", "review_at", "review_held_at"),
    *("review_minutes", "review_place"),
    *("publish_due_at", "published_at", "closed_at"),
)
_NAMED = ("number", "title", "kind", "state", "version", "incident", "service", "owner", "severity", "assessed")


def username() -> Any:
    return serializers.SlugRelatedField[User](slug_field="username", read_only=True)


class BriefSerializer(Rows[Postmortem]):
    """A postmortem in a list: its clocks, without its texts."""

    incident = serializers.SlugRelatedField[Incident](slug_field="number", read_only=True)
    service = serializers.SlugRelatedField[Service](slug_field="slug", read_only=True)
    severity = serializers.SlugRelatedField[Severity](slug_field="level", read_only=True)
    assessed = serializers.SlugRelatedField[Severity](slug_field="level", read_only=True)
    owner = username()
    private = serializers.BooleanField(read_only=True)

    class Meta:
        model = Postmortem
        fields = [*_NAMED, "private", "happened_on", *_CLOCKS]
        read_only_fields = fields


class PersonRow(Strict):
    """Somebody by username, or only by name."""

    id = serializers.IntegerField(required=False, min_value=1)
    person = Named(slug_field="username", queryset=User.objects.all(), required=False, allow_null=True)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True)


class AuthorRow(PersonRow, Rows[Author]):
    class Meta:
        model = Author
        fields = ["id", "person", "name"]


class AttendeeRow(PersonRow, Rows[Attendee]):
    class Meta:
        model = Attendee
        fields = ["id", "person", "name", "role", "attended"]


class TimelineRow(Rows[TimelineItem]):
    """`entry` is the number of the incident's timeline entry that it rewords."""

    id = serializers.IntegerField(required=False, min_value=1)

    class Meta:
        model = TimelineItem
        fields = ["id", "at", "text", "entry"]
        read_only_fields = ["entry"]


class WhyRow(Rows[Why]):
    """`parent` is the id of the why that it explains."""

    id = serializers.IntegerField(required=False, min_value=1)

    class Meta:
        model = Why
        fields = ["id", "parent", "position", "text", "is_cause"]


class FactorRow(Rows[Factor]):
    id = serializers.IntegerField(required=False, min_value=1)
    waiver_signer = username()

    class Meta:
        model = Factor
        fields = ["id", "position", "text", "factor_class", "waiver", "waiver_signer"]
        read_only_fields = ["waiver", "waiver_signer"]


class GapRow(Rows[ObservabilityGap]):
    id = serializers.IntegerField(required=False, min_value=1)

    class Meta:
        model = ObservabilityGap
        fields = ["id", "kind", "text"]


class TagRow(Rows[Tag]):
    id = serializers.IntegerField(required=False, min_value=1)

    class Meta:
        model = Tag
        fields = ["id", "word"]


class CommentSerializer(Rows[Comment]):
    by = username()

    class Meta:
        model = Comment
        fields = ["at", "by", "by_name", "text"]
        read_only_fields = fields


class EventSerializer(Rows[PostmortemEvent]):
    actor = username()

    class Meta:
        model = PostmortemEvent
        fields = ["at", "kind", "actor", "actor_name", "text"]
        read_only_fields = fields


LISTS: dict[str, Any] = {
    "authors": AuthorRow,
    "timeline": TimelineRow,
    "whys": WhyRow,
    "factors": FactorRow,
    "attendees": AttendeeRow,
    "gaps": GapRow,
    "tags": TagRow,
}


class PostmortemSerializer(BriefSerializer):
    """All of it. It is changed by PATCH, with the `version` that was read; a list given replaces the list."""

    cause_waiver_signer = username()
    authors = AuthorRow(many=True, read_only=True)
    timeline = TimelineRow(many=True, read_only=True)
    whys = WhyRow(many=True, read_only=True)
    factors = FactorRow(many=True, read_only=True)
    attendees = AttendeeRow(many=True, read_only=True)
    gaps = GapRow(many=True, read_only=True)
    tags = TagRow(many=True, read_only=True)
    comments = CommentSerializer(many=True, read_only=True)

    class Meta(BriefSerializer.Meta):
        texts = [name for name in EDITABLE if name not in {*_NAMED, "happened_on"}]
        waiver = ["cause_waiver", "cause_waiver_signer"]
        fields = [*BriefSerializer.Meta.fields, *texts, *waiver, *LISTS, "comments"]
        read_only_fields = fields


class EditBody(Rows[Postmortem]):
    """What a PATCH may hold."""

    version = serializers.IntegerField(min_value=1, help_text="As it was read; another one by now is 409.")
    service = Named(slug_field="slug", queryset=Service.objects.all(), required=False, allow_null=True)
    severity = Named(slug_field="level", queryset=Severity.objects.all(), required=False)
    assessed = Named(slug_field="level", queryset=Severity.objects.all(), required=False, allow_null=True)
    authors = AuthorRow(many=True, required=False)
    timeline = TimelineRow(many=True, required=False)
    whys = WhyRow(many=True, required=False)
    factors = FactorRow(many=True, required=False)
    attendees = AttendeeRow(many=True, required=False)
    gaps = GapRow(many=True, required=False)
    tags = TagRow(many=True, required=False)

    class Meta:
        model = Postmortem
        fields = ["version", *EDITABLE, *LISTS]
        extra_kwargs = {"title": {"required": False}}


class MoveSerializer(Rows[DueMove]):
    by = username()

    class Meta:
        model = DueMove
        fields = ["at", "by", "by_name", "from_on", "to_on", "reason"]
        read_only_fields = fields


class ActionSerializer(Rows[ActionItem]):
    """An action item as it is. Status, date and owner change through its verbs."""

    postmortem = serializers.SlugRelatedField[Postmortem](slug_field="number", read_only=True)
    owner = username()
    approver = username()
    overdue = serializers.BooleanField(read_only=True, help_text="Unfinished, and its day is over (in UTC).")
    moves = MoveSerializer(many=True, read_only=True)

    class Meta:
        model = ActionItem
        fields = [
            *("id", "postmortem", "description", "kind", "owner", "owner_name", "priority", "due_on", "overdue"),
            *("status", "factors", "addresses_cause", "link", "evidence", "reason", "approver"),
            *("created_at", "finished_at", "moves"),
        ]
        read_only_fields = fields


class ActionBody(Rows[ActionItem]):
    """What an action item may be given, all of it optional in a PATCH."""

    factors = serializers.PrimaryKeyRelatedField(
        queryset=Factor.objects.all(), many=True, required=False, help_text="Ids of factors of its postmortem."
    )

    class Meta:
        model = ActionItem
        fields = ["description", "kind", "priority", "link", "addresses_cause", "factors"]


class NewActionBody(ActionBody):
    """The same, with its postmortem, owner and date; without a date it follows from the priority."""

    postmortem = serializers.CharField(max_length=20, help_text="Its number.")
    owner = Named(slug_field="username", queryset=User.objects.all(), required=False, allow_null=True)
    owner_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    due_on = serializers.DateField(required=False, allow_null=True)

    class Meta(ActionBody.Meta):
        fields = [*ActionBody.Meta.fields, "postmortem", "owner", "owner_name", "due_on"]


class GivenReason(Strict):
    reason = serializers.CharField(max_length=500)


class WaiverBody(Strict):
    factor = serializers.IntegerField(required=False, allow_null=True, min_value=1, help_text="Null: the root cause.")
    reason = serializers.CharField(max_length=500, allow_blank=True, help_text="Empty: no waiver any more.")


class AtBody(Strict):
    at = Instant()
    minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False, help_text="How long.")
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)


class HeldBody(Strict):
    held_at = Instant(required=False, allow_null=True, help_text="If not now.")
    attended = serializers.DictField(
        child=serializers.BooleanField(), required=False, help_text="Ids of attendees and whether they were there."
    )


class TextBody(Strict):
    text = serializers.CharField(max_length=10_000)


class OwnerBody(Strict):
    owner = Named(slug_field="username", queryset=User.objects.all())


class HandoverBody(OwnerBody):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class EvidenceBody(Strict):
    evidence = serializers.CharField(max_length=10_000)


class DueMoveBody(GivenReason):
    to_on = serializers.DateField()


class StartBody(Strict):
    incident = serializers.CharField(max_length=20, help_text="Its number.")


class Nothing(Strict):
    """A verb without arguments."""
