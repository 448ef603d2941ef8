"""Who will be slow together: one mail server, one vendor, one host."""

from urllib.parse import urlsplit

from oncall.logic import addresses

MAX_LENGTH = 120


def lane(transport: str, address: str) -> str:
    """The lane of a message: its transport, or for apprise's addresses the scheme, with the host where they name it."""
    if transport != "apprise":
        return transport[:MAX_LENGTH]
    scheme = address.partition("://")[0].lower()
    if addresses.SCHEMES.get(scheme) in {None, addresses.Kind.VENDOR}:
        return scheme[:MAX_LENGTH]
    try:
        return f"{scheme}://{urlsplit(address).hostname or ''}"[:MAX_LENGTH]
    except ValueError:
        return scheme[:MAX_LENGTH]
