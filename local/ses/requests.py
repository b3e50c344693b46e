"""An HTTP request to the simulator, and how its parts are read."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.ses.answers import Answer, Silence
from local.ses.errors import FieldError
from local.ses.simulator import Ses

type Handler = Callable[[Ses, Request], Answer | Silence]
type Routes = tuple[tuple[re.Pattern[str], dict[str, Handler]], ...]
"""Per path: the function of each method. A path's groups are the `names` of the request."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    `headers` have names in lower case; `names` are the variable parts of its path, unescaped as
    that is not.
    """

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = field(default=())


def json_object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise FieldError("", "The request must be a JSON object.")
    return given


def string(given: dict[str, Any], name: str) -> str:
    if not isinstance(value := given.get(name), str):
        raise FieldError(name, "Must be a string.")
    return value


def number(given: dict[str, Any], name: str, most: int) -> int:
    """Return a number from 1 to `most`, 1 by default; in a query string it is text."""
    value = given.get(name, 1)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise FieldError(name, f"Must be a whole number from 1 to {most}.")
    return value
