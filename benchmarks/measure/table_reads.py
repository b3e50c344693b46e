"""What each operation reads and writes in a table of many messages, counted in the SDK.

Run as `python -m benchmarks.measure.table_reads MESSAGES`: prints, by operation, its calls and how
many items they touched. moto plays DynamoDB in this process, and every query of it walks through
the whole table: its time says nothing, what it was asked and what it returned says everything.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, TypedDict

import boto3
from moto import mock_aws
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends

from benchmarks.aws import scene
from benchmarks.aws.answers import named
from benchmarks.subjects import payloads
from benchmarks.subjects.variables import template
from core.aws import clients
from core.config import CONFIG
from core.message.ids import ALPHABET, new_id
from tooling.aws_here import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACCOUNT = "123456789012"  # moto's
_DUE = 20
"""Messages that wait and are overdue: what a sweep finds does not depend on the table's size."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The id of a message that waits, and of one that SES has."""

    waiting: str
    sent: str


class Counted(TypedDict):
    """Calls of one kind, and the items that they read or wrote."""

    calls: int
    items: int


class _Context:
    """What a handler asks Lambda."""

    aws_request_id = "request-1"
    function_name = "mail"
    memory_limit_in_mb = 1024
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{_ACCOUNT}:function:mail"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 29_000


class _Counter:
    """The calls to DynamoDB, by operation, and the items that they read or wrote."""

    def __init__(self) -> None:
        """Count from now on."""
        self._counted: dict[str, Counted] = {}
        events = clients.dynamodb().meta.events
        events.register("before-parameter-build.dynamodb", self._asked)
        events.register("after-call.dynamodb", self._answered)

    def _asked(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if "FilterExpression" in params:  # It would read more than it returns.
            raise ValueError("A query with a filter cannot be counted.")
        keys = sum(len(table["Keys"]) for table in params.get("RequestItems", {}).values())
        context["items"] = keys or len(params.get("TransactItems", "1"))

    def _answered(
        self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any
    ) -> None:
        counted = self._counted.setdefault(model.name, {"calls": 0, "items": 0})
        counted["calls"] += 1
        counted["items"] += parsed.get("Count", context["items"])

    def during(self, handler: Any, event: Mapping[str, Any]) -> dict[str, Counted]:
        """Return what one invocation did."""
        self._counted = {}
        answer = handler(event, _Context()) or {}
        if answer.get("statusCode", 200) != HTTPStatus.OK or answer.get("batchItemFailures"):
            raise RuntimeError(f"The operation failed: {answer}")
        return self._counted


def main(messages: int) -> None:
    """Fill a table, carry out every operation, print what each took."""
    _one_at_a_time()
    with mock_aws():
        _furnish()
        known = _fill(messages)
        print(json.dumps(_operations(known)))


def _operations(known: _Known) -> dict[str, dict[str, Counted]]:
    from handlers import api, resend, ses_events, sweep  # noqa: PLC0415 - not before moto is there

    counter = _Counter()
    mail, sweeping = payloads.example("api_send_mail_json"), payloads.example("sweep_schedule")
    return {
        "send, the first in a minute": counter.during(api.handler, mail),
        "send": counter.during(api.handler, mail),
        "status": counter.during(api.handler, _question(known.sent)),
        "event": counter.during(ses_events.handler, _delivery(known.sent, tagged=True)),
        "event without tags": counter.during(
            ses_events.handler, _delivery(known.sent, tagged=False)
        ),
        "another try": counter.during(resend.handler, _queued({"MessageId": known.waiting})),
        f"sweep, {_DUE - 1} due": counter.during(sweep.handler, sweeping),
        "sweep, none due": counter.during(sweep.handler, sweeping),
    }


def _question(message_id: str) -> dict[str, Any]:
    asked = {"MessageId": message_id}
    several = {"MessageId": [message_id]}
    event: dict[str, Any] = payloads.example("api_get_status")
    return {
        **event,
        "queryStringParameters": asked,
        "multiValueQueryStringParameters": several,
    }


def _delivery(message_id: str, *, tagged: bool) -> dict[str, Any]:
    said = payloads.delivery(message_id)
    if not tagged:
        del said["mail"]["tags"]
    return _queued(said)


def _queued(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": [{"messageId": "1", "body": json.dumps(body)}]}


def _furnish() -> None:
    table = template()["Resources"]["MessageTable"]["Properties"]
    names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    clients.dynamodb().create_table(
        TableName=CONFIG.table_name, **{name: table[name] for name in names}
    )
    boto3.client("sesv2").create_email_identity(EmailIdentity="example.com")
    for url in (CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url):
        boto3.client("sqs").create_queue(QueueName=url.rpartition("/")[2])


def _fill(messages: int) -> _Known:
    """Put messages into the table, past its API: most have arrived, one in a hundred is on its way.

    Only those that wait have their content there still.
    """
    table = dynamodb_backends[_ACCOUNT][REGION].get_table(CONFIG.table_name)
    # The last character chooses the shard of the index: every one gets some.
    ids = [f"{new_id()[:-1]}{ALPHABET[number % len(ALPHABET)]}" for number in range(messages)]
    waiting, on_its_way, arrived = scene.waiting(), scene.sent(), scene.delivered()
    for number, message_id in enumerate(ids):
        if number < _DUE:
            stored = waiting
        else:
            stored = {"RECORD": (on_its_way if number % 100 == 99 else arrived)["RECORD"]}
        for item in named(stored, message_id).values():
            table.put_item(item, overwrite=True)
    return _Known(waiting=ids[0], sent=ids[-1])


def _one_at_a_time() -> None:
    """Let moto answer one call after the other: its transactions copy what others change."""
    process, lock = botocore_stubber.process_request, Lock()

    def locked(request: Any) -> Any:
        with lock:
            return process(request)

    botocore_stubber.process_request = locked  # type: ignore[method-assign]


if __name__ == "__main__":
    main(int(sys.argv[1]))
