"""When each periodic job last came to its end: what the console and the health pages judge the engine by."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    task = models.CharField(_("job"), max_length=100, primary_key=True)
    done_at = models.DateTimeField(_("last done"))

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")

    def __str__(self) -> str:
        return f"{self.task} {self.done_at:%H:%M:%S} UTC"
