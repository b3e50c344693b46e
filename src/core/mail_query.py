"""The answers to `FindMails`: which mails of a caller's domains there are, the newest first."""

from collections.abc import Iterator, Mapping, Sequence
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
from core.submission import characters, references, searches
from core.submission.domains import DomainConfiguration

_MOST_READ = 1000
"""How many mails are looked at for one page: then it ends, however many it has."""
_CHUNK = 100
"""How many of them are read at once, at most (BatchGetItem)."""


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
    words = searches.words(request.status, "Status", Status, faults)
    statuses = frozenset(map(Status, words))
    limit = searches.limit(request.limit, faults)
    since = searches.time(request.since, "Since", faults)
    until = searches.time(request.until, "Until", faults)
    first = first_id_at(since) if since is not None else EVER.first
    before = first_id_at(until) if until is not None else EVER.before
    reference = trimmed(request.reference or "")
    faults += references.faults_in(reference)
    of_status = ",".join(sorted(statuses))
    asked = "FindMails", caller, domain, reference, recipient, of_status, first, before
    if request.cursor:
        before = cursors.read(request.cursor, asked, mail_index, faults)
    if faults:
        raise Invalid(*faults)
    between = Between(first, before)
    return _Search(domains, reference, recipient, statuses, between, limit), asked


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
