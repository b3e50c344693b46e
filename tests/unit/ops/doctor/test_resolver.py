"""Questions to a DNS server of this machine."""

from collections.abc import Iterator

import pytest
from support.dns import Server, dns_server

from ops.doctor.resolver import Resolver
from ops.doctor.unread import NotRead

ZONE = {
    "example.com TXT": ['"one" " record"', '"caf\\195\\169"'],
    "alias.example.com CNAME": ["Target.example.com."],
    "example.com MX": ["10 MX.example.com."],
    "example.com A": ["192.0.2.1"],
}


@pytest.fixture
def server() -> Iterator[Server]:
    with dns_server(ZONE) as running:
        yield running


def test_records_are_read_as_texts(server: Server) -> None:
    dns = Resolver.at(server.address)

    assert sorted(dns.texts("example.com")) == ["café", "one record"]
    assert dns.aliases("alias.example.com") == ["target.example.com"]
    assert dns.mail_exchangers("example.com") == ["10 mx.example.com"]
    assert dns.addresses("example.com") == ["192.0.2.1"]
    assert dns.exists("example.com")


def test_what_is_not_there_is_nothing(server: Server) -> None:
    dns = Resolver.at(server.address)

    assert dns.texts("nobody.example.org") == []
    assert dns.texts("alias.example.com") == []
    assert not dns.exists("nobody.example.org")


def test_each_question_is_asked_once(server: Server) -> None:
    dns = Resolver.at(server.address)

    for _ in range(3):
        dns.texts("example.com")

    assert server.asked == ["example.com TXT"]


def test_no_answer_is_no_proof_and_soon_nothing_is_asked_any_more(server: Server) -> None:
    dns = Resolver.at(server.address)
    server.refuses = True

    for name in ("a.example", "b.example", "c.example"):
        with pytest.raises(NotRead, match=r"the DNS has no answer about|no DNS server answers"):
            dns.texts(name)

    assert {*server.asked} == {"a.example TXT", "b.example TXT"}


def test_one_domain_in_trouble_does_not_stop_the_others(server: Server) -> None:
    dns = Resolver.at(server.address)

    for _ in range(3):
        server.refuses = True
        with pytest.raises(NotRead):
            dns.texts("a.example")
        server.refuses = False
        assert dns.mail_exchangers("example.com")
        dns._known.clear()


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        ("192.0.2.1:5353", "192.0.2.1", 5353),
        ("2001:db8::1", "2001:db8::1", 53),
        ("[2001:db8::1]", "2001:db8::1", 53),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
    ],
)
def test_a_server_is_named_by_its_address(address: str, host: str, port: int) -> None:
    asked = Resolver.at(address).asked

    assert asked is not None
    assert (asked.nameservers, asked.port) == ([host], port)


@pytest.mark.parametrize("address", ["dns.example", "192.0.2.1:0", "192.0.2.1:x", "1.2.3.4:70000"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^(DNS must|The port in DNS)"):
        Resolver.at(address)
