"""`make redrive`: dead letters are played again, and those that would be lost by it are not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local.package import ROOT
from local.stack import Stack

Until = Callable[..., dict[str, Any]]
TO = "ada@recipient.example"
DELIVERY = json.loads((ROOT / "events/ses_events_delivery.json").read_text())["Records"][0]["body"]


def redrive(*arguments: str, **environment: str) -> str:
    """Run the command as make does, and return what it printed."""
    command = [sys.executable, "-m", "local.redrive", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def waiting(api: httpx.Client, ses: httpx.Client) -> str:
    """Return the id of a mail that waits for a quarter of an hour, and that SES does not have."""
    ses.post("/faults", json={"kind": "paused", "count": 1})
    answer = api.post("/Mail/Send", json={"To": TO, "Subject": "s", "Text": "t"}).json()
    assert answer["Status"] == "queued"
    return str(answer["MessageId"])


def delivery_of(message_id: str) -> str:
    event = json.loads(DELIVERY)
    event["mail"]["tags"]["mailapi_message_id"] = [message_id]
    return json.dumps(event)


@pytest.fixture
def sqs(stack: Stack) -> Any:
    """A client, with no letters left from another test."""
    client = stack.client("sqs")
    for url in (stack.deployed.event_dead_letters_url, stack.deployed.retry_dead_letters_url):
        client.purge_queue(QueueUrl=url)
    return client


def test_a_dead_event_is_played_again(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until
) -> None:
    message_id = waiting(api, ses)
    url = stack.deployed.event_dead_letters_url
    sqs.send_message(QueueUrl=url, MessageBody=delivery_of(message_id))

    printed = redrive(API_PORT=str(stack.api_port))

    assert "Events: 1 played again." in printed
    assert until(message_id, "delivered")["Status"] == "delivered"
    assert redrive(API_PORT=str(stack.api_port)).startswith("Events: 0 played again.")


def test_a_crashed_try_is_played_again_and_a_mail_that_was_given_up_is_not(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until
) -> None:
    message_id = waiting(api, ses)
    stack.client("dynamodb").update_item(  # Its time has come.
        TableName=stack.deployed.table,
        Key={"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET next_attempt_at = :now",
        ExpressionAttributeValues={":now": {"N": "1"}},
    )
    url = stack.deployed.retry_dead_letters_url
    given_up = json.dumps({"MessageId": message_id, "Reason": "Given up.", "Attempts": 9})
    for body in (given_up, json.dumps({"MessageId": message_id}), given_up):
        sqs.send_message(QueueUrl=url, MessageBody=body)

    printed = redrive(API_PORT=str(stack.api_port))

    assert "Retries: 1 played again, 2 left: given up on." in printed
    assert until(message_id, "delivered")["Status"] == "delivered"
    left = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [letter["Body"] for letter in left] == [given_up, given_up]


def test_the_letters_of_a_named_stack_are_found_as_the_aws_cli_finds_it(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until
) -> None:
    message_id = waiting(api, ses)
    for number in range(12):  # More than SQS hands over at a time.
        body = delivery_of(message_id if number else "01JD9ZK4M6T0V3Q8W2X5Y7B1CD")
        sqs.send_message(QueueUrl=stack.deployed.event_dead_letters_url, MessageBody=body)

    printed = redrive("mail", AWS_ENDPOINT_URL=stack.endpoint_url, NO_PROXY="*")

    assert "Events: 12 played again." in printed
    assert until(message_id, "delivered")["Status"] == "delivered"


def test_a_stack_that_is_not_there_is_named() -> None:
    command = [sys.executable, "-m", "local.redrive"]
    environment = os.environ | {"API_PORT": "9"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)

    assert done.returncode == 1
    assert b"http://localhost:9" in done.stderr
    assert b"Traceback" not in done.stderr
