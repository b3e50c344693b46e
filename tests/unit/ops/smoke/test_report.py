"""`make smoke`: what it prints of each step."""

from collections.abc import Callable
from typing import Any

import pytest

from ops.smoke.command import GROUPS
from ops.smoke.report import report
from ops.smoke.steps import Different, Skipped, Step
from ops.smoke.target import Target
from ops.smoke.wire import NoAnswer

NOWHERE = Target("http://127.0.0.1:9", "key", "example.com")


def ended(run: Callable[[Target], str | None], capsys: pytest.CaptureFixture[str]) -> Any:
    """Try one step; return how often what came of it, and what was printed."""
    step = Step("It works", "f1-no-key-no-mail", ("a.py: b", "c.py: d"), run)
    counts = report(NOWHERE, {"Group": [step]})
    return {verdict for verdict, number in counts.items() if number}, capsys.readouterr().out


def raising(error: Exception) -> Callable[[Target], None]:
    def run(_target: Target) -> None:
        raise error

    return run


def test_what_is_as_it_should_be_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(lambda _: None, capsys) == ({"ok"}, "Group\n  ok         It works\n")
    assert ended(lambda _: "7 ms", capsys)[1] == "Group\n  ok         It works (7 ms)\n"


def test_what_cannot_be_tried_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts, printed = ended(raising(Skipped("no mail can be sent")), capsys)

    assert verdicts == {"skipped"}
    assert printed == "Group\n  skipped    It works (no mail can be sent)\n"


@pytest.mark.parametrize(
    ("error", "expected", "came"),
    [
        (Different("200", "500 (text/plain) x"), "200", "500 (text/plain) x"),
        (NoAnswer("no answer (TimeoutError)"), "an answer", "no answer (TimeoutError)"),
    ],
)
def test_what_is_different_says_what_to_change(
    capsys: pytest.CaptureFixture[str], error: Exception, expected: str, came: str
) -> None:
    verdicts, printed = ended(raising(error), capsys)

    assert verdicts == {"DIFFERENT"}
    assert printed.splitlines()[1:] == [
        "  DIFFERENT  It works",
        f"             expected  {expected}",
        f"             came      {came}",
        "             change    a.py: b; c.py: d",
        "             see       docs/first-day-on-aws.md#f1-no-key-no-mail",
    ]


def test_once_no_mail_can_be_sent_none_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    target = Target("http://127.0.0.1:9", "key", "example.com", obstacle="it is broken")

    assert report(target, {"Formats": GROUPS["Formats"][:-1]}) == {
        "ok": 0,
        "DIFFERENT": 0,
        "skipped": len(GROUPS["Formats"]) - 1,
    }
