"""Mails of several domains in a table in memory, and how much of it a search reads.

The table is the benchmark's stand-in for DynamoDB, and a test says that it answers as moto does
(tests/unit/benchmarks/test_drain_dynamodb.py). moto itself looks at every item for each query.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple

from benchmarks.drain.dynamodb import DynamoDb
from benchmarks.drain.table import Table, indexes
from benchmarks.subjects.variables import template
from core import mail_query
from core.aws import clients, items
from core.aws.mail_index import MailIndex
from core.aws.store import Beside, Store
from core.config import CONFIG
from core.contract.mails import FindMails
from core.message.ids import first_id_at
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status
from core.submission.domains import DomainConfiguration

TABLE = "mails"
FOR_EVER = 2**40
STARTS_AT = 1_790_000_000
"""When the first mail was accepted; each further one a second later."""
OWN = tuple(f"{name}.example" for name in ("big", "small", *map("tiny-{}".format, range(48))))
"""The domains of the caller: fifty."""
OTHERS = "other.example"
CALLER = "a" * 64


class Counting:
    """A client of the stand-in that counts what it is asked to read."""

    def __init__(self, dynamodb: DynamoDb) -> None:
        self._dynamodb, self._lock = dynamodb, Lock()
        self.exceptions = dynamodb.exceptions
        self.read: Counter[str] = Counter()

    def query(self, **asked: Any) -> dict[str, Any]:
        with self._lock:  # Partitions are asked side by side, and the stand-in is for one thread.
            reply = self._dynamodb.query(**asked)
            self.read.update(queries=1, keys=len(reply["Items"]))
        return reply

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        keys = RequestItems[TABLE]["Keys"]
        part = "subjects" if keys[0]["sk"] == {"S": "CONTENT"} else "records"
        self.read.update({part: len(keys), "batches": 1})
        return self._dynamodb.batch_get_item(RequestItems=RequestItems)

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._dynamodb, operation)


class Page(NamedTuple):
    """A page of a search, and what was read for it."""

    found: mail_query.Page
    read: Mapping[str, int]


class ManyMails:
    """A table of mails, and how to search it as a caller does."""

    def __init__(self) -> None:
        properties = template()["Resources"]["MessageTable"]["Properties"]
        stand_in = DynamoDb(Table(indexes(properties)), clients.dynamodb().exceptions)
        self.counting: Any = Counting(stand_in)
        self.index = MailIndex(self.counting, TABLE, "a secret")
        self.own = {
            domain: DomainConfiguration(
                **CONFIG.default_domain.model_dump(exclude={"domain"}), domain=domain
            )
            for domain in OWN
        }
        self.mails: list[Record] = []
        """All that can be found, in the order in which they were accepted."""

    def add(self, record: Record, subject: str = "A subject") -> None:
        """Store a mail as the service does."""
        beside = Beside(subject, self.index.of_further_recipients(record))
        store = Store(self.counting, TABLE)
        self.mails.append(store.add(self.index.keyed(record), "", beside=beside))

    def spoil(self, record: Record, **changes: object) -> None:
        """Change an item behind the service's back; nothing can be found of it any more."""
        item = items.laid_out(self.index.keyed(record)) | changes
        self.counting.put_item(TableName=TABLE, Item=items.attributes(item))
        self.mails.remove(record)

    def pages(self, **asked: Any) -> Iterator[Page]:
        """Search, page by page."""
        cursor = ""
        while True:
            self.counting.read.clear()
            request = FindMails.model_construct(**asked, cursor=cursor)
            found = mail_query.find(request, caller=CALLER, own=self.own, mail_index=self.index)
            yield Page(found, dict(self.counting.read))
            if not (cursor := found.cursor):
                return


def a_mail(number: int, domain: str, addresses: Sequence[str], **fields: Any) -> Record:
    """Return the record of a mail that was accepted so many seconds after the first."""
    status = fields.pop("status", Status.SENT)
    taken = status not in (Status.FAILED, Status.QUEUED, Status.SENDING)
    reached = status if taken else Status.ACCEPTED
    known = {
        # The last digit chooses the shard.
        "id": f"{first_id_at(STARTS_AT + number)[:-1]}{'0123456789ABCDEF'[number * 7 % 16]}",
        "domain": domain,
        "configuration": "default",
        "sender": f"a@{domain}",
        "receiver": addresses[0],
        "recipients": tuple(Recipient(address=each, status=reached) for each in addresses),
        "state": Status.SENT if taken else status,
        "attempts": (Attempt(at=STARTS_AT + number, outcome="sent" if taken else "refused"),),
        "retry_until": FOR_EVER,
        "created_at": STARTS_AT + number,
        "content_expires_at": FOR_EVER,
        "expires_at": FOR_EVER,
    }
    return Record.model_validate(known | fields)


def time_of(number: int) -> str:
    """Return when a mail was accepted, as a caller writes it."""
    return datetime.fromtimestamp(STARTS_AT + number, UTC).isoformat()
