"""What an operator does to the domains of a stack and to their API keys.

`ops.domains` and `ops.domain_changes` print it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.counters import Counters
from core.message.reputation import WINDOW_HOURS, Tally
from ops.api_keys import ApiKeys, hash_of
from ops.domain_records import DomainRecords
from ops.domain_settings import SETTINGS
from ops.domain_warnings import refuse_public_suffixes, warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.stack import Stack


class NewKey(NamedTuple):
    """An API key that was just made: its id, and the key itself, which is shown once."""

    id: str
    value: str


type Adopted = Mapping[str, list[str]]
"""The ids of the keys that a domain has listed because no domain did, by the domain."""


class Added(NamedTuple):
    """A domain that was just added, and its key if it got one of its own."""

    configuration: DomainConfiguration
    key: NewKey | None
    adopted: Adopted


class Rotated(NamedTuple):
    """A domain's new key, and the ids of those that work on beside it."""

    key: NewKey
    older: list[str]
    adopted: Adopted


class Changed(NamedTuple):
    """A domain after a change: its record, and what that means with the stack's parameters."""

    record: Mapping[str, Any]
    configuration: DomainConfiguration


@dataclass(frozen=True, slots=True)
class DomainAdmin:
    """The domains and keys of one stack.

    Domains are canonical names. What is refused is a `ValueError` that says why; botocore's errors
    go through.
    """

    stack: Stack
    records: DomainRecords
    keys: ApiKeys

    @classmethod
    def of(cls, stack: Stack) -> DomainAdmin:
        """Find domains and keys by the stack's outputs and parameters."""
        return cls(stack, DomainRecords.of(stack), ApiKeys.of(stack))

    def add(self, domain: str, settings: Mapping[str, Any], *, is_open: bool) -> Added:
        """Add a domain: with a key of its own, or open for every key while no domain lists any."""
        if domain == self.records.default.domain:
            raise ValueError("The stack's own domain is there already: change it.")
        record = self._validated(domain, {}, settings)
        if domain in self.records.all():
            raise ValueError("The stack sends for this domain already: change it.")
        configuration = self.records.read(domain, record)
        if is_open:
            if self.records.keys_of_others(domain):
                raise ValueError(
                    "Other domains list their keys, so no key would open this one: add it without"
                    " --open; it gets a key of its own, and `admit-key` lists further ones."
                )
            self.records.add(domain, record)
            return Added(configuration, None, {})
        adopted = self.adopt_keys()
        key = NewKey(*self.keys.make(domain))
        self.records.add(domain, record | {"api_keys": [hash_of(key.value)]})
        self.keys.admit(key.id)
        return Added(configuration, key, adopted)

    def adopt_keys(self) -> Adopted:
        """List the keys that no domain lists at every domain that has no list.

        While no domain lists keys, these keys open these domains; once one does, they open nothing.
        So this comes before a domain lists its first key: whoever could send goes on sending. Keys
        that are switched off are left out, for good.
        """
        records = self.records.all()
        listed = {key for record in records.values() for key in record.get("api_keys", ())}
        free = {id_: known for id_, known in self.keys.enabled().items() if known not in listed}
        adopting = [name for name, record in records.items() if not record.get("api_keys")]
        if not free:
            return {}
        for name in adopting:
            self.records.set(name, records[name], api_keys=sorted(free.values()))
        return {name: sorted(free) for name in adopting}

    def change(self, domain: str, changes: Mapping[str, Any]) -> Changed:
        """Change some settings of a domain; None takes one back."""
        if not changes:
            raise ValueError(
                "Say what to change: NAME=VALUE, or NAME= for what the parameters say."
            )
        was = self.records.one(domain)
        record = self._validated(domain, was, changes)
        self.records.set(domain, was, **{name: record.get(name) for name in changes})
        return Changed(record, self.records.read(domain, record))

    def remove(self, domain: str) -> Iterator[str]:
        """Remove a domain's record and its keys; yields the id of each key once it is revoked.

        The stack's own domain keeps its keys: its settings are what is removed.
        """
        record = self.records.one(domain)
        if domain == self.records.default.domain:
            if self.records.keys_of_others(domain):  # Without a list, no key would open it.
                self.records.reset(domain, record)
                return
        else:
            for id_ in self.keys_that_go_with(domain, record):
                self.keys.withdraw(id_)
                yield id_
        self.records.remove(domain)

    def keys_that_go_with(self, domain: str, record: Mapping[str, Any]) -> list[str]:
        """Return the ids of the keys that open this domain and no other."""
        own = set(record.get("api_keys", ())) - self.records.keys_of_others(domain)
        return [id_ for id_, known in self.keys.hashes().items() if known in own]

    def rotate_key(self, domain: str) -> Rotated:
        """Give a domain one more key."""
        self.records.one(domain)
        adopted = self.adopt_keys()
        was = self.records.one(domain)
        held = list(was.get("api_keys", ()))
        key = NewKey(*self.keys.make(domain))
        self.records.set(domain, was, api_keys=[*held, hash_of(key.value)])
        self.keys.admit(key.id)
        older = [id_ for id_, known in self.keys.hashes().items() if known in held]
        return Rotated(key, older, adopted)

    def admit_key(self, domain: str, id_: str) -> Adopted:
        """Let a key of the stack open a domain too, beside those that it opens already."""
        self.records.one(domain)
        admitted = self.keys.hashes().get(id_)
        if admitted is None:
            raise ValueError(
                "This is the id of no key of this stack: `domains show DOMAIN` lists a domain's."
            )
        adopted = self.adopt_keys()
        was = self.records.one(domain)
        held = list(was.get("api_keys", ()))
        if admitted not in held:
            self.records.set(domain, was, api_keys=[*held, admitted])
        return adopted

    def revoke_key(self, domain: str, id_: str) -> None:
        """End a key of a domain; if another domain lists it too, it goes on there."""
        was, revoked = self.revocable(domain, id_)
        if revoked not in self.records.keys_of_others(domain):
            self.keys.withdraw(id_)
        left = [known for known in was["api_keys"] if known != revoked]
        self.records.set(domain, was, api_keys=left)

    def revocable(self, domain: str, id_: str) -> tuple[dict[str, Any], str]:
        """Return a domain's record, and the hash of a key that can be revoked there."""
        was = self.records.one(domain)
        held, revoked = list(was.get("api_keys", ())), self.keys.hashes().get(id_)
        if revoked is None or revoked not in held:
            raise ValueError(
                f"This is the id of no key of this domain: `domains show {domain}` lists them."
            )
        if len(held) == 1:
            raise ValueError(
                "It is the domain's only key: `rotate-key` first, or `remove` the domain."
            )
        return was, revoked

    def pause(self, domain: str) -> None:
        """Let a domain's mails fail."""
        self.records.set(domain, self.records.one(domain), paused="manual")

    def resume(self, domain: str) -> None:
        """Let a domain send again; what bounced until now counts no more."""
        was, now = self.records.one(domain), int(time.time())
        self.records.set(domain, was, paused=None, judged_from=now)

    def keys_of(self, record: Mapping[str, Any]) -> tuple[list[str], int]:
        """Return the ids of a record's keys, and how many it lists that this stack lacks."""
        own, hashes = set(record.get("api_keys", ())), self.keys.hashes()
        ids = [id_ for id_, known in hashes.items() if known in own]
        return ids, len(own - set(hashes.values()))

    def received(self, domain: str) -> Tally:
        """Count what SES's events told about a domain within the last `WINDOW_HOURS`."""
        counters = Counters(self.stack.aws.client("dynamodb"), self.stack.outputs["TableName"])
        total = Tally()
        for hour in counters.hours(int(time.time()) - WINDOW_HOURS * 3600):
            total = total.plus(hour.tally) if hour.domain == domain else total
        return total

    def warnings(self, configuration: DomainConfiguration) -> Iterator[str]:
        """Say what about a domain an operator should know: `ops.domain_warnings`."""
        return warnings(self.stack, self.records.all(), configuration)

    def _validated(
        self, domain: str, was: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the changed record, its values in their canonical form."""
        new = {name: value for name, value in {**was, **changes}.items() if value is not None}
        configuration = self.records.read(domain, new)
        refuse_public_suffixes(configuration, {*changes} | ({"domain"} if not was else set()))
        canonical = configuration.model_dump(mode="json", include={*SETTINGS})
        return {name: canonical.get(name, value) for name, value in new.items()}
