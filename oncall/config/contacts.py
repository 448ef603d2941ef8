"""Contact methods and notification rules of people, from documents to rows."""

from collections.abc import Sequence
from typing import Any, Final

from oncall.config.person import ORDERS
from oncall.documents import Run, rows
from oncall.models import ContactMethod, NotificationRule, User

DEFAULT_SLUG: Final = "email"
URGENCIES: Final = ("high", "low")


def defaults(given: dict[str, Any]) -> dict[str, Any]:
    """For a new person: their mail address is a verified contact method, and every method is told at once."""
    own = {"slug": DEFAULT_SLUG, "kind": "email", "address": given["email"], "verified": True}
    methods = given.get("contact_methods", [own])
    rules = [
        {"urgency": urgency, "contact_method": method["slug"], "delay_minutes": 0}
        for urgency in URGENCIES
        for method in methods
    ]
    return {"contact_methods": methods, "notification_rules": rules}


def as_verified(wanted: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The methods, with `verified` as it is where it was left out and the address is the same."""
    known = {(method["slug"], method["address"]): method["verified"] for method in before}
    return [
        {**method, "verified": known.get((method["slug"], method["address"]), False)}
        if method["verified"] is None
        else method
        for method in wanted
    ]


def methods_of(user: User) -> list[dict[str, Any]]:
    """As in documents."""
    found = [
        {"slug": row.slug, "kind": row.kind, "address": row.address, "verified": row.verified_at is not None}
        for row in user.contact_methods.all()
    ]
    return sorted(found, key=ORDERS["contact_methods"])


def rules_of(user: User) -> list[dict[str, Any]]:
    """As in documents."""
    found = [
        {"urgency": row.urgency, "contact_method": row.contact_method.slug, "delay_minutes": row.delay_minutes}
        for row in user.notification_rules.all()
    ]
    return sorted(found, key=ORDERS["notification_rules"])


def write_methods(run: Run, wanted: Sequence[tuple[User, list[dict[str, Any]]]]) -> None:
    """Change methods in place (rules and sent messages point at them), make new ones, delete the others."""
    there: dict[int, dict[str, ContactMethod]] = {row.pk: {} for row, _methods in wanted}
    for method in ContactMethod.objects.filter(user__in=there):
        there[method.user_id][method.slug] = method
    fresh = []
    for user, methods in wanted:
        present = there[user.pk]
        for value in methods:
            row = present.pop(value["slug"], None)
            if row is None:
                verified_at = run.now if value["verified"] else None
                named = {key: value[key] for key in ("slug", "kind", "address")}
                fresh.append(ContactMethod(user=user, verified_at=verified_at, **named))
            else:
                _change(run, row, value)
        rows.delete(present.values(), run.now)
    rows.create(ContactMethod, fresh, run.now)


def _change(run: Run, row: ContactMethod, value: dict[str, Any]) -> None:
    moved = row.address != value["address"]
    if not moved and row.kind == value["kind"] and (row.verified_at is not None) == value["verified"]:
        return
    row.kind, row.address = value["kind"], value["address"]
    if not value["verified"]:
        row.verified_at = None
    elif moved or row.verified_at is None:
        row.verified_at = run.now
    # A code that was sent to the old address vouches for nothing.
    row.code_digest, row.code_expires_at, row.code_tries = "", None, 0
    rows.save(row, ["kind", "address", "verified_at", "code_digest", "code_expires_at", "code_tries"], run.now)


def write_rules(run: Run, wanted: Sequence[tuple[User, list[dict[str, Any]]]]) -> None:
    """Delete the rules that are not wanted, make those that are not there."""
    people = [row.pk for row, _rules in wanted]
    methods = {
        (user, slug): key
        for user, slug, key in ContactMethod.objects.filter(user__in=people).values_list("user", "slug", "pk")
    }
    there: dict[int, dict[tuple[str, int, int], NotificationRule]] = {key: {} for key in people}
    for rule in NotificationRule.objects.filter(user__in=people):
        there[rule.user_id][rule.urgency, rule.contact_method_id, rule.delay_minutes] = rule
    fresh = []
    for user, rules in wanted:
        present = there[user.pk]
        for value in rules:
            method, urgency, delay = methods[user.pk, value["contact_method"]], value["urgency"], value["delay_minutes"]
            if present.pop((urgency, method, delay), None) is None:
                fresh.append(
                    NotificationRule(user=user, urgency=urgency, contact_method_id=method, delay_minutes=delay)
                )
        rows.delete(present.values(), run.now)
    rows.create(NotificationRule, fresh, run.now)
