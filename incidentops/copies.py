"""Writing a file whole or not at all, for its owner only: copies and exports hold what the database holds."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError


@contextlib.contextmanager
def written(name: str) -> Iterator[Path]:
    """An empty file of mode 600 to write into; at the end it takes the place of `name`.

    A reader sees the old file or the whole new one. Raises CommandError where it cannot be.
    """
    unfinished = None
    try:
        target = Path(name).resolve()
    except (OSError, ValueError) as error:  # a NUL in it, or a link that leads to itself
        raise CommandError(f"{name!a} is no name of a file.") from error
    try:
        # A short name of its own: the target's may already be as long as the file system allows.
        draft = target.parent / f".{target.name[:50]}.{os.getpid()}"
        # Made by us and for us alone before anything is written into it.
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        unfinished = draft
        yield unfinished
        unfinished.replace(target)
        unfinished = None
    except OSError as error:
        raise CommandError(f"{name} could not be written: {error.strerror or error}") from error
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)
