"""The canary's transport: a message handed in here has arrived, in its own row."""

from oncall.models.canary import LOOPBACK
from oncall.transports.base import Message, Receipt


class LoopbackTransport:
    """Takes everything, tells nobody; who waits for the message reads when it was sent."""

    name = LOOPBACK

    def accepts(self, address: str) -> bool:
        return address == LOOPBACK

    def send(self, message: Message, timeout: float) -> Receipt:
        return Receipt(ok=True, detail="received")
