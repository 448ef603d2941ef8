"""One dispatching process of a race: `python racing.py FOLDER NAME COUNT`, with DATABASE_URL and DATA_DIR set.

The process named "first" posts COUNT messages and gives the start; each sent message becomes one line of FOLDER/sent.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from oncall import outbox  # noqa: E402
from oncall.engine import dispatch  # noqa: E402
from oncall.models import Notification  # noqa: E402
from oncall.outbox import Draft  # noqa: E402
from oncall.transports import REGISTRY, Message, Receipt  # noqa: E402

NOW = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)


class Recorder:
    name = "email"

    def __init__(self, folder: Path) -> None:
        self.file = os.open(folder / "sent", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def accepts(self, address: str) -> bool:
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        os.write(self.file, f"{message.key}\n".encode())
        time.sleep(0.002)
        return Receipt(ok=True, detail="taken")


def main(folder: Path, name: str, count: int) -> None:
    REGISTRY["email"] = Recorder(folder)
    go = folder / "go"
    if name == "first":
        drafts = [
            Draft(key=f"race:{number}", kind="test", title="t", text="x", transport="email", address="a@example.org")
            for number in range(count)
        ]
        outbox.post(drafts, NOW)
        (folder / "posted").touch()
    (folder / f"{name}.ready").touch()
    until = time.monotonic() + 120
    while not go.exists():
        if time.monotonic() > until:
            sys.exit("nobody gave the start")
        time.sleep(0.005)
    while Notification.objects.filter(key__startswith="race:").exclude(state="sent").exists():
        dispatch.run(NOW, patience=60)
        if time.monotonic() > until:
            sys.exit("not everything was sent")


main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
