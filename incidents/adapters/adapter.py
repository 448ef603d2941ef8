"""What a sender's format consists of: how its bodies are read and how it is answered."""

from collections.abc import Callable
from dataclasses import dataclass, field

from incidents.adapters.answers import Answers
from incidents.adapters.signal import NewKey, Options, Parsed


@dataclass(frozen=True, slots=True)
class Adapter:
    """One format. `parse(payload, options, new_key)` takes decoded JSON and never raises.

    `reads_body` is false where any request counts, whatever its body: then the body is not decoded at all and
    `parse` is given None.
    """

    parse: Callable[[object, Options, NewKey], Parsed]
    answers: Answers = field(default_factory=Answers)
    reads_body: bool = True
