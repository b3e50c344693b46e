"""The simulator's HTTP answers, and the two ways of giving none that a fault can ask for."""

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from uuid import uuid4

from local.ses.errors import FieldError, SesError


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = field(default=())


class Silence(Enum):
    """No answer: the connection is closed, or held until the client gives up."""

    DROP = auto()
    HOLD = auto()


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def text(value: str, status: int = 200) -> Answer:
    return Answer(status, value.encode(), "text/plain; charset=utf-8")


def ses_error(error: SesError) -> Answer:
    """Return `error` in the form of AWS's REST-JSON protocol, from which an SDK raises it."""
    body = json.dumps({"message": error.message}).encode()
    names = (("x-amzn-RequestId", str(uuid4())), ("x-amzn-ErrorType", error.code))
    return Answer(error.status, body, headers=names)


def field_error(error: FieldError) -> Answer:
    return as_json({"field": error.field, "message": error.message}, 400)
