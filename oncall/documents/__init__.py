"""Configuration documents: reading YAML, judging shapes, and bringing rows to what the files say."""

from oncall.documents.columns import Column, Composite, Reference
from oncall.documents.problems import Invalid, Problem
from oncall.documents.reading import Document, parse
from oncall.documents.rows import create, delete, save
from oncall.documents.run import Directory, Run
from oncall.documents.sections import Item, Section
from oncall.documents.shapes import Entry, Mention, Shape, entries

__all__ = [
    "Column",
    "Composite",
    "Directory",
    "Document",
    "Entry",
    "Invalid",
    "Item",
    "Mention",
    "Problem",
    "Reference",
    "Run",
    "Section",
    "Shape",
    "create",
    "delete",
    "entries",
    "parse",
    "save",
]
