"""Who may do what to an incident. Engine and senders (an actor without a user) may do everything."""

from typing import Final

from django.utils.translation import gettext as _

from incidents.lifecycle.refusals import NotAllowed
from incidents.models import Incident, Responder
from oncall.models import Notification, User
from oncall.paging import Actor

RESPOND: Final = "incidents.respond_incident"
COMMAND: Final = "incidents.command_incident"
DECLARE: Final = "incidents.declare_incident"
SEE_PRIVATE: Final = "incidents.view_private_incident"


def may_see(incident: Incident, user: User) -> bool:
    """Whether this person may know of the incident at all."""
    return (
        not incident.private
        or Incident.objects.visible_to(user).filter(pk=incident.pk).exists()
        or _woken(incident, user)
    )


def check(incident: Incident, by: Actor, *permissions: str, woken: bool = False) -> None:
    """Raise NotAllowed unless `by` may see the incident and has one of the permissions.

    `woken`: whoever was paged for it may too, without any permission: the pager asked them.
    """
    if by.user is None:
        return
    if not by.user.is_active or not may_see(incident, by.user):
        raise NotAllowed(_("You may not see this incident."))
    if any(by.user.has_perm(permission) for permission in permissions):
        return
    if not (woken and _woken(incident, by.user)):
        raise NotAllowed(_("You do not have the permission to do this."))


def check_declare(by: Actor) -> None:
    """Raise NotAllowed unless `by` may declare incidents."""
    if by.user is not None and not (by.user.is_active and by.user.has_perm(DECLARE)):
        raise NotAllowed(_("You do not have the permission to declare an incident."))


def _woken(incident: Incident, user: User) -> bool:
    if Responder.objects.filter(incident=incident, person=user).exists():
        return True
    return Notification.objects.filter(
        person=user, kind=Notification.Kind.PAGE, page__subject=incident.subject
    ).exists()
