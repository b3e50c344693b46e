"""Where a mail is, on the deployed stack: by the operations of the contract, and by mailctl."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.mails import MAIL
from support.operator_tool import ops

from local.stack import Stack

Until = Callable[..., dict[str, Any]]
BOUNCE = "bounce+ada@simulator.amazonses.com"


@pytest.fixture
def say(stack: Stack) -> Callable[..., str]:
    """Run the tool as a script does; return what it prints."""

    def _say(*arguments: str) -> str:
        done = ops(*arguments, API_PORT=str(stack.api_port))
        assert done.returncode == 0, done.stderr
        return done.stdout

    return _say


def bounced(api: httpx.Client, until: Until) -> dict[str, Any]:
    answer = api.post("/Mail/Send", json=MAIL | {"To": BOUNCE, "Reference": "r-1"}).json()
    until(answer["MessageId"], "undelivered")
    deadline = time.monotonic() + 20
    while True:  # The status is written before the history.
        details: dict[str, Any] = api.get(f"/Mail/{answer['MessageId']}").json()
        if "bounced" in [step["Kind"] for step in details["History"]]:
            return details
        assert time.monotonic() < deadline


def test_a_mail_is_followed_from_its_request_to_its_bounce_by_each_of_its_ids(
    api: httpx.Client, ses: httpx.Client, until: Until, say: Callable[..., str]
) -> None:
    details = bounced(api, until)
    message_id = details["MessageId"]

    kinds = [step["Kind"] for step in details["History"]]
    assert kinds == ["accepted", "tried", "sent", "bounced"]
    shown = say("show", message_id)
    assert shown.startswith(f"{message_id} is undelivered. Bounced: Permanent/General 5.1.1")
    assert shown.splitlines()[-1].split()[2:5] == ["bounced", BOUNCE, "5.1.1"]
    assert say("show", details["Tries"][0]["SesMessageId"]) == shown
    for search in (("--to", BOUNCE), ("--reference", "r-1"), ("--status", "undelivered")):
        assert message_id in say("find", *search, "--since", "1h")
    assert message_id not in say("find", "--to", "nobody@recipient.example")
    (found, *_) = json.loads(say("find", "--to", BOUNCE, "--json"))
    assert found["MessageId"] == message_id
    assert json.loads(say("show", message_id, "--json"))["History"] == details["History"]
    newest = api.get("/Status", params={"Reference": "r-1"}).json()
    assert newest["MessageId"] == message_id


def test_an_operator_sends_a_mail_again(
    api: httpx.Client, ses: httpx.Client, until: Until, say: Callable[..., str]
) -> None:
    message_id = bounced(api, until)["MessageId"]
    said = say("resend", message_id, "--to", "success@simulator.amazonses.com", "--yes")

    again = said.split()[-1]
    until(again, "delivered")
    assert api.get(f"/Mail/{again}").json()["ResentFrom"] == message_id


def test_an_operator_cancels_a_mail_that_waits(
    api: httpx.Client, ses: httpx.Client, say: Callable[..., str], stack: Stack
) -> None:
    ses.post("/faults", json={"kind": "paused", "count": 1})
    message_id = api.post("/Mail/Send", json=MAIL).json()["MessageId"]
    refused = ops("cancel", message_id, API_PORT=str(stack.api_port))
    said = say("cancel", message_id, "--yes")

    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert said == f"{message_id} is cancelled.\n"
    answer = api.get(f"/Status/{message_id}").json()
    assert (answer["Status"], answer["ErrorMessage"]) == ("failed", "Cancelled.")
    late = ops("cancel", "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "--yes", API_PORT=str(stack.api_port))
    assert (late.returncode, "There is no message with this id" in late.stderr) == (1, True)
