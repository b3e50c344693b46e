"""Which URLs may be those of an endpoint. What their names lead to is seen at each call."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

LONGEST = 2_000
_LOOPBACK = "127.0.0.1"


def faults_in(url: str, *, reaches_loopback: bool) -> list[str]:
    """Return what is wrong with a URL, each as the end of a sentence that begins with 'Url'.

    `reaches_loopback` allows `http://127.0.0.1:PORT`, for the stack on a developer's machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ["must be a URL: https://, a host, and a path"]
    if reaches_loopback and (parts.scheme, parts.hostname) == ("http", _LOOPBACK) and port:
        return []
    return [*_faults(url, parts, port)]


def _faults(url: str, parts: SplitResult, port: int | None) -> Iterator[str]:
    if len(url) > LONGEST:
        yield f"must not be longer than {LONGEST} characters"
    if parts.scheme != "https":
        yield "must begin with https://"
    if not parts.hostname:
        yield "must name a host"
    elif not _is_public(parts.hostname):
        yield "must name a public host"
    if port not in (None, 443):
        yield "must not name a port other than 443"
    if "@" in parts.netloc:
        yield "must not have a user or a password in it"
    if "#" in url:
        yield "must not have a fragment (#)"


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
