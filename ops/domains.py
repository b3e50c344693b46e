"""`domains`: whom the stack sends for, under which policies, and with which API keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from core.aws.counters import Counters
from core.message.reputation import WINDOW_HOURS, Tally
from ops.api_keys import ApiKeys, hash_of
from ops.domain_records import SETTINGS, DomainRecords, domain_in, settings_in

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.stack import Stack


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    parser = commands.add_parser("domains", help="the domains that the stack sends for")
    actions = parser.add_subparsers(required=True)

    def action(name: str, run: Callable[..., None], text: str) -> Any:
        described = actions.add_parser(name, help=text)
        described.set_defaults(run=run)
        return described

    action("show", _show, "all, or one").add_argument("domain", nargs="?")
    for name, run, text in (("add", _add, "one more"), ("change", _change, "settings of one")):
        setting = action(name, run, text)
        setting.add_argument("domain")
        setting.add_argument("settings", nargs="*", metavar="NAME=VALUE", help=", ".join(SETTINGS))
        if name == "add":
            free = "for every key that is no other domain's, instead of one of its own"
            setting.add_argument("--open", action="store_true", help=free)
    action("remove", _remove, "with its keys").add_argument("domain")
    action("rotate-key", _rotate_key, "one more key, shown once").add_argument("domain")
    revoke = action("revoke-key", _revoke_key, "end a key")
    revoke.add_argument("domain")
    revoke.add_argument("key", metavar="KEY_ID", help="as `show` lists it")
    action("pause", _pause, "fail its mails").add_argument("domain")
    action("resume", _resume, "let its mails go out again").add_argument("domain")


def _show(asked: argparse.Namespace, stack: Stack) -> None:
    records, keys = DomainRecords.of(stack), ApiKeys.of(stack)
    if asked.domain is None:
        for domain, record in records.all().items():
            print(f"{domain}  {_state(records, domain, record)}")
        return
    domain = domain_in(asked.domain)
    record = records.one(domain)
    print(f"{domain}  {_state(records, domain, record)}")
    for name, value in records.read(domain, record).model_dump(include={*SETTINGS}).items():
        shown = ",".join(value) if isinstance(value, tuple) else value
        if shown not in (None, ""):
            print(f"  {name}={shown}{'' if name in record else '  (parameters)'}")
    for line in _keys(record, keys.hashes()):
        print(f"  {line}")
    print(f"  last {WINDOW_HOURS} hours: {_received(domain, stack)}")


def _state(records: DomainRecords, domain: str, record: Mapping[str, Any]) -> str:
    try:
        why = records.read(domain, record).paused
    except ValueError as error:
        return f"CANNOT BE USED: {error}"
    return f"paused ({why})" if why else "sends"


def _keys(record: Mapping[str, Any], hashes: Mapping[str, str]) -> Iterator[str]:
    own = set(record.get("api_keys", ()))
    if not own:
        yield "any key that is no other domain's"
    yield from (f"key {id_}" for id_, known in hashes.items() if known in own)
    if left := len(own - set(hashes.values())):
        yield f"{left} more that this stack does not have (any more)"


def _received(domain: str, stack: Stack) -> str:
    counters = Counters(stack.aws.client("dynamodb"), stack.outputs["TableName"])
    total = Tally()
    for hour in counters.hours(int(time.time()) - WINDOW_HOURS * 3600):
        total = total.plus(hour.tally) if hour.domain == domain else total
    return ", ".join(f"{number} {name}" for name, number in total._asdict().items())


def _add(asked: argparse.Namespace, stack: Stack) -> None:
    records, domain = DomainRecords.of(stack), domain_in(asked.domain)
    if domain == records.default.domain:
        raise ValueError("The stack's own domain is there already: change it.")
    record = _validated(records, domain, {}, settings_in(asked.settings))
    if domain in records.all():
        raise ValueError("The stack sends for this domain already: change it.")
    if asked.open:
        records.add(domain, record)
        print(f"{domain} is added, for every key that is no other domain's.")
    else:
        keys = ApiKeys.of(stack)
        id_, value = keys.make(domain)
        records.add(domain, record | {"api_keys": [hash_of(value)]})
        keys.admit(id_)
        print(f"{domain} is added.")
        _print_key(id_, value)
    _warn(records.read(domain, record), stack)


def _change(asked: argparse.Namespace, stack: Stack) -> None:
    records, domain = DomainRecords.of(stack), domain_in(asked.domain)
    if not asked.settings:
        raise ValueError("Say what to change: NAME=VALUE, or NAME= for what the parameters say.")
    was, changes = records.one(domain), settings_in(asked.settings)
    record = _validated(records, domain, was, changes)
    records.set(domain, was, **{name: record.get(name) for name in changes})
    for name in changes:
        now = record.get(name, "as the parameters say")
        print(f"{domain}: {name} is {','.join(now) if isinstance(now, list) else now}.")
    _warn(records.read(domain, record), stack)


def _validated(
    records: DomainRecords, domain: str, was: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the changed record, its values in their canonical form."""
    new = {name: value for name, value in {**was, **changes}.items() if value is not None}
    canonical = records.read(domain, new).model_dump(mode="json", include={*SETTINGS})
    return {name: canonical.get(name, value) for name, value in new.items()}


def _remove(asked: argparse.Namespace, stack: Stack) -> None:
    records, keys, domain = DomainRecords.of(stack), ApiKeys.of(stack), domain_in(asked.domain)
    record = records.one(domain)
    if domain != records.default.domain:  # Or its keys would open what every key opens.
        own = set(record.get("api_keys", ())) - records.keys_of_others(domain)
        for id_ in [id_ for id_, known in keys.hashes().items() if known in own]:
            keys.withdraw(id_)
            print(f"Key {id_} is revoked.")
    records.remove(domain)
    is_own = domain == records.default.domain
    print(f"{domain} is {'as the parameters say again' if is_own else 'removed'}.")


def _rotate_key(asked: argparse.Namespace, stack: Stack) -> None:
    records, keys, domain = DomainRecords.of(stack), ApiKeys.of(stack), domain_in(asked.domain)
    was = records.one(domain)
    held = list(was.get("api_keys", ()))
    if not held:  # It was open: who could use it so far, still can.
        held = sorted(set(keys.hashes().values()) - records.keys_of_others(domain))
    id_, value = keys.make(domain)
    records.set(domain, was, api_keys=[*held, hash_of(value)])
    keys.admit(id_)
    _print_key(id_, value)
    print("The keys that it had work on until you revoke them with `revoke-key`:")
    for older, known in keys.hashes().items():
        if known in held:
            print(f"  {older}")


def _print_key(id_: str, value: str) -> None:
    print(f"Its new key is {id_}; it works within a minute, and this is shown only once:\n{value}")


def _revoke_key(asked: argparse.Namespace, stack: Stack) -> None:
    records, keys, domain = DomainRecords.of(stack), ApiKeys.of(stack), domain_in(asked.domain)
    was = records.one(domain)
    held, revoked = list(was.get("api_keys", ())), keys.hashes().get(asked.key)
    if revoked not in held:
        raise ValueError("This is the id of no key of this domain.")
    if len(held) == 1:
        raise ValueError("It is the domain's only key: `rotate-key` first, or `remove` the domain.")
    if revoked not in records.keys_of_others(domain):
        keys.withdraw(asked.key)
    records.set(domain, was, api_keys=[known for known in held if known != revoked])
    print(f"Key {asked.key} is revoked.")


def _pause(asked: argparse.Namespace, stack: Stack) -> None:
    records, domain = DomainRecords.of(stack), domain_in(asked.domain)
    records.set(domain, records.one(domain), paused="manual")
    print(f"{domain} is paused within a minute: its mails fail until you `resume` it.")


def _resume(asked: argparse.Namespace, stack: Stack) -> None:
    records, domain = DomainRecords.of(stack), domain_in(asked.domain)
    records.set(domain, records.one(domain), paused=None, judged_from=int(time.time()))
    print(f"{domain} sends again within a minute. What bounced until now is forgiven.")


def _warn(configuration: DomainConfiguration, stack: Stack) -> None:
    """Say what SES or the functions' roles would refuse, as far as the stack tells."""
    allowed = stack.sender_domains
    senders = (*configuration.allowed_senders, configuration.default_sender)
    for domain in sorted({sender.rpartition("@")[2] for sender in senders} - allowed):
        print(f"Warning: the stack does not allow mails from {domain} yet (docs/operations.md).")
    if configuration.configuration_set != stack.outputs["ConfigurationSet"]:
        print("Warning: the stack's roles and its event topic know its own configuration set only.")
