"""Show the domains of a stack: whom it sends for, under which policies, and with which API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.message import pace
from core.message.reputation import WINDOW_HOURS
from ops.arguments import domain_in
from ops.domain_admin import DomainAdmin
from ops.domain_settings import SETTINGS
from ops.tables import print_json, print_table
from ops.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.domain_records import DomainRecords
    from ops.stack import Stack

_REMOVED = "NOT CONFIGURED: add it again, or its mails fail when their time is over"


def show_all(stack: Stack, *, as_json: bool) -> None:
    """Print a line for each domain, also for those that only have mails that wait."""
    records, waiting = DomainAdmin.of(stack).records, Waiting.of(stack)
    known = records.all()
    states = {domain: _state(records, domain, record) for domain, record in known.items()}
    states |= dict.fromkeys(sorted(waiting.domains - known.keys()), _REMOVED)
    if as_json:
        domains = [
            {"domain": domain, "state": state, "waiting": waiting.numbers(domain)}
            for domain, state in states.items()
        ]
        print_json({"domains": domains, "remarks": waiting.remarks()})
        return
    heads = ("Domain", "State", *(f"Waiting, {lane}" for lane in pace.TURNS))
    rows = [(domain, state, *waiting.lanes(domain)) for domain, state in states.items()]
    print_table(heads, rows, "domain")
    _print_remarks(waiting)


def show(stack: Stack, domain: str, *, as_json: bool) -> None:
    """Print everything about one domain."""
    admin, waiting, domain = DomainAdmin.of(stack), Waiting.of(stack), domain_in(domain)
    record = admin.records.one(domain)
    state = _state(admin.records, domain, record)
    tally = admin.received(domain)._asdict()
    if as_json:
        about = {"domain": domain, "state": state, **_json(admin, domain, record)}
        print_json(about | {"received": tally, "waiting": waiting.numbers(domain)})
        return
    print(f"{domain}  {state}")
    configuration = admin.records.read(domain, record)
    for line in (*_settings(configuration, record), *_keys(admin, record)):
        print(f"  {line}")
    received = ", ".join(f"{number} {name}" for name, number in tally.items())
    print(f"  last {WINDOW_HOURS} hours: {received}")
    print(f"  waiting: {waiting.of_domain(domain)}")
    _print_remarks(waiting)


def _json(admin: DomainAdmin, domain: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings and keys. `own` names the settings that are not the parameters'."""
    configuration = admin.records.read(domain, record)
    ids, missing = admin.keys_of(record)
    return {
        "settings": configuration.model_dump(mode="json", include={*SETTINGS}),
        "own": sorted(record.keys() & {*SETTINGS}),
        "keys": ids,
        "missing_keys": missing,
    }


def _print_remarks(waiting: Waiting) -> None:
    for remark in waiting.remarks():
        print(remark)


def _state(records: DomainRecords, domain: str, record: Mapping[str, Any]) -> str:
    try:
        why = records.read(domain, record).paused
    except ValueError as error:
        return f"CANNOT BE USED: {error}"
    if not record.get("api_keys") and records.keys_of_others(domain):
        return "NO KEY OPENS IT: adopt-keys, admit-key or rotate-key"
    return f"paused ({why})" if why else "sends"


def _settings(configuration: DomainConfiguration, record: Mapping[str, Any]) -> Iterator[str]:
    for name, value in configuration.model_dump(include={*SETTINGS}).items():
        shown = ",".join(value) if isinstance(value, tuple) else value
        if shown not in (None, ""):
            yield f"{name}={shown}{'' if name in record else '  (parameters)'}"


def _keys(admin: DomainAdmin, record: Mapping[str, Any]) -> Iterator[str]:
    if not record.get("api_keys"):
        listed = admin.records.keys_of_others("")
        yield "no key" if listed else "every key of the stack, as no domain lists any"
    ids, missing = admin.keys_of(record)
    yield from (f"key {id_}" for id_ in ids)
    if missing:
        yield f"{missing} more that this stack does not have (any more)"
