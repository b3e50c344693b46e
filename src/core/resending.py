"""What a mail is made of that sends another one again: what is stored of that."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core import stored_mail
from core.aws.outage import Outage
from core.aws.step_log import StepLog
from core.contract.errors import Fault, Gone, Invalid
from core.contract.limits import Limits
from core.contract.mails import ResendMail
from core.message.address import Mailbox, canonical
from core.message.history import Kind, Step
from core.message.mail import Mail
from core.message.mailboxes import parse_mailboxes
from core.message.record import Record
from core.message.status import Status
from core.services import Services
from core.submission.domains import DomainConfiguration
from core.submission.submission import Submission

_NOT_REACHED = frozenset({Status.UNDELIVERED, Status.FAILED})


def submission(
    request: ResendMail,
    record: Record,
    configuration: DomainConfiguration,
    limits: Limits,
    *,
    services: Services,
) -> Submission:
    """Return a new submission with the stored content of a mail, and its reference.

    It goes to `To`, if the request has it; to those whom the mail has not reached, if it says so;
    else to all to whom the mail went. The policies are those of the domain as they are now.

    Raises `Gone` if the content is not kept any more, `Invalid` for what is wrong with the request,
    and `Outage`.
    """
    stored = stored_mail.load(record, services.store, services.content_store)
    if stored is None:
        raise Gone(
            "The content of this mail is not stored any more. Send the mail anew with SendMail."
        )
    mail, contents = stored
    recipients = _recipients(request, record, mail, limits)
    return Submission(
        mail=mail.model_copy(update={**recipients, **configuration.policies}),
        contents=tuple(contents),
        configuration=configuration,
        receiver=(request.to or "").strip() or record.receiver,
        reference=record.reference,
        is_complete=True,
        resent_from=record.id,
    )


def note(record: Record, resent: Record, step_log: StepLog) -> None:
    """Keep in a mail's history which new message was made of it, if DynamoDB can be reached."""
    step = Step(time.time_ns() // 1_000_000, Kind.RESENT, text=f"As {resent.id}.")
    with suppress(Outage):  # The new message knows of which one it was made.
        step_log.keep(record, [step])


def _recipients(
    request: ResendMail, record: Record, mail: Mail, limits: Limits
) -> Mapping[str, Any]:
    """Return the recipients as fields of `Mail`."""
    if request.to and request.to.strip():
        if request.only_undelivered:
            message = (
                "'OnlyUndelivered' must not be given together with 'To': they exclude each other."
            )
            raise Invalid(Fault("OnlyUndelivered", "Excluded", message))
        return {"to": _given(request.to, limits), "cc": (), "bcc": ()}
    if not request.only_undelivered:
        return {}
    reached = {each.address for each in record.recipients if each.status not in _NOT_REACHED}
    remaining = mail.without(reached)
    if not remaining.recipients:
        message = "'OnlyUndelivered' must not be true: no recipient of this mail is undelivered."
        raise Invalid(Fault("OnlyUndelivered", "NotEmpty", message))
    return {field: getattr(remaining, field) for field in ("to", "cc", "bcc")}


def _given(text: str, limits: Limits) -> tuple[Mailbox, ...]:
    try:
        mailboxes = parse_mailboxes(text)
    except ValueError as error:
        message = f"'To' is not a list of valid addresses: {error}."
        raise Invalid(Fault("To", "Email", message)) from None
    once = {canonical(mailbox.address): mailbox for mailbox in reversed(mailboxes)}
    if not 1 <= len(once) <= limits.recipients:
        message = f"'To' must name 1 to {limits.recipients} recipients."
        raise Invalid(Fault("To", "TooManyRecipients" if once else "NotEmpty", message))
    return tuple(reversed(once.values()))
