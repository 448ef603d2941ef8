"""Rows written and changed without model instances are the rows that models would have written."""

from datetime import timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from oncall import bulk
from oncall.models import Page, StepRun
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import opened

pytestmark = pytest.mark.django_db

COLUMNS = ("page_id", "round", "step", "ran_at", "misses")
MISS = {"target": "Platform", "person": "Ana", "why": "on leave"}


def pages() -> tuple[Page, Page]:
    policy = cast.platform().policy
    return opened(policy, subject="test:1"), opened(policy, subject="test:2")


def test_written_rows_read_like_a_models_and_what_is_left_out_gets_its_default() -> None:
    one, two = pages()
    later = NOW + timedelta(microseconds=1)
    bulk.insert(StepRun, COLUMNS, [(one.pk, 1, 2, NOW, []), (two.pk, 1, 3, later, [MISS])])
    runs = StepRun.objects.order_by("step").values_list("page", "round", "step", "ran_at", "misses", "reached")
    assert list(runs) == [(one.pk, 1, 2, NOW, [], 0), (two.pk, 1, 3, later, [MISS], 0)]


def test_a_row_that_is_there_is_left_as_it_is_and_its_neighbours_are_written() -> None:
    one, two = pages()
    bulk.insert(StepRun, COLUMNS, [(one.pk, 1, 1, NOW, [])])
    again = [(one.pk, 1, 1, NOW + timedelta(hours=1), [MISS]), (two.pk, 1, 1, NOW, [])]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(StepRun, COLUMNS, again)
    bulk.insert(StepRun, COLUMNS, again, unless_there=True)
    runs = StepRun.objects.order_by("page").values_list("page", "ran_at")
    assert list(runs) == [(one.pk, NOW), (two.pk, NOW)]


def test_new_instances_are_written_as_they_are_and_get_their_keys_in_order() -> None:
    version = pages()[0].policy
    facts = [{"label": 'say "hi"', "value": "a\\b {c, d} é"}]
    made = [
        Page(
            subject=f"new:{n}",
            title=f'{n} "quoted" \\ {{braced}}, NULL',
            severity_label="SEV-1",
            started_at=NOW + timedelta(microseconds=n),
            facts=facts * n,
            private=bool(n),
            policy=version,
            opened_at=NOW,
            due_at=NOW if n else None,
        )
        for n in range(3)
    ]
    bulk.create(made)
    for one in made:
        found = Page.objects.get(subject=one.subject)
        assert {**vars(found), "_state": None} == {**vars(one), "_state": None}
    assert [one.pk for one in made] == sorted(one.pk for one in made)
    made[0].title = "again"
    made[0].save()
    assert Page.objects.filter(subject__startswith="new:").count() == 3


def test_a_row_changed_meanwhile_is_not_changed() -> None:
    one, two = pages()
    Page.objects.filter(pk=two.pk).update(step=2)
    changed = bulk.update(Page, ("id", "step"), ("step", "due_at"), [(one.pk, 1, 5, NOW), (two.pk, 1, 6, None)])
    assert changed == 1
    assert dict(Page.objects.values_list("pk", "step")) == {one.pk: 5, two.pk: 2}


def test_values_of_rows_that_agree_in_part_stay_with_their_rows() -> None:
    one, two = pages()
    rows = [(one.pk, 1, 7, NOW, ""), (two.pk, 1, 7, None, 'it\'s \\ {broken}, "twice"')]
    assert bulk.update(Page, ("id", "round"), ("step", "due_at", "last_error"), rows) == 2
    found = Page.objects.order_by("pk").values_list("pk", "step", "due_at", "last_error")
    assert list(found) == [(one.pk, 7, NOW, ""), (two.pk, 7, None, rows[1][4])]


def test_too_long_a_text_is_refused_and_not_cut() -> None:
    one, _two = pages()
    row = [(one.pk, "x" * 501)]
    if connection.vendor == "postgresql":  # SQLite knows no length
        with pytest.raises(DataError), transaction.atomic():
            bulk.update(Page, ("id",), ("last_error",), row)
    else:
        assert bulk.update(Page, ("id",), ("last_error",), row) == 1


def test_nothing_to_write_is_no_statement(django_assert_num_queries: pytest.FixtureRequest) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        bulk.insert(StepRun, COLUMNS, [])
        assert bulk.update(Page, ("id",), ("step",), []) == 0
