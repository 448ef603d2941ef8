"""P1: an accepted alert is never lost; 202 is sent only after its row is committed."""

from typing import Any

import pytest
from django.db import OperationalError

from incidents import intake
from incidents.models import Alert, InboxItem
from tests.walks.conftest import MINUTE, World


def test_an_accepted_alert_pages_though_every_nudge_is_lost(world: World) -> None:
    assert world.post().status_code == 202
    world.tick()
    assert [message.to for message in world.pages] == ["ana"]


def test_an_alert_accepted_before_a_crash_pages_after_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.post()
    with monkeypatch.context() as broken:

        def crash(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("pulled plug")

        broken.setattr("incidents.engine.drain.intake.drain", crash)
        with pytest.raises(Exception, match="pulled plug"):
            world.tick()
    assert world.pages == []
    world.tick(MINUTE)
    assert [message.to for message in world.pages] == ["ana"]


def test_what_could_not_be_stored_is_refused_with_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the database is away")

    world.post(dedup_key="known")
    world.tick()
    before = InboxItem.objects.count()
    monkeypatch.setattr("incidents.intake.accepting._execute", away)
    answer = world.post(dedup_key="other")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert InboxItem.objects.count() == before


def test_a_body_that_breaks_the_drain_is_set_aside_and_holds_up_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post(dedup_key="poison", summary="poison")
    world.post(dedup_key="fine", summary="fine")
    InboxItem.objects.filter(pk=InboxItem.objects.earliest("pk").pk).update(signals=[{"not": "a signal"}])
    for _ in range(6):
        world.tick(10 * MINUTE)
    assert list(Alert.objects.values_list("title", flat=True)) == ["fine"]
    aside = InboxItem.objects.get(state="aside")
    assert aside.error
    InboxItem.objects.filter(pk=aside.pk).update(signals=InboxItem.objects.get(state="done").signals)
    intake.retry(InboxItem.objects.get(pk=aside.pk), world.now)
    world.tick()
    assert not InboxItem.objects.filter(state="aside").exists()
