"""A postmortem in which nothing is missing, and any postmortem at all."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from postmortems.logic.document import (
    INSTANTS,
    LEVELS,
    PRIORITIES,
    ROOT_CAUSE,
    Action,
    ActionKind,
    ActionStatus,
    Attendee,
    Document,
    Factor,
    FactorClass,
    FiveWhys,
    Gap,
    GapKind,
    Impact,
    Instants,
    Person,
    Review,
    RootCause,
    TimelineItem,
    Waiver,
    Why,
)

ANA, BO, CY = Person("Ana Lima", "ana"), Person("Bo", "bo"), Person("Cy", "cy")


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-25T{clock}:00+00:00")


COMPLETE = Document(
    title="Checkout outage",
    happened_on=date(2026, 3, 25),
    severity="SEV-1",
    assessed="SEV-2",
    stated_duration=timedelta(minutes=60),
    instants=Instants(
        changed_at=at("13:15"),
        impact_started_at=at("13:44"),
        alerted_at=at("13:47"),
        acknowledged_at=at("13:48"),
        cause_found_at=at("14:08"),
        mitigation_started_at=at("14:15"),
        rolled_back_at=at("14:34"),
        recovered_at=at("14:47"),
    ),
    authors=(ANA, BO),
    services=("checkout", "orders"),
    tags=("database",),
    summary="Checkouts failed for an hour.\n\nA new query had **no index**.",
    impact=Impact(12500, Decimal("45000.50"), "EUR", Decimal("35.5"), 1247, 31, "Refunds took a day longer."),
    timeline=(
        TimelineItem(at("13:15"), "Deployed release 42", entry=17),
        TimelineItem(at("13:47"), "Alert: error rate\n- checkout\n- orders"),
        TimelineItem(at("14:47"), "Back to normal"),
    ),
    detection="The alert on the error rate fired three minutes after the first failure.",
    root_cause=RootCause("The query had no index.\n\n```sql\n# full scan\nSELECT 1;\n```"),
    five_whys=FiveWhys(
        "Customers saw an error page",
        (
            Why(
                "The pool was exhausted",
                deeper=(
                    Why("Queries took seconds", deeper=(Why("The query had no index", is_cause=True),)),
                    Why("The pool has no reserve", is_cause=True),
                ),
            ),
            Why("Retries doubled the load"),
        ),
    ),
    factors=(
        Factor("F1", "Query plans are not reviewed", FactorClass.PROCESS),
        Factor("F2", "The pool is not monitored", FactorClass.TOOLING),
        Factor("F3", "Two people knew the schema", FactorClass.PEOPLE, Waiver("The team is growing", CY)),
    ),
    went_well="- Detection was quick\n- The rollback worked",
    went_poorly="- The canary was skipped",
    got_lucky="It was not a Friday.",
    lessons="Review query plans.",
    gaps=(
        Gap(GapKind.MISSING_METRIC, "Use of the pool"),
        Gap(GapKind.ALERT_FATIGUE, "Nine pages in an hour | all alike"),
    ),
    actions=(
        Action("Review query plans", ActionKind.PREVENT, ANA, "P1", date(2026, 4, 1), addresses=(ROOT_CAUSE, "F1")),
        Action(
            *("Monitor the pool", ActionKind.DETECT, BO, "P2", date(2026, 4, 5), ActionStatus.DONE, ("F2",)),
            link="https://tracker.example.org/7",
            evidence="Dashboard 12",
        ),
        Action(
            *("Buy a bigger database", ActionKind.MITIGATE, CY, "P4", date(2026, 6, 1), ActionStatus.WONT_DO),
            reason="Not the cause",
            approver=ANA,
        ),
    ),
    attendees=(Attendee(ANA, "commander", attended=True), Attendee(CY, "team lead", attended=False)),
    review=Review(datetime(2026, 3, 27, 9, tzinfo=UTC), datetime(2026, 3, 27, 9, 5, tzinfo=UTC)),
)

# Signs that mean something in Markdown, in tables and in our own file, and letters of several scripts.
_SIGNS = "aZ9 éß漢-#*+`~|\\<>()[]:_.,;@!&$%\"'="
_words = st.text(_SIGNS, max_size=24)
_lines = _words.map(lambda text: " ".join(text.split()))
_some = _lines.filter(bool)
_texts = st.lists(
    st.one_of(_words, st.sampled_from(["# Timeline", "## Summary", "```", "~~~ x", "- a", "| a | b |", "  - b"]))
).map(lambda lines: "\n".join(line.rstrip() for line in lines).strip())
_cells = st.lists(_some, max_size=3).map("\n".join)
_filled_cells = st.lists(_some, min_size=1, max_size=3).map("\n".join)
# A person's name is no sentence: signs that mark accounts and bold fields do not stand in it.
_names = st.text("aZ é漢-'.,;\\", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
_people = st.builds(Person, _names, st.sampled_from(["", "ana", "b.o", "cy_1"]))
_instants = st.integers(0, 10**11).map(lambda n: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n * 30))
_dates = st.dates(date(1990, 1, 1), date(2090, 1, 1))
_waivers = st.builds(Waiver, _texts.filter(bool), _people)
_cell_waivers = st.builds(Waiver, _filled_cells, _people)
_whys = st.recursive(
    st.builds(Why, _some, st.booleans()),
    lambda deeper: st.builds(Why, _some, st.booleans(), st.lists(deeper, max_size=3).map(tuple)),
    max_leaves=6,
)
_numbers = st.one_of(st.none(), st.integers(0, 10**9))
_money = st.decimals(0, 10**9, places=2)


def _impacts(money: Decimal | None) -> st.SearchStrategy[Impact]:
    percents = st.one_of(st.none(), st.decimals(0, 9999, places=2))
    return st.builds(
        Impact,
        _numbers,
        st.just(money),
        st.just("USD" if money is not None else ""),
        percents,
        _numbers,
        _numbers,
        _texts,
    )


def _tuples(items: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=3).map(tuple)


def _with_keys(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    return tuple(
        Factor(f"F{number}", each.text, each.factor_class, each.waiver) for number, each in enumerate(factors, 1)
    )


_factors = st.builds(
    Factor,
    st.just(""),
    _filled_cells,
    st.one_of(st.none(), st.sampled_from(FactorClass)),
    st.one_of(st.none(), _cell_waivers),
)
_actions = st.builds(
    Action, _filled_cells, st.one_of(st.none(), st.sampled_from(ActionKind)), st.one_of(st.none(), _people),
    st.sampled_from(("", *PRIORITIES)), st.one_of(st.none(), _dates), st.sampled_from(ActionStatus),
    _tuples(st.sampled_from([ROOT_CAUSE, "F1", "F2"])), _cells, _cells, _cells, st.one_of(st.none(), _people),
)  # fmt: skip

documents = st.builds(
    Document,
    title=_lines,
    happened_on=st.one_of(st.none(), _dates),
    severity=st.sampled_from(("", *LEVELS)),
    assessed=st.sampled_from(("", *LEVELS)),
    stated_duration=st.one_of(st.none(), st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds))),
    instants=st.builds(Instants, **{name: st.one_of(st.none(), _instants) for name in INSTANTS}),
    authors=_tuples(_people),
    services=_tuples(_names),
    tags=_tuples(_names),
    summary=_texts,
    impact=st.one_of(st.none(), _money).flatmap(_impacts),
    timeline=_tuples(st.builds(TimelineItem, _instants, _texts, st.one_of(st.none(), st.integers(1, 10**9)))),
    detection=_texts,
    root_cause=st.builds(RootCause, _texts, st.one_of(st.none(), _waivers)),
    five_whys=st.builds(FiveWhys, _lines, _tuples(_whys)),
    factors=_tuples(_factors).map(_with_keys),
    went_well=_texts,
    went_poorly=_texts,
    got_lucky=_texts,
    lessons=_texts,
    gaps=_tuples(st.builds(Gap, st.sampled_from(GapKind), _filled_cells)),
    actions=_tuples(_actions),
    attendees=_tuples(st.builds(Attendee, _people, _cells, st.one_of(st.none(), st.booleans()))),
    review=st.builds(Review, st.one_of(st.none(), _instants), st.one_of(st.none(), _instants)),
)  # fmt: skip
