"""P10: what a sender or a stranger types is data: never markup, a formula, a header, or an address we fetch."""

from typing import Any

from django.test import Client

from incidents.models import Alert
from tests.walks.conftest import World

HOSTILE = '<script>alert(1)</script> =HYPERLINK("http://x") \u202e {{7*7}} \r\nBcc: all@example.org'


def test_a_hostile_title_is_shown_as_typed_everywhere(world: World) -> None:
    world.post(summary=HOSTILE, labels={"<b>": "</dd><img src=x>"}, source="javascript:alert(1)")
    world.tick()
    sent = world.pages[0]
    assert "\n" not in sent.title
    assert "\r" not in sent.title
    page = "/p/" + sent.text.split("/p/")[1].split()[0]
    text = world_page(world, page)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "<img" not in text
    assert "\u202e" not in text


def world_page(world: World, path: str) -> str:
    import time_machine  # noqa: PLC0415

    with time_machine.travel(world.now, tick=False):
        answer = Client().get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_links_are_kept_and_never_fetched(world: World) -> None:
    address = f"http://127.0.0.1:{world.provider.port}/bait"
    links: list[dict[str, Any]] = [{"href": address, "text": "look"}, {"href": "javascript:alert(1)", "text": "no"}]
    world.post(links=links, source=address, labels={"runbook": address})
    world.tick()
    assert [link["href"] for link in Alert.objects.get().links] == [address]
    assert [request.path for request in world.provider.requests] == ["/ana"]


def test_a_stranger_can_neither_read_nor_act_without_the_token(world: World) -> None:
    world.post(summary="secret words")
    world.tick()
    stranger = Client()
    for path in ("/api/v1/incidents/", "/api/v1/alerts/", "/api/v1/notifications/"):
        assert stranger.get(path).status_code in {401, 403}
    assert stranger.post("/p/abc/", {"act": "ack"}).status_code == 410
    assert world.incident.state == "triggered"
