"""Which schedules a change bears on, and the next two weeks of a schedule as people read them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from oncall import paging, roster
from oncall.models import Schedule

SHOWN = timedelta(days=14)
TONES = 6  # colours that tell people of one schedule apart, again after that
WIDE = 1000  # units of a layer's bar


def schedules_of_people(people: Iterable[int]) -> set[int]:
    """Keys of the schedules in which these people have turns or overrides."""
    ids = list(people)
    involved = Q(layers__members__user__in=ids) | Q(overrides__add__in=ids) | Q(overrides__remove__in=ids)
    return set(Schedule.objects.filter(involved).values_list("pk", flat=True)) if ids else set()


@dataclass(frozen=True, slots=True)
class Span:
    """A line of a layer's fortnight. `kind` is shift, gap or declared; `x` and `width` are its place in the bar."""

    kind: str
    start: datetime
    end: datetime
    x: int
    until_x: int
    name: str = ""
    person: int | None = None
    override: bool = False
    now: bool = False
    reachable: bool = True
    tone: int = 0

    @property
    def width(self) -> int:
        return max(self.until_x - self.x, 2)

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class LayerFortnight:
    """One layer as the roster screen shows it; nobody now: `until` is when somebody's next shift begins."""

    key: int
    name: str
    spans: list[Span]
    now: list[Span]
    until: datetime | None

    @property
    def missing(self) -> list[Span]:
        """Hours in which nobody could be paged though somebody should."""
        return [span for span in self.spans if span.kind == "gap"]


def fortnight(schedule: Schedule, now: datetime) -> list[LayerFortnight]:
    """Shifts and gaps of the next 14 days by layer; whether people can be reached for something urgent."""
    end = now + SHOWN
    spec = roster.specs([schedule.pk], now)[schedule.pk]
    shifts = roster.shifts(schedule, now, end, spec)
    reachable = paging.reachable({shift.person.pk for shift in shifts if shift.person})
    tones = {name: order % TONES for order, name in enumerate(sorted({shift.username for shift in shifts}))}
    spans: dict[str, list[Span]] = defaultdict(list)
    for shift in shifts:
        spans[shift.layer].append(
            Span(
                kind="shift",
                start=shift.start,
                end=shift.end,
                x=_x(shift.start, now),
                until_x=_x(shift.end, now),
                name=str(shift.person or shift.username),
                person=shift.person.pk if shift.person else None,
                override=shift.override,
                now=shift.start <= now < shift.end,
                reachable=shift.person is not None and shift.person.pk in reachable,
                tone=tones[shift.username],
            )
        )
    for gap in roster.gaps(schedule, now, end, spec):
        kind = "declared" if gap.declared else "gap"
        place = _x(gap.start, now), _x(gap.end, now)
        spans[gap.layer].append(Span(kind, gap.start, gap.end, *place, now=gap.start <= now < gap.end))
    return [_layer(layer.id, layer.name, spans[layer.name], now) for layer in spec.layers]


def _layer(key: int, name: str, spans: list[Span], now: datetime) -> LayerFortnight:
    spans = sorted(spans, key=lambda span: (span.start, span.end, span.name))
    running = [span for span in spans if span.now and span.kind == "shift"]
    later = [span.start for span in spans if span.kind == "shift" and span.start > now]
    until = min((span.end for span in running), default=min(later, default=None))
    return LayerFortnight(key, name, spans, running, until)


def _x(at: datetime, now: datetime) -> int:
    return round(min(max((at - now) / SHOWN, 0.0), 1.0) * WIDE)
