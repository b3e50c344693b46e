"""What an operator does to the domains of a stack and to their API keys; `domains` prints it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.counters import Counters
from core.message.reputation import WINDOW_HOURS, Tally
from ops.api_keys import ApiKeys, hash_of
from ops.domain_records import DomainRecords
from ops.domain_settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.stack import Stack


class NewKey(NamedTuple):
    """An API key that was just made: its id, and the key itself, which is shown once."""

    id: str
    value: str


class Added(NamedTuple):
    """A domain that was just added, and its key if it got one of its own."""

    configuration: DomainConfiguration
    key: NewKey | None


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
        """Add a domain: with a key of its own, or open for every key that is no other domain's."""
        if domain == self.records.default.domain:
            raise ValueError("The stack's own domain is there already: change it.")
        record = self._validated(domain, {}, settings)
        if domain in self.records.all():
            raise ValueError("The stack sends for this domain already: change it.")
        configuration = self.records.read(domain, record)
        if is_open:
            self.records.add(domain, record)
            return Added(configuration, None)
        key = NewKey(*self.keys.make(domain))
        self.records.add(domain, record | {"api_keys": [hash_of(key.value)]})
        self.keys.admit(key.id)
        return Added(configuration, key)

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

        The stack's own domain keeps its keys: they would open what every key opens.
        """
        record = self.records.one(domain)
        if domain != self.records.default.domain:
            own = set(record.get("api_keys", ())) - self.records.keys_of_others(domain)
            for id_ in [id_ for id_, known in self.keys.hashes().items() if known in own]:
                self.keys.withdraw(id_)
                yield id_
        self.records.remove(domain)

    def rotate_key(self, domain: str) -> tuple[NewKey, list[str]]:
        """Give a domain one more key; return it, and the ids of those that work on."""
        was = self.records.one(domain)
        held = list(was.get("api_keys", ()))
        if not held:  # It was open: who could use it so far, still can.
            held = sorted(set(self.keys.hashes().values()) - self.records.keys_of_others(domain))
        key = NewKey(*self.keys.make(domain))
        self.records.set(domain, was, api_keys=[*held, hash_of(key.value)])
        self.keys.admit(key.id)
        return key, [id_ for id_, known in self.keys.hashes().items() if known in held]

    def revoke_key(self, domain: str, id_: str) -> None:
        """End a key of a domain; if another domain lists it too, it goes on there."""
        was = self.records.one(domain)
        held, revoked = list(was.get("api_keys", ())), self.keys.hashes().get(id_)
        if revoked not in held:
            raise ValueError("This is the id of no key of this domain.")
        if len(held) == 1:
            raise ValueError(
                "It is the domain's only key: `rotate-key` first, or `remove` the domain."
            )
        if revoked not in self.records.keys_of_others(domain):
            self.keys.withdraw(id_)
        self.records.set(domain, was, api_keys=[known for known in held if known != revoked])

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
        """Say what SES or the functions' roles would refuse, as far as the stack tells."""
        senders = (*configuration.allowed_senders, configuration.default_sender)
        domains = {sender.rpartition("@")[2] for sender in senders}
        for domain in sorted(domains - self.stack.sender_domains):
            yield f"the stack does not allow mails from {domain} yet (docs/operations.md)."
        if configuration.configuration_set != self.stack.outputs["ConfigurationSet"]:
            yield "the stack's roles and its event topic know its own configuration set only."

    def _validated(
        self, domain: str, was: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the changed record, its values in their canonical form."""
        new = {name: value for name, value in {**was, **changes}.items() if value is not None}
        configuration = self.records.read(domain, new)
        canonical = configuration.model_dump(mode="json", include={*SETTINGS})
        return {name: canonical.get(name, value) for name, value in new.items()}
