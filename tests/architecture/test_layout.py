"""Tests lie where their modules lie, and share what is in `support` and nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import ROOT, TESTS

MODULES = {TESTS / "unit/core": ROOT / "src/core"} | {
    TESTS / "unit" / name: ROOT / name for name in ("local", "ops", "tooling")
}
FILES = sorted(TESTS.rglob("*.py"))


@pytest.mark.parametrize("tests", MODULES, ids=lambda folder: folder.name)
def test_a_unit_test_lies_where_its_module_lies(tests: Path) -> None:
    found = sorted(tests.rglob("*.py"))
    without = [
        str(path.relative_to(TESTS))
        for path in found
        if not _module_of(path, tests, MODULES[tests]).is_file()
    ]

    assert found
    assert without == []


def _module_of(test: Path, tests: Path, modules: Path) -> Path:
    return modules / test.relative_to(tests).with_name(f"{test.name.removeprefix('test_')}")


def test_nobody_imports_from_a_test_module_or_a_conftest() -> None:
    theirs = {path.stem for path in FILES if path.name.startswith(("test_", "conftest"))}
    found = [
        f"{path.relative_to(TESTS)}: {name}"
        for path in FILES
        for name in _imported(path)
        if theirs & set(name.split("."))
    ]

    assert found == []


def _imported(path: Path) -> Iterator[str]:
    """Return the modules that a file imports, and `package.name` for what it takes from one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)
