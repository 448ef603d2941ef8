"""Messages that waited for over an hour: after an outage, or in a copy of the database that was put back.

Late is not lost (P6), but an hour late is history: what goes out then is the page's present step, not all that was to
go out before it. A message is overtaken where a step of its page is due now or another message of the page was posted
within the hour; where neither holds it is the page's only voice and is sent, one to each contact method. A retry does
not come here: each try sets a new due time, and half an hour after the first one a message is given up.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from oncall.engine.oldest import waiting_since
from oncall.models import Notification, Page

TOO_OLD: Final = timedelta(hours=1)
_Kind = Notification.Kind
_State = Notification.State
# What is of no use an hour later, to anybody.
_OF_THE_MOMENT: Final = (_Kind.TAKEN, _Kind.CODE, _Kind.TEST)


def cancel(now: datetime) -> int:
    """Cancel what is overtaken at `now`; returns how many. Also what was being sent when everything stopped: in a copy
    it was perhaps sent long ago."""
    before = now - TOO_OLD
    given_up = Q(state=_State.SENDING, lease_until_at__lt=before)
    since = waiting_since()
    if (since is None or since >= before) and not Notification.objects.filter(given_up).exists():
        return 0  # nearly always: asked with every message that is sent
    return _cancel(Q(state=_State.PENDING, due_at__lt=before) | given_up, now)


@transaction.atomic
def _cancel(old: Q, now: datetime) -> int:
    before = now - TOO_OLD
    step_due = Page.objects.filter(pk=OuterRef("page_id"), state=Page.State.OPEN, held_at=None, due_at__lte=now)
    later = Notification.objects.filter(
        page=OuterRef("page_id"),
        kind__in=(_Kind.PAGE, _Kind.FALLBACK),
        created_at__gte=before,
        state__in=(_State.PENDING, _State.SENDING, _State.SENT),
    )
    overtaken = Q(kind__in=_OF_THE_MOMENT) | Q(kind=_Kind.PAGE) & (Q(Exists(step_due)) | Q(Exists(later)))
    rows = Notification.objects.filter(old, overtaken).select_for_update(of=("self",), skip_locked=True).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    if not keys:
        return 0
    reason = _("over an hour late: the page goes on with its present step")
    return Notification.objects.filter(old, pk__in=keys).update(
        state=_State.CANCELLED, lease_until_at=None, reason=reason
    )
