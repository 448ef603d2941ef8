"""Who may do what to a postmortem. The engine (`by` None) may do everything."""

from typing import Final

from django.utils.translation import gettext as _

from incidents.lifecycle import NotAllowed
from oncall.models import User
from postmortems.models import ActionItem, Postmortem

ADD: Final = "postmortems.add_postmortem"
WRITE: Final = "postmortems.change_postmortem"
PUBLISH: Final = "postmortems.publish_postmortem"
COMMENT: Final = "postmortems.add_comment"
ADD_ACTION: Final = "postmortems.add_actionitem"
WRITE_ACTION: Final = "postmortems.change_actionitem"
APPROVE: Final = "postmortems.approve_actionitem"


def may_see(postmortem: Postmortem, user: User) -> bool:
    """Whether this person may know of the postmortem at all."""
    return not postmortem.private or Postmortem.objects.visible_to(user).filter(pk=postmortem.pk).exists()


def may(postmortem: Postmortem, user: User, *permissions: str, owner: bool = False) -> bool:
    """Whether they have one of the permissions; `owner`: the postmortem's owner needs none."""
    own = owner and postmortem.owner_id == user.pk
    return own or any(user.has_perm(permission) for permission in permissions)


def check(postmortem: Postmortem, by: User | None, *permissions: str, owner: bool = False) -> None:
    """Raise NotAllowed unless `by` may see the postmortem and has one of the permissions (see `may`)."""
    if by is None:
        return
    if not by.is_active or not may_see(postmortem, by):
        raise NotAllowed(_("You may not see this postmortem."))
    if not may(postmortem, by, *permissions, owner=owner):
        raise NotAllowed(_("You do not have the permission to do this."))


def check_action(action: ActionItem, by: User | None, *permissions: str) -> None:
    """The same for an action item: whoever owns it needs no permission. Without permissions named: to work on it."""
    if by is None:
        return
    if not by.is_active or not may_see(action.postmortem, by):
        raise NotAllowed(_("You may not see this action item."))
    own = not permissions and action.owner_id == by.pk
    if not own and not any(by.has_perm(permission) for permission in permissions or (WRITE_ACTION,)):
        raise NotAllowed(_("You do not have the permission to do this."))
