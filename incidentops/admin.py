"""The project's own pages of the console: groups, and the clock of the periodic jobs."""

from typing import Any, cast

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import AbstractUser, Group
from django.db.models import Model
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin, PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from incidentops.beat import JOBS
from oncall.admin.base import ConsoleAdmin, SelectWidget, TextInputWidget

ENGINE = frozenset(job.task for job in JOBS)

BEAT = (PeriodicTask, ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule)
# allauth's rows are secrets, or what people do themselves on their security page.
SIGN_IN = (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken)

for _model in (Group, *BEAT, *SIGN_IN):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(Group)
class Groups(GroupAdmin, ConsoleAdmin):  # type: ignore[misc]  # the stubs call a column no method
    """What each group may do; only superusers say so, for a group could hand out everything."""

    search_fields = ["name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return cast(AbstractUser, request.user).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return cast(AbstractUser, request.user).is_superuser

    has_delete_permission = has_change_permission


class _TaskSelect(SelectWidget, TaskSelectWidget):
    """The theme's select with the beat's own choices."""


class _TaskForm(PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            self.fields["task"].widget = TextInputWidget()
            self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTasks(PeriodicTaskAdmin, ConsoleAdmin):
    """The beat's entries. What the engine needs is fixed in code: a click must not silence the pager."""

    form = _TaskForm
    # Theirs brings an inline script; the crontab's meaning is shown by the server instead.
    change_form_template = None
    change_list_template = None
    date_hierarchy = None
    list_display = ["name", "enabled", "interval", "crontab", "last_run_at"]
    list_filter = ["enabled"]
    actions = ["enable_tasks", "run_tasks"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Theirs name no permission."""
        found: dict[str, Any] = super().get_actions(request)
        return found if self.has_change_permission(request) else {}

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return getattr(obj, "name", "") not in ENGINE and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return getattr(obj, "name", "") not in ENGINE and super().has_delete_permission(request, obj)


@admin.register(IntervalSchedule, CrontabSchedule)
class Intervals(ConsoleAdmin):
    """When an entry of the beat is due."""

    search_fields = ["pk"]
