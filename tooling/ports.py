"""The ports of the stack on this machine: which ones the environment names."""

from __future__ import annotations

import os


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
