"""Change the domains of a stack and their keys, and say what has become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.arguments import domain_in
from ops.asking import require_yes
from ops.doctor import report
from ops.doctor.one_domain import missing_for
from ops.domain_admin import DomainAdmin
from ops.domain_settings import settings_in
from ops.tables import print_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from core.submission.domains import DomainConfiguration
    from ops.domain_admin import Adopted, NewKey
    from ops.stack import Stack


def add(
    stack: Stack, domain: str, settings: Collection[str], *, is_open: bool, as_json: bool
) -> None:
    """Send for one more; with JSON what is printed is the key, and what the domain lacks is not."""
    admin, domain = DomainAdmin.of(stack), domain_in(domain)
    added = admin.add(domain, settings_in(settings), is_open=is_open)
    if as_json:
        key = added.key._asdict() if added.key else None
        print_json({"domain": domain, "key": key, "adopted": added.adopted})
        return
    if added.key is None:
        print(f"{domain} is added, for every key of the stack, as no domain lists any.")
    else:
        print(f"{domain} is added.")
        _print_key(added.key)
    _print_adopted(added.adopted)
    _print_warnings(admin, added.configuration)
    report(missing_for(stack, added.configuration))


def change(stack: Stack, domain: str, settings: Collection[str]) -> None:
    """Change settings, and say what that lacks or brings."""
    admin, domain = DomainAdmin.of(stack), domain_in(domain)
    changes = settings_in(settings)
    changed = admin.change(domain, changes)
    for name in changes:
        now = changed.record.get(name, "as the parameters say")
        print(f"{domain}: {name} is {','.join(now) if isinstance(now, list) else now}.")
    _print_warnings(admin, changed.configuration)
    if changes.keys() & {"allowed_senders", "default_sender"}:
        report(missing_for(stack, changed.configuration))


def remove(stack: Stack, domain: str, *, is_sure: bool) -> None:
    """Send for it no more, after a question."""
    admin, domain = DomainAdmin.of(stack), domain_in(domain)
    require_yes(_what_goes(admin, domain), is_sure=is_sure)
    for id_ in admin.remove(domain):
        print(f"Key {id_} is revoked.")
    is_own = domain == admin.records.default.domain
    print(f"{domain} is {'as the parameters say again' if is_own else 'removed'}.")


def _what_goes(admin: DomainAdmin, domain: str) -> Iterator[str]:
    record = admin.records.one(domain)
    if domain == admin.records.default.domain:
        yield f"The settings of {domain} go; it is as the stack's parameters say. Its keys stay."
        return
    yield f"The stack will not send for {domain} any more; mails of it that wait will fail."
    for id_ in admin.keys_that_go_with(domain, record):
        yield f"Key {id_} is revoked: whoever uses it gets 403."


def rotate_key(stack: Stack, domain: str, *, as_json: bool) -> None:
    """Make one more key."""
    rotated = DomainAdmin.of(stack).rotate_key(domain_in(domain))
    if as_json:
        print_json({**rotated._asdict(), "key": rotated.key._asdict()})
        return
    _print_key(rotated.key)
    print("The keys that it had work on until you revoke them with `revoke-key`:")
    for id_ in rotated.older:
        print(f"  {id_}")
    _print_adopted(rotated.adopted)


def admit_key(stack: Stack, domain: str, key: str) -> None:
    """Let a key of the stack open a domain too."""
    adopted = DomainAdmin.of(stack).admit_key(domain := domain_in(domain), key)
    print(f"Key {key} opens {domain} within a minute.")
    _print_adopted(adopted)


def adopt_keys(stack: Stack) -> None:
    """List the keys that no domain lists, where none is listed."""
    if adopted := DomainAdmin.of(stack).adopt_keys():
        _print_adopted(adopted)
    else:
        print("Nothing to do: every domain lists keys, or every key is listed.")


def revoke_key(stack: Stack, domain: str, key: str, *, is_sure: bool) -> None:
    """End a key, after a question."""
    admin, domain = DomainAdmin.of(stack), domain_in(domain)
    admin.revocable(domain, key)  # Or why it cannot be.
    require_yes(
        [f"Key {key} will not open {domain} any more: whoever uses it for that gets 403."],
        is_sure=is_sure,
    )
    admin.revoke_key(domain, key)
    print(f"Key {key} is revoked.")


def pause(stack: Stack, domain: str) -> None:
    """Let a domain's mails fail."""
    DomainAdmin.of(stack).pause(domain := domain_in(domain))
    print(f"{domain} is paused within a minute: its mails fail until you `resume` it.")


def resume(stack: Stack, domain: str) -> None:
    """Let a domain send again."""
    DomainAdmin.of(stack).resume(domain := domain_in(domain))
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
