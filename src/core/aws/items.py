"""The form of items in the table: keys, attribute values, and what a record looks like there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zlib import crc32

from pydantic import ValidationError

from core.message.ids import spread_of
from core.message.record import Record
from core.message.status import Status

SHARDS = tuple("0123456789abcdef")
"""The hash keys of the index of unfinished messages. Writes are spread over them: DynamoDB takes
1,000 units of writing a second for one hash key, a mail needs four, and what one index cannot write
makes the write to the table fail too. So these take some 4,000 mails a second. The sweep reads them
one after the other.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""
QUEUED_SHARDS = tuple(f"queued-{shard}" for shard in SHARDS)
"""The hash keys of those that wait in the queue. While SES throttles these may be very many, and
none of them needs the sweep: they must not stand before those that do."""

WAITING_SHARDS = tuple("0123")
"""What the hash keys of the index of waiting messages end with, one for each domain: `fast-0` and
so on. So all domains together line up some 4,000 mails a second, and one of them 1,000."""

LISTED_SHARDS = tuple("0123")
"""What the hash keys of the indexes `ByDomain` and `Problems` end with, for each domain: so one
domain takes some 4,000 new mails a second."""
PROBLEMS = frozenset({Status.FAILED, Status.UNDELIVERED, Status.UNKNOWN})
"""The statuses of the messages in the index `Problems`."""

_TOMBSTONE_SECONDS = 90 * 86400
"""How long the table remembers that a message was erased."""


class UnreadableRecord(Exception):
    """An item is not a record that this version of the code can read.

    A newer version may have written it, or somebody by hand. The text names the message and the
    fields that are wrong, and no value.
    """

    def __init__(self, message_id: str, *fields: str) -> None:
        """Name the message, and the fields that cannot be read."""
        super().__init__(f"{message_id}: {', '.join(fields)}")
        self.message_id = message_id


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a message that was erased: that there was one."""


def key(pk: str, sk: str) -> dict[str, Any]:
    """Return the key of an item, as attribute values."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values (texts, integers, booleans, None, lists, mappings) as attribute values.

    Raises `TypeError` for any other. boto3 has such a function as well, but importing boto3 makes
    every cold start slower (docs/adr/0005).
    """
    return {name: _attribute(value) for name, value in item.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return attribute values as plain values.

    Fractions become `Decimal`, and sets are read as well: an operator may have written them.
    """
    return {name: _plain(value) for name, value in item.items()}


def _attribute(value: object) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case Mapping():
            return {"M": attributes(value)}
        case Sequence():
            return {"L": [_attribute(inner) for inner in value]}
        case _:
            raise TypeError(type(value))


def _plain(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            number = Decimal(value)
            return int(number) if number == int(number) else number
        case "NULL":
            return None
        case "M":
            return plain(value)
        case "L":
            return [_plain(inner) for inner in value]
        case _:  # Texts, booleans, bytes and sets of texts are plain already.
            return value


def message_id_of(item: Mapping[str, Any]) -> str:
    """Return the message id in the key of a record's or content's item."""
    return str(item["pk"]["S"]).removeprefix("MSG#")


def laid_out(record: Record) -> dict[str, Any]:
    """Return a record as an item, in plain values.

    Besides the record's own fields it has the keys of the table and of its indexes, and the status,
    for people who look into the table.
    """
    item = record.model_dump(mode="json", exclude_defaults=True)
    item |= {"pk": f"MSG#{record.id}", "sk": "RECORD"}
    item |= {"status": record.status.value, "expires_at": record.expires_at}
    if record.reference:
        item["reference_key"] = f"{record.domain}#{record.reference}"
    item["listed"] = f"{record.domain}#{listed_shard(record.id)}"
    if record.status in PROBLEMS:
        item["problem"] = item["listed"]
    if record.recipient_hash:
        item["recipient_key"] = f"{record.domain}#{record.recipient_hash}"
    if record.ses_message_id:
        item["ses_message_id"] = record.ses_message_id
    if (due_at := record.due_at) is not None:
        shards = QUEUED_SHARDS if record.status is Status.QUEUED else SHARDS
        item |= {"unfinished": shards[spread_of(record.id) % len(shards)], "due_at": due_at}
    if record.is_lined_up:
        item["waiting"] = f"{record.lane}-{waiting_shard(record.domain)}"
        item["turn"] = f"{record.domain}#{record.id}"
    return item


def recipient_part(number: int) -> str:
    """Return the sort key of the item by which a message's recipient `number` finds it."""
    return f"RCPT#{number}"


def listed_shard(message_id: str) -> str:
    """Return in which of `LISTED_SHARDS` a message is."""
    return LISTED_SHARDS[spread_of(message_id) % len(LISTED_SHARDS)]


def waiting_shard(domain: str) -> str:
    """Return in which of `WAITING_SHARDS` the mails of a domain are lined up."""
    return WAITING_SHARDS[crc32(domain.encode()) % len(WAITING_SHARDS)]


def tombstone(item: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return the item (attribute values) that replaces the record of a message that is erased.

    `item` is the record's item; it need not be readable. Events about the message may come for
    weeks (complaints do): the tombstone tells the events function to drop them, where it would
    otherwise wait for the message. `ses_message_id` finds it for events without our tags.
    """
    kept = {name: item[name] for name in ("pk", "sk", "ses_message_id") if name in item}
    return kept | attributes({"is_erased": True, "expires_at": now + _TOMBSTONE_SECONDS})


def is_tombstone(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is one that `tombstone` made."""
    return "is_erased" in item


def record_in(item: Mapping[str, Any]) -> Record:
    """Return the record in an item that `laid_out` made. Raises `UnreadableRecord`."""
    try:
        return Record.model_validate(plain(item))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        fields = sorted(".".join(map(str, fault["loc"])) for fault in faults)
        raise UnreadableRecord(message_id_of(item), *fields) from None


def message_in(item: Mapping[str, Any]) -> Record | Tombstone | None:
    """Return the record in an item, or a tombstone if the message was erased.

    It is None if the record has expired: DynamoDB may take days to delete it. Raises
    `UnreadableRecord`.
    """
    if is_tombstone(item):
        return Tombstone()
    record = record_in(item)
    return record if record.expires_at > time.time() else None
