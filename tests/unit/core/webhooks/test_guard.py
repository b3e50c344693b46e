"""What may be called: https on the public internet, and nothing that only looks like it."""

import socket

import pytest

from core.webhooks import guard


@pytest.mark.parametrize(
    "url",
    [
        "https://mail-events.example.com/hooks",
        "https://example.com",
        "https://example.com:443/a?b=c%20d",
        "https://EXAMPLE.com./",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://example.com/" + "a" * 1980,
    ],
)
def test_good(url: str) -> None:
    assert guard.faults_in(url, reaches_loopback=False) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com:8443/",
        "https://example.com:80/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:https/",
        "https://example.com/#fragment",
        "https://example.com\\@127.0.0.1/",
        "https://exa mple.com/",
        "https://example.com/\r\nX-Header: 1",
        "https://example.com/\t",
        "https://bücher.example/",
        "https://localhost/",
        "https://localhost./",
        "https://metadata/",
        "https://instance-data.ec2.internal/",
        "https://a..example.com/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[::1",
        "https://10.0.0.1/",
        "https://example.com/" + "a" * 1981,
        "http://127.0.0.1:9000/",
    ],
)
def test_bad(url: str) -> None:
    faults = guard.faults_in(url, reaches_loopback=False)

    assert faults
    assert not [fault for fault in faults if url and url in fault]


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("http://127.0.0.1:9000/hooks", True),
        ("http://127.0.0.1:1/", True),
        ("http://127.0.0.1/", False),
        ("http://localhost:9000/", False),
        ("http://127.0.0.2:9000/", False),
        ("http://127.1:9000/", False),
        ("http://user@127.0.0.1:9000/", False),
        ("http://[::1]:9000/", False),
        ("https://127.0.0.1:9000/", False),
        ("https://127.0.0.1/", False),
        ("http://example.com/", False),
        ("http://127.0.0.1:9000@example.com/", False),
        ("http://127.0.0.1:09000/", False),
    ],
)
def test_the_local_stack_reaches_this_machine_and_by_one_name_alone(
    url: str, *, is_good: bool
) -> None:
    assert (guard.faults_in(url, reaches_loopback=True) == []) is is_good


PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nobody binds to it
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2002:a00:1::",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_that_is_not_of_the_public_internet(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1"]
)
def test_public_addresses(address: str) -> None:
    assert guard.is_public(address)


def resolving(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    def getaddrinfo(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_with_one_private_address_is_not_called_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, "8.8.8.8", "10.0.0.1")

    with pytest.raises(guard.NotPublic):
        guard.addresses("mixed.example", 443)


def test_what_was_looked_at_is_what_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8")

    assert guard.addresses("good.example", 443) == [(socket.AF_INET, ("8.8.8.8", 443))]
