"""Signed links in messages (/l/<token>/): read on GET, act on POST only, because mail scanners open every link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from oncall import contacts
from oncall.logic.addresses import masked


# The token is the authority: whoever could forge the request has it already, and a cookie would only shut people out.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class LinkView(View):
    """The code of a contact method, confirmed by a button."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show whose address it is, and the button; changes nothing."""
        method = contacts.awaiting(token, timezone.now())
        if method is None:
            return _page(request, "gone", 410)
        return _page(request, "ask", 200, {"person": str(method.user), "address": masked(method.address)})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Confirm the address."""
        if contacts.confirm_link(token, timezone.now()):
            return _page(request, "done", 200)
        return _page(request, "gone", 410)


def _page(request: HttpRequest, state: str, status: int, values: dict[str, str] | None = None) -> HttpResponse:
    response = render(request, "oncall/link.html", {"state": state, **(values or {})}, status=status)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response
