"""Somebody lost their second factor: a superuser removes it, and the password alone opens the account again."""

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from oncall import accounts
from oncall.admin.base import action
from oncall.models import User


class LostFactors(ModelAdmin):  # type: ignore[type-arg]
    """Asks first on GET; on POST whoever does it proves who they are. It stands in the account's history."""

    def has_forget_factors_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """As setting a password: what is left could be guessed."""
        return cast(User, request.user).is_superuser

    @action(description=_t("Second factors"), url_path="factors", permissions=["forget_factors"])  # type: ignore[untyped-decorator]
    def forget_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = get_object_or_404(User, pk=object_id)
        kinds = [row.get_type_display() for row in Authenticator.objects.filter(user=person).order_by("type", "pk")]
        if request.method == "POST" and kinds:
            accounts.confirm_it_is_them(request)
            accounts.forget_factors(person, cast(User, request.user), timezone.now())
            self.log_change(request, person, _("Removed the second factors."))
            messages.success(request, _("%(name)s signs in with the password alone now.") % {"name": person})
            return HttpResponseRedirect(reverse("admin:oncall_user_change", args=[person.pk]))
        context = {"opts": self.opts, "person": person, "kinds": kinds}
        return self.screen(request, "admin/oncall/factors.html", _("Second factors"), context)  # type: ignore[attr-defined, no-any-return]
