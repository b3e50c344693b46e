"""Turns of the pace, as whoever accepts a single mail takes them."""

from core.aws.pace_clock import PaceClock


def turn_of(pace_clock: PaceClock, recipients: int, now: float) -> float | None:
    """Take a turn for one mail of the slow lane; None if it has to line up."""
    return next(iter(pace_clock.turns([recipients], now)), None)
