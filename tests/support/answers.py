"""Answers of AWS on the wire of a real client: what a service says when it is asked."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSResponse


class Raw:
    """The body of an answer, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.body


def answer(status: int, body: dict[str, Any], error: str = "") -> AWSResponse:
    """Build an answer in AWS's JSON; `error` is its error code."""
    headers = {"Content-Type": "application/json"}
    if error:
        headers["x-amzn-ErrorType"] = error
    return AWSResponse("https://email", status, headers, Raw(json.dumps(body).encode()))


def refusing(status: int, code: str) -> Callable[[], AWSResponse]:
    """Return what answers with an error, whose message holds an address that no log may show."""
    return lambda: answer(status, {"message": "secret@recipient.example did it"}, code)


def raising(error: BaseException) -> Callable[[], AWSResponse]:
    """Return what raises an error instead of an answer, as a broken connection does."""

    def fail() -> AWSResponse:
        raise error

    return fail


class Killed(BaseException):
    """The function's process is gone in the middle of a call."""
