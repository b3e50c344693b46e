"""Dead letters of the webhooks are played again; Lambda's notes are told and stay."""

import json
from typing import Any

import pytest
from support import mailctl
from support.account import SESSION, queues
from support.mailctl import Refused, somebody_who_types

from core.aws import clients, webhook_queue
from core.aws.deliveries import DeliveryKey
from core.config import CONFIG
from ops.stack import Stack

DELIVERY = {
    "Endpoint": "wh_01jd9zk4m6t0v3q8w2x5y7b1cd",
    "Delivery": "2026-11-20T09:15:30.874Z#msg_1",
}
CHANGE = {"Change": {"eventName": "MODIFY", "dynamodb": {"Keys": {}}}}
NOTE = {
    "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 9},
    "version": "1.0",
    "timestamp": "2026-11-21T09:15:30.874Z",
    "DDBStreamBatchInfo": {
        "shardId": "shardId-00000001573689847184-864758bb",
        "startSequenceNumber": "800000000003126276362",
        "endSequenceNumber": "800000000003126276362",
        "approximateArrivalOfFirstRecord": "2026-11-20T09:10:00Z",
        "approximateArrivalOfLastRecord": "2026-11-20T09:15:00Z",
        "batchSize": 12,
        "streamArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/mail/stream/1",
    },
}
"""As https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html has it."""


@pytest.fixture
def stack(table: Any) -> Stack:
    urls = {
        name: clients.sqs().create_queue(QueueName=name)["QueueUrl"]
        for name in ("WebhookQueueUrl", "WebhookDeadLettersUrl")
    }
    return Stack(SESSION, CONFIG.stack_id, urls, {})


def bury(stack: Stack, *letters: Any) -> None:
    for letter in letters:
        body = letter if isinstance(letter, str) else json.dumps(letter)
        clients.sqs().send_message(
            QueueUrl=stack.outputs["WebhookDeadLettersUrl"], MessageBody=body
        )


def held(name: str) -> list[str]:
    """Return the bodies in a queue that can be received now."""
    return [message.body for message in queues()[name].messages]


def test_letters_go_back_as_they_are_and_notes_stay(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    bury(stack, DELIVERY, NOTE, CHANGE, "no JSON")

    printed = mailctl.run(stack, capsys, "redrive", "webhooks", "--yes")

    assert printed[0] == "Webhooks: 3 played again, 1 left."
    assert "12 changes of mails between 2026-11-20T09:10:00Z and 2026-11-20T09:15:00Z" in printed[1]
    assert "GetMail" in printed[2]
    assert held("WebhookDeadLettersUrl") == [json.dumps(NOTE)]
    played = held("WebhookQueueUrl")
    assert played == [json.dumps(DELIVERY), json.dumps(CHANGE), "no JSON"]
    assert webhook_queue.parse(played[0]) == DeliveryKey(*DELIVERY.values())
    assert webhook_queue.parse(played[1]) == CHANGE["Change"]
    groups = [message.group_id for message in queues()["WebhookQueueUrl"].messages]
    assert groups == [DELIVERY["Endpoint"], None, None]  # SQS is fair among endpoints.


def test_a_program_reads_what_was_done(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    bury(stack, DELIVERY, NOTE)

    told = mailctl.run(stack, capsys, "redrive", "webhooks", "--yes", "--json")

    first, last = "2026-11-20T09:10:00Z", "2026-11-20T09:15:00Z"
    notes = [{"changes": 12, "first": first, "last": last}]
    assert json.loads("".join(told)) == {"webhooks": {"played": 1, "left": 1, "notes": notes}}


def test_without_notes_there_is_one_line(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    printed = mailctl.run(stack, capsys, "redrive", "webhooks", "--yes")

    assert printed == ["Webhooks: 0 played again, 0 left."]


def test_it_asks_first(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    bury(stack, DELIVERY)

    with pytest.raises(Refused, match=r"^This cannot be taken back"):
        mailctl.run(stack, capsys, "redrive", "webhooks")
    with somebody_who_types("no"), pytest.raises(Refused) as no:
        mailctl.run(stack, capsys, "redrive", "webhooks")

    assert str(no.value).startswith("About 1 dead letter of the webhooks will be played again.\n")
    assert held("WebhookDeadLettersUrl") == [json.dumps(DELIVERY)]


def test_other_words_are_refused(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused, match="'mails', 'webhooks'"):
        mailctl.run(stack, capsys, "redrive", "events")
