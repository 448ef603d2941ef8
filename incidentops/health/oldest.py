"""Since when the oldest work of each kind waits. Costs some probes of an index, and does not grow with what waits."""

from datetime import datetime

from django.db.models import Min, OuterRef, Subquery

from incidents.models import InboxItem, Integration
from oncall.engine.oldest import waiting_since
from oncall.models import Page


def page() -> datetime | None:
    """When the next step of all open pages is due, or was."""
    return Page.objects.filter(due_at__isnull=False).order_by("due_at").values_list("due_at", flat=True).first()


def message() -> datetime | None:
    """When the oldest waiting message was due, or will be."""
    return waiting_since()


def accepted() -> datetime | None:
    """When the oldest alert that still lies in the inbox came: of each sender the first in line."""
    own = InboxItem.every.filter(integration=OuterRef("pk"), done_at=None, state=InboxItem.State.PENDING)
    senders = Integration.objects.annotate(first=Subquery(own.order_by("pk").values("received_at")[:1]))
    oldest: datetime | None = senders.aggregate(at=Min("first"))["at"]
    return oldest
