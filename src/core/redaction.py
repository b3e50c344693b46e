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


_ABOUT = "message "


@contextmanager
def about(message_id: str) -> Iterator[None]:
    """Note on whatever error leaves a `with` block which message it happened to."""
    try:
        yield
    except Exception as error:
        error.add_note(f"{_ABOUT}{message_id}")
        raise


def described(error: Exception) -> dict[str, Any]:
    """Return what may be logged of an error: `error` (its kind), `where`, and a `message_id`.

    The latter only if `about` noted one.
    """
    notes = getattr(error, "__notes__", ())
    ids = [note.removeprefix(_ABOUT) for note in notes if note.startswith(_ABOUT)]
    told = {"error": type(error).__name__, "where": places(error)}
    return told | {"message_id": ids[0]} if ids else told


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
