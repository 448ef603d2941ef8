"""The two shapes of the engine: sweep changes due rows, deliver sends due messages. Nothing else touches due rows."""

from oncall.engine.loop.delivering import Courier, deliver, finish
from oncall.engine.loop.sweeping import BATCH, MOST_BATCHES, Postpone, sweep

__all__ = ["BATCH", "MOST_BATCHES", "Courier", "Postpone", "deliver", "finish", "sweep"]
