"""The domains' records in the table, changed by an operator: never into what would not validate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.aws.items import attributes, key, plain
from core.submission.domains import configured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.stack import Stack

_DOMAINS = "DOMAIN"
"""The hash key of all domains' records; the sort key is the domain."""


@dataclass(frozen=True, slots=True)
class DomainRecords:
    """The records of one stack. Whatever is refused is a `ValueError` that says why."""

    dynamodb: Any
    table: str
    default: DomainConfiguration

    @classmethod
    def of(cls, stack: Stack) -> DomainRecords:
        """Find the records by the stack's outputs and parameters."""
        return cls(stack.aws.client("dynamodb"), stack.outputs["TableName"], stack.default_domain)

    def all(self) -> dict[str, dict[str, Any]]:
        """Read every record by its domain; that of the parameters is there, be it empty."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _DOMAINS}},
            ConsistentRead=True,
        )
        items = (plain(item) for page in pages for item in page["Items"])
        return {self.default.domain: {}} | {item["sk"]: item for item in items}

    def one(self, domain: str) -> dict[str, Any]:
        """Read the record of a domain that the stack sends for."""
        if domain not in (known := self.all()):
            raise ValueError(f"The stack does not send for this domain, but for {sorted(known)}.")
        return known[domain]

    def keys_of_others(self, domain: str) -> set[str]:
        """Return the hashes of the keys that are another domain's."""
        records = self.all().items()
        return {key for name, held in records if name != domain for key in held.get("api_keys", ())}

    def read(self, domain: str, record: Mapping[str, Any]) -> DomainConfiguration:
        """Complete a record from the parameters."""
        try:
            return configured(self.default, domain, record)
        except ValidationError as error:
            faults = (f"{fault['loc'][0]}: {fault['msg']}." for fault in error.errors())
            raise ValueError("\n".join(faults)) from None

    def read_all(self) -> dict[str, DomainConfiguration]:
        """Complete every record from the parameters, by its domain."""
        return {name: self.read(name, record) for name, record in self.all().items()}

    def add(self, domain: str, record: Mapping[str, Any]) -> None:
        """Write the record of a domain that has none."""
        item = key(_DOMAINS, domain) | attributes(record)
        try:
            self.dynamodb.put_item(
                TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            raise ValueError("The stack sends for this domain already: change it.") from None

    def set(self, domain: str, was: Mapping[str, Any], **changes: Any) -> None:
        """Change some of a record; None takes a setting back. Not if somebody else just has."""
        update, new = _update(changes)
        condition, old = _unchanged(was, changes)
        values = attributes(new | old)
        more = {"ExpressionAttributeValues": values} if values else {}  # It may not be empty.
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_DOMAINS, domain),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in changes},
                **more,
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            raise ValueError(
                "Somebody else is changing this domain: look, and do it again."
            ) from None

    def reset(self, domain: str, was: Mapping[str, Any]) -> None:
        """Take back everything of a record except its keys."""
        settings = {name: None for name in was if name not in ("pk", "sk", "api_keys")}
        if settings:
            self.set(domain, was, **settings)

    def remove(self, domain: str) -> None:
        """Delete a record."""
        self.dynamodb.delete_item(TableName=self.table, Key=key(_DOMAINS, domain))


def _update(changes: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the update expression for changes, None of which remove, and its values."""
    new = {name: value for name, value in changes.items() if value is not None}
    sets = ", ".join(f"#{name} = :{name}" for name in new)
    removes = ", ".join(f"#{name}" for name in changes if name not in new)
    clauses = (sets and f"SET {sets}", removes and f"REMOVE {removes}")
    return " ".join(filter(None, clauses)), {f":{name}": value for name, value in new.items()}


def _unchanged(was: Mapping[str, Any], names: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """Return the condition that these attributes are as they were read, and its values."""
    same = [
        f"#{name} = :was_{name}" if name in was else f"attribute_not_exists(#{name})"
        for name in names
    ]
    return " AND ".join(same), {f":was_{name}": was[name] for name in names if name in was}
