"""How findings are printed."""

import pytest

from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.report import closing, report

LONG = "example.com: " + "so many words " * 10


def in_group(finding: Finding, group: str) -> Finding:
    return Finding(finding.level, finding.what, finding.remedy, group)


def test_findings_are_aligned_below_their_groups(capsys: pytest.CaptureFixture[str]) -> None:
    copied = "a-command-that-stays-in-one-line --with=" + "x" * 90

    counts = report(
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
    assert counts == {"ok": 1, "failure": 1, "warning": 1}


def test_the_last_line_counts_what_could_not_be_read_by_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unread = Finding("warning", "c", is_unread=True)

    counts = report([ok("a"), warning("b"), unread, unread])

    assert closing(counts) == "1 ok, 1 warning, 0 failures, 2 not looked at"
    assert "\033" not in capsys.readouterr().out


def test_only_a_terminal_gets_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    report([failure("c")])

    assert capsys.readouterr().out == "  \033[31;1mFAILURE  \033[0mc\n"
