"""What README.md says of `make invoke`, in any order and again: without Docker, on MiniStack."""

import json
from itertools import permutations
from typing import Any

import pytest

from local.sam import EVENTS, EXAMPLE_ID, function_for
from local.stack import Stack

REPORTS = ("ses_events_delivery", "ses_events_bounce", "ses_events_complaint")
SENDS = ("api_send_mail_json", "api_send_mail_attachment", "api_send_mail_xml")


def invoke(stack: Stack, event: str, message_id: str = EXAMPLE_ID) -> Any:
    """Hand an event to its function, and return what that answers."""
    text = (EVENTS / f"{event}.json").read_text().replace(EXAMPLE_ID, message_id)
    name = stack.deployed.functions[function_for(event)]
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=text.encode())
    assert "FunctionError" not in answer, answer
    return json.loads(answer["Payload"].read())


def status_of(stack: Stack, message_id: str) -> str:
    return str(json.loads(invoke(stack, "api_get_status", message_id)["body"])["Status"])


@pytest.mark.parametrize("reports", list(permutations(REPORTS)), ids="-".join)
def test_the_examples_do_what_is_said_in_any_order(stack: Stack, reports: tuple[str, ...]) -> None:
    sent = json.loads(invoke(stack, "api_send_mail_json")["body"])
    seen = []
    for report in reports:
        assert invoke(stack, report, sent["MessageId"]) == {"batchItemFailures": []}
        seen.append(status_of(stack, sent["MessageId"]))

    assert sent["Status"] == "sent"
    after_bounce = seen[reports.index("ses_events_bounce") :]
    assert set(after_bounce) == {"undelivered"}


@pytest.mark.parametrize("event", SENDS)
def test_no_example_keeps_another_from_being_sent(stack: Stack, event: str) -> None:
    sent = json.loads(invoke(stack, "api_send_mail_json")["body"])
    for report in REPORTS:
        invoke(stack, report, sent["MessageId"])

    answer = invoke(stack, event)

    assert answer["statusCode"] == 200
    assert "sent" in answer["body"]
    assert "undelivered" not in answer["body"]
