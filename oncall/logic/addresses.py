"""Which addresses a message may go to: the list of schemes, the shape of an address, the rule on internal networks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from unicodedata import category
from urllib.parse import unquote, urlsplit

Network = IPv4Network | IPv6Network
Ip = IPv4Address | IPv6Address

MAX_LENGTH: Final = 1_000


class Kind(StrEnum):
    """Who decides where the connection goes."""

    VENDOR = "vendor-hosted"  # always the vendor's own servers
    HOST = "host-carrying"  # a server that the address names
    CALLBACK = "callback"  # an HTTP call to any URL: only through our own guarded client


def _names(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


#: The apprise schemes that a contact address may use; everything else is refused.
SCHEMES: Final[dict[str, Kind]] = {
    **_names(
        Kind.VENDOR,
        "slack discord tgram gchat webex wxteams zulip twist flock ryver cliq zcliq zohocliq line threema whatsapp "
        "lark feishu dingtalk wecombot viber pover pbul prowl join push spush simplepush pushy pushed ifttt "
        "twilio vonage nexmo plivo sns msgbird clicksend sinch d7sms bulksms bulkvs burstsms kudosity clickatell "
        "httpsms kavenegar msg91 octopush 46elks elks atalk cm seven telnyx telesign voipms freemobile kaleyra klr "
        "exotel",
    ),
    **_names(
        Kind.HOST,
        "mailto mailtos ntfy ntfys gotify gotifys matrix matrixs mmost mmosts signal signals rocket rockets "
        "nctalk nctalks workflow workflows bark barks",
    ),
    **_names(Kind.CALLBACK, "json jsons form forms xml xmls"),
}

# Parameters that make apprise read a file, fetch a URL, follow one, or call with another verb than POST.
_FORBIDDEN_PARAMETERS: Final = {
    *("attach", "attach-as", "attachment", "filename", "template", "content", "file_url", "keyfile", "subfile"),
    *("pgp", "pgpkey", "pgppub", "pgpprv", "wkd", "pem", "pemkey", "proxy", "store", "hsreq"),
}

# Parameters that may only say no.
_SWITCHES: Final = {
    "redirect": "redirects are never followed",
    "optional": "a message that failed must not count as sent",
    "retry": "we try again ourselves",
}

# Ranges that Python's own verdict leaves out, or judges differently from version to version.
_EXTRA_FORBIDDEN: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598), home of some clouds' metadata services
        "168.63.129.16/32",  # a cloud's host channel on a public number
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "::/96",  # IPv4-compatible
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID, protocol assignments
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)

_SCHEME = re.compile(r"([a-z0-9][a-z0-9+.-]{0,30})://(.*)", re.IGNORECASE | re.DOTALL)
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[0-9a-f:.]+\](:[0-9]*)?", re.IGNORECASE)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


class AddressError(ValueError):
    """An address that is refused; the text says what to do, `part` names what was wrong."""

    def __init__(self, part: str, advice: str) -> None:
        super().__init__(f"{part}: {advice}")
        self.part = part


@dataclass(frozen=True, slots=True)
class Address:
    """What the guard needs to know of an address. `guarded_host` is None where the vendor's own servers are called."""

    scheme: str
    guarded_host: str | None
    callback: bool


def parse(address: str) -> Address:
    """Read an apprise address; `AddressError` where it is malformed or may not be used. Looks nothing up."""
    _check_characters(address)
    found = _SCHEME.fullmatch(address)
    if found is None:
        raise AddressError("address", "write it as scheme://…, for example ntfys://host/topic")
    scheme, rest = found[1].lower(), found[2]
    kind = SCHEMES.get(scheme)
    if kind is None:
        raise AddressError("scheme", f"{scheme}:// is not allowed; use one of {', '.join(sorted(SCHEMES))}")
    if "://" in rest.split("?", 1)[0] or "," in rest.split("/", 1)[0]:
        raise AddressError("address", "give one address only; add a contact method for each further one")
    given = {name.lower(): value for name, value in parameters(address)}
    _check_parameters(given)
    if kind is Kind.CALLBACK and given.get("method", "post").lower() != "post":
        raise AddressError("method", "only POST is sent; leave method= out")
    host = None if kind is Kind.VENDOR else _guarded_host(scheme, rest, given)
    return Address(scheme, host, kind is Kind.CALLBACK)


def parameters(address: str) -> Iterator[tuple[str, str]]:
    """The query's names and values as apprise's plug-ins see them: cut at `&` and `;`, decoded twice, stripped."""
    for piece in re.split(r"[&;?]", address.partition("?")[2]):
        name, _, value = piece.partition("=")
        if name:
            yield unquote(unquote(name)).strip(), unquote(unquote(value)).strip()


def email(address: str) -> str:
    """One plain mail address, stripped; `AddressError` for lists, names, header tricks and what SMTP cannot carry."""
    text = address.strip()
    _check_characters(text)
    local, _, domain = text.rpartition("@")
    if not _MAILBOX.fullmatch(text) or len(text) > 254 or len(local) > 64:  # lengths: RFC 5321 §4.5.3.1
        raise AddressError("email", "write one plain address, for example ana@example.org")
    if _NUMERIC_LABEL.fullmatch(domain.rpartition(".")[2]):
        raise AddressError("email", "write the name of a mail domain, not a number")
    return text


def is_forbidden_ip(ip: str | Ip, allowed: Sequence[Network] = ()) -> bool:
    """Whether a connection to this address is refused: everything but public unicast, save what `allowed` contains.

    IPv6 forms that carry an IPv4 address (mapped) are judged by the address inside; translated forms (NAT64, 6to4,
    Teredo) are always refused. Text that is no address is forbidden.
    """
    try:
        parsed = ip_address(ip.split("%", 1)[0] if isinstance(ip, str) else ip)
    except ValueError:
        return True
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if any(parsed in network for network in allowed if network.version == parsed.version):
        return False
    if any(parsed in network for network in _EXTRA_FORBIDDEN if network.version == parsed.version):
        return True
    return not parsed.is_global or parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified


def masked(address: str) -> str:
    """An address for display: a plain mail address as it is, else `scheme://…` and four characters of a long target.

    Parameters and everything before an @ are never shown; of a target shorter than twelve characters, nothing is.
    """
    try:
        return email(address)
    except AddressError:
        pass
    found = _SCHEME.fullmatch(address)
    if found is None:
        return "…"
    target = re.split(r"[?#]", found[2], maxsplit=1)[0].rpartition("@")[2].rstrip("/")
    return f"{found[1].lower()}://…{target[-4:] if len(target) >= 12 and target[-4:].isalnum() else ''}"


def _check_characters(address: str) -> None:
    """Refuse what could end a header, hide a host or grow without bound, also where it is percent-encoded (twice)."""
    if not address:
        raise AddressError("address", "write one")
    if len(address) > MAX_LENGTH:
        raise AddressError("address", f"shorten it to {MAX_LENGTH:,} characters")
    once = unquote(address, errors="replace")
    for text in (once, unquote(once, errors="replace")):
        if any(category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text):
            raise AddressError("address", "take out the line breaks, control and invisible characters")
    if any(character.isspace() for character in address):
        raise AddressError("address", "take out the blanks (write %20 where one is meant)")
    if "\\" in address:
        raise AddressError("address", "take out the backslash")


def _check_parameters(given: dict[str, str]) -> None:
    for name, value in given.items():
        if name in _FORBIDDEN_PARAMETERS:
            raise AddressError(name, f"take {name}= out; it is not allowed here")
        if name in _SWITCHES and value.lower() not in {"no", "n", "false", "0", "off", "never", "none"}:
            raise AddressError(name, f"take {name}= out; {_SWITCHES[name]}")


def _guarded_host(scheme: str, rest: str, given: dict[str, str]) -> str | None:
    """The host that this address makes us connect to, None where it names only something at the vendor's."""
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    path = rest.partition("?")[0].partition("/")[2].strip("/")
    mode = given.get("mode", "").strip().lower()
    if scheme in {"ntfy", "ntfys"} and mode in {"", "cloud"} and (mode or not (path or given.get("to"))):
        return None  # ntfys://topic: the topic stands in the host's place, the host is ntfy.sh
    if scheme in {"matrix", "matrixs"} and mode == "t2bot":
        return None
    if scheme in {"mailto", "mailtos"} and given.get("smtp"):
        _host_of(authority)
        return _host_of(given["smtp"])
    return _host_of(authority)


def _host_of(authority: str) -> str:
    """The host of user:password@host:port, with none of the forms by which two parsers read two hosts."""
    if authority.count("@") > 1:
        raise AddressError("host", "write an @ inside a name or password as %40")
    if "#" in authority or ("%" in authority.rpartition("@")[2]):
        raise AddressError("host", "write the host plainly, without # or %")
    try:
        parts = urlsplit(f"//{authority}")
        host, port = parts.hostname or "", parts.port
        if "[" in authority and not _BRACKETED.fullmatch(authority.rpartition("@")[2]):
            raise ValueError
    except ValueError:
        raise AddressError("host", "write host or host:port, an IPv6 address in [brackets]") from None
    if not host:
        raise AddressError("host", "name one, as in scheme://host/…")
    if port == 0:
        raise AddressError("port", "use one from 1 to 65535")
    if ":" in host:
        return host
    if not _HOST_NAME.fullmatch(host) or len(host) > 253:
        raise AddressError("host", "use letters, digits, dots and hyphens (other scripts in their xn-- form)")
    if _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]) and not _is_dotted(host):
        raise AddressError("host", "write an IPv4 address as four decimal numbers, without leading zeros")
    return host


def _is_dotted(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
