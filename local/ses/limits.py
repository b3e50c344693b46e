"""An account's two sending quotas: recipients per second, and recipients in 24 hours.

Sources: SES developer guide, "Managing your Amazon SES sending limits" (both count recipients, the
day is a rolling one) and "Errors related to the sending quotas" (the texts); AWS Messaging Blog,
"What Happens When You Reach Your Sending Limits?" (mails to several recipients).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from local.ses.errors import SesError

_DAY: Final = 86_400.0  # Seconds.
UNLIMITED: Final = -1.0
"""As `Max24HourSend`: no daily quota (API reference, SendQuota)."""
_THROTTLED: Final = "TooManyRequestsException"
"""The guide gives both quotas one error, and calls it `ThrottlingException`. That is the name of
older APIs: for the rate, SES v2 was seen to answer `TooManyRequestsException`, the only throttle in
its model. So the day has it too, and only the text tells them apart. (`LimitExceededException` is
in the model for too many instances of a resource.)"""


class Limits:
    """What was sent of late. `clock` returns seconds; it may start anywhere."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._day: deque[tuple[float, float]] = deque()
        self._sent = 0.0
        self._tokens = float("inf")  # Nothing was sent for a long time: full, whatever the rate.
        self._filled_at = clock()

    @property
    def sent(self) -> float:
        """The recipients of the last 24 hours."""
        while self._day and self._day[0][0] <= self._clock() - _DAY:
            self._sent -= self._day.popleft()[1]
        return self._sent

    @sent.setter
    def sent(self, recipients: float) -> None:
        self._day.clear()
        self._sent = 0.0
        self._add(recipients)

    def check(self, *, per_second: float, per_day: float, counted: int) -> None:
        """Raise `SesError` if a mail must wait; `counted` of its recipients count for the day.

        While anything is left of a quota a mail passes, however many recipients it has. What it
        takes too much is missing afterwards: after five recipients at one per second, SES refuses
        for five seconds.
        """
        if counted and UNLIMITED != per_day <= self.sent:
            raise SesError(_THROTTLED, "Daily message quota exceeded.")
        self._fill(per_second)
        if not per_second or self._tokens < 1:
            raise SesError(_THROTTLED, "Maximum sending rate exceeded.")

    def count(self, recipients: int, counted: int) -> None:
        """Count a mail that was accepted."""
        self._tokens -= recipients
        self._add(counted)

    def _fill(self, per_second: float) -> None:
        """Let the bucket fill to the recipients of one second: that many may come at once."""
        now = self._clock()
        filled = self._tokens + (now - self._filled_at) * per_second
        self._tokens, self._filled_at = min(filled, max(per_second, 1.0)), now

    def _add(self, recipients: float) -> None:
        self._day.append((self._clock(), recipients))
        self._sent += recipients
