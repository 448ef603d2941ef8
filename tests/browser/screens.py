"""Every screen there is, found in the console's registry and addresses: a new one is judged from its first day."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern, reverse

from oncall.models import User

Story = dict[str, Any]
# Of Django and the theme: they answer scripts, or act.
NOT_SCREENS = {"logout", "password_change_done", "autocomplete", "jsi18n", "view_on_site", "search", "login", "index"}
# Acts on POST and leads elsewhere on GET; parts of a page for its script.
ACTS = {
    *("oncall_mine_act", "incidents_incident_live", "setup_step"),
    *("postmortems_postmortem_save", "postmortems_postmortem_preview", "postmortems_postmortem_file"),
}
# What can only be done to an incident that is over.
AFTERWARDS = {"incidents_incident_reopen", "incidents_incident_close"}
# What can only be done to a postmortem of this state, the others to one in review; what only to an action that is done.
OF_STATE = {"start_review": "draft", "reopen": "published"}
USUAL = ("changelist", "add", "change", "history", "delete")


@dataclass(frozen=True)
class Screen:
    """`address` is a path once the story is known; `who` looks (empty: nobody signed in), once `ready` is there."""

    name: str
    address: Callable[[Story], str]
    who: str = "admin"
    status: int = 200
    ready: str = "body"


def every_screen() -> list[Screen]:
    # A code that came by mail holds for ten minutes, and all screens together may take longer.
    return [*_by_hand(), *_of_models(), *_of_our_own()]


def _of_models() -> Iterator[Screen]:
    request = RequestFactory().get("/")
    request.user = User(username="admin", is_superuser=True, is_staff=True, is_active=True)
    for model, page in admin.site._registry.items():
        label, name = model._meta.label_lower, f"{model._meta.app_label}_{model._meta.model_name}"
        yield Screen(f"{name}-list", _path(f"admin:{name}_changelist"))
        yield Screen(f"{name}-change", _path(f"admin:{name}_change", label))
        if page.has_add_permission(request):
            yield Screen(f"{name}-add", _path(f"admin:{name}_add"))
    yield Screen("history", _path("admin:oncall_team_history", "oncall.team"))
    yield Screen("delete", _path("admin:incidents_silence_delete", "incidents.silence"))
    yield Screen("nothing-found", lambda story: reverse("admin:incidents_alert_changelist") + "?q=nothingofthekind")
    yield Screen("filtered", lambda story: reverse("admin:oncall_notification_changelist") + "?state__exact=failed")


def _of_our_own() -> Iterator[Screen]:
    """What the console has beside the usual pages of models."""
    for pattern in admin.site.urls[0]:
        yield from _own(pattern, "")
    for model, page in admin.site._registry.items():
        for pattern in page.get_urls():
            yield from _own(pattern, model._meta.label_lower)


def _own(pattern: Any, label: str) -> Iterator[Screen]:
    name = getattr(pattern, "name", None)
    if not isinstance(pattern, URLPattern) or not name or name in NOT_SCREENS | ACTS or name == "app_list":
        return
    if name.rsplit("_", 1)[-1] in USUAL:
        return
    if name in AFTERWARDS:
        yield Screen(name, lambda story: reverse(f"admin:{name}", args=[story["incidents"]["resolved"]]))
        return
    if name.startswith("postmortems_postmortem_") and pattern.pattern.converters:
        state = OF_STATE.get(name.removeprefix("postmortems_postmortem_"), "in_review")
        yield Screen(name, lambda story: reverse(f"admin:{name}", args=[story["postmortems"][state]]))
        return
    if name == "postmortems_actionitem_reopen":
        yield Screen(name, lambda story: reverse(f"admin:{name}", args=[story["actions"]["done"]]))
        return
    arguments = pattern.pattern.converters or pattern.pattern.regex.groupindex
    yield Screen(name, _path(f"admin:{name}", label if arguments else ""))


def _path(name: str, label: str = "") -> Callable[[Story], str]:
    def address(story: Story) -> str:
        if not label:
            return reverse(name)
        assert story["rows"][label], f"the story has no {label}"
        return reverse(name, args=[story["rows"][label]])

    return address


def _by_hand() -> Iterator[Screen]:
    index = _path("admin:index")
    yield Screen("now", index)
    yield Screen("now-responder", index, who="maya")
    yield Screen("my-on-call-responder", _path("admin:oncall_mine"), who="maya")
    yield Screen("login", _path("admin:login"), who="")
    yield Screen("password", _path("admin:password_change"))
    yield Screen("not-there", lambda story: reverse("admin:index") + "nowhere/", status=404)
    yield Screen("api-docs", lambda story: "/api/v1/docs/", ready=".opblock-tag")
    yield Screen("link-confirm", lambda story: urlsplit(story["link"]).path, who="")
    yield Screen("link-hand-over", lambda story: urlsplit(story["handing_over"]).path, who="")
    yield Screen("link-take-over", lambda story: urlsplit(story["taking_over"]).path, who="")
    yield Screen("link-done", lambda story: urlsplit(story["done"]["link"]).path, who="")
    yield Screen("link-gone", lambda story: "/l/nothing/", who="", status=410)
    for state in ("private", "mitigated", "storm", "held", "escalating", "resolved", "merged", "false-alarm"):
        yield Screen(f"incident-{state}", _incident(state))
        yield Screen(f"phone-{state}", _phone(state), who="")
    for state in ("draft", "in_review", "published", "sentence"):
        yield Screen(f"postmortem-{state.replace('_', '-')}", _postmortem(state))
    yield Screen("postmortem-asking-why", lambda story: _postmortem("in_review")(story) + "?ask=1")
    yield Screen("phone-mine", lambda story: _phone("mine")(story) + "?said=ack&stopped=2&moving=1", who="")
    yield Screen("phone-channel", _phone("channel"), who="")
    yield Screen("phone-gone", _phone("expired"), who="", status=410)


def _incident(state: str) -> Callable[[Story], str]:
    return lambda story: reverse("admin:incidents_incident_change", args=[story["incidents"][state]])


def _postmortem(state: str) -> Callable[[Story], str]:
    return lambda story: reverse("admin:postmortems_postmortem_change", args=[story["postmortems"][state]])


def _phone(state: str) -> Callable[[Story], str]:
    return lambda story: urlsplit(story["phone"][state]).path
