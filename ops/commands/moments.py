"""A time as an operator types it."""

import re
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

Since = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="From when on: 90s, 15m, 2h or 3d ago, or 2026-01-31T12:00Z."
    ),
]
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def moment(context: typer.Context, text: str) -> float:
    """Return epoch seconds: of a span before now, or of a time of ISO 8601 (UTC, if none is said).

    Raises `typer.BadParameter` for what is neither.
    """
    if span := _SPAN.fullmatch(text):
        return time.time() - int(span[1]) * _SECONDS[span[2]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "A time is a span before now (90s, 15m, 2h, 3d) or as 2026-01-31T12:00Z.", ctx=context
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def rfc3339(context: typer.Context, text: str) -> str | None:
    """Return a moment as the API's operations take it; None for no text."""
    return datetime.fromtimestamp(moment(context, text), UTC).isoformat() if text else None
