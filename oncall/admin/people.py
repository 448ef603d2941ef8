"""People: the account, how they are reached, when they are away."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from oncall import accounts, contacts
from oncall.admin.base import RosterAdmin, TabularInline, badge, instant
from oncall.admin.factors import LostFactors
from oncall.admin.forms import ContactMethodForm, SpanForm, WorkingHoursForm, zones
from oncall.admin.mine import MyOnCall
from oncall.admin.roster import schedules_of_people
from oncall.models import ContactMethod, Leave, NotificationRule, User

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[Any]
else:  # generic to the type checker only
    _UserAdmin = UserAdmin

RIGHTS = ("is_superuser", "groups", "user_permissions")
SIGNS_IN = ("username", "email")  # whoever sets these of an account could sign in to it


class PersonForm(WorkingHoursForm, UserChangeForm):
    """An account that is there already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones(self)


class NewPersonForm(UserCreationForm):
    """Name and password first; the rest on the page that follows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones(self)


class ContactMethods(TabularInline):
    """Where a person is reached. Only a code, or a configuration file, makes an address count."""

    model = ContactMethod
    form = ContactMethodForm
    extra = 0
    hide_title = True
    fields = ["slug", "kind", "address", "verified"]
    readonly_fields = ["verified"]

    @admin.display(description=_("verified"))
    def verified(self, row: ContactMethod) -> str:
        if row.verified_at is None:
            return badge(_("not verified"), "warn")
        return badge(_("verified"), "ok")


class NotificationRules(TabularInline):
    """How a person wants to hear of pages."""

    model = NotificationRule
    extra = 0
    hide_title = True
    fields = ["urgency", "contact_method", "delay_minutes"]

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        self.person = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only the person's own addresses."""
        if db_field.name == "contact_method":
            kwargs["queryset"] = ContactMethod.objects.filter(user=getattr(self, "person", None)).select_related("user")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class Absences(TabularInline):
    """Time off; whoever is next in the rotation stands in."""

    model = Leave
    form = SpanForm
    extra = 0
    hide_title = True
    fields = ["starts_at", "ends_at", "reason"]
    ordering = ["-starts_at"]
    per_page = 20


@admin.register(User)
class People(_UserAdmin, LostFactors, RosterAdmin):
    """Rights are given by superusers only; nobody else edits a superuser, or anybody's rights or password."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["shown_name", "username", "email", "timezone", "state", "last_login_at"]
    list_filter = ["is_active", "groups", "teams"]
    list_filter_sheet = True
    search_fields = ["username", "name", "email"]
    search_help_text = _("Name, username or email address")
    ordering = ["username"]
    filter_horizontal = ["groups", "user_permissions"]
    inlines = [ContactMethods, NotificationRules, Absences]
    actions_detail = ["forget_factors"]
    fieldsets = [
        (None, {"fields": ["username", "name", "email", "timezone", "password", "is_active"]}),
        (_("Working hours"), {"fields": ["working_days", ("works_from", "works_to"), "holidays"]}),
        (_("Rights"), {"fields": ["groups", "is_superuser", "user_permissions"], "classes": ["collapse"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["username", "name", "email", "timezone", "usable_password", "password1", "password2"],
                "classes": ["wide"],
            },
        ),
    ]

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, row: User) -> str:
        return str(row)

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, row: User) -> str:
        return badge(_("active"), "ok") if row.is_active else badge(_("inactive"), "closed")

    @admin.display(description=_("last signed in"), ordering="last_login")
    def last_login_at(self, row: User) -> str:
        return instant(row.last_login)

    def schedules_touched(self, request: HttpRequest, rows: Iterable[Any]) -> set[int]:
        """An inactive person's turns, and those on leave, pass to the next."""
        return schedules_of_people([row.pk for row in rows])

    def site_urls(self) -> list[URLPattern]:
        """My on-call belongs to everybody, whatever they may see of others."""
        mine = MyOnCall(self)
        view = self.admin_site.admin_view
        return [
            path("my/", view(mine.show), name="oncall_mine"),
            path("my/<str:what>/", view(mine.act), name="oncall_mine_act"),
        ]

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Nobody but a superuser gives rights, to others or to themselves."""
        fields = list(super().get_readonly_fields(request, obj))
        # A new password is asked for by mail, and the break-glass account is known by its name.
        return fields if _superuser(request) else [*fields, *RIGHTS, *(SIGNS_IN if obj else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Who may not change rights sees them in words; the rest of what only superusers change is left out."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or _superuser(request):
            return sets
        hidden = {"password", "user_permissions"}
        kept = [[name for name in told["fields"] if name not in hidden] for _title, told in sets]
        return [(title, {**told, "fields": names}) for (title, told), names in zip(sets, kept, strict=True)]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Every account may sign in to the console; Django's flag says so to the theme."""
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Where somebody is paged is changed only by whoever just proved who they are; the old addresses are told."""
        if formset.model is not ContactMethod or not formset.has_changed():
            super().save_formset(request, form, formset, change)
            return
        accounts.confirm_it_is_them(request)
        contacts.tell_of_change(form.instance, contacts.counting(form.instance), str(request.user), timezone.now())
        super().save_formset(request, form, formset, change)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        above = isinstance(obj, User) and obj.is_superuser and not _superuser(request)
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Shifts, pages and timelines name people; somebody who leaves is made inactive instead."""
        return _superuser(request) and super().has_delete_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Whoever sets a password can sign in with it."""
        if not _superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Autocompletes offer active people only."""
        rows, distinct = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            rows = rows.filter(is_active=True)
        return rows, distinct


def _superuser(request: HttpRequest) -> bool:
    return cast(User, request.user).is_superuser
