"""Which ports of 127.0.0.1 a stack on this machine has: `API_PORT` and `SES_PORT` say so."""

from __future__ import annotations

import os

_DEFAULTS = {"API_PORT": 8080, "SES_PORT": 8025}


def port(variable: str) -> int:
    """Return the port that an environment variable names, or its default.

    Raises `ValueError`, in a line for people, if what it says is no port.
    """
    text = os.environ.get(variable, str(_DEFAULTS[variable]))
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise ValueError(f"{variable}={text} is not a port.")
    return int(text)
