"""`logs`: the lines of all functions together, by time, and only those that are asked for."""

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import mailctl
from support.account import SESSION

from ops.cli import main
from ops.logs import Logs
from ops.stack import Stack

ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
NAME = "hub"
GROUPS = {
    "api": f"/aws/lambda/{NAME}-api",
    "ses-events": f"/aws/lambda/{NAME}-ses-events",
    "gateway": f"/aws/apigateway/{NAME}",
}


@pytest.fixture
def stack(table: Any) -> Iterator[Stack]:
    """A stack with the log groups of two functions and of API Gateway."""
    resources = {
        f"Log{number}": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}}
        for number, group in enumerate(GROUPS.values())
    }
    cloudformation = SESSION.client("cloudformation")
    made = cloudformation.create_stack(
        StackName=NAME, TemplateBody=json.dumps({"Resources": resources})
    )
    for group in GROUPS.values():
        SESSION.client("logs").create_log_stream(logGroupName=group, logStreamName="one")
    yield Stack(SESSION, made["StackId"], {}, {})
    cloudformation.delete_stack(StackName=NAME)


def log(source: str, text: str, *, ago: float) -> None:
    """Let a function have logged something some seconds ago."""
    event = {"timestamp": int((time.time() - ago) * 1000), "message": f"{text}\n"}
    SESSION.client("logs").put_log_events(
        logGroupName=GROUPS[source], logStreamName="one", logEvents=[event]
    )


def test_lines_of_all_functions_come_in_one_order(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    log("ses-events", "third", ago=10)
    log("api", "first", ago=30)
    log("gateway", "second", ago=20)

    printed = mailctl.run(stack, capsys, "logs")

    assert [line.split()[1:] for line in printed] == [
        ["api", "first"],
        ["gateway", "second"],
        ["ses-events", "third"],
    ]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  ", line) for line in printed)


def test_only_lines_with_the_id_are_printed_whatever_its_case(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = {"message": "accepted", "message_id": ID}
    log("api", json.dumps(accepted), ago=30)
    log("api", json.dumps({"message": "accepted", "message_id": ID[:-1] + "E"}), ago=30)
    log("ses-events", f"not JSON: {ID}", ago=20)

    printed = mailctl.run(stack, capsys, "logs", ID.lower(), "--json")

    assert [
        {"source": each["source"], "line": each["line"]} for each in map(json.loads, printed)
    ] == [
        {"source": "api", "line": accepted},
        {"source": "ses-events", "line": f"not JSON: {ID}"},
    ]


@pytest.mark.parametrize("text", ['"quoted"', "back\\slash", "{$.x = 1}", "?a ?b", "two words"])
def test_a_text_is_looked_for_as_it_is(
    stack: Stack, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    log("api", f"it holds {text} here", ago=10)
    log("api", "it holds a quoted back slash, two of them, and words", ago=10)

    assert [
        line.partition("  api")[2].strip() for line in mailctl.run(stack, capsys, "logs", text)
    ] == [f"it holds {text} here"]


def test_how_far_it_looks_back_is_chosen_and_nothing_is_said_to_be_nothing(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    log("api", "old", ago=2 * 3600)

    assert main(["logs"], lambda _: stack) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(
        r"0 lines since \S+Z, of all functions\. Look further back: --since 1d\n", printed.err
    )
    assert len(mailctl.run(stack, capsys, "logs", "--since", "3h")) == 1
    assert len(mailctl.run(stack, capsys, "logs", "--since", "2026-01-31T12:00Z")) == 1


def test_what_comes_is_followed_and_nothing_is_printed_twice(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.logs._POLL_SECONDS", 0.05)
    log("api", "before", ago=10)
    following = Logs.of(stack).following(time.time() - 60)

    first = next(following)
    threading.Timer(0.3, log, ("ses-events", "late, and older"), {"ago": 15}).start()
    second = next(following)
    log("api", "new", ago=0)
    third = next(following)

    assert [first.text, second.text, third.text] == ["before", "late, and older", "new"]
