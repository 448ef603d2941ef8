"""Where the numbers of incidents come from."""

from django.db import models


class NumberSequence(models.Model):
    """The last number given in a year; its row lock orders those who ask at once."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"
