"""What webhooks keep of an address goes with it: dead letters, and what receivers have answered."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.account import SESSION, queued
from support.erasing import erasing, residue, whole_stack

from core.aws import clients, items
from core.aws.deliveries import Deliveries
from core.config import CONFIG
from core.webhooks import endpoint
from core.webhooks.delivery import KEPT_SECONDS, Attempt, Delivery, State
from ops.stack import Stack

type Call = Callable[..., dict[str, Any]]
ADA, BOB = "zq7ada@recipient.example", "bob@recipient.example"
NOTE = "first words of what receivers of webhooks have answered"


@pytest.fixture
def stack(table: Any) -> Stack:
    return whole_stack()


@pytest.fixture
def run(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    return erasing(stack, capsys, monkeypatch)


@pytest.fixture
def send(call: Call) -> Callable[[str], str]:
    def _send(to: str) -> str:
        reply = call("POST", "/Mail/Send", {"To": to, "Subject": "s", "Text": "t"})
        return str(reply["json"]["MessageId"])

    return _send


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries(clients.dynamodb(), CONFIG.table_name)


def told(deliveries: Deliveries, message_id: str, *answers: str) -> Delivery:
    """Write down that a receiver was told of a message, and what it answered."""
    now = int(time.time())
    delivery = Delivery(
        endpoint=endpoint.new_endpoint_id(),
        id=f"msg_{message_id.lower()}",
        type="mail.sent",
        at=now * 1000,
        domain="example.com",
        message_id=message_id,
        state=State.PENDING,
        tries=len(answers),
        attempts=tuple(Attempt(at=now, status=500, error="Status", answer=a) for a in answers),
        next_at=now + 60,
        expires_at=now + KEPT_SECONDS,
    )
    assert deliveries.add(delivery)
    return delivery


def found(deliveries: Deliveries, delivery: Delivery) -> Delivery:
    held = deliveries.get(delivery.endpoint, delivery.name)
    assert held
    return held


def buried(stack: Stack, message_id: str) -> str:
    """Write the dead letter of a change of a message's record; return its body."""
    key = items.key(f"MSG#{message_id}", "RECORD")
    image = clients.dynamodb().get_item(TableName=CONFIG.table_name, Key=key)["Item"]
    change = {"eventName": "INSERT", "dynamodb": {"Keys": key, "NewImage": image}}
    body = json.dumps({"Change": change})
    clients.sqs().send_message(QueueUrl=stack.outputs["WebhookDeadLettersUrl"], MessageBody=body)
    return body


def test_an_address_goes_from_letters_and_answers_and_the_deliveries_stay(
    run: Any, stack: Stack, send: Any, deliveries: Deliveries
) -> None:
    hers, his = send(ADA), send(BOB)
    buried(stack, hers)
    kept = buried(stack, his)
    of_hers = told(deliveries, hers, "Who is Ada?", f"<{ADA}> again?")
    of_his = told(deliveries, his, f"Is it {ADA}?", "Thanks")
    other, test = told(deliveries, send(BOB), "Thanks"), told(deliveries, "", "Hello")

    printed = run("--address", ADA)

    assert "Erased: 2 answers to webhooks." in printed
    assert "Erased: 1 messages in queues." in printed
    assert not any(line.startswith("Left") or NOTE in line for line in printed)
    assert residue(stack, "zq7", "Ada") == []
    for before, answers in (
        (of_hers, ["", ""]),
        (of_his, ["", ""]),
        (other, ["Thanks"]),
        (test, ["Hello"]),
    ):
        now = found(deliveries, before)
        assert [attempt.answer for attempt in now.attempts] == answers
        assert now.model_dump(exclude={"attempts", "revision"}) == before.model_dump(
            exclude={"attempts", "revision"}
        )
    assert queued(stack.outputs["WebhookDeadLettersUrl"]) == [json.loads(kept)]
    assert run("--address", ADA) == ["Nothing was found."]


def test_a_dry_run_counts_the_answers_and_leaves_them(
    run: Any, stack: Stack, send: Any, deliveries: Deliveries
) -> None:
    delivery = told(deliveries, send(BOB), ADA)

    printed = run("--address", ADA, "--dry-run")

    assert printed == ["Would be erased: 1 answers to webhooks."]
    assert found(deliveries, delivery) == delivery


def test_an_answer_that_comes_meanwhile_is_erased_with_the_others(
    run: Any, stack: Stack, send: Any, deliveries: Deliveries
) -> None:
    delivery, tried = told(deliveries, send(BOB), ADA), []

    def try_once_more(params: Any, **_: Any) -> None:
        if not tried and b"HOOK#" in params["body"]:
            tried.append(Attempt(at=1, answer=f"not {ADA} again"))
            newer = delivery.model_copy(update={"attempts": (*delivery.attempts, *tried)})
            assert deliveries.replace(newer, is_queued=False)

    stack.aws.events.register_first("before-call.dynamodb.PutItem", try_once_more)
    run("--address", ADA)
    stack.aws.events.unregister("before-call.dynamodb.PutItem", try_once_more)

    assert [attempt.answer for attempt in found(deliveries, delivery).attempts] == ["", ""]


@pytest.mark.parametrize("words", [["--message"], ["--recipient-only", "--address", ADA]])
def test_what_reads_no_table_finds_the_letter_and_says_that_answers_may_stay(
    run: Any, stack: Stack, send: Any, words: list[str]
) -> None:
    message_id = send(ADA)
    buried(stack, message_id)
    what = [*words, message_id] if words == ["--message"] else words

    printed = run(*what)
    told_json = json.loads("".join(run(*what, "--json")))

    assert "Erased: 1 messages in queues." in printed
    assert any(NOTE in line for line in printed)
    assert residue(stack, "zq7") == []
    assert told_json["may_have_answers"] is False  # Nothing was erased this time.


def test_a_note_of_lambdas_names_nobody_and_stays(run: Any, stack: Stack, send: Any) -> None:
    send(ADA)
    body = json.dumps({"DDBStreamBatchInfo": {"batchSize": 1, "shardId": "shardId-1"}})
    SESSION.client("sqs").send_message(
        QueueUrl=stack.outputs["WebhookDeadLettersUrl"], MessageBody=body
    )

    run("--address", ADA)

    assert queued(stack.outputs["WebhookDeadLettersUrl"]) == [json.loads(body)]
