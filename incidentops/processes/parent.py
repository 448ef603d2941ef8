"""Ends this process when the one that started it is gone, however that ended."""

import os
import signal
import threading


def end_with_parent() -> None:
    """`up` holds the other end of our standard input: when it closes, we stop as if asked to."""
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 1):  # not sys.stdin: its lock would still be held when the interpreter ends
        pass
    if os.name == "nt":
        signal.raise_signal(signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
