"""The mutants that no test can kill, because they change nothing that anybody could see; and why.

They are named by their lines, so that they are found again wherever the lines have moved to.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from mutation.mutants import Mutant

_FILE = Path(__file__).with_name("equivalent.toml")


def known() -> set[tuple[str, str, str]]:
    """Read the list: module, line and what becomes of it."""
    entries = tomllib.loads(_FILE.read_text()).get("equivalent", [])
    for entry in entries:
        if not entry["why"].strip():
            raise SystemExit(f"{_FILE.name}: an entry needs its reason: {entry}")
    return {(entry["module"], entry["before"], entry["after"]) for entry in entries}


def name_of(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.module, mutant.before, mutant.after


def outdated(mutants: Iterable[Mutant], modules: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return what the list names and nothing makes any more: the code has changed."""
    made, asked = {name_of(mutant) for mutant in mutants}, set(modules)
    return {entry for entry in known() if entry[0] in asked and entry not in made}
