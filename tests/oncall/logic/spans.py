"""What the tests of turns and shifts count in: spans of time, and five people by number."""

from datetime import timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOMENT = timedelta(microseconds=1)
ANA, BO, CY, DI, ED = range(1, 6)
