"""Mail through Django's backend (EMAIL_URL)."""

import re
import smtplib
from email.utils import parseaddr
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from oncall.logic.addresses import AddressError, email
from oncall.text import one_line, plain
from oncall.transports import letter_html
from oncall.transports.base import Message, Receipt, full_text

_MAILTO = "mailto:"
_METHOD = re.compile(r"^METHOD:([A-Z]+)\r?$", re.MULTILINE)


class EmailTransport:
    """One mail to one plain address; `mailto:ana@example.org` (as in FALLBACK_CHANNEL_URL) is understood too."""

    name = "email"

    def accepts(self, address: str) -> bool:
        try:
            email(_bare(address))
        except AddressError:
            return False
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        """Replies of the mail server (RFC 5321 §4.2.1): 4xx and a lost connection are worth a retry, 5xx is not."""
        try:
            mail = _mail(message)
            mail.connection = get_connection(timeout=timeout)
            mail.send(fail_silently=False)
        except AddressError as error:
            return Receipt(ok=False, detail=str(error))
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()), (550, b""))
            return _refused(code, said)
        except smtplib.SMTPAuthenticationError as error:
            # Our own credentials, not this recipient: the next try may find them mended.
            return Receipt(ok=False, detail=_("the mail server refused our sign-in (%d)") % error.smtp_code, retry=True)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Receipt(ok=False, detail=_("the mail server cannot do it: %s") % one_line(str(error)))
        except TimeoutError:
            return Receipt(ok=False, detail=_("the mail server did not answer in time"), retry=True)
        except OSError as error:  # smtplib's other errors are OSErrors too
            reason = one_line(type(error).__name__)
            return Receipt(ok=False, detail=_("the mail server could not be reached (%s)") % reason, retry=True)
        except ValueError:  # Django's BadHeaderError
            return Receipt(ok=False, detail=_("the mail could not be written: a header is malformed"))
        return Receipt(ok=True, detail=_("handed to the mail server"))


def _bare(address: str) -> str:
    return address[len(_MAILTO) :] if address.lower().startswith(_MAILTO) else address


def _refused(code: int, said: bytes | str) -> Receipt:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    detail = _("the mail server refused it: %(code)d %(text)s") % {"code": code, "text": one_line(text)}
    return Receipt(ok=False, detail=detail, retry=not 500 <= code < 600)


def _mail(message: Message) -> EmailMultiAlternatives:
    """The mail as plain text and as escaped HTML. A repeat has the same Message-ID, so mailboxes can fold it."""
    sender = settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    digest = sha256(message.key.encode()).hexdigest()[:40]
    mail = EmailMultiAlternatives(
        subject=one_line(message.subject),
        body=plain(full_text(message)),
        from_email=sender,
        to=[email(_bare(message.to))],
        headers={
            "Message-ID": f"<{digest}@{domain}>",
            "X-Idempotency-Key": one_line(message.key),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies
            **({"Importance": "high", "X-Priority": "1"} if message.urgency == "high" else {}),
        },
    )
    html = letter_html.page(message.letter) if message.letter else _html(message)
    mail.attach_alternative(html, "text/html")
    if message.calendar:
        _bring(mail, message.calendar)
    return mail


def _bring(mail: EmailMultiAlternatives, calendar: str) -> None:
    """As an alternative, which calendar programs answer to (RFC 6047 §2.4), and as a file for all others."""
    found = _METHOD.search(calendar)
    mail.attach_alternative(calendar, f"text/calendar; method={found[1] if found else 'PUBLISH'}")
    mail.attach("invite.ics", calendar.encode(), "application/ics")


def _html(message: Message) -> SafeString:
    button = SafeString()
    if message.link and message.link.startswith(("https://", "http://")):
        button = format_html(
            '<p><a href="{}" style="display:inline-block;padding:16px 24px;border-radius:6px;background:#1d4ed8;'
            'color:#ffffff;text-decoration:none;font-weight:600">{}</a></p>',
            message.link,
            _("Open the page"),
        )
    return format_html(
        '<div style="font:16px/1.5 system-ui,sans-serif;color:#111827">'
        '<div style="white-space:pre-wrap">{}</div>{}</div>',
        plain(message.text),
        button,
    )
