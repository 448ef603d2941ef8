"""What the tests of paging watch."""

from collections.abc import Iterator, Sequence

import pytest

from oncall.signals import PageEvent, page_event


@pytest.fixture
def events() -> Iterator[list[PageEvent]]:
    """What paging told the apps above, as it was told."""
    seen: list[PageEvent] = []

    def receive(sender: object, events: Sequence[PageEvent], **_: object) -> None:
        seen.extend(events)

    page_event.connect(receive)
    yield seen
    page_event.disconnect(receive)
