"""An accepted alert that could not be worked on pages nobody by itself: the fallback channel hears of it."""

from datetime import datetime
from typing import Final

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import Integration
from oncall import outbox
from oncall.models import Notification
from oncall.outbox import Draft

log = structlog.get_logger(__name__)

# One sender's broken rows within this time are one message: a flood of them shall not flood the channel.
EVERY_SECONDS: Final = 600


def tell(integration_id: int, error: str, now: datetime) -> None:
    """Post one message to the fallback, in the caller's transaction. Never raises: the row is set aside anyway."""
    try:
        with transaction.atomic():
            _post(integration_id, error, now)
    except Exception:
        log.exception("aside_not_told", integration=integration_id)


def _post(integration_id: int, error: str, now: datetime) -> None:
    integration = Integration.objects.select_related("service").filter(pk=integration_id).first()
    if integration is None:  # the canary's: the watchdog misses it by itself
        return
    words = {"name": integration.name, "service": integration.service.name, "error": error}
    template = Draft(
        key=f"aside:{integration_id}:{int(now.timestamp()) // EVERY_SECONDS}",
        kind=Notification.Kind.FALLBACK,
        title=_("An accepted alert could not be processed: %(service)s") % words,
        text=_(
            "%(name)s sent an alert for %(service)s that was accepted, and nobody was paged: working on it failed "
            "three times (%(error)s). Look at what %(service)s does, and at the inbox in the console: there it can be "
            "tried again."
        )
        % words,
        rank=1,
    )
    drafts = outbox.to_fallback(template, now)
    outbox.post(drafts, now)
    if not drafts:
        log.error("aside_heard_by_nobody", integration=integration_id)
