"""What the parts of a postmortem are called where people read them."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from postmortems.logic.durations import Comparison

SPANS: Final = {
    "change_to_alert": _t("last change → alert"),
    "impact_to_alert": _t("impact → alert"),
    "alert_to_acknowledged": _t("alert → acknowledged"),
    "alert_to_cause": _t("alert → cause found"),
    "alert_to_rolled_back": _t("alert → rolled back"),
    "alert_to_recovered": _t("alert → recovered"),
    "impact_to_recovered": _t("impact → recovered"),
    "change_to_recovered": _t("last change → recovered"),
}
INSTANTS: Final = {
    "changed_at": _t("last change before"),
    "impact_started_at": _t("impact began"),
    "alerted_at": _t("alert"),
    "acknowledged_at": _t("acknowledged"),
    "gathered_at": _t("people gathered"),
    "issue_found_at": _t("issue found"),
    "cause_found_at": _t("cause found"),
    "mitigation_started_at": _t("mitigation began"),
    "rolled_back_at": _t("rolled back"),
    "recovered_at": _t("recovered"),
}


def lasting(span: timedelta) -> str:
    """A duration in hours and minutes, or in seconds: "1 h 3 min", "47 min", "45 s"."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, rest = divmod(minutes, 60)
    if not minutes:
        return _("%d s") % seconds
    parts = [_("%d h") % hours] if hours else []
    return " ".join([*parts, *([_("%d min") % rest] if rest or not hours else [])])


def stated(compared: Comparison | None) -> str:
    """What the stated duration is, and that it ends too early where it does; "" where none is stated."""
    if compared is None:
        return ""
    said = {"stated": lasting(compared.stated), "equals": ", ".join(str(SPANS[name]) for name in compared.equals)}
    if not compared.differs or compared.compared_with is None:
        return _("Stated: %(stated)s (%(equals)s).") % said if compared.equals else _("Stated: %(stated)s.") % said
    said |= {
        "name": str(SPANS[compared.compared_with]),
        "derived": lasting(compared.stated + (compared.difference or timedelta())),
    }
    if compared.equals:
        return _("Stated are %(stated)s, which is %(equals)s; %(name)s is %(derived)s.") % said
    return _("Stated are %(stated)s; %(name)s is %(derived)s.") % said
