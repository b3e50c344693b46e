"""What an operator wrote into a stack's file, looked at before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.deployment import path_of, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ops.deploy.parameters import Parameters
    from ops.deployment import Deployment


def refuse_wrong_file(
    declared: Parameters, held: Deployment, given: Collection[str], old: Collection[str]
) -> list[str]:
    """Raise `ValueError` for unknown names and wrong values, with their lines; return notes.

    A value that is given now as well is not used, so it may be wrong. `old` are the names that were
    parameters the last time: what is none any more goes from the file, with a note.
    """
    gone = {name for name in held.parameters if name not in declared and name in old}
    wanted = {name for name in held.parameters if name not in gone and name not in given}
    if faults := [*_faults(declared, held, wanted)]:
        raise ValueError("\n".join(faults))
    return [
        f"{name} is no parameter any more, and goes from {shown(path_of(held.stack))}."
        for name in sorted(gone)
    ]


def _faults(declared: Parameters, held: Deployment, wanted: Collection[str]) -> Iterator[str]:
    for name, value in held.parameters.items():
        if name in wanted:
            where = f"{shown(path_of(held.stack))}, line {held.lines.get(name, '?')}"
            if name not in declared:
                yield f"{where}: {declared.unknown(name)}"
            elif (fault := declared.fault(name, value)) is not None:
                yield f"{where}: {fault}{_hint(value)}"


def _hint(value: str) -> str:
    """Say what is often meant otherwise: the file is read as it is, unlike a shell's."""
    if value.endswith("\r"):
        return " The line ends with a carriage return: save the file with the line ends of Unix."
    if value != value.strip() or value[:1] in ("'", '"'):
        return " Blanks and quotes are part of a value here: NAME=value."
    return ""
