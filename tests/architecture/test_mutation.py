"""`make mutants` names modules, tests and lines: they must be there after a move, too."""

import tomllib
from pathlib import Path

import pytest
from mutation import suites

ROOT = Path(__file__).parents[2]
EQUIVALENT = tomllib.loads((ROOT / "tests/mutation/equivalent.toml").read_text())["equivalent"]


@pytest.mark.parametrize("module", suites.MODULES)
def test_a_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / "src" / module).is_file()
    assert all((ROOT / path).is_file() for path in suites.files_for(module, nearest=False))


@pytest.mark.parametrize("entry", EQUIVALENT, ids=lambda entry: entry["before"])
def test_a_mutant_that_counts_as_equivalent_has_its_line_and_a_reason(
    entry: dict[str, str],
) -> None:
    """A line that has changed makes another mutant, which may be a hole."""
    source = (ROOT / "src" / entry["module"]).read_text()
    lines = " ".join(line.strip() for line in source.splitlines())

    assert entry.keys() == {"module", "before", "after", "why"}
    assert entry["before"] in lines
    assert entry["why"].endswith(".")
