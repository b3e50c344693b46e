"""What the proofs counted, summed over all tests of a run, and printed at its end.

`--add-figures` adds those of the run before, so that the last of several runs tells everything.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Sums = defaultdict[str, Counter[str]]
_CACHED = "figures/sums"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--add-figures", action="store_true", help="print the figures of the run before, too"
    )


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Counter[str]]]:
    """Give a test something to count in, by title: the sums of all tests are printed at the end."""
    counted: Sums = defaultdict(Counter)
    yield counted.__getitem__
    for title, counter in counted.items():
        request.node.user_properties.append(("figures", (title, dict(counter))))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    cache = getattr(config, "cache", None)  # `make mutants` runs pytest without one.
    before = cache.get(_CACHED, {}) if cache and config.getoption("--add-figures") else {}
    sums: Sums = defaultdict(Counter)
    for title, counted in [*before.items(), *_counted(terminalreporter.stats)]:
        sums[title].update(counted)
    if cache:
        cache.set(_CACHED, sums)
    if sums:
        terminalreporter.section("figures")
    for title, counted in sorted(sums.items()):
        said = ", ".join(f"{number:,} {what}" for what, number in counted.items())
        terminalreporter.write_line(f"{title}: {said}")


def _counted(stats: dict[str, list[Any]]) -> Iterator[tuple[str, dict[str, int]]]:
    """Give what the tests counted, and how many tests of each suite ended how."""
    for outcome, reports in stats.items():
        for report in reports:
            if outcome in ("passed", "failed", "error", "skipped", "xfailed"):
                yield "/".join(Path(report.nodeid).parts[:2]), {outcome: 1}
            if getattr(report, "when", "") == "teardown":
                for name, value in report.user_properties:
                    if name == "figures":
                        yield value
