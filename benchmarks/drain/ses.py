"""SES as far as its rate goes: a token bucket that refuses what is above it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from core.message.ids import MESSAGE_ID_TAG

if TYPE_CHECKING:
    from collections.abc import Callable


class Bucket:
    """SES's rate: so many recipients a second, and those of one second at once.

    A mail goes out if there is a token, and takes as many as it has recipients: so one with many
    leaves none for a while. SES documents the rate and no bucket; that it lets through what exceeds
    the rate for a moment is in its developer guide ("Managing your Amazon SES sending limits").
    """

    def __init__(self, rate: float, now: float) -> None:
        """Begin full."""
        self.rate = rate
        self._tokens, self._at = max(rate, 1.0), now

    def take(self, recipients: int, now: float) -> bool:
        """Let a mail through, or refuse it."""
        room = max(self.rate, 1.0)
        self._tokens = min(room, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= recipients
        return True


class Taken(NamedTuple):
    """A mail that SES took."""

    message_id: str
    domain: str
    at: float
    recipients: int


class Ses:
    """A client; `decide` and `answer` are how long it takes before and after its decision."""

    def __init__(
        self,
        bucket: Bucket,
        now: Callable[[], float],
        decide: Callable[[], None],
        answer: Callable[[], None],
    ) -> None:
        """Begin with no mails."""
        self.taken: dict[str, Taken] = {}
        self.twice: list[str] = []
        """The messages that it got again after it had taken them."""
        self.tries = 0
        self._bucket, self._now, self._decide, self._answer = bucket, now, decide, answer

    def send_email(self, **request: Any) -> dict[str, Any]:
        """Take a mail, or refuse it: then it raises `ClientError`."""
        self._decide()
        self.tries += 1
        message_id = next(
            tag["Value"] for tag in request["EmailTags"] if tag["Name"] == MESSAGE_ID_TAG
        )
        recipients = sum(map(len, request["Destination"].values()))
        is_taken = self._bucket.take(recipients, self._now())
        if is_taken:
            self._note(message_id, request["FromEmailAddress"], recipients)
        self._answer()
        if not is_taken:
            raise _throttle()
        return {"MessageId": f"ses-{message_id}"}

    def get_account(self) -> dict[str, Any]:
        """Tell the account's rate. Its day has no end."""
        self._answer()
        return {
            "SendQuota": {
                "MaxSendRate": self._bucket.rate,
                "Max24HourSend": -1.0,
                "SentLast24Hours": 0.0,
            }
        }

    def _note(self, message_id: str, sender: str, recipients: int) -> None:
        if message_id in self.taken:
            self.twice.append(message_id)
        domain = sender.rpartition("@")[2].rstrip(">")
        self.taken[message_id] = Taken(message_id, domain, self._now(), recipients)


def _throttle() -> ClientError:
    error = {"Code": "TooManyRequestsException", "Message": "Maximum sending rate exceeded"}
    answer: Any = {
        "Error": error,
        "ResponseMetadata": {"HTTPStatusCode": HTTPStatus.TOO_MANY_REQUESTS},
    }
    return ClientError(answer, "SendEmail")
