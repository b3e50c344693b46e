"""The answers to `FindMails`: which mails of a caller's domains there are, the newest first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from core import cursors
from core.aws import items
from core.aws.items import UnreadableRecord
from core.aws.mail_index import EVER, Between, MailIndex, Wanted
from core.contract.errors import Fault, Invalid
from core.contract.limits import MAX_MAILBOX_LENGTH
from core.contract.mails import FindMails
from core.message.address import canonical
from core.message.ids import first_id_at
from core.message.mailboxes import one_line, parse_mailboxes
from core.message.margins import trimmed
from core.message.record import Record
from core.message.status import Status
from core.submission import characters, references
from core.submission.domains import DomainConfiguration

DEFAULT_LIMIT, MOST = 20, 100
"""How many mails a page has if nobody says, and at most."""
_MOST_READ = 1000
"""How many mails are looked at for one page: then it ends, however many it has."""
_CHUNK = 100
"""How many of them are read at once, at most (BatchGetItem)."""
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d))?", re.ASCII
)
"""A time with its offset, of which the seconds may be left out; or a day."""


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
        elif self.statuses and self.statuses <= items.PROBLEMS:
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
    search, asked = _read(request, caller, own, mail_index)
    found, last, unreadable = _found(search, mail_index)
    cursor = cursors.written(last, asked, mail_index) if last else ""
    subjects = mail_index.subjects([record.id for record in found])
    return Page(found, subjects, cursor, unreadable)


def _found(
    search: _Search, mail_index: MailIndex
) -> tuple[list[Record], str, list[UnreadableRecord]]:
    """Return the mails of a page, and the id that was looked at last if there may be more.

    As many mails are read as the page has room for, since most searches find them in an index of
    their own; then as many as it takes if those that come are like those that came.
    """
    found: list[Record] = []
    unreadable: list[UnreadableRecord] = []
    ids = mail_index.newest(search.wanted(mail_index), search.between, search.limit)
    seen, size = 0, search.limit
    while chunk := list(islice(ids, min(size, _MOST_READ - seen))):
        for message_id, record in _records(chunk, mail_index, unreadable):
            if record and search.fits(record):
                found.append(record)
            if len(found) == search.limit:
                return found, message_id, unreadable
        seen += len(chunk)
        lacking = search.limit - len(found)
        size = min(-(-lacking * seen // len(found)) if found else 2 * size, _CHUNK)
        if seen == _MOST_READ:
            return found, chunk[-1], unreadable
    return found, "", unreadable


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
) -> tuple[_Search, Sequence[str]]:
    """Return what is looked for, and what a cursor of this search is for."""
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
    reference = trimmed(request.reference or "")
    faults += references.faults_in(reference)
    of_status = ",".join(sorted(statuses))
    asked = "FindMails", caller, domain, reference, recipient, of_status, first, before
    if request.cursor:
        before = _position(request.cursor, asked, mail_index, faults)
    if faults:
        raise Invalid(*faults)
    between = Between(first, before)
    return _Search(domains, reference, recipient, statuses, between, limit), asked


def _position(cursor: str, asked: Sequence[str], mail_index: MailIndex, faults: list[Fault]) -> str:
    """Return the id behind which a page begins; "" for a cursor of another search."""
    message_id = cursors.position(cursor, asked, mail_index)
    if not message_id:
        message = (
            "'Cursor' must be what the last page of the same search answered: with the same "
            "filters, and the same API key. Leave it out to begin anew."
        )
        faults.append(Fault("Cursor", "Cursor", message))
    return message_id


def _recipient(text: str | None, faults: list[Fault]) -> str:
    if not text or not trimmed(text):
        return ""
    wrong = [*characters.faults_in("Recipient", one_line(text), max_length=MAX_MAILBOX_LENGTH)]
    if wrong:
        faults += wrong
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
    text = trimmed(text or "")
    if not text:
        return None
    try:
        seconds = _seconds(text.replace(" ", "+"))  # So a form reads the + of an offset.
    except (ValueError, OverflowError):
        message = f"'{field}' must be a time such as 2026-11-20T09:15:30Z, or a day: 2026-11-20."
        faults.append(Fault(field, "Time", message))
        return None
    return max(0.0, seconds)


def _seconds(text: str) -> float:
    """Return a time in epoch seconds. Raises `ValueError` and `OverflowError`.

    Python reads more: weeks, times without separators, and some characters at random places.
    """
    if not _TIME.fullmatch(text):
        raise ValueError
    time = datetime.fromisoformat(text.upper())
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
