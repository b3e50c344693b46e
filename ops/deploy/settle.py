"""Which values a deployment has: what is given now, else what the file has, else the stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.deploy.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Settled:
    """The values that were chosen, by whomever, and what an operator should hear about them."""

    values: Mapping[str, str]
    notes: list[str] = field(default_factory=list)


def settle(
    declared: Parameters,
    given: Mapping[str, str],
    remembered: Mapping[str, str] | None,
    deployed: Mapping[str, str],
    old_defaults: Mapping[str, str],
) -> Settled:
    """Put the values of a deployment together. Nothing changes but what is given.

    `remembered` are those of the file, if there is one. `deployed` are those of the stack, which
    somebody else may have set from another checkout: what is neither in the file nor what the
    stack's own template had as its default is kept. So a default that a new version of the template
    changes is changed, and a choice is not.
    """
    values, notes = dict(remembered or {}), []
    for name in sorted(values.keys() - declared.keys()):
        del values[name]
        notes.append(f"{name} is no parameter any more, and has gone from the file.")
    for name, value in deployed.items():
        if name not in declared or name in values or declared[name].is_secret:
            continue
        if value not in (old_defaults.get(name), declared[name].default):
            values[name] = value
            if remembered is not None and name not in given:
                notes.append(f"{name} is kept as the stack has it; the file did not know of that.")
    return Settled({**values, **given}, notes)


def changes(
    declared: Parameters, deployed: Mapping[str, str], values: Mapping[str, str]
) -> list[str]:
    """Return what an update changes, a line for each. Of a secret nobody knows what it was."""
    lines = []
    for name, value in declared.whole(values).items():
        if not declared[name].is_secret and deployed.get(name, value) != value:
            lines.append(f"{name}: {deployed[name] or '(empty)'} -> {value or '(empty)'}")
    return lines
