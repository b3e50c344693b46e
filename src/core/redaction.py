"""Removes the text of unexpected exceptions before Lambda logs them: it may be personal data."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any


class Bug(Exception):
    """An unexpected exception without its text: says which kind it was and where it was raised."""


def places(error: Exception) -> list[str]:
    """Return where an error came from: up to 20 of `file:line`, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]


_ABOUT = "about "


@contextmanager
def about(**log_keys: str) -> Iterator[None]:
    """Note on whatever error leaves a `with` block which message it happened to.

    `log_keys` are what names it in a log: its `message_id`, and what else is known of it
    (`Record.log_keys`).
    """
    try:
        yield
    except Exception as error:
        for name, value in log_keys.items():
            error.add_note(f"{_ABOUT}{name}={value}")
        raise


def noted(error: Exception) -> dict[str, Any]:
    """Return what `about` noted on an error, the innermost of each name; nothing if it did not."""
    told: dict[str, Any] = {}
    for note in getattr(error, "__notes__", ()):
        if note.startswith(_ABOUT):
            name, _, value = note.removeprefix(_ABOUT).partition("=")
            told.setdefault(name, value)
    return told


def described(error: Exception) -> dict[str, Any]:
    """Return what may be logged of an error: `error` (its kind), `where`, and what is `noted`."""
    return {"error": type(error).__name__, "where": places(error), **noted(error)}


def redacted[**P, R](handler: Callable[P, R]) -> Callable[P, R]:
    """Wrap a Lambda handler so that no exception leaves it whose text may be personal data.

    Lambda logs every exception that a handler raises, with its causes; a text may quote an address
    or a body. Exceptions of this package hold no values, so they are raised as they are; any other
    becomes a `Bug`.
    """

    @wraps(handler)
    def run(*args: Any, **kwargs: Any) -> R:
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            if type(error).__module__.startswith(f"{__package__}."):
                raise error from None
            place = " < ".join(reversed(places(error)))
            raise Bug(f"{type(error).__name__} at {place}") from None

    return run
