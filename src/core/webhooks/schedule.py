"""When a delivery is tried again: the schedule of Standard Webhooks, ten tries over 75.6 hours."""

STEPS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each try, counted from the one before."""
_JITTER = 0.2
"""By which part a step is longer or shorter by chance, so that what failed together does not come
back together."""
SLOW = frozenset({429, 502, 504})
"""The answers of a receiver that does not keep up: all that is for it waits for a while."""
PAUSE_SECONDS = 60
"""How long, if it does not say."""
LONGEST_PAUSE = 900
QUICK_SECONDS = 3
"""Within which a receiver answers that is called as often as there is a reason to."""
SOON_SECONDS = 5
"""Within which others are called again that wait for the first call of a new endpoint."""


def next_at(tries: int, now: int, jitter: float, status: int, retry_after: int) -> int | None:
    """Return when a delivery is tried again after `tries` tries of which the last failed at `now`.

    None after the last one. `jitter` is in [0, 1). `status` is that of the answer, 0 if none came.
    `retry_after` is what the receiver asked for, in
    seconds, 0 for nothing: it is honoured up to twice the step. A receiver that does not keep up is
    given a minute at least.
    """
    if tries >= len(STEPS):
        return None
    step = STEPS[tries]
    delay = step * (1 - _JITTER + 2 * _JITTER * jitter)
    if status in SLOW:
        delay = max(delay, PAUSE_SECONDS * (1 + _JITTER * jitter))
        step = max(step, PAUSE_SECONDS)
    return now + max(1, round(max(delay, min(retry_after, 2 * step))))


def paused_until(now: int, status: int, error: str, retry_after: int) -> int:
    """Return until when nothing is sent to a receiver after a try; 0 if it keeps up.

    `status` and `error` are those of the try (`client.Answer`).

    One that needs more time than it has does not keep up either: each further call would hold a
    place that others need.
    """
    if status not in SLOW and error != "Timeout":
        return 0
    return now + min(max(retry_after, PAUSE_SECONDS), LONGEST_PAUSE)
