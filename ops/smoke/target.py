"""The stack that is tried: where its API is, a key for it, and what its parameters change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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
_TAKEN = ("sent", "queued", "delivered", "read")
"""What a mail may be once it was answered; `queued` in the sandbox, which takes one a second."""
MISSING_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
"""A MessageId that nobody has."""


def at_simulator(name: str, label: str = "smoke") -> str:
    """Return an address of SES's mailbox simulator, such as `bounce+smoke@...`.

    docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    """
    return f"{name}+{label}@{_SIMULATOR}"


@dataclass(slots=True)
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
    obstacle: str = ""
    """Why no mail can be sent, once that is known."""

    @classmethod
    def of(cls, stack: Stack) -> Target:
        """Find all that by the stack's outputs and records.

        Raises `ValueError` if a program like this cannot call the API, and botocore's errors.
        """
        if stack.parameters.get("TruststoreUri"):
            raise ValueError("The API asks for a client certificate (TruststoreUri): none is here.")
        subject = Subject.of(stack)
        try:
            found = opening_key(subject)
        except NotRead as error:
            raise ValueError(f"No key could be read: {error}.") from None
        if found is None:
            raise ValueError("No API key opens a domain: `make doctor` says what mends that.")
        key, domain = found
        return cls(
            subject.base_url,
            key,
            domain,
            is_local=subject.is_local,
            has_cors=bool(subject.parameter("CorsOrigins")),
        )

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
        may_be: tuple[str, ...] = _TAKEN,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Send a mail that must be taken; return the answer's members.

        Raises `Skipped` if it is known that none can be sent, and `Different`.
        """
        self.require_sending()
        reply = self.ask("POST", path, body, headers)
        if reply.status != 200 or reply.members.get("Status") not in may_be:
            raise Different(f"200 with Status {' or '.join(may_be)}", reply)
        return reply.members

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
