"""A mail in lines that one can read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.message.history import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.contract.mails import MailDetails, MailStep
    from core.message.record import Record

_LABEL = 12


def lines(details: MailDetails, record: Record) -> Iterator[str]:
    """Yield what a mail is, whom it has reached, and what has happened to it, in its order."""
    yield f"{details.message_id} is {details.status.value}. {details.error_message or ''}".rstrip()
    files = [f"{each.name} ({each.size} bytes)" for each in details.attachments or ()]
    facts: dict[str, Any] = {
        "from": details.sender,
        "to": details.receiver,
        "subject": details.subject or "(not kept any more)",
        "reference": details.reference,
        "domain": details.domain,
        "API key": record.key_id,
        "trace": record.traceparent,
        "SES's id": record.ses_message_id,
        "resent from": details.resent_from,
        "files": ", ".join(files),
    }
    yield from (f"  {name:<{_LABEL}}{fact}" for name, fact in facts.items() if fact)
    yield ""
    addresses = {each.number: each.address for each in details.recipients or ()}
    for each in details.recipients or ():
        yield f"  {each.number} {each.address}: {each.status.value}. {each.detail or ''}".rstrip()
    yield ""
    has_tries = len(details.tries or ()) > 1
    for step in details.history or ():
        whom = addresses.get(step.recipient, "")
        yield f"  {time_(step.at)}  {_told(step, whom or '', has_tries=has_tries)}".rstrip()


def _told(step: MailStep, whom: str, *, has_tries: bool) -> str:
    """Return one line of the timeline, without its time. The try is named if there were several."""
    what, code = step.kind or "", step.code
    if what == Kind.TRIED:
        what, has_tries = f"try {step.attempt}", False
    elif what == Kind.ACCEPTED:
        code = f"for the {code} lane"
    took = f"after {step.milliseconds / 1000:.1f} s" if step.milliseconds else ""
    said = f'"{step.detail}"' if step.host and step.detail else step.detail
    of_try = f"(try {step.attempt})" if has_tries and step.attempt else ""
    host = f"({step.host})" if step.host else ""
    parts = [f"{what:<{_LABEL}}", whom, code, took, said, of_try, host]
    return "  ".join(part for part in parts if part)


def time_(text: str | None) -> str:
    """Return a time of an answer in the form that people read."""
    return (text or "").replace("T", " ").removesuffix("Z")
