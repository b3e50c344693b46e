"""Turns a SendMail request into a mail to send, or says everything that is wrong with it.

What each member means is in docs/contract.md B2, how faults are told in B4.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from core.contract.contract import SendMail
from core.contract.errors import Fault
from core.contract.limits import (
    ADDRESS_LENGTH,
    MAX_DISPLAY_NAME_LENGTH,
    MAX_MAILBOX_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_REPLY_TO,
    MAX_SUBJECT_LENGTH,
    Limits,
)
from core.contract.members import Kind, members
from core.lazily import lazily
from core.message.address import Mailbox, canonical
from core.message.mail import Mail
from core.message.mailboxes import one_line, parse_mailboxes
from core.submission import attachments, references, senders, texts
from core.submission.characters import faults_in
from core.submission.domains import DomainConfiguration

if TYPE_CHECKING:
    from core.submission import unknown_members
else:  # Few mails come with a member that nobody knows.
    unknown_members = lazily("core.submission.unknown_members")

_BODIES = ("Text", "HTML")
_LONG_MAILBOX = 255 + ADDRESS_LENGTH
"""What each of a list may have: one may have more if others have less."""

_SEPARATORS = 4
"""How many separators a list may have for each recipient that a mail may have."""


class Submission(NamedTuple):
    """A request that can be a mail: what to send, for whom, and under which policies."""

    mail: Mail
    contents: tuple[bytes, ...]
    """The bytes of the mail's attachments, in their order."""
    configuration: DomainConfiguration
    receiver: str
    """`To` as it was accepted, for the answer."""
    reference: str
    is_complete: bool
    """Whether each image that the HTML names by `cid:` is attached. If not, it goes out as well."""
    resent_from: str = ""
    """The message whose content it is; "" if a caller gave it."""


def read(
    request: SendMail,
    configurations: Mapping[str, DomainConfiguration],
    caller: str,
    limits: Limits,
) -> Submission:
    """Turn a request into a mail, or raise `Invalid` with one fault for each thing wrong.

    `configurations` are all domains of the stack; `caller` is the API key's SHA-256 in hex. Raises
    `NotAllowed` if the caller may not use the domain that it names.
    """
    request = texts.as_meant(request)
    domains = senders.Domains.of(configurations, caller)
    faults = [*_text_faults(request, limits)]
    recipients = _recipients(request, faults, limits)
    sender = _sender(request, faults)
    configuration = senders.configuration(request, domains, sender, faults)
    reply_to = _reply_to(request, configuration, faults)
    attached = attachments.read(request.attachments or (), request.html or "", faults)
    if not (request.subject or request.text or request.html or request.attachments):
        message = "A mail needs at least one of 'Subject', 'Text', 'HTML' and 'Attachments'."
        faults.append(Fault("Subject", "NotEmpty", message))
    if request.ignored:
        refuse = configuration is not None and configuration.unknown_members == "refuse"
        faults = unknown_members.judged(request, faults, refuse=refuse)
    if faults or configuration is None:
        raise senders.refusal(faults)
    return Submission(
        mail=Mail(
            sender=senders.completed(sender, configuration, request.from_name),
            **recipients,
            reply_to=reply_to,
            subject=request.subject or "",
            # Without any body it has an empty text, as SES wants one.
            text=request.text if request.text or not request.html else None,
            html=attached.html or None,
            attachments=attached.heads,
            **configuration.policies,
        ),
        contents=attached.contents,
        configuration=configuration,
        receiver=request.to or "",
        reference=request.reference or "",
        is_complete=attached.is_complete,
    )


def _text_faults(request: SendMail, limits: Limits) -> Iterable[Fault]:
    longest = _longest(limits)
    for member in members(SendMail):
        value = getattr(request, member.field)
        if member.kind is Kind.STRING and value:
            is_list = member.name in SendMail.mailboxes
            yield from faults_in(
                member.name,
                one_line(value) if is_list else value,
                max_length=longest.get(member.name),
                is_body=member.name in _BODIES,
            )
            if is_list:
                yield from _list_faults(member.name, value, limits)
    yield from references.faults_in_size(request.reference or "")


def _list_faults(name: str, value: str, limits: Limits) -> Iterable[Fault]:
    """Refuse a list of far more entries than a mail has recipients, before any is parsed.

    Those named twice get one copy, so thousands may be few recipients. Names may have commas, too.
    """
    most = _SEPARATORS * limits.recipients
    if sum(map(value.count, (",", ";", "\n"))) > most:
        message = f"'{name}' must not have more than {most} commas, semicolons and lines."
        yield Fault(name, "TooManyRecipients", message)


def _longest(limits: Limits) -> dict[str, int]:
    return {
        **dict.fromkeys(
            ("To", "CC", "BCC"), max(limits.recipients * _LONG_MAILBOX, MAX_MAILBOX_LENGTH)
        ),
        "ReplyTo": MAX_REPLY_TO * _LONG_MAILBOX,
        **dict.fromkeys(("FromName", "ReceiverName"), MAX_DISPLAY_NAME_LENGTH),
        "Domain": 255,
        "From": MAX_MAILBOX_LENGTH,
        "Subject": MAX_SUBJECT_LENGTH,
        "Reference": MAX_REFERENCE_LENGTH,
    }


def _recipients(
    request: SendMail, faults: list[Fault], limits: Limits
) -> dict[str, tuple[Mailbox, ...]]:
    """Parse To, CC and BCC into the fields of `Mail`; faults go to `faults`.

    A recipient who is named more than once gets one copy, in the field that names it first.
    """
    seen: set[str] = set()
    recipients: dict[str, tuple[Mailbox, ...]] = {}
    for field, name in (("to", "To"), ("cc", "CC"), ("bcc", "BCC")):
        first: dict[str, Mailbox] = {}
        for mailbox in _mailboxes(name, getattr(request, field), faults):
            first.setdefault(canonical(mailbox.address), mailbox)
        recipients[field] = tuple(box for key, box in first.items() if key not in seen)
        seen |= first.keys()
    if len(recipients["to"]) == 1 and request.receiver_name:
        recipients["to"] = (Mailbox(recipients["to"][0].address, request.receiver_name),)
    if len(seen) > limits.recipients:
        message = (
            f"'To', 'CC' and 'BCC' must not name more than {limits.recipients} recipients in all."
        )
        faults.append(Fault("To", "TooManyRecipients", message))
    if not seen and not any(fault.field in ("To", "CC", "BCC") for fault in faults):
        faults.append(Fault("To", "NotEmpty", "'To' must not be empty."))
    return recipients


def _reply_to(
    request: SendMail, configuration: DomainConfiguration | None, faults: list[Fault]
) -> tuple[Mailbox, ...]:
    """Return who gets the answers: as the request says, else as the domain's configuration says."""
    given: dict[str, Mailbox] = {}
    for mailbox in _mailboxes("ReplyTo", request.reply_to, faults):
        given.setdefault(canonical(mailbox.address), mailbox)
    if len(given) > MAX_REPLY_TO:
        message = f"'ReplyTo' must not name more than {MAX_REPLY_TO} addresses."
        faults.append(Fault("ReplyTo", "TooManyRecipients", message))
    if configuration is None:
        return ()
    if not given:
        return tuple(map(Mailbox, configuration.reply_to))
    return senders.undeceiving("ReplyTo", given.values(), configuration, faults)


def _mailboxes(
    name: str, value: str | None, faults: list[Fault], *, is_single: bool = False
) -> list[Mailbox]:
    """Read a list of mailboxes, their names decoded; faults go to `faults`."""
    if any(fault.field == name for fault in faults):
        return []  # Its characters or its length are a fault already.
    try:
        mailboxes = parse_mailboxes(value or "", is_single=is_single)
    except ValueError as error:
        faults.append(Fault(name, "Email", f"'{name}' is not a list of valid addresses: {error}."))
        return []
    mailboxes = [Mailbox(box.address, texts.name(box.name)) for box in mailboxes]
    for mailbox in mailboxes:
        faults.extend(faults_in(name, mailbox.name, max_length=MAX_DISPLAY_NAME_LENGTH))
    return mailboxes


def _sender(request: SendMail, faults: list[Fault]) -> Mailbox | None:
    mailboxes = _mailboxes("From", request.from_, faults, is_single=True)
    if len(mailboxes) > 1:
        faults.append(Fault("From", "Email", "'From' must be a single address."))
    return mailboxes[0] if len(mailboxes) == 1 else None
