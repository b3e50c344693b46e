"""What the fields of a SendMail request mean, and all that can be wrong with them (B2, B4)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.contract.contract import Kind, SendMail, members
from core.contract.errors import Fault, Invalid, NotAllowed
from core.contract.limits import (
    MAX_NAME_LENGTH,
    MAX_REFERENCE_BYTES,
    MAX_REFERENCE_LENGTH,
    MAX_SUBJECT_LENGTH,
    Limits,
)
from core.message.address import Mailbox, canonical, parse_domain, parse_mailboxes
from core.message.mail import Mail
from core.submission import attachments
from core.submission.characters import faults_in
from core.submission.domains import DomainConfiguration, choose, usable

_BODIES = ("Text", "HTML")
_LISTS = ("From", "To", "CC", "BCC")
_MAILBOX = 254 + 4
"""An address, and what stands around it in a list."""
_UNKNOWN = "UnknownDomain"


class Submission(NamedTuple):
    """A request that can be a mail: what to send, for whom, and under which policies."""

    mail: Mail
    contents: tuple[bytes, ...]
    """The bytes of the mail's attachments, in their order."""
    configuration: DomainConfiguration
    receiver: str
    """`To` as the caller wrote it, for the answer."""
    reference: str


def read(
    request: SendMail,
    configurations: Mapping[str, DomainConfiguration],
    caller: str,
    limits: Limits,
) -> Submission:
    """Turn a request into a mail, or raise `Invalid` with one fault for each thing wrong.

    It is `NotAllowed` if the caller has no such domain.
    """
    configurations = usable(configurations, caller)
    faults = [*_text_faults(request, limits)]
    recipients = _recipients(request, faults, limits)
    sender = _sender(request, faults)
    configuration = _configuration(request, configurations, sender, faults)
    heads, contents = attachments.read(request.attachments or (), faults)
    if not (request.subject or request.text or request.html or request.attachments):
        message = "A mail needs at least one of 'Subject', 'Text', 'HTML' and 'Attachments'."
        faults.append(Fault("Subject", "NotEmpty", message))
    if any(fault.code == _UNKNOWN for fault in faults):
        raise NotAllowed(*sorted(faults, key=lambda fault: fault.code != _UNKNOWN))
    if faults or configuration is None:
        raise Invalid(*faults)
    return Submission(
        mail=Mail(
            sender=_named(sender, configuration, request.from_name),
            **recipients,
            reply_to=configuration.reply_to,
            subject=request.subject or "",
            text=request.text if request.text or not request.html else None,
            html=request.html or None,
            attachments=heads,
            configuration_set=configuration.configuration_set,
            tenant=configuration.tenant,
            track_opens=configuration.track_opens,
            track_clicks=configuration.track_clicks,
        ),
        contents=contents,
        configuration=configuration,
        receiver=(request.to or "").strip(),
        reference=(request.reference or "").strip(),
    )


def _text_faults(request: SendMail, limits: Limits) -> Iterable[Fault]:
    longest = _longest(limits)
    for member in members(SendMail):
        value = getattr(request, member.field)
        if member.kind is Kind.STRING and value:
            yield from faults_in(
                member.name,
                _spaced(value) if member.name in _LISTS else value,
                max_length=longest.get(member.name),
                is_body=member.name in _BODIES,
            )
    if len((request.reference or "").encode("utf-8", "replace")) > MAX_REFERENCE_BYTES:
        message = f"'Reference' must not be longer than {MAX_REFERENCE_BYTES} bytes in UTF-8."
        yield Fault("Reference", "Length", message)


def _longest(limits: Limits) -> dict[str, int]:
    mailbox = MAX_NAME_LENGTH + _MAILBOX
    return {
        **dict.fromkeys(("To", "CC", "BCC"), limits.recipients * mailbox),
        **dict.fromkeys(("FromName", "ReceiverName"), MAX_NAME_LENGTH),
        "Domain": 255,
        "From": mailbox,
        "Subject": MAX_SUBJECT_LENGTH,
        "Reference": MAX_REFERENCE_LENGTH,
    }


def _spaced(text: str) -> str:
    """Return a list of mailboxes with spaces for tabs: white space, both (RFC 5322 §3.2.2)."""
    return text.replace("\t", " ")


def _recipients(
    request: SendMail, faults: list[Fault], limits: Limits
) -> dict[str, tuple[Mailbox, ...]]:
    """Parse To, CC and BCC; who is named twice gets the mail once, where first named."""
    seen: set[str] = set()
    found: dict[str, tuple[Mailbox, ...]] = {}
    for field, name in (("to", "To"), ("cc", "CC"), ("bcc", "BCC")):
        first: dict[str, Mailbox] = {}
        for mailbox in _mailboxes(name, getattr(request, field), faults):
            first.setdefault(canonical(mailbox.address), mailbox)
        found[field] = tuple(box for key, box in first.items() if key not in seen)
        seen |= first.keys()
    if len(found["to"]) == 1 and request.receiver_name:
        found["to"] = (Mailbox(found["to"][0].address, request.receiver_name.strip()),)
    if len(seen) > limits.recipients:
        message = (
            f"'To', 'CC' and 'BCC' must not name more than {limits.recipients} recipients in all."
        )
        faults.append(Fault("To", "TooManyRecipients", message))
    if not seen and not any(fault.field in ("To", "CC", "BCC") for fault in faults):
        faults.append(Fault("To", "NotEmpty", "'To' must not be empty."))
    return found


def _mailboxes(name: str, value: str | None, faults: list[Fault]) -> list[Mailbox]:
    if any(fault.field == name for fault in faults):
        return []  # What is wrong with the text has been said.
    try:
        mailboxes = parse_mailboxes(_spaced(value or ""))
    except ValueError as error:
        faults.append(Fault(name, "Email", f"'{name}' is not a list of valid addresses: {error}."))
        return []
    if any(len(mailbox.name) > MAX_NAME_LENGTH for mailbox in mailboxes):
        message = f"'{name}' must not have a name of more than {MAX_NAME_LENGTH} characters."
        faults.append(Fault(name, "Length", message))
    return mailboxes


def _sender(request: SendMail, faults: list[Fault]) -> Mailbox | None:
    mailboxes = _mailboxes("From", request.from_, faults)
    if len(mailboxes) > 1:
        faults.append(Fault("From", "Email", "'From' must be a single address."))
    return mailboxes[0] if len(mailboxes) == 1 else None


def _configuration(
    request: SendMail,
    configurations: Mapping[str, DomainConfiguration],
    sender: Mailbox | None,
    faults: list[Fault],
) -> DomainConfiguration | None:
    """Find the domain among the caller's. What is not there and what is another's look the same."""
    named = (request.domain or "").strip()
    chosen = choose(configurations, _canonical_domain(named), sender.address if sender else None)
    if chosen is None:
        if fault := _domain_fault(named, configurations, faults):
            faults.append(fault)
    elif sender and not chosen.allows_sender(sender.address):
        message = "'From' must be an address that the domain's configuration allows."
        faults.append(Fault("From", "SenderNotAllowed", message))
    return chosen


def _canonical_domain(named: str) -> str:
    try:
        return parse_domain(named) if named else ""
    except ValueError:
        return "?"  # No configuration has this name.


def _domain_fault(
    named: str, configurations: Mapping[str, DomainConfiguration], faults: list[Fault]
) -> Fault | None:
    """Say why there is no domain to send for, unless it has been said."""
    told = {fault.field for fault in faults}
    if "Domain" in told:
        return None
    if named or not configurations:
        message = "'Domain' must be a domain that this API key may send for."
        return Fault("Domain", _UNKNOWN, message)
    if "From" in told:
        return None
    message = "'Domain' must be given: this API key may send for several."
    return Fault("Domain", "NotEmpty", message)


def _named(
    sender: Mailbox | None, configuration: DomainConfiguration, from_name: str | None
) -> Mailbox:
    """Complete the sender: `FromName` beats a name in `From`, which beats the configured one."""
    given = (from_name or "").strip()
    if sender:
        return Mailbox(sender.address, given or sender.name)
    return Mailbox(configuration.default_sender, given or configuration.default_sender_name)
