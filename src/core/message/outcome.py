"""How a try at sending can end, named for what has to be done next (ARCHITECTURE, point 4).

An outcome is not an exception: all four are ordinary, and all four are written down.
"""

from typing import NamedTuple


class Sent(NamedTuple):
    """SES has the mail."""

    ses_message_id: str


class Refused(NamedTuple):
    """SES will never take the mail: it has failed."""

    code: str
    message: str
    """For the caller: without addresses, which SES's own texts contain."""
    needs_letter: bool = False
    """Whether an operator must hear of it: the mail was accepted and is lost."""


class NotTaken(NamedTuple):
    """SES certainly has not taken the mail and may later: try again."""

    code: str
    message: str
    least_delay: int = 0
    """Seconds before which trying again is no use."""


class NoAnswer(NamedTuple):
    """SES may or may not have the mail: trying again might send it twice."""

    code: str


Outcome = Sent | Refused | NotTaken | NoAnswer
