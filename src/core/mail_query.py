"""The answers to `FindMails`: which mails of a caller's domains there are, the newest first."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from core.aws import items
from core.aws.items import UnreadableRecord
from core.aws.mail_index import EVER, Between, MailIndex, Wanted
from core.contract.errors import Fault, Invalid
from core.contract.mails import FindMails
from core.message.address import canonical
from core.message.ids import first_id_at, is_id
from core.message.mailboxes import parse_mailboxes
from core.message.record import Record
from core.message.status import Status
from core.submission.domains import DomainConfiguration

DEFAULT_LIMIT, MOST = 20, 100
"""How many mails a page has if nobody says, and at most."""
_MOST_READ = 1000
"""How many mails are looked at for one page: then it ends, however many it has."""
_CHUNK = 100
_IN_PROBLEMS = frozenset({Status.FAILED, Status.UNDELIVERED, Status.UNKNOWN})


class Page(NamedTuple):
    """Some of the mails that were found."""

    mails: list[Record]
    subjects: Mapping[str, str]
    """By message id, of those whose content is still kept."""
    cursor: str
    """With it the next page begins; "" if there is none."""
    unreadable: list[UnreadableRecord]
    """Messages that were passed over: this version of the code cannot read their records."""


class _Search(NamedTuple):
    """What is looked for."""

    domains: Sequence[str]
    """Of whom; in this order."""
    reference: str
    recipient: str
    """The canonical address; "" for any."""
    statuses: frozenset[Status]
    """Empty for any."""
    between: Between
    limit: int

    def fits(self, record: Record) -> bool:
        """Say whether a mail is one of those, whatever index it was found by."""
        addresses = {each.address for each in record.recipients}
        return (
            record.domain in self.domains
            and self.between.first <= record.id < self.between.before
            and (not self.reference or record.reference == self.reference)
            and (not self.recipient or self.recipient in addresses)
            and (not self.statuses or record.status in self.statuses)
        )

    def wanted(self, mail_index: MailIndex) -> list[Wanted]:
        """Return where to look: where the fewest others are."""
        if self.reference:
            find = [mail_index.of_reference(each, self.reference) for each in self.domains]
        elif self.recipient:
            find = [mail_index.of_recipient(each, self.recipient) for each in self.domains]
        elif self.statuses and self.statuses <= _IN_PROBLEMS:
            find = [mail_index.of_problems(each) for each in self.domains]
        else:
            find = [mail_index.of_domain(each) for each in self.domains]
        return [wanted for of_domain in find for wanted in of_domain]


def find(
    request: FindMails,
    *,
    caller: str,
    own: Mapping[str, DomainConfiguration],
    mail_index: MailIndex,
) -> Page:
    """Return a page of the mails that a request asks for, of the domains that the caller may use.

    A page may be shorter than its limit, and even empty, though there are more: it then has a
    cursor. A domain that is not the caller's has no mails. `caller` is the SHA-256 (hex) of the API
    key. Raises `Invalid` with everything that is wrong with the request, also for a cursor that was
    given to another caller or for another search.
    """
    search, signed = _read(request, caller, own, mail_index)
    found: list[Record] = []
    unreadable: list[UnreadableRecord] = []
    ids = mail_index.newest(search.wanted(mail_index), search.between, min(_CHUNK, 2 * MOST))
    last, seen = "", 0
    while chunk := list(islice(ids, _CHUNK)):
        for message_id, record in _records(chunk, mail_index, unreadable):
            last, seen = message_id, seen + 1
            if record and search.fits(record):
                found.append(record)
            if len(found) == search.limit:
                break
        if len(found) == search.limit or seen >= _MOST_READ:
            break
    is_over = len(found) < search.limit and seen < _MOST_READ
    cursor = "" if is_over else _cursor(last, signed, mail_index)
    subjects = mail_index.subjects([record.id for record in found])
    return Page(found, subjects, cursor, unreadable)


def _records(
    ids: Sequence[str], mail_index: MailIndex, unreadable: list[UnreadableRecord]
) -> Iterator[tuple[str, Record | None]]:
    read = mail_index.records(ids)
    for message_id in ids:
        record = None
        try:
            message = items.message_in(read[message_id]) if message_id in read else None
            record = message if isinstance(message, Record) else None
        except UnreadableRecord as error:
            unreadable.append(error)
        yield message_id, record


# ---- the request


def _read(
    request: FindMails,
    caller: str,
    own: Mapping[str, DomainConfiguration],
    mail_index: MailIndex,
) -> tuple[_Search, str]:
    """Return what is looked for, and what a cursor of this search is signed with."""
    faults: list[Fault] = []
    domain = (request.domain or "").strip().lower()
    domains = sorted(own) if not domain else [domain] if domain in own else []
    recipient = _recipient(request.recipient, faults)
    statuses = _statuses(request.status, faults)
    limit = request.limit or DEFAULT_LIMIT  # Typed clients send 0 for what nobody has set.
    if not 1 <= limit <= MOST:
        faults.append(Fault("Limit", "Range", f"'Limit' must be from 1 to {MOST}."))
    since = _time(request.since, "Since", faults)
    until = _time(request.until, "Until", faults)
    first = first_id_at(since) if since is not None else EVER.first
    before = first_id_at(until) if until is not None else EVER.before
    reference = (request.reference or "").strip()
    filters = caller, domain, reference, recipient, *sorted(statuses), first, before
    signed = "\n".join(filters)
    if request.cursor:
        before = _position(request.cursor, signed, mail_index, faults) or before
    if faults:
        raise Invalid(*faults)
    between = Between(first, before)
    return _Search(domains, reference, recipient, statuses, between, limit), signed


def _recipient(text: str | None, faults: list[Fault]) -> str:
    if not text or not text.strip():
        return ""
    try:
        (mailbox,) = parse_mailboxes(text, is_single=True)
    except ValueError:
        faults.append(Fault("Recipient", "Address", "'Recipient' must be one e-mail address."))
        return ""
    return canonical(mailbox.address)


def _statuses(text: str | None, faults: list[Fault]) -> frozenset[Status]:
    """Read one status, or several with commas between."""
    words = [word.strip().lower() for word in (text or "").split(",")]
    known = {status.value: status for status in Status}
    if any(word and word not in known for word in words):
        listed = ", ".join(known)
        message = f"'Status' must be one of these, or several with commas between: {listed}."
        faults.append(Fault("Status", "Enum", message))
    return frozenset(known[word] for word in words if word in known)


def _time(text: str | None, field: str, faults: list[Fault]) -> float | None:
    """Read a time with its offset (RFC 3339), or a day, which begins at 0:00 UTC."""
    if not text or not text.strip():
        return None
    try:
        time_ = datetime.fromisoformat(text.strip().replace(" ", "+"))
        if len(text.strip()) == len("2026-11-20"):
            time_ = time_.replace(tzinfo=UTC)
        seconds = time_.timestamp() if time_.tzinfo else None
    except (ValueError, OverflowError):
        seconds = None
    if seconds is None:
        message = f"'{field}' must be a time such as 2026-11-20T09:15:30Z, or a day: 2026-11-20."
        faults.append(Fault(field, "Time", message))
        return None
    return max(0.0, seconds)


# ---- cursors


def _cursor(message_id: str, signed: str, mail_index: MailIndex) -> str:
    """Return where the next page begins: behind this message, for this search only."""
    text = f"{message_id}.{mail_index.signed(f'{signed}\n{message_id}')}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str, signed: str, mail_index: MailIndex, faults: list[Fault]) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        text = ""
    message_id, _, signature = text.partition(".")
    if is_id(message_id) and signature == mail_index.signed(f"{signed}\n{message_id}"):
        return message_id
    message = (
        "'Cursor' must be what the last page of the same search answered: with the same filters, "
        "and the same API key. Leave it out to begin anew."
    )
    faults.append(Fault("Cursor", "Cursor", message))
    return ""
