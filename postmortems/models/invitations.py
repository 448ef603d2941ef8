"""Who was invited to a review, and what they were told last."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from postmortems.models.postmortems import Postmortem


class Invitation(models.Model):
    """One person's: `sequence` is that of the invitation they have; `cancelled_at`: it was taken back."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="invitations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField(_("at"))
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["postmortem", "person"], name="one_invitation_per_person")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.sequence}"
