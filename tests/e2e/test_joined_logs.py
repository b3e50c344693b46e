"""A mail is followed from its request to its bounce, by each of its ids."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support import mails

from local.stack import Stack

Lines = Callable[[str, str], list[dict[str, Any]]]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MAIL = mails.MAIL | {"To": "bounce@simulator.amazonses.com"}


@pytest.fixture
def lines(stack: Stack) -> Lines:
    """Return the functions' lines with a field of this value, once a bounce is among them."""
    logs = stack.client("logs")

    def _lines(name: str, value: str) -> list[dict[str, Any]]:
        found = []
        for function in stack.deployed.functions.values():
            group = f"/aws/lambda/{function}"
            for event in logs.filter_log_events(logGroupName=group)["events"]:
                line = json.loads(event["message"]) if event["message"][:1] == "{" else {}
                if line.get(name) == value:
                    found.append(line | {"group": group, "at": event["timestamp"]})
        return sorted(found, key=lambda line: line["at"])

    return _lines


def test_each_id_of_a_mail_leads_to_its_lines(
    stack: Stack, api: httpx.Client, ses: httpx.Client, until: Any, lines: Lines
) -> None:
    reply = api.post("/Mail/Send", json=MAIL, headers={"traceparent": TRACE})
    message_id = reply.json()["MessageId"]
    until(message_id, "undelivered")
    deadline = time.monotonic() + 20
    while "BOUNCE" not in {line.get("kind") for line in lines("message_id", message_id)}:
        assert time.monotonic() < deadline
        time.sleep(0.2)

    # Webhooks of other tests' endpoints may be told of it, too, and put off without a look at it.
    told = [each for each in lines("message_id", message_id) if each["message"] != "not called"]
    (accepted,) = [line for line in told if line["message"] == "accepted"]
    (key,) = stack.client("apigateway").get_api_keys()["items"]
    assert accepted["request_id"] == reply.headers["x-amzn-requestid"]
    assert {line["group"].rpartition("-")[2] for line in told} - {"webhook"} == {"api", "events"}
    for name, value in {
        "key_id": key["id"],
        "traceparent": TRACE,
        "ses_message_id": accepted["ses_message_id"],
    }.items():
        assert {line.get(name) for line in told} == {value}
        of_mail = [line for line in lines(name, value) if line.get("message_id") == message_id]
        assert [each for each in of_mail if each in told] == told
    (last,) = [line for line in lines("request_id", accepted["request_id"]) if "status" in line]
    assert (last["status"], last["message_ids"]) == (200, [message_id])


def test_what_needs_no_key_has_a_request_id_and_no_key(stack: Stack, lines: Lines) -> None:
    reply = httpx.get(f"{stack.url}/metadata")

    request_id = reply.headers["x-amzn-requestid"]
    deadline = time.monotonic() + 20
    while not (found := lines("request_id", request_id)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (line,) = found
    assert line["status"] == 200
    assert not {"key_id", "traceparent"} & line.keys()
