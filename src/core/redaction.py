"""What a bug may tell: its kind and its place, never what it happened with."""

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any


class Bug(Exception):
    """Something failed that nobody expected; the text says what and where, and holds no value."""


def places(error: Exception) -> list[str]:
    """Say where an error came from, as `file:line`, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]


def redacted[**P, R](handler: Callable[P, R]) -> Callable[P, R]:
    """Let nothing out of a Lambda function that may hold a value: Lambda logs what comes out.

    An exception's text may be a mail's address or body, and so may those of its causes. Our own
    (they live in this package) hold none and keep their kind; any other becomes a `Bug`.
    """

    @wraps(handler)
    def run(*args: Any, **named: Any) -> R:
        try:
            return handler(*args, **named)
        except Exception as error:
            if type(error).__module__.startswith(f"{__package__}."):
                raise error from None
            place = " < ".join(reversed(places(error)))
            raise Bug(f"{type(error).__name__} at {place}") from None

    return run
