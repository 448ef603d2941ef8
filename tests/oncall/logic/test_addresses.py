"""Promises of oncall/logic/addresses.py."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.logic.addresses import SCHEMES, AddressError, Kind, email, is_forbidden_ip, masked, parameters, parse


@pytest.mark.parametrize(
    ("address", "host", "callback"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", None, False),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", None, False),
        ("SLACK://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", None, False),
        ("ntfys://our-topic", None, False),
        ("ntfys://our-topic?priority=max", None, False),
        ("ntfys://ntfy.example.org/our-topic", "ntfy.example.org", False),
        ("ntfys://ntfy.example.org?to=our-topic", "ntfy.example.org", False),
        ("ntfys://ntfy.example.org?mode=private", "ntfy.example.org", False),
        ("ntfys://ntfy.example.org/our-topic?mode=cloud", None, False),
        ("gotifys://push.example.org:8443/AbCdEf", "push.example.org", False),
        ("mailtos://bo:secret@example.org?to=bo@example.org", "example.org", False),
        ("mailtos://bo:secret@example.org?smtp=mail.example.net&to=bo@example.org", "mail.example.net", False),
        ("matrixs://bo:secret@matrix.example.org/%23room", "matrix.example.org", False),
        ("matrix://0123456789?mode=t2bot", None, False),
        ("mmosts://chat.example.org/token", "chat.example.org", False),
        ("signals://gateway.example.org/+15551230000/+15551230001", "gateway.example.org", False),
        ("json://hooks.example.org/a/b?-x=1&+X-Team=ops", "hooks.example.org", True),
        ("jsons://bo:p%40ss@hooks.example.org:8443/a", "hooks.example.org", True),
        ("xml://[2001:db8::1]:8080/a", "2001:db8::1", True),
        ("forms://192.0.2.7/a", "192.0.2.7", True),
    ],
)
def test_an_address_names_the_host_that_it_makes_us_call(address: str, host: str | None, callback: bool) -> None:
    parsed = parse(address)
    assert (parsed.guarded_host, parsed.callback) == (host, callback)
    assert parsed.scheme == address.split(":")[0].lower()


FORBIDDEN_SCHEMES = [
    *("syslog", "rsyslog", "file", "dbus", "glib", "gnome", "kde", "qt", "macosx", "windows", "exec", "apprise"),
    *("http", "https", "ftp", "gopher", "ldap", "mqtt", "xmpp", "irc", "amqp", "fcm", "vapid", "nostr", "growl"),
]


@pytest.mark.parametrize("scheme", FORBIDDEN_SCHEMES)
def test_a_scheme_off_the_list_is_refused(scheme: str) -> None:
    with pytest.raises(AddressError, match=f"{scheme}:// is not allowed") as caught:
        parse(f"{scheme}://host.example.org/a")
    assert caught.value.part == "scheme"


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("", "address"),
        ("slack", "address"),
        ("slack:T1/A1/x", "address"),
        ("://host", "address"),
        ("json://", "host"),
        ("json:///path", "host"),
        ("json://:80/", "host"),
        ("json://h.example.org:0/", "port"),
        ("json://h.example.org:99999/", "host"),
        ("json://h.example.org:8o/", "host"),
        ("json://" + "a" * 1_000, "address"),
        # two hosts, depending on who reads
        ("json://example.org@@127.0.0.1/", "host"),
        ("json://a@example.org@127.0.0.1/", "host"),
        ("json://127.0.0.1#@example.org/", "host"),
        ("json://example.org#.internal/", "host"),
        ("json://example.org\\@127.0.0.1/", "address"),
        ("json://example.org%2f@127.0.0.1%2f/", "host"),
        ("json://127.0.0.1%00.example.org/", "address"),
        ("json://127.0.0.1%2eexample.org/", "host"),
        ("json://[::1", "host"),
        ("json://[::1]x/", "host"),
        ("json://a[::1]/", "host"),
        ("json://[fe80::1%25eth0]/", "host"),
        ("json://-host/", "host"),
        ("json://a..b/", "host"),
        ("json://１２７.0.0.1/", "host"),
        ("json://①②⑦.example/", "host"),
        ("json://bücher.example/", "host"),
        # numbers that C libraries read as addresses
        ("json://2130706433/", "host"),
        ("json://0x7f000001/", "host"),
        ("json://0x7f.0.0.1/", "host"),
        ("json://0177.0.0.1/", "host"),
        ("json://127.1/", "host"),
        ("json://127.0.1/", "host"),
        ("json://017700000001/", "host"),
        ("json://127.0.0.1./", "host"),
        ("json://127.0.0.01/", "host"),
        ("json://256.1.1.1/", "host"),
        ("mailto://u:p@example.org?smtp=2130706433", "host"),
        ("mailto://u:p@example.org?smtp=127.1", "host"),
        ("mailto://u:p@example.org?smtp=a@b@c", "host"),
        # what reads a file, fetches, follows, hides a failure, or is more than one
        ("slack://T1/A1/x?attach=http://internal/", "attach"),
        ("json://h.example.org/?attach-as=x", "attach-as"),
        ("discord://1/2?template=/etc/passwd", "template"),
        ("slack://T1/A1/x?x=1;template=/etc/passwd", "template"),
        ("slack://T1/A1/x?%74emplate=/etc/passwd", "template"),
        ("slack://T1/A1/x?%2574emplate=/etc/passwd", "template"),
        ("slack://T1/A1/x?TEMPLATE=/etc/passwd", "template"),
        ("tgram://1:a/2?content=rich&template=file:///etc/passwd", "content"),
        ("mailto://u:p@example.org?pgpprv=/etc/ssl/private/key.pem", "pgpprv"),
        ("ntfys://host.example.org/t?filename=x", "filename"),
        ("json://h.example.org/?redirect=yes", "redirect"),
        ("json://h.example.org/?redirect", "redirect"),
        ("json://h.example.org/?a=b?redirect=yes", "redirect"),
        ("slack://T1/A1/x?optional=yes", "optional"),
        ("slack://T1/A1/x?retry=5", "retry"),
        ("json://h.example.org/?method=GET", "method"),
        ("form://h.example.org/?method=delete", "method"),
        ("json://h.example.org/,json://127.0.0.1/", "address"),
        ("json://h.example.org,json://127.0.0.1/", "address"),
        ("slack://T1/A1/x json://127.0.0.1/", "address"),
        # what would end a header or a line
        ("mailto://u:p@example.org?from=Ops%0D%0ABcc:%20x@example.org", "address"),
        ("mailto://u:p@example.org?from=Ops%250D%250ABcc:%20x@example.org", "address"),
        ("mailto://u:p@example.org?name=a\nb", "address"),
        ("json://h.example.org/?+X=a%0d%0aHost:%20b", "address"),
        ("json://h.example.org/\x00", "address"),
        ("json://h.example.org/\u202egro", "address"),
        ("json://h.example\u200b.org/", "address"),
        ("json://h.example.org/\ud800", "address"),
        ("json://h.example.org/a\u2028b", "address"),
    ],
)
def test_a_hostile_address_is_refused_and_its_part_named(address: str, part: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse(address)
    assert caught.value.part == part
    assert str(caught.value).startswith(f"{part}: ")


def test_parameters_that_only_say_no_are_accepted() -> None:
    assert parse("slack://T1/A1/x?redirect=no&optional=no&retry=0&format=text").scheme == "slack"


def test_parameters_are_cut_and_decoded_as_the_plugins_do() -> None:
    assert list(parameters("json://h/?a=1;b=%2531&+X-Y=z&c")) == [("a", "1"), ("b", "1"), ("+X-Y", "z"), ("c", "")]


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused_never_a_crash(text: str) -> None:
    for address in (text, f"json://{text}", f"mailto://u:p@example.org?{text}", f"ntfys://{text}/topic"):
        try:
            parsed = parse(address)
        except AddressError:
            continue
        assert parsed.scheme in SCHEMES
        assert (parsed.guarded_host is None) <= (SCHEMES[parsed.scheme] is not Kind.CALLBACK)


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.192"),
        *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250"),
        *("240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
        *("64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1"),
        *("2001:20::1", "3fff::1", "5f00::1"),
        *("", "example.org", "2130706433", "0x7f.1", "127.1"),
    ],
)
def test_only_public_unicast_is_permitted(ip: str) -> None:
    assert is_forbidden_ip(ip)


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_permitted(ip: str) -> None:
    assert not is_forbidden_ip(ip)


def test_the_allow_list_opens_exactly_its_networks_also_for_mapped_forms() -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    assert not is_forbidden_ip("10.1.2.3", allowed)
    assert not is_forbidden_ip("::ffff:10.1.2.3", allowed)
    assert not is_forbidden_ip("fd00::1", allowed)
    assert is_forbidden_ip("10.2.0.1", allowed)
    assert is_forbidden_ip("64:ff9b::10.1.2.3", allowed)
    assert is_forbidden_ip("127.0.0.1", allowed)


@pytest.mark.parametrize(
    "address", ["ana@example.org", " ana@example.org\n", "a.b+c@mail.example.org", "ops@localhost"]
)
def test_a_plain_mail_address_is_accepted(address: str) -> None:
    assert email(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        *("", "ana", "@example.org", "ana@", "ana@@example.org", "ana@example.org,bo@example.org", "a b@example.org"),
        *("ana@example.org\r\nBcc: bo@example.org", "Ana <ana@example.org>", "a\x00@example.org"),
        *("ana@example..org", ".ana@example.org", "ana@-example.org", "ana@127.0.0.1", "ana@[127.0.0.1]"),
        *("ana%0abcc@example.org", "mailto:ana@example.org", "a" * 65 + "@example.org", "ana@" + "a." * 130 + "org"),
    ],
)
def test_what_is_not_one_plain_mail_address_is_refused(address: str) -> None:
    with pytest.raises(AddressError):
        email(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana@example.org", "ana@example.org"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "slack://…i7FQ"),
        ("mailtos://bo:secret@mail.example?to=bo@example.org&x=abcd", "mailtos://…mple"),
        ("json://bo:secret@h", "json://…"),
        ("json://bo:sec/ret@h.example", "json://…"),
        ("tgram://short", "tgram://…"),
        ("nonsense with a secret", "…"),
    ],
)
def test_a_masked_address_shows_no_credentials(address: str, shown: str) -> None:
    assert masked(address) == shown
