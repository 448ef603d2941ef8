"""A stand-in for every provider, and messages for it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from oncall import outbox
from oncall.models import Notification, Page, StepRun, User
from oncall.outbox import Draft
from oncall.transports import Message, Receipt
from tests.cast import NOW

State = Notification.State
OK = Receipt(ok=True, detail="taken")
BUSY = Receipt(ok=False, detail="provider answered 503", retry=True)
REFUSED = Receipt(ok=False, detail="provider refused (403)")


class Provider:
    """Every transport's stand-in: keeps what it is handed and answers as told."""

    name = "fake"

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.answer: Callable[[Message], Receipt] = lambda message: OK

    def accepts(self, address: str) -> bool:
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        assert 0 < timeout <= 10
        self.got.append(message)
        return self.answer(message)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.got]


def new_page(**fields: object) -> Page:
    made = Page.objects.create(
        **{"subject": "incident:1", "title": "Checkout is slow", "severity_label": "SEV-2", "opened_at": NOW}
        | {"started_at": NOW, "step": 2}
        | fields
    )
    StepRun.objects.create(page=made, round=1, step=1, ran_at=NOW, reached=1)
    return made


def draft(key: str, page: Page | None = None, **fields: object) -> Draft:
    base = Draft(key=key, kind="page", title="SEV-2 Checkout is slow", text="p99 is 4 s", transport="email")
    of_page = {"page_id": page.pk, "step": 1, "round": 1} if page else {}
    return base._replace(address=f"{key}@example.org", recipient=f"{key}@example.org", **(of_page | fields))


def to(user: User, page: Page, now: datetime = NOW) -> None:
    template = Draft(key="p", kind="page", title="t", text="x", page_id=page.pk, step=1, round=1)
    outbox.post(outbox.to_person(user, template, now), now)


def row(key: str) -> Notification:
    return Notification.objects.get(key=key)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)
