"""The set-up checklist of the first page: what data show to be done, and what a person says is done."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t
from django.views.decorators.http import require_POST

from incidents.lifecycle import rights
from incidents.models import SetupTick
from oncall.models import Page, StepRun, User

SECONDS: Final = 30
LOOKED_AT: Final = 2_000  # of the newest pages: how long ago an escalation may have been tested
TICK: Final = "incidents.change_severity"


@dataclass(frozen=True, slots=True)
class Step:
    """`url` is a name of the admin site; `met` looks whether data show it done; `said`: a person may say so too."""

    key: str
    title: str | Promise
    text: str | Promise
    url: str = ""
    met: Callable[[], bool] | None = None
    said: bool = True

    @property
    def link(self) -> str:
        return reverse(f"admin:{self.url}") if self.url else ""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that is done; `tick` says who said so, None where data show it."""

    step: Step
    tick: SetupTick | None


@dataclass(frozen=True, slots=True)
class Checklist:
    """`left` and `done`, in the order of the steps."""

    left: list[Step]
    done: list[Done]

    @property
    def total(self) -> int:
        return len(self.left) + len(self.done)


def _escalated() -> bool:
    """Lately somebody answered a page of which more than the first step had reached people."""
    lately = Page.objects.order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT]
    runs = StepRun.objects.filter(step__gte=2, reached__gt=0, page__acknowledged_at__isnull=False)
    return runs.filter(page__in=list(lately)).exists()


def _commanded() -> bool:
    """Somebody was chosen to command, by a group or by name: not only those who may set up everything."""
    word, all_of_it = (permission.partition(".")[2] for permission in (rights.COMMAND, TICK))
    groups = Group.objects.filter(permissions__codename=word).exclude(permissions__codename=all_of_it)
    chosen = Q(groups__in=groups) | Q(user_permissions__codename=word)
    return User.objects.filter(chosen, is_active=True).exists()


STEPS: Final = (
    Step(
        "severities",
        _t("Look at the severities"),
        _t("Are these your levels, with your examples and response times?"),
        "incidents_severity_changelist",
    ),
    Step(
        "escalation",
        _t("Test an escalation"),
        _t("Send an alert, stay silent until the second step pages somebody, then acknowledge."),
        "oncall_escalationpolicy_changelist",
        _escalated,
    ),
    Step(
        "fallback",
        _t("Set a fallback channel"),
        _t("FALLBACK_CHANNEL_URL is told when nobody could be reached."),
        met=lambda: bool(settings.FALLBACK_CHANNEL_URL),
        said=False,
    ),
    Step(
        "commanders",
        _t("Name incident commanders"),
        _t("Put the people who lead an incident into the group “Incident commander”."),
        "oncall_user_changelist",
        _commanded,
        said=False,
    ),
)


def checklist(user: Any, steps: Iterable[Step]) -> Checklist | None:
    """What is left and what is done, for who sets up; None for others. One query, more each half minute."""
    if not user.has_perm(TICK):
        return None
    every = list(steps)
    ticks = {tick.step: tick for tick in SetupTick.objects.all()}
    met = _met(every)
    left = [step for step in every if not (step.said and step.key in ticks) and not met[step.key]]
    done = [Done(step, ticks.get(step.key)) for step in every if step not in left]
    return Checklist(left, done)


def _met(steps: Iterable[Step]) -> Mapping[str, bool]:
    every = list(steps)

    def look() -> dict[str, bool]:
        return {step.key: step.met is not None and step.met() for step in every}

    keys = "-".join(step.key for step in every)
    found: dict[str, bool] | None = caches["process"].get_or_set(f"console.steps.{keys}", look, SECONDS)
    return MappingProxyType(found or look())


def ticking(steps: Iterable[Step]) -> Callable[[HttpRequest, str], HttpResponse]:
    """The door that keeps, or with `undo` takes back, that a person called one of these steps done."""
    known = {step.key: step for step in steps if step.said}

    @require_POST
    def tick(request: HttpRequest, step: str) -> HttpResponse:
        user = cast(User, request.user)
        if not user.has_perm(TICK):
            raise PermissionDenied
        if step not in known:
            raise Http404
        if request.POST.get("undo"):
            SetupTick.objects.filter(step=step).delete()
        else:
            _keep(step, user, timezone.now())
            messages.success(request, _("%(what)s: done.") % {"what": known[step].title})
        return HttpResponseRedirect(f"{reverse('admin:index')}#setup")

    return tick


def _keep(step: str, user: User, now: datetime) -> None:
    """Whoever says it second changes nothing."""
    SetupTick.objects.get_or_create(step=step, defaults={"at": now, "by": user, "by_name": str(user)[:150]})
