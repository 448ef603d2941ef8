"""Postmortems come in from files and go out as files: understood first, then taken; written in four forms.

`by` is the person who does it, None the command line. Instants are aware UTC. Raised: Unreadable (the file is none),
Refused (conflict where it is there already), NotAllowed (the person may not).
"""

from postmortems.exchange.exporting import FORMATS, Exported, export
from postmortems.exchange.files import MAX_BYTES, Unreadable, decoded
from postmortems.exchange.importing import Understood, sentence, take, understand
from postmortems.exchange.pdf import PdfMissing

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Exported",
    "PdfMissing",
    "Understood",
    "Unreadable",
    "decoded",
    "export",
    "sentence",
    "take",
    "understand",
]
