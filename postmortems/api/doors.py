"""What both kinds of verbs share: who asks, the body, and refusals as answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from incidents.lifecycle import Refused
from oncall.api.base.refusals import Conflict
from oncall.api.base.serializers import Strict
from postmortems.drafting import Stale
from postmortems.publishing import NotReady

Done = TypeVar("Done")


def body(shape: type[Strict], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The body, judged. Raises ValidationError."""
    given = shape(data=request.data, partial=partial)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def done(verb: Callable[[datetime], Done]) -> Done:
    """Do it now. Raises Conflict or ValidationError where it is refused."""
    try:
        return verb(timezone.now())
    except Stale as stale:
        words = _("Somebody saved it meanwhile: it is version %(version)s now. Read it and try again.")
        raise Conflict(words % {"version": stale.theirs.version}) from stale
    except NotReady as refused:
        said = " ".join([refused.message, *(_(f.message.message) % dict(f.message.values) for f in refused.findings)])
        raise Conflict(said) from refused
    except Refused as refused:
        if refused.conflict:
            raise Conflict(refused.message) from refused
        raise serializers.ValidationError({refused.field or "non_field_errors": refused.message}) from refused
