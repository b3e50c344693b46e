"""Which values a deployment has, of those given now, in the stack's file, and in the stack.

Somebody may have deployed from another checkout meanwhile. So the file is compared with what it was
after the last deployment from here: what was edited in it since is meant, and the rest is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.deploy.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Known:
    """Where the values of a deployment may come from, but for those that are given now."""

    file: Mapping[str, str] | None = None
    """Those of `deploy/STACK.env`; None if there is no file."""
    last: Mapping[str, str] | None = None
    """Those that the file had after the last deployment from here; None if nobody knows."""
    deployed: Mapping[str, str] = field(default_factory=dict)
    """Those of the stack; none if this is its first deployment."""
    old_defaults: Mapping[str, str] = field(default_factory=dict)
    """The defaults of the template that the stack was deployed with."""


@dataclass(slots=True)
class Settled:
    """The values that were chosen, by whomever, and what an operator should hear about them."""

    values: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    """Secrets that are not sent: the stack keeps its own, which a colleague may have changed."""

    @property
    def sent(self) -> dict[str, str]:
        return {name: value for name, value in self.values.items() if name not in self.left}


def settle(declared: Parameters, given: Mapping[str, str], known: Known) -> Settled:
    """Put the values of a deployment together. Nothing changes but what is given or edited.

    A value that the stack's own template had as its default was nobody's choice: so a default that
    a new version of the template changes is changed, and a choice is not.
    """
    settled = Settled(values=dict(given))
    for name in declared:
        if name in given:
            continue
        if declared[name].is_secret:
            _settle_secret(settled, name, known)
        elif name not in known.deployed:
            if known.file and name in known.file:
                settled.values[name] = known.file[name]
        else:
            _settle_value(settled, declared, name, known)
    return settled


def _settle_secret(settled: Settled, name: str, known: Known) -> None:
    """Send a secret only if it was edited, or the stack is new: nobody can read what it has."""
    if known.file is None or name not in known.file:
        return
    settled.values[name] = known.file[name]
    if not known.deployed:
        return
    if known.last is not None and known.last.get(name) == known.file[name]:
        settled.left.add(name)
    elif known.last is None:
        settled.notes.append(f"{name} is set to that of the file: the stack may have had another.")


def _settle_value(settled: Settled, declared: Parameters, name: str, known: Known) -> None:
    stack, default = known.deployed[name], declared[name].default or ""
    defaults = (known.old_defaults.get(name), default)
    value = None if stack in defaults else stack
    if known.file is not None:
        ours = known.file.get(name)
        if known.last is None:  # A line that is not there says nothing then.
            is_edited, is_moved = ours is not None, stack not in (*defaults, ours)
        else:
            before = known.last.get(name)
            is_edited = ours != before
            is_moved = stack != before if before is not None else stack not in defaults
        if is_edited:
            value = ours
        chosen = default if ours is None else ours
        settled.notes += _note(name, chosen, stack, is_edited=is_edited, is_moved=is_moved)
    if value is not None:
        settled.values[name] = value


def _note(name: str, ours: str, stack: str, *, is_edited: bool, is_moved: bool) -> list[str]:
    """Return what to say of a value that was not deployed from here (`is_moved`)."""
    if not is_moved or (is_edited and ours == stack):
        return []
    if is_edited:
        told = f"is {_shown(ours)}, as the file has it; the stack has {_shown(stack)}"
    else:
        told = f"is kept as the stack has it ({_shown(stack)})"
    return [f"{name} {told}, which was not deployed from here."]


def changes(
    declared: Parameters, deployed: Mapping[str, str], values: Mapping[str, str]
) -> list[str]:
    """Return what an update changes, a line for each. Of a secret nobody knows what it was."""
    lines = []
    for name, value in declared.whole(values).items():
        if declared[name].is_secret:
            lines.append(f"{name}: (not shown)")
        elif deployed.get(name, value) != value:
            lines.append(f"{name}: {_shown(deployed[name])} -> {_shown(value)}")
    return lines


def _shown(value: str) -> str:
    return value or "(empty)"
