"""Questions to the DNS, asked of the system's resolver or of one that is named."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.exception
import dns.resolver
from dns.rdtypes.txtbase import TXTBase

from ops.doctor.unread import NotRead

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 4.0
"""For one question, with its repetitions."""
_PORT = 53
_PATIENCE = 2
"""After as many questions in vain, and none that was answered, the others are not asked."""


@dataclass(slots=True)
class Resolver:
    """Asks each question once. Raises `NotRead` if no answer comes: that is no proof of anything.

    A name that does not exist, or has no such record, has none: an empty list.
    """

    asked: dns.resolver.Resolver | None
    """None: this machine has no resolver."""
    _known: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    _in_vain: int = 0

    @classmethod
    def at(cls, address: str = "") -> Resolver:
        """Ask `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`; without, as the system does.

        Raises `ValueError` if it is no address.
        """
        if not address:
            try:
                return cls(_patient(dns.resolver.Resolver()))
            except dns.resolver.NoResolverConfiguration:
                return cls(None)
        host, port = _host_and_port(address)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [host], port
        return cls(_patient(resolver))

    def texts(self, name: str) -> Sequence[str]:
        """Return the TXT records, the strings of each joined."""
        return self._ask(name, "TXT")

    def aliases(self, name: str) -> Sequence[str]:
        """Return what a name is a CNAME of, in lower case."""
        return [target.lower() for target in self._ask(name, "CNAME")]

    def mail_exchangers(self, name: str) -> Sequence[str]:
        """Return the MX records as `10 host`, in lower case."""
        return [exchanger.lower() for exchanger in self._ask(name, "MX")]

    def addresses(self, name: str) -> Sequence[str]:
        """Return the IPv4 and IPv6 addresses of a name, past its aliases."""
        return [*self._ask(name, "A"), *self._ask(name, "AAAA")]

    def exists(self, name: str) -> bool:
        """Say whether a name has an address or takes mail, as RFC 9989 section 3.2.8 asks."""
        return bool(self.addresses(name) or self.mail_exchangers(name))

    def _ask(self, name: str, kind: str) -> Sequence[str]:
        if (name, kind) not in self._known:
            self._known[name, kind] = self._answer(name, kind)
        return self._known[name, kind]

    def _answer(self, name: str, kind: str) -> Sequence[str]:
        if self.asked is None or self._in_vain >= _PATIENCE:
            raise NotRead("no DNS server answers (DNS=address:port names another one)")
        try:
            answer = self.asked.resolve(f"{name}.", kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            self._in_vain = 0
            return []
        except dns.exception.DNSException as error:
            self._in_vain += 1
            raise NotRead(f"the DNS has no answer about {name} ({type(error).__name__})") from None
        self._in_vain = 0
        return [_text(record) for record in answer.rrset or ()]


def _text(record: dns.rdata.Rdata) -> str:
    if isinstance(record, TXTBase):
        return b"".join(record.strings).decode("utf-8", "replace")
    return record.to_text().removesuffix(".")


def _patient(resolver: dns.resolver.Resolver) -> dns.resolver.Resolver:
    resolver.lifetime = _SECONDS
    return resolver


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or (address.count(":") > 1 and not host.endswith("]")):
        host, port = address, str(_PORT)  # An address alone, perhaps one of IPv6.
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError("DNS must be the address of a server, such as 192.0.2.1:53.") from None
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("The port in DNS must be a number from 1 to 65535.")
    return host, int(port)
