"""Two people at one form: an edit of what somebody else changed since the form was opened is refused, and told."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model, QuerySet
from django.forms.models import _get_foreign_key  # as the admin's own inlines find it
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _t

from oncall import wording

FIELD = "seen"
TOLD = "oncall.stale"  # in the request's META: what the form is to say
NAMED = 3
READ = 20
MAX_DIGITS = 18

if TYPE_CHECKING:
    _Admin = Any  # to the type checker any admin: users' differ in what get_form takes
else:
    _Admin = ModelAdmin


class RefusesStale(_Admin):
    """What somebody saw when they opened a form travels in it as `seen`: the last row of each track.

    The check runs under the row's lock, so that of two who save at once the second is told of the first. Saving the
    same form again is refused again: only a form opened anew shows what the other one wrote.
    """

    change_form_before_template = "admin/oncall/seen.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        seen = request.POST.get(FIELD, "")
        if object_id and request.method != "POST":
            row = self.get_object(request, object_id)
            seen = stamp(tracks(self.inlines, row)) if row else ""
        extra = {**(extra_context or {}), FIELD: seen}
        return super().changeform_view(request, object_id, form_url, extra)  # type: ignore[no-any-return]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """While a form is saved: the row under its lock, and what happened since the form was opened."""
        row = super().get_object(request, object_id, from_field)
        seen = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if row is None or not seen or TOLD in request.META or not connection.in_atomic_block:
            return row
        list(self.model._default_manager.select_for_update(of=("self",), no_key=True).filter(pk=row.pk))
        request.META[TOLD] = told(tracks(self.inlines, row), seen)
        return super().get_object(request, object_id, from_field)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        words = request.META.get(TOLD)
        return _refusing(form, words) if words else form


def _refusing(form: Any, words: str) -> Any:
    class Stale(form):
        def clean(self) -> Any:
            values = super().clean()
            self.add_error(None, words)
            return values

    return Stale


Track = QuerySet[Any]


def tracks(inlines: Iterable[Any], row: Model) -> list[Track]:
    """Where changes of this row, and of what its form shows beneath it, are written down; keys there only grow.

    First the console's own log, which tells its edits in words, then the histories, which also know of edits by file,
    by API and on other screens.
    """
    kind = ContentType.objects.get_for_model(row)
    log = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user")
    history: Any = getattr(type(row), "history", None)
    own = [history.filter(**{row._meta.pk.attname: row.pk})] if history else []
    return [log, *own, *_beneath(inlines, type(row), [row.pk])]


def _beneath(inlines: Iterable[Any], parent: type[Model], keys: Any) -> Iterator[Track]:
    for inline in inlines:
        history: Any = getattr(inline.model, "history", None)
        if history is None:
            continue
        key = _get_foreign_key(parent, inline.model, fk_name=inline.fk_name)
        rows = history.filter(**{f"{key.attname}__in": keys})
        yield rows
        yield from _beneath(getattr(inline, "inlines", []), inline.model, rows.values(inline.model._meta.pk.attname))


def stamp(found: Sequence[Track]) -> str:
    """The last key of each track."""
    return ".".join(str(rows.order_by("-pk").values_list("pk", flat=True).first() or 0) for rows in found)


def told(found: Sequence[Track], seen: str) -> str:
    """Who changed what since, newest first; empty where nothing changed, and for a stamp that is none of ours."""
    parts = seen.split(".")
    if len(parts) != len(found) or not all(part.isascii() and part.isdigit() for part in parts):
        return ""
    newer = [
        list(rows.filter(pk__gt=int(part[:MAX_DIGITS])).order_by("-pk")[:READ])
        for rows, part in zip(found, parts, strict=True)
    ]
    lines = [_line(entry.user, entry.action_time, entry.get_change_message()) for entry in newer[0] if _says(entry)]
    tellers = {entry.user_id for entry in newer[0]}
    for row in (row for rows in newer[1:] for row in rows if row.history_user_id not in tellers):
        if what := _what(row):
            lines.append(_line(row.history_user, row.history_date, what))
    if not lines:
        return ""
    words = _t("Nothing was saved: this was changed since you opened it. %(said)s Open it anew and go on from there.")
    return words % {"said": " ".join(list(dict.fromkeys(lines))[:NAMED])}


def _says(entry: LogEntry) -> bool:
    """An edit that changed nothing is logged with an empty list."""
    return entry.change_message not in ("", "[]")


def _line(who: Any, at: Any, what: str) -> str:
    zone = getattr(timezone.get_current_timezone(), "key", "UTC")
    words = {"who": who or _t("A command"), "at": wording.instant(at, zone, timezone.now()), "what": what.rstrip(".")}
    return _t("%(who)s, %(at)s: %(what)s.") % words


def _what(row: Any) -> str:
    """A history's row in words; empty where it was saved as it was."""
    model = row.instance_type._meta
    if row.history_type == "+":
        return _t("added %(thing)s") % {"thing": f"{model.verbose_name} {row.instance}"}
    if row.history_type == "-":
        return _t("removed %(thing)s") % {"thing": f"{model.verbose_name} {row.instance}"}
    before = row.prev_record
    if before is None:
        return ""
    names = [str(model.get_field(change.field).verbose_name) for change in row.diff_against(before).changes]
    if not names:
        return ""
    return _t("changed %(fields)s of %(thing)s") % {
        "fields": get_text_list(names, _t("and")),
        "thing": f"{model.verbose_name} {row.instance}",
    }
