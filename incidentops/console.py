"""The operator console: our AdminSite, and what it says on every page."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm as ThemeSignIn
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

    return cache.get_or_set("console.engine", look, ENGINE_LIGHT_SECONDS) or []


class SignIn(ThemeSignIn):
    """Every active account may sign in; its groups say what it sees."""

    def confirm_login_allowed(self, user: Any) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)


class Console(UnfoldAdminSite):
    site_header = "IncidentOps"
    site_title = "IncidentOps"
    index_title = _("Now")
    index_template = "admin/incidents/now.html"
    login_form = SignIn
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
        page: Callable[..., HttpResponse] = relaxed(super().login)
        return page(request, extra_context)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The theme's own keeps answers for five minutes: too long for incidents and for rights that were taken."""
        return answer(request)
