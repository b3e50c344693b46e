"""The operator's commands: dead letters are played again, addresses suppressed and let go."""

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


def ops(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as make does."""
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def say(stack: Stack) -> Callable[..., str]:
    """Run a command for the stack of the tests as for that of `make run`; what it prints."""

    def _say(*arguments: str) -> str:
        done = ops(*arguments, API_PORT=str(stack.api_port))
        assert done.returncode == 0, done.stderr
        return done.stdout

    return _say


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
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
) -> None:
    message_id = waiting(api, ses)
    url = stack.deployed.event_dead_letters_url
    sqs.send_message(QueueUrl=url, MessageBody=delivery_of(message_id))

    printed = say("redrive")

    assert "Events: 1 played again." in printed
    assert until(message_id, "delivered")["Status"] == "delivered"
    assert say("redrive").startswith("Events: 0 played again.")


def test_a_crashed_try_is_played_again_and_a_mail_that_was_given_up_is_not(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
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

    printed = say("redrive")

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

    done = ops("--stack", "mail", "redrive", AWS_ENDPOINT_URL=stack.endpoint_url, NO_PROXY="*")

    assert "Events: 12 played again." in done.stdout
    assert until(message_id, "delivered")["Status"] == "delivered"


def test_a_stack_that_is_not_there_is_named() -> None:
    done = ops("redrive", API_PORT="9")

    assert done.returncode == 1
    assert "http://localhost:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_is_suppressed_listed_and_let_go(
    api: httpx.Client, ses: httpx.Client, say: Any
) -> None:
    mail = {"To": "Grace <GRACE@recipient.example>", "Subject": "s", "Text": "t"}

    added = say("suppressions", "example.com", "--add", "Grace@Recipient.example")
    again = say("suppressions", "example.com", "--add", "grace@recipient.example")
    listed = say("suppressions", "example.com")
    refused = api.post("/Mail/Send", json=mail).json()
    removed = say("suppressions", "example.com", "--remove", "grace@recipient.example")
    taken = api.post("/Mail/Send", json=mail).json()

    assert added == "grace@recipient.example is mailed no more.\n"
    assert again == "grace@recipient.example was suppressed already.\n"
    assert [line.split()[1:] for line in listed.splitlines() if "grace" in line] == [
        ["manual", "grace@recipient.example"]
    ]
    assert refused["Status"] == "undelivered"
    assert removed == "grace@recipient.example is mailed again.\n"
    assert "grace" not in say("suppressions", "example.com")
    assert taken["Status"] == "sent"


def test_a_bounce_is_listed_with_its_message_and_can_be_let_go(
    api: httpx.Client, ses: httpx.Client, stack: Stack, say: Any, until: Until
) -> None:
    mail = {"To": "lost@recipient.example", "Subject": "s", "Text": "t"}
    message_id = api.post("/Mail/Send", json=mail).json()["MessageId"]
    bounce = json.loads((ROOT / "events/ses_events_bounce.json").read_text())["Records"][0]["body"]
    bounce = bounce.replace("ada@recipient.example", "lost@recipient.example")
    event = json.loads(bounce)
    event["mail"]["tags"]["mailapi_message_id"] = [message_id]
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=stack.deployed.event_queue_url, MessageBody=json.dumps(event))
    until(message_id, "undelivered")

    (line,) = [line for line in say("suppressions", "example.com").splitlines() if "lost" in line]
    say("suppressions", "example.com", "--remove", "lost@recipient.example")

    assert line.split()[1:] == ["bounce", "lost@recipient.example", message_id]
    assert api.post("/Mail/Send", json=mail).json()["Status"] == "sent"


def test_an_address_is_erased_from_the_whole_stack(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
) -> None:
    to = "zq7erased@recipient.example"
    file = {"Name": "zq7erased.txt", "Bytes": "enE3ZXJhc2Vk"}
    mail = {"To": to, "Subject": to, "Text": "zq7erased " * 20_000, "Attachments": [file]}
    sent = api.post("/Mail/Send", json=mail, headers={"Idempotency-Key": "e"}).json()["MessageId"]
    until(sent)
    ses.post("/faults", json={"kind": "paused", "count": 1})
    waiting = api.post("/Mail/Send", json=mail).json()["MessageId"]
    say("suppressions", "example.com", "--add", to)
    other = api.post("/Mail/Send", json=mail | {"To": TO, "Subject": "s", "Text": "t"}).json()
    event = delivery_of(sent).replace(TO, to)
    for url in (stack.deployed.event_dead_letters_url, stack.deployed.event_queue_url):
        sqs.send_message(QueueUrl=url, MessageBody=event)

    printed = say("erase", "--address", "ZQ7erased@recipient.example", "--keep-suppressed")

    assert "Erased: 2 messages." in printed
    assert f"Not tried any more: {waiting}, which was queued." in printed
    assert "zq7erased" not in printed.lower()
    assert [api.get(f"/Status/{id_}").status_code for id_ in (sent, waiting)] == [404, 404]
    assert until(other["MessageId"])["Status"] == "delivered"
    table = stack.client("dynamodb").scan(TableName=stack.deployed.table)["Items"]
    assert [item for item in table if "zq7erased" in json.dumps(item).lower()] == [
        item for item in table if other["MessageId"] in item["pk"]["S"] and "content" in item
    ]
    listed = stack.client("s3").list_object_versions(Bucket=stack.deployed.bucket)
    keys = [version["Key"] for version in listed.get("Versions", [])]
    assert [key for key in keys if sent in key or waiting in key] == []
    letters = sqs.receive_message(QueueUrl=stack.deployed.event_dead_letters_url)
    assert letters.get("Messages", []) == []
    assert api.post("/Mail/Send", json=mail).json()["Status"] == "undelivered"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("example.org",), "but for ['example.com']"),
        (("nonsense",), "This is no domain name."),
        (("example.com", "--add", "nobody"), "The address has no '@'."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    stack: Stack, arguments: tuple[str, ...], complaint: str
) -> None:
    done = ops("suppressions", *arguments, API_PORT=str(stack.api_port))

    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
