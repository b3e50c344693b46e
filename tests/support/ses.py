"""SES, played by a recording stand-in.

moto's SES drops attachments and tags and knows no errors and no quotas, so `SendEmail` and
`GetAccount` are answered here, on the wire of the real client: what an emulator cannot do.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

from support.answers import answer

QUOTA = {"MaxSendRate": 14.0, "Max24HourSend": 50_000.0, "SentLast24Hours": 0.0}
"""What a new account may send."""


@dataclass
class Ses:
    """Takes mails like SES, keeps what it was asked, and fails once per queued fault."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    faults: list[Callable[[], Any]] = field(default_factory=list)
    after: list[Callable[[], Any]] = field(default_factory=list)
    """Faults after the mail has been taken: the answer is lost."""
    quota: dict[str, float] = field(default_factory=lambda: dict(QUOTA))
    """What the account may send, as `GetAccount` tells it."""

    def send(self, request: Any, **_: Any) -> AWSResponse:
        self.asked += 1
        if self.faults:
            return self.faults.pop(0)()
        message = json.loads(request.body)
        self.taken.append(message)
        if self.after:
            return self.after.pop(0)()
        return answer(200, {"MessageId": self.id_of(len(self.taken))})

    def tell_account(self, **_: Any) -> AWSResponse:
        return answer(200, {"SendQuota": self.quota})

    @staticmethod
    def id_of(number: int) -> str:
        return f"0107019aa1b2c3d4-00000000-0000-4000-8000-{number:012d}-000000"

    def attachments(self, number: int = -1) -> list[bytes]:
        held = self.taken[number]["Content"]["Simple"].get("Attachments", [])
        return [base64.b64decode(attachment["RawContent"]) for attachment in held]
