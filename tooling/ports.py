"""The ports of the stack: which ones the environment names, and where on this machine they are."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress

HERE = "127.0.0.1"
"""This machine's own address. Nothing of the stack can be reached from another one."""
_HERE_IN_IPV6 = "::1"


class PortError(Exception):
    """A port cannot be used; the text says why, in a line for people."""


def from_environment(variable: str, default: int, *, least: int = 1) -> int:
    """Return the port that `variable` names, or `default` if there is no such variable.

    Raises `PortError` if its text is no number from `least` to 65535. Port 0 stands for any that
    is free.
    """
    text = os.environ.get(variable, str(default))
    if not (text.isascii() and text.isdecimal() and least <= int(text) < 65536):
        raise PortError(f"{variable}={text} is not a port.")
    return int(text)


def require_free(port: int, variable: str) -> None:
    """Raise `PortError` if anything listens on `port`, on either of localhost's addresses."""
    for family, host in ((socket.AF_INET, HERE), (socket.AF_INET6, _HERE_IN_IPV6)):
        with suppress(OSError), closing(socket.socket(family)) as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                message = f"Port {port} is in use: stop what listens there or set {variable}."
                raise PortError(message)


def require_free_for_udp(port: int, variable: str) -> None:
    """Raise `PortError` if anything has `port` for UDP."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((HERE, port))
        except OSError as error:
            message = f"Port {port} is in use for UDP: stop what has it or set {variable}."
            raise PortError(message) from error


def addresses() -> list[str]:
    """Return the addresses that `localhost` may mean here: IPv6's is not there on every machine.

    Many programs try IPv6's first, and some try no other, so a server must listen on both.
    """
    try:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            probe.bind((_HERE_IN_IPV6, 0))
    except OSError:
        return [HERE]
    return [HERE, _HERE_IN_IPV6]
