"""The stack that is tried: where its API is, a key for it, and what its parameters change."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ops.doctor.access import opening_key
from ops.doctor.subject import Subject
from ops.doctor.unread import NotRead
from ops.smoke.steps import Different, Skipped
from ops.smoke.wire import Reply, ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.stack import Stack

_SIMULATOR = "simulator.amazonses.com"
TAKEN = ("sent", "delivered", "read")
"""What a mail is that SES has taken."""
_ANSWERED = (*TAKEN, "queued")
"""What a mail may be once it was answered: `queued` where SES had no room in that second. Whether
it goes out is asked at the end (`waiting`)."""
_FAST = 10.0
"""From so many mails a second on, these one after the other are never too many."""
_SECONDS, _SECONDS_SLOW, _SECONDS_HERE = 60.0, 180.0, 20.0
"""How long to wait for what becomes of mails; longer where SES takes few a second (the sandbox)."""
MISSING_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
"""A MessageId that nobody has."""


def at_simulator(name: str, label: str = "smoke") -> str:
    """Return an address of SES's mailbox simulator, such as `bounce+smoke@...`.

    docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    """
    return f"{name}+{label}@{_SIMULATOR}"


def said(members: Mapping[str, Any]) -> str:
    """Return a status with the reason beside it."""
    return " ".join(filter(None, (members["Status"], members.get("ErrorMessage"))))


@dataclass
class Target:
    """An API, and what is known of it so far."""

    url: str
    """Its base: `/Mail/Send` comes behind it."""
    key: str
    domain: str
    """A domain that the key opens."""
    is_local: bool = False
    """Whether it is that of `make run`."""
    has_cors: bool = False
    """Whether a preflight is answered without a key (`CorsOrigins`)."""
    sent: dict[str, str] = field(default_factory=dict)
    """The ids of mails that are asked for at the end, by whom they went to."""
    waiting: list[str] = field(default_factory=list)
    """The ids of mails that were answered with `queued`."""
    obstacle: str = ""
    """Why no mail can be sent, once that is known."""
    rate: float = _FAST
    """How many mails a second SES takes from the account: 1 in the sandbox."""
    doctor: str = "run `./mailctl doctor`: it names the cause, and what mends it"
    """What to do if a mail is not sent."""
    _free_at: float = 0.0
    """When SES has room for the next mail (`time.monotonic`)."""

    @classmethod
    def of(cls, stack: Stack) -> Target:
        """Find all that by the stack's outputs and records.

        Raises `ValueError` if a program like this cannot call the API, and botocore's errors.
        """
        if stack.parameters.get("TruststoreUri"):
            raise ValueError("The API asks for a client certificate (TruststoreUri): none is here.")
        subject = Subject.of(stack)
        try:
            found, url = opening_key(subject), subject.base_url
        except NotRead as error:
            raise ValueError(f"The stack could not be read: {error}.") from None
        if found is None:
            raise ValueError("No API key opens a domain: `./mailctl doctor` says what mends that.")
        key, domain = found
        return cls(
            url,
            key,
            domain,
            is_local=subject.is_local,
            has_cors=bool(subject.parameter("CorsOrigins")),
            rate=_rate_of(subject),
            doctor=f"run `{subject.mailctl('doctor')}`: it names the cause, and what mends it",
        )

    @cached_property
    def deadline(self) -> float:
        """When nothing is waited for any more, from when it is first asked for."""
        return time.monotonic() + self.seconds

    @property
    def seconds(self) -> float:
        """How long to wait for what becomes of mails."""
        if self.rate < _FAST:
            return _SECONDS_SLOW
        return _SECONDS_HERE if self.is_local else _SECONDS

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | str | Any = b"",
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        has_key: bool = True,
    ) -> Reply:
        """Send a request; what is neither bytes nor text is sent as JSON."""
        sent = {"x-api-key": self.key} if has_key else {}
        sent |= {"Accept": "application/json"}
        if not isinstance(body, bytes | str):
            body, sent["Content-Type"] = json.dumps(body), "application/json"
        content = body.encode() if isinstance(body, str) else body
        return ask(self.url, method, target, content, {**sent, **headers})

    def mail(self, **members: Any) -> dict[str, Any]:
        """Return a mail to the simulator's mailbox that takes everything, as JSON's members."""
        mail = {"To": at_simulator("success"), "Subject": "make smoke", "Text": "It works."}
        return {"Domain": self.domain} | mail | members

    def send(
        self,
        body: Any,
        path: str = "/Mail/Send",
        *,
        may_be: tuple[str, ...] = _ANSWERED,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Send a mail that must be taken; return the answer's members.

        Raises `Skipped` if it is known that none can be sent, and `Different`.
        """
        self.require_sending()
        self.make_room()
        reply = self.ask("POST", path, body, headers)
        members = reply.members
        if reply.status != 200 or "Status" not in members:
            raise Different(f"200 with Status {' or '.join(may_be)}", reply)
        if members["Status"] not in may_be:
            raise Different(f"Status {' or '.join(may_be)}", said(members), self.doctor)
        if members["Status"] == "queued":
            self.waiting.append(members["MessageId"])
        return members

    def make_room(self, mails: int = 1) -> None:
        """Wait until SES has room for a mail, if it takes few a second; then so many are sent."""
        if self.rate < _FAST:
            time.sleep(max(0.0, self._free_at - time.monotonic()))
            self._free_at = time.monotonic() + mails / self.rate

    def outcome_of(self, message_id: str, wanted: tuple[str, ...], until: float) -> dict[str, Any]:
        """Ask for a mail's status until it is `wanted`, nothing comes any more, or time is up.

        `until` is a time of `time.monotonic`; the mail is asked for once at least.
        """
        while True:
            members = self.status_of(message_id)
            is_over = members["Status"] in (*wanted, "failed", "undelivered")
            if is_over or time.monotonic() >= until:
                return members
            time.sleep(0.1 if self.is_local else 1)

    def require_sending(self) -> None:
        """Raise `Skipped` if it is known that no mail can be sent."""
        if self.obstacle:
            raise Skipped(self.obstacle)

    def status_of(self, message_id: str) -> dict[str, Any]:
        """Ask what became of a mail."""
        reply = self.ask("GET", f"/Status?MessageId={message_id}")
        if reply.status != 200:
            raise Different("200 with a Status", reply)
        return reply.members


def _rate_of(subject: Subject) -> float:
    """Return how many mails a second SES takes; if that cannot be read, as many as are usual."""
    try:
        return float(subject.ask("sesv2", "get_account")["SendQuota"]["MaxSendRate"])
    except NotRead:
        return _FAST
