"""How things lie in the table: keys, attribute values, and the layout of a record."""

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.message.record import Record

SHARDS = 4
"""Hash keys of the index of unfinished messages: its writes spread, the sweeper reads each."""

_TOMBSTONE_SECONDS = 90 * 86400
"""How long it stays known of an erased message that it was."""


def key(pk: str, sk: str) -> dict[str, Any]:
    """Return an item's key as DynamoDB wants it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Write plain values (texts, integers, booleans, None, lists, mappings) as attribute values.

    Raises `TypeError` for any other. boto3 has the same, behind all that importing boto3 costs.
    """
    return {name: _attribute(value) for name, value in item.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read attribute values, those too that an operator may have written: numbers, sets."""
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
        case _:  # Texts, booleans, bytes, and sets of texts, as they are.
            return value


def message_id_of(item: Mapping[str, Any]) -> str:
    """Read the message's id from its item's key."""
    return str(item["pk"]["S"]).removeprefix("MSG#")


def laid_out(record: Record) -> dict[str, Any]:
    """Lay out a record: its own members, the derived status for people, and the index keys."""
    item = record.model_dump(mode="json", exclude_defaults=True)
    item |= {"pk": f"MSG#{record.id}", "sk": "RECORD"}
    item |= {"status": record.status.value, "expires_at": record.expires_at}
    if record.reference:
        item["reference_key"] = f"{record.domain}#{record.reference}"
    if record.ses_message_id:
        item["ses_message_id"] = record.ses_message_id
    if (due_at := record.due_at) is not None:
        item |= {"unfinished": str(ord(record.id[-1]) % SHARDS), "due_at": due_at}
    return item


def tombstone(item: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return what stays of an erased record, even of one that nobody can read: that it was.

    So no event waits for it; complaints come weeks after a mail. SES's id is for those untagged.
    """
    kept = {name: item[name] for name in ("pk", "sk", "ses_message_id") if name in item}
    return kept | attributes({"is_erased": True, "expires_at": now + _TOMBSTONE_SECONDS})


def is_tombstone(item: Mapping[str, Any]) -> bool:
    """Say whether an item is what `tombstone` laid out."""
    return "is_erased" in item


def record_in(item: Mapping[str, Any]) -> Record:
    """Read the record that `laid_out` wrote."""
    return Record.model_validate(plain(item))


def live_record_in(item: Mapping[str, Any]) -> Record | None:
    """Read a record; None if it was erased or has expired, which DynamoDB takes days to notice."""
    if is_tombstone(item):
        return None
    record = record_in(item)
    return record if record.expires_at > time.time() else None
