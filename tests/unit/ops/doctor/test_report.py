"""How findings are printed."""

import pytest

from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.report import report

LONG = "example.com: " + "so many words " * 10


def in_group(finding: Finding, group: str) -> Finding:
    return Finding(finding.level, finding.what, finding.remedy, group)


def test_findings_are_aligned_below_their_groups(capsys: pytest.CaptureFixture[str]) -> None:
    copied = "a-command-that-stays-in-one-line --with=" + "x" * 90

    is_well = report(
        [
            in_group(ok("It works."), "Account"),
            in_group(failure(LONG, "# So:", copied), "Account"),
            in_group(warning("Nobody hears."), "Operation"),
        ]
    )

    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Account",
        "  ok       It works.",
        "  FAILURE  example.com: " + " ".join(["so many words"] * 5) + " so",
        " " * 11 + "many words " + " ".join(["so many words"] * 4),
        " " * 13 + "# So:",
        " " * 13 + copied,
        "Operation",
        "  warning  Nobody hears.",
    ]
    assert is_well is False


def test_warnings_are_no_failures(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([ok("a"), warning("b")])
    assert not report([failure("c"), ok("d")])
    assert "\033" not in capsys.readouterr().out


def test_only_a_terminal_gets_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    report([failure("c")])

    assert capsys.readouterr().out == "  \033[31;1mFAILURE  \033[0mc\n"
