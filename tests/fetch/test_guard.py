"""Which addresses are asked: properties over all of them, and the disguises that are known."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetch.guard import OTHER_SERVICES, Guard, NoSuchHost, Refused, system_resolver

GUARD = Guard.of(())
# The special-purpose registries of IANA, in their words and not in those of Python's tables.
NOT_PUBLIC_V4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/29 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
    "255.255.255.255/32 168.63.129.16/32"
)
NOT_PUBLIC_V6 = (
    "::/128 ::1/128 ::/96 64:ff9b:1::/48 100::/64 2001::/32 2001:2::/48 2001:20::/28 2001:db8::/32 2002::/16 "
    "3fff::/20 4000::/3 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8"
)
PUBLIC_V4 = (
    st.sampled_from(["1.1.0.0/16", "8.8.8.0/24", "93.184.0.0/16", "151.101.0.0/16", "193.0.0.0/16", "202.38.0.0/16"])
    .map(ipaddress.IPv4Network)
    .flatmap(lambda network: st.integers(int(network.network_address), int(network.broadcast_address)))
    .map(ipaddress.IPv4Address)
)


def _within(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> st.SearchStrategy[str]:
    first, last = int(network.network_address), int(network.broadcast_address)
    made = type(network.network_address)
    return st.integers(first, last).map(lambda number: str(made(number)))


PRIVATE_V4 = st.sampled_from(NOT_PUBLIC_V4.split()).flatmap(lambda text: _within(ipaddress.ip_network(text)))
PRIVATE_V6 = st.sampled_from(NOT_PUBLIC_V6.split()).flatmap(lambda text: _within(ipaddress.ip_network(text)))


def refuses(address: str, guard: Guard = GUARD) -> bool:
    """Whether an address is refused by its words."""
    try:
        guard.check(address)
    except Refused as error:
        return bool(str(error))  # never without a reason
    return False


def resolved(guard: Guard, host: str, port: int = 443) -> tuple[str, ...]:
    """What a host is connected to."""
    return asyncio.run(guard.addresses(host, port))


def guard_with(*addresses: str, allow: Sequence[str] = ()) -> Guard:
    """A guard whose name server has one answer for every name."""

    async def resolver(host: str, port: int) -> Sequence[str]:
        return addresses

    return Guard.of(allow, resolver)


# ------------------------------------------------------------------------------------------------- every address


@given(PRIVATE_V4 | PRIVATE_V6)
def test_no_address_that_is_not_public_is_asked_by_number_or_by_name(address: str) -> None:
    assert refuses(f"http://[{address}]/" if ":" in address else f"http://{address}/")
    with pytest.raises(Refused):
        resolved(guard_with(address), "law.example")


@given(PRIVATE_V4)
def test_nor_in_any_of_the_forms_that_carry_an_ipv4_address(address: str) -> None:
    number = int(ipaddress.IPv4Address(address))
    forms = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),  # mapped
        ipaddress.IPv6Address(number),  # compatible
        ipaddress.IPv6Address((0x64FF9B << 96) | number),  # NAT64
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1),  # 6to4
        ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),  # Teredo
        ipaddress.IPv6Address((0x20010DB7 << 96) | (0x00005EFE << 32) | number),  # ISATAP
        ipaddress.IPv6Address((0xFFFF << 48) | number),  # translated (RFC 2765)
    ]
    for form in forms:
        assert refuses(f"http://[{form}]/"), form
        with pytest.raises(Refused):
            resolved(guard_with(str(form)), "law.example")


@given(PRIVATE_V4)
def test_nor_in_the_forms_that_only_programs_read(address: str) -> None:
    number = int(ipaddress.IPv4Address(address))
    parts = [int(part) for part in address.split(".")]
    forms = [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(f"0{part:o}" for part in parts),
        ".".join(hex(part) for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"{address}.",
        address.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        address.replace(".", "。"),
        address.replace(".", "%2e"),
    ]
    for form in forms:
        assert refuses(f"http://{form}/"), form


@given(PUBLIC_V4)
def test_public_addresses_are_asked(address: ipaddress.IPv4Address) -> None:
    assert not refuses(f"https://{address}/")
    assert resolved(guard_with(str(address)), "law.example") == (str(address),)


@given(PUBLIC_V4)
def test_a_networks_own_translation_is_judged_by_the_address_inside(address: ipaddress.IPv4Address) -> None:
    """DNS64 makes such answers in networks without IPv4; written by hand it is a disguise."""
    form = str(ipaddress.IPv6Address((0x64FF9B << 96) | int(address)))
    assert resolved(guard_with(form), "law.example") == (form,)
    assert refuses(f"http://[{form}]/")


@given(PUBLIC_V4, PRIVATE_V4 | PRIVATE_V6)
def test_an_answer_that_mixes_public_and_private_is_refused_whole(public: ipaddress.IPv4Address, private: str) -> None:
    with pytest.raises(Refused):
        resolved(guard_with(str(public), private), "law.example")


@given(PRIVATE_V4)
def test_a_network_that_the_operator_names_may_be_asked_and_no_other(address: str) -> None:
    guard = guard_with(address, allow=[f"{address}/32"])
    assert not refuses(f"http://{address}:8080/", guard)
    assert resolved(guard, "intranet.example") == (address,)
    other = str(ipaddress.IPv4Address(int(ipaddress.IPv4Address(address)) ^ 1))
    if refuses(f"http://{other}/"):
        assert refuses(f"http://{other}/", guard)


# ------------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "address",
    [
        "ftp://law.example/",
        "file:///etc/passwd",
        "gopher://law.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "unix:///var/run/docker.sock",
        "//law.example/",
        "law.example",
        "",
        "http://",
        "http:///path",
        "http://me@law.example/",
        "http://me:secret@law.example/",
        "http://law.example:secret@10.0.0.1/",
        "http://law.example\\@10.0.0.1/",
        "http://10.0.0.1\\.law.example/",
        "http://law.example:99999/",
        "http://law.example:-1/",
        "http://law.example:0/",
        "http://law .example/",
        "http://law\n.example/",
        "http://law.example/\r\nX-Header: 1",
        "http://law.example/\0",
        "http://[fe80::1%25eth0]/",
        "http://[::1%lo]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:0:0]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://anything.localhost/",
        "http://localhost.localdomain/",
        "http://%6c%6f%63alhost/",
        "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        "http://-.example/",
        "http://a..example/",
        "http://" + "a" * 300 + ".example/",
        "https://law.example/" + "x" * 9000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(address: str) -> None:
    assert refuses(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://law.example/a?b=c#d",
        "http://LAW.example:8080/",
        "https://law.example./",
        "https://bücher.example/",
        "https://法律.example/条例",
        "https://xn--bcher-kva.example/",
        "https://a_b.law.example/",
        "https://1.2.3.law/",
        "  https://law.example/  ",
        "https://law.example/a b",
    ],
)
def test_a_plain_one_is_not(address: str) -> None:
    url = GUARD.check(address)
    assert url.fragment == ""
    assert url.host == url.host.lower()
    assert not url.host.endswith(".")


@given(st.text(max_size=80))
def test_any_text_is_accepted_or_refused_and_nothing_else(text: str) -> None:
    for address in (text, f"http://{text}/", f"http://law.example/{text}", f"http://[{text}]/"):
        try:
            url = GUARD.check(address)
        except Refused:
            continue
        assert url.scheme in ("http", "https")
        assert not url.userinfo


@given(st.integers(1, 65_535))
def test_ports_of_other_services_are_not_asked(port: int) -> None:
    asked = not refuses(f"http://93.184.215.14:{port}/")
    assert asked == (port in (80, 443) or (port >= 1024 and port not in OTHER_SERVICES))


def test_networks_that_are_none_are_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0"):
        Guard.of(["10.0.0"])


# ------------------------------------------------------------------------------------------------------ resolving


def test_a_name_without_an_address_says_so() -> None:
    with pytest.raises(NoSuchHost, match=r"law\.example"):
        resolved(guard_with(), "law.example")


def test_an_answer_that_is_no_address_is_refused() -> None:
    with pytest.raises(Refused):
        resolved(guard_with("not an address"), "law.example")


@given(st.lists(PUBLIC_V4.map(str), min_size=1, max_size=12))
def test_few_addresses_are_tried_each_once_in_order(addresses: list[str]) -> None:
    found = resolved(guard_with(*addresses), "law.example")
    assert list(found) == list(dict.fromkeys(addresses))[:4]


def test_a_name_server_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ()

    monkeypatch.setattr("tracker.fetch.guard.RESOLVE_SECONDS", 0.05)
    with pytest.raises(NoSuchHost, match="did not answer"):
        resolved(Guard.of((), silent), "law.example")


async def test_the_systems_own_answer_is_asked_in_threads_that_nobody_waits_for() -> None:
    assert "127.0.0.1" in await system_resolver("127.0.0.1", 80)
    with pytest.raises(UnicodeError, match="label"):  # fails before anybody is asked
        await system_resolver("x" * 300, 80)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("resolve"))
