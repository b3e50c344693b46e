"""Keeps webhooks away from every network that is not the public one (SSRF).

A URL is looked at when it is saved. What its name leads to is looked at when it is called, and the
call goes to just the address that was looked at: a name that leads elsewhere a moment later changes
nothing (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

LONGEST_URL = 2000
HTTPS_PORT = 443
LOOPBACK = "127.0.0.1"
"""The one host that the local stack may call without TLS."""
_ALLOWED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=%"
)
"""The characters of RFC 3986, without # as nobody sends a fragment."""
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # Of protocols.
            "192.88.99.0/24",  # The way into 6to4.
            "2001::/23",  # Of protocols; Teredo is among them.
            "2002::/16",  # 6to4: any IPv4 address, private ones too.
            "3fff::/20",  # For documentation.
        ),
    )
)
"""Networks that may not be called although Python calls some of them global."""
_PUBLIC_6 = ipaddress.ip_network("2000::/3")
"""All that IPv6 has of public addresses so far (RFC 4291 §2.4, IANA's registry)."""

Address = tuple[socket.AddressFamily, Any]
"""An address as a socket takes it."""


class NotPublic(Exception):
    """A name leads to an address that is not a public one, or has none."""


def faults_in(url: str, *, reaches_loopback: bool) -> list[str]:
    """Return what is wrong with the URL of an endpoint, in words that follow its name.

    `reaches_loopback` is whether `http://127.0.0.1:PORT` is allowed (the local stack).
    """
    if len(url) > LONGEST_URL:
        return [f"must have at most {LONGEST_URL} characters"]
    if not {*url} <= _ALLOWED:
        return ["must be a URL in ASCII without spaces and without a fragment (#)"]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ["must be a URL such as https://mail-events.example.com/webhooks"]
    if reaches_loopback and parts.scheme == "http" and parts.netloc == f"{LOOPBACK}:{port}":
        return []
    return [*_faults_of(parts, port)]


def _faults_of(parts: SplitResult, port: int | None) -> Sequence[str]:
    faults = []
    if parts.scheme != "https":
        faults.append("must begin with https://")
    if "@" in parts.netloc:
        faults.append("must hold no user name and no password: calls are signed")
    if port not in (None, HTTPS_PORT):
        faults.append("must have no port but 443")
    if not _is_host(parts.hostname or ""):
        faults.append("must name a host of the public internet")
    return faults


def _is_host(host: str) -> bool:
    """Say whether a text may be the name of a public host, or is a public address.

    Numbers that only some programs read as an address (`0x7f.1`, `2130706433`) are neither.
    """
    try:
        return is_public(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
    is_named = len(labels) > 1 and all(0 < len(label) <= 63 for label in labels)
    return is_named and not labels[-1][0].isdigit() and labels[-1] not in ("localhost", "internal")


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet. Raises `ValueError` if it is none."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id:
            return False
        if ip.ipv4_mapped is None and ip not in _PUBLIC_6:
            return False
        ip = ip.ipv4_mapped or ip
    never = any(ip in network for network in _NEVER if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not never


def addresses(host: str, port: int) -> list[Address]:
    """Return the addresses that a host has now, all of them public.

    Raises `NotPublic` if any is not, whichever would be called: who mixes them means no good.
    Raises `OSError` if the name has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(is_public(str(address[4][0])) for address in found):
        raise NotPublic
    return [(family, address) for family, _, _, _, address in found]
