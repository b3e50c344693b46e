"""The five ways in which a try at sending can end, by what has to be done next.

An outcome is not an exception: each of the five is ordinary, and each is written down
(docs/architecture.md, Sending 4).
"""

from typing import NamedTuple


class Sent(NamedTuple):
    """SES has taken the mail. `ses_message_id` is SES's own id of it."""

    ses_message_id: str


class Refused(NamedTuple):
    """SES will never take the mail: it has failed."""

    code: str
    """The name of the error, as SES or botocore gives it."""
    message: str
    """A text for the caller. It is ours, because SES's own texts contain addresses."""
    needs_letter: bool = False
    """Whether an operator must hear of it, because the mail was accepted and is lost."""


class NotTaken(NamedTuple):
    """SES has certainly not taken the mail, but may take it later: try again."""

    code: str
    message: str
    """A text for the caller, as in `Refused`."""
    least_delay: int = 0
    """Seconds before which it is no use to try again."""


class Throttled(NamedTuple):
    """SES has not taken the mail because the account has sent all that it may for now.

    Nothing is wrong with the mail or with SES, so it is not tried again by chance: it waits for its
    turn (`message/pace.py`).
    """

    code: str
    message: str
    """A text for the caller, as in `Refused`."""
    turn_at: float = 0.0
    """When its turn is, in epoch seconds; 0.0 if it lines up behind others."""


class NoAnswer(NamedTuple):
    """SES may or may not have the mail: to try again might send it twice."""

    code: str


Outcome = Sent | Refused | NotTaken | Throttled | NoAnswer


class Ended(NamedTuple):
    """That a try has ended, and how."""

    attempt: int
    """The number of the try (the first is 1)."""
    outcome: Outcome
    left_out: tuple[int, ...] = ()
    """The places, in `Record.recipients`, of those to whom it did not send: they are suppressed."""
