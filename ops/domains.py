"""`domains`: whom the stack sends for, under which policies, and with which API keys."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from core.message.reputation import WINDOW_HOURS
from ops.arguments import domain_in
from ops.doctor import report
from ops.doctor.one_domain import missing_for
from ops.domain_admin import DomainAdmin
from ops.domain_settings import SETTINGS, settings_in
from ops.waiting import Waiting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.domain_admin import Adopted, NewKey
    from ops.domain_records import DomainRecords
    from ops.stack import Stack

_REMOVED = "NOT CONFIGURED: add it again, or its mails fail when their time is over"


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    parser = commands.add_parser("domains", help="the domains that the stack sends for")
    text = "an action and what belongs to it in one text, quoted as for a shell; without: show"
    parser.add_argument("--words", metavar="TEXT", default="", help=text)
    parser.set_defaults(run=_run_words, parser=parser)
    actions = parser.add_subparsers()

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
            free = "for every key of the stack; only as long as no domain lists keys"
            setting.add_argument("--open", action="store_true", help=free)
    action("remove", _remove, "with its keys").add_argument("domain")
    action("rotate-key", _rotate_key, "one more key, shown once").add_argument("domain")
    for name, run, text in (
        ("admit-key", _admit_key, "let a key of the stack open it too"),
        ("revoke-key", _revoke_key, "end a key"),
    ):
        of_key = action(name, run, text)
        of_key.add_argument("domain")
        of_key.add_argument("key", metavar="KEY_ID", help="API Gateway's id; `show` lists them")
    action("adopt-keys", _adopt_keys, "list the keys that no domain lists, where none is listed")
    action("pause", _pause, "fail its mails").add_argument("domain")
    action("resume", _resume, "let its mails go out again").add_argument("domain")


def _run_words(asked: argparse.Namespace, stack: Stack) -> None:
    """Run an action that comes as one text: make hands on its COMMAND so, past its own shell."""
    action = asked.parser.parse_args(shlex.split(asked.words) or ["show"])
    action.run(action, stack)


def _show(asked: argparse.Namespace, stack: Stack) -> None:
    admin = DomainAdmin.of(stack)
    records, waiting = admin.records, Waiting.of(stack)
    if asked.domain is None:
        _list(records, waiting)
        return
    domain = domain_in(asked.domain)
    record = records.one(domain)
    print(f"{domain}  {_state(records, domain, record)}")
    for line in (*_settings(records.read(domain, record), record), *_keys(admin, record)):
        print(f"  {line}")
    tally = admin.received(domain)._asdict()
    received = ", ".join(f"{number} {name}" for name, number in tally.items())
    print(f"  last {WINDOW_HOURS} hours: {received}")
    print(f"  waiting: {waiting.of_domain(domain)}")
    _print_remarks(waiting)


def _list(records: DomainRecords, waiting: Waiting) -> None:
    """Print a line for each domain, also for those that only have mails that wait."""
    known = records.all()
    states = {domain: _state(records, domain, record) for domain, record in known.items()}
    states |= dict.fromkeys(sorted(waiting.domains - known.keys()), _REMOVED)
    for domain, state in states.items():
        print(f"{domain}  {state}  {waiting.of_domain(domain)}")
    _print_remarks(waiting)


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


def _add(asked: argparse.Namespace, stack: Stack) -> None:
    admin, domain = DomainAdmin.of(stack), domain_in(asked.domain)
    added = admin.add(domain, settings_in(asked.settings), is_open=asked.open)
    if added.key is None:
        print(f"{domain} is added, for every key of the stack, as no domain lists any.")
    else:
        print(f"{domain} is added.")
        _print_key(added.key)
    _print_adopted(added.adopted)
    _print_warnings(admin, added.configuration)
    report(missing_for(stack, added.configuration))


def _change(asked: argparse.Namespace, stack: Stack) -> None:
    admin, domain = DomainAdmin.of(stack), domain_in(asked.domain)
    changes = settings_in(asked.settings)
    changed = admin.change(domain, changes)
    for name in changes:
        now = changed.record.get(name, "as the parameters say")
        print(f"{domain}: {name} is {','.join(now) if isinstance(now, list) else now}.")
    _print_warnings(admin, changed.configuration)
    if changes.keys() & {"allowed_senders", "default_sender"}:
        report(missing_for(stack, changed.configuration))


def _remove(asked: argparse.Namespace, stack: Stack) -> None:
    admin, domain = DomainAdmin.of(stack), domain_in(asked.domain)
    for id_ in admin.remove(domain):
        print(f"Key {id_} is revoked.")
    is_own = domain == admin.records.default.domain
    print(f"{domain} is {'as the parameters say again' if is_own else 'removed'}.")


def _rotate_key(asked: argparse.Namespace, stack: Stack) -> None:
    rotated = DomainAdmin.of(stack).rotate_key(domain_in(asked.domain))
    _print_key(rotated.key)
    print("The keys that it had work on until you revoke them with `revoke-key`:")
    for id_ in rotated.older:
        print(f"  {id_}")
    _print_adopted(rotated.adopted)


def _admit_key(asked: argparse.Namespace, stack: Stack) -> None:
    adopted = DomainAdmin.of(stack).admit_key(domain := domain_in(asked.domain), asked.key)
    print(f"Key {asked.key} opens {domain} within a minute.")
    _print_adopted(adopted)


def _adopt_keys(_asked: argparse.Namespace, stack: Stack) -> None:
    if adopted := DomainAdmin.of(stack).adopt_keys():
        _print_adopted(adopted)
    else:
        print("Nothing to do: every domain lists keys, or every key is listed.")


def _revoke_key(asked: argparse.Namespace, stack: Stack) -> None:
    DomainAdmin.of(stack).revoke_key(domain_in(asked.domain), asked.key)
    print(f"Key {asked.key} is revoked.")


def _pause(asked: argparse.Namespace, stack: Stack) -> None:
    DomainAdmin.of(stack).pause(domain := domain_in(asked.domain))
    print(f"{domain} is paused within a minute: its mails fail until you `resume` it.")


def _resume(asked: argparse.Namespace, stack: Stack) -> None:
    DomainAdmin.of(stack).resume(domain := domain_in(asked.domain))
    print(f"{domain} sends again within a minute. What bounced until now is forgiven.")


def _print_key(key: NewKey) -> None:
    print(f"Its new key is {key.id}; it works within a minute, and this is shown only once:")
    print(key.value)


def _print_warnings(admin: DomainAdmin, configuration: DomainConfiguration) -> None:
    for warning in admin.warnings(configuration):
        print(f"Warning: {warning}")


def _print_adopted(adopted: Adopted) -> None:
    for domain, ids in adopted.items():
        print(f"{domain} lists the keys that no domain listed, so they go on: {', '.join(ids)}.")
    if adopted:
        print("From now on a key opens the domains that list it, and no others.")
