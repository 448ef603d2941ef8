"""The outbox: what is to be sent is a row before it is a message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from oncall import bulk, keys, nudge
from oncall.logic.addresses import masked
from oncall.logic.lanes import lane
from oncall.models import Channel, ContactMethod, Notification, NotificationRule, User
from oncall.models.canary import LOOPBACK
from oncall.text import one_line, plain

GIVE_UP_AFTER: Final = timedelta(minutes=30)
TASK: Final = "oncall.dispatch"

_STOPPED_WITH_THE_PAGE: Final = (Notification.Kind.PAGE, Notification.Kind.FALLBACK)
NOT_BEGUN: Final = (Notification.State.PENDING, Notification.State.HELD)
_MAX_TEXT: Final = 20_000


class Draft(NamedTuple):
    """A message to be. As a template for the `to_…` functions its `key` is the stem that they lengthen, and
    recipient, transport, address, link and the ids of whom it is for are left to them."""

    key: str
    kind: str
    title: str
    text: str
    recipient: str = ""
    transport: str = ""
    address: str = ""
    link: str = ""
    due_at: datetime | None = None  # None: now
    give_up_at: datetime | None = None  # None: 30 minutes after it is due
    person_id: int | None = None
    channel_id: int | None = None
    contact_method_id: int | None = None
    page_id: int | None = None
    step: int | None = None
    round: int | None = None
    private: bool = False
    urgency: str = "high"
    rank: int = 9
    calendar: str = ""  # what mail brings beside the text: an iCalendar object
    letter: str = ""  # what mail shows instead of the text: `letters.dumps`


@dataclass(frozen=True, slots=True)
class InFlight:
    """A message that is being handed to a provider: too late to stop. `name` is whom it is for, without an address."""

    pk: int
    name: str


_COLUMNS: Final = (*Draft._fields, "created_at", "lane")


def post(drafts: Sequence[Draft], now: datetime) -> int:
    """Write the drafts as pending notifications, in the caller's transaction if there is one; a key that is there
    already is left as it is. Returns how many were handed in, and asks for dispatch after the commit."""
    if not drafts:
        return 0
    bulk.insert(Notification, _COLUMNS, [_row(draft, now) for draft in drafts], unless_there=True)
    nudge.look(TASK)
    return len(drafts)


def cancel(page_ids: Iterable[int], reason: str, now: datetime) -> tuple[int, tuple[InFlight, ...]]:
    """Stop all messages of these pages that no provider has been handed yet.

    Returns how many, and those that are under way. Call it holding the pages' locks; `reason` is shown as the outcome.
    """
    with transaction.atomic():
        # Locked in key order first, as dispatch does, so that the two never wait for each other in a circle.
        rows = (
            Notification.objects.select_for_update()
            .filter(
                page__in=list(page_ids),
                kind__in=_STOPPED_WITH_THE_PAGE,
                state__in=[*NOT_BEGUN, Notification.State.SENDING],
            )
            .order_by("pk")
            .values_list("pk", "state")
        )
        states = dict(rows)
        cancelled = Notification.objects.filter(pk__in=states, state__in=NOT_BEGUN).update(
            state=Notification.State.CANCELLED, reason=one_line(reason, 300)
        )
    return cancelled, _in_flight([pk for pk, state in states.items() if state == Notification.State.SENDING])


@transaction.atomic
def hold(page_ids: Iterable[int], now: datetime) -> int:
    """Keep back what steps that have run would still say after `now`, such as a call some minutes after the mail,
    until `release`. What is due goes out, and so does what a provider refused before. Call it as `cancel`."""
    ahead = Notification.objects.filter(state=Notification.State.PENDING, attempts=0, due_at__gt=now)
    return _moved(ahead, page_ids, state=Notification.State.HELD)


@transaction.atomic
def release(page_ids: Iterable[int], now: datetime) -> int:
    """Let go what was held; what came due meanwhile is due now. Call it as `cancel`."""
    held = Notification.objects.filter(state=Notification.State.HELD)
    return _moved(held, page_ids, state=Notification.State.PENDING, due_at=Greatest("due_at", now))


def _moved(rows: "QuerySet[Notification]", page_ids: Iterable[int], **change: Any) -> int:
    """Locked in key order first, as in `cancel`."""
    chosen = rows.filter(page__in=list(page_ids), kind=Notification.Kind.PAGE).select_for_update(of=("self",))
    keys_ = list(chosen.order_by("pk").values_list("pk", flat=True))
    return rows.filter(pk__in=keys_).update(**change) if keys_ else 0


def reword_shared(page_id: int, title: str, text: str) -> None:
    """What shared addresses have not been sent of this page says this instead: it turned private. Also what is being
    sent, for it may be sent again. Call it holding the page's lock."""
    state = Notification.State
    rows = Notification.objects.filter(page=page_id, person=None, state__in=[state.PENDING, state.HELD, state.SENDING])
    # Locked in key order first, as in `cancel`.
    keys_ = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    Notification.objects.filter(pk__in=keys_).update(title=one_line(title, 300), text=plain(text, _MAX_TEXT))


def _in_flight(keys_: Sequence[int]) -> tuple[InFlight, ...]:
    if not keys_:
        return ()
    rows = Notification.objects.filter(pk__in=keys_).select_related("person", "channel").order_by("pk")
    return tuple(InFlight(row.pk, str(row.person or row.channel or row.recipient)) for row in rows)


def to_person(
    user: User, template: Draft, now: datetime, rules: Iterable[NotificationRule] | None = None
) -> list[Draft]:
    """One draft for each rule of the person for the template's urgency, due when the rule says.

    `rules` defaults to the person's own (prefetch `notification_rules__contact_method` for many people). Rules of
    an unverified contact method count for nothing. Keys are `<stem>:<person>:<rule>`.
    """
    own = user.notification_rules.all() if rules is None else rules
    start = template.due_at or now
    return [
        to_contact(user, rule.contact_method, template, now)._replace(
            key=f"{template.key}:{user.pk}:{rule.pk}",
            due_at=start + timedelta(minutes=rule.delay_minutes),
        )
        for rule in sorted(own, key=lambda rule: (rule.delay_minutes, rule.pk))
        if rule.urgency == template.urgency and rule.contact_method.verified_at is not None
    ]


def to_person_once(user: User, template: Draft, now: datetime) -> list[Draft]:
    """One draft at once, by the person's first rule for the urgency, else their first verified contact method, else
    their account's mail address; none without any. For what is told rather than paged."""
    first = to_person(user, template, now)[:1]
    if first:
        return [first[0]._replace(key=f"{template.key}:{user.pk}", due_at=template.due_at)]
    for method in user.contact_methods.all():
        if method.verified_at is not None:
            return [to_contact(user, method, template, now)._replace(key=f"{template.key}:{user.pk}")]
    return to_account(user, template, now)


def to_contact(user: User, method: ContactMethod, template: Draft, now: datetime) -> Draft:
    """One draft to one contact method, verified or not. The key is `<stem>:<contact method>`."""
    return template._replace(
        key=f"{template.key}:{method.pk}",
        recipient=_label(str(user), method.address),
        transport=_transport(method.address),
        address=method.address,
        person_id=user.pk,
        contact_method_id=method.pk,
        link=_link(template, user.pk, now),
    )


def to_channel(channel: Channel, template: Draft, now: datetime) -> list[Draft]:
    """One draft to a shared address. The key is `<stem>:channel:<channel>`."""
    return [
        template._replace(
            key=f"{template.key}:channel:{channel.pk}",
            recipient=_label(channel.name, channel.address),
            transport=_transport(channel.address),
            address=channel.address,
            channel_id=channel.pk,
            link=_link(template, None, now),
        )
    ]


def to_fallback(template: Draft, now: datetime) -> list[Draft]:
    """The drafts that tell somebody when nobody could be paged: to FALLBACK_CHANNEL_URL, or, where that is unset, to
    every active superuser's mail. Keys are `<stem>:fallback` and `<stem>:<person>`."""
    address = settings.FALLBACK_CHANNEL_URL
    if not address:
        superusers = User.objects.filter(is_active=True, is_superuser=True).exclude(email="").order_by("pk")
        return [draft for user in superusers for draft in to_account(user, template, now)]
    return [
        template._replace(
            key=f"{template.key}:fallback",
            recipient=_label(_("Fallback channel"), address),
            transport=_transport(address),
            address=address,
            link=_link(template, None, now),
        )
    ]


def to_account(user: User, template: Draft, now: datetime) -> list[Draft]:
    """One draft to the account's mail address, none without one. The key is `<stem>:<person>`."""
    if not user.email:
        return []
    return [
        template._replace(
            key=f"{template.key}:{user.pk}",
            recipient=_label(str(user), user.email),
            transport=_transport(user.email),
            address=user.email,
            person_id=user.pk,
            link=_link(template, user.pk, now),
        )
    ]


def _row(draft: Draft, now: datetime) -> tuple[Any, ...]:
    due_at = draft.due_at or now
    give_up_at = draft.give_up_at or due_at + GIVE_UP_AFTER
    clean = draft._replace(
        recipient=one_line(draft.recipient),
        title=one_line(draft.title, 300),
        text=plain(draft.text, _MAX_TEXT),
        due_at=due_at,
        give_up_at=give_up_at,
    )
    return (*clean, now, lane(draft.transport, draft.address))


def _transport(address: str) -> str:
    """The name of the transport: apprise for scheme://…, else mail, which a demo without a mail server shows in the
    terminal. A real address of another kind is really sent to, also in the demo."""
    if address == LOOPBACK:
        return LOOPBACK
    if "://" in address:
        return "apprise"
    return "console" if settings.CONSOLE_TRANSPORT else "email"


def _link(template: Draft, person_id: int | None, now: datetime) -> str:
    if template.link or template.page_id is None:
        return template.link
    return keys.page_link(template.page_id, person_id, now)


def _label(name: str, address: str) -> str:
    # A bare mailto: is our own way of writing a mail address; mailto://… is apprise's.
    return f"{name} ({masked(address if '://' in address else address.removeprefix('mailto:'))})"
