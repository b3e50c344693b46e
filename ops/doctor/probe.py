"""A mail to SES's mailbox simulator, sent as a client sends, until it is delivered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ops.doctor.access import opening_key
from ops.doctor.findings import Finding, failure, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

TO = "success+doctor@simulator.amazonses.com"
"""SES's mailbox simulator delivers it, in the sandbox too, and no bounce rate counts it
(https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html)."""
_SECONDS, _SECONDS_HERE = 60.0, 10.0
"""How long to wait for `delivered`, on AWS and on this machine."""
_ANSWER_SECONDS = 35.0
"""API Gateway gives up after 29."""
_WAITS = ("queued", "unknown", "sending")
_MEANINGS = {
    "queued": "SES has not taken it yet, and it is tried again",
    "unknown": "SES did not say whether it took it",
    "sending": "the try did not end",
    "sent": "SES has taken it, and no event says that it was delivered",
    "undelivered": "it was not delivered",
    "failed": "it was refused",
}


def probe_mail(subject: Subject) -> Iterator[Finding]:
    """Send the mail with a key of the stack, and ask for its status."""
    if subject.parameter("TruststoreUri"):
        yield warning("No mail was sent: the API asks for a client certificate (TruststoreUri).")
        return
    if (found := opening_key(subject)) is None:
        yield failure("No mail was sent: no API key opens a domain.")
        return
    key, domain = found
    with httpx.Client(
        base_url=subject.base_url,
        headers={"x-api-key": key, "Accept": "application/json"},
        timeout=_ANSWER_SECONDS,
        trust_env=not subject.is_local,
    ) as client:
        seconds = _SECONDS_HERE if subject.is_local else _SECONDS
        try:
            yield from _sent(_Caller(client, domain, seconds))
        except httpx.HTTPError as error:
            yield failure(
                f"The API cannot be reached at {client.base_url} ({type(error).__name__}).",
                "# Look at its host name above, and at your own way to it.",
            )


@dataclass(frozen=True, slots=True)
class _Caller:
    """A client of the API, and how long it is willing to wait."""

    client: httpx.Client
    domain: str
    seconds: float

    def send(self) -> httpx.Response:
        mail = {"Domain": self.domain, "To": TO, "Subject": "make doctor", "Text": "It works."}
        return self.client.post("/Mail/Send", json=mail)

    def outcome(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return the newest status, once it is final or the time is over."""
        newest, deadline = sent, time.monotonic() + self.seconds
        while newest.get("Status") in (*_WAITS, "sent") and time.monotonic() < deadline:
            time.sleep(min(1.0, self.seconds / 50))
            answer = self.client.get("/Status", params={"MessageId": sent["MessageId"]})
            newest = _members(answer) or newest
        return newest


def _sent(caller: _Caller) -> Iterator[Finding]:
    start = time.monotonic()
    answer = caller.send()
    sent = _members(answer)
    if answer.status_code != 200 or "MessageId" not in sent:
        said = sent.get("ErrorMessage") or sent.get("message") or "without a reason"
        yield failure(
            f"The API answered a mail with {answer.status_code}: {said}", *_refusals(answer)
        )
        return
    newest = caller.outcome(sent)
    status, took = newest.get("Status", "?"), time.monotonic() - start
    what = f"A mail to SES's mailbox simulator is {status} after {took:.1f} seconds"
    if status in ("delivered", "read"):
        yield ok(f"{what} ({sent['MessageId']}).")
        return
    said = f" SES's answer: {newest['ErrorMessage']}" if newest.get("ErrorMessage") else ""
    yield failure(
        f"{what} ({sent['MessageId']}): {_MEANINGS.get(status, 'nobody knows this status')}.{said}",
        *_next(status),
    )


def _members(answer: httpx.Response) -> dict[str, Any]:
    """Return the members of a JSON answer; none if it is something else."""
    try:
        members = answer.json()
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _refusals(answer: httpx.Response) -> tuple[str, ...]:
    if answer.status_code == 403:
        return ("# See the group Access above; with AllowedCidrs, call from an allowed network.",)
    if answer.status_code == 429:
        return ("# The key has used up its rate or its day (ThrottleRate, QuotaPerDay).",)
    return ("# See the log of the api function: docs/operations.md#logs",)


def _next(status: str) -> tuple[str, ...]:
    if status == "sent":
        return ("# Look at the event destination, the topic and the queue above.",)
    return ("# What it can be: docs/operations.md#why-a-mail-waits",)
