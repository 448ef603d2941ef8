"""A severity's level in what people write: SEV1, sev-2, [SEV-1] Payment service outage."""

import re
from typing import Final

_LEVEL: Final = re.compile(r"(?<![a-z0-9])sev(?:erity)?[-\s]?([1-4])(?![0-9])", re.IGNORECASE)


def level_in(text: str) -> str:
    """The first level named in the text, as SEV-1; "" where there is none."""
    found = _LEVEL.search(text)
    return f"SEV-{found[1]}" if found else ""
