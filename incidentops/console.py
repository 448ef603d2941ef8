"""The operator console: our AdminSite, and what it says on every page."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from incidentops.health import Term, engine_terms
from incidentops.search import answer

ENGINE_LIGHT_SECONDS = 5

# The theme's Alpine builds functions from strings, and its layout has one style block; scripts stay our own files.
relaxed: Callable[..., Callable[..., Any]] = csp_replace(
    {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
)


def engine_failing() -> list[Term]:
    """What keeps the engine from paging in time, at most 5 s old, so that it costs a page no query."""

    def look() -> list[Term]:
        return [term for term in engine_terms(timezone.now()) if not term.ok]

    return caches["process"].get_or_set("console.engine", look, ENGINE_LIGHT_SECONDS) or []


class Console(UnfoldAdminSite):
    site_header = "IncidentOps"
    site_title = "IncidentOps"
    index_title = _("Now")
    index_template = "admin/incidents/now.html"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active)

    def get_urls(self) -> list[Any]:
        """The theme's, and the screens that admins put at the root of the site."""
        screens = [url for admin in self._registry.values() for url in getattr(admin, "site_urls", list)()]
        return [*screens, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request):
            context["engine_failing"] = engine_failing()
        return context

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        return relaxed(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Its address is served by `entrance`; whoever is led here goes there."""
        return HttpResponseRedirect(f"{reverse('account_login')}?{request.GET.urlencode()}")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """allauth's page counts guesses of the old password and tells the account's address."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The theme's own keeps answers for five minutes: too long for incidents and for rights that were taken."""
        return answer(request)
