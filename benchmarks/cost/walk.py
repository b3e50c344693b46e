"""Sends one mail, with all that follows from it, in moto's AWS, and prints what AWS charges for.

Run as `python -m benchmarks.cost.walk ours|told|typical|schedules [BYTES]`: a mail with an
attachment of that many bytes (0: none). `told` is ours, and an endpoint is told all by webhooks.
Prints counts by the names in `prices.toml`, in JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, redirect_stdout
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from benchmarks.cost import logs, webhooks
from benchmarks.cost.meter import MONTH, Meter
from benchmarks.subjects import packages, payloads
from benchmarks.subjects.variables import BUCKET, TABLE, template
from tooling.aws_here import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EVENTS = ("Send", "Delivery")
"""What SES tells of a mail to one recipient that goes well."""
_SQS_PER_EVENT = 3
"""SNS puts it into the queue, Lambda takes it out and deletes it: if it comes alone."""
_CONTENT_MONTHS = 7 * 86_400 / MONTH


class _Context:
    aws_request_id = "1e4bfaeb-2a5d-4d88-8abc-0c2420c0895b"
    function_name = "mail-api"
    memory_limit_in_mb = 1024
    invoked_function_arn = f"arn:aws:lambda:{REGION}:123456789012:function:mail-api"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 29_000


class Walk:
    """One stack in moto, and what it was asked for since it began."""

    def __init__(self) -> None:
        """Make the table, the bucket, the queues and the identity."""
        description = template()["Resources"]["MessageTable"]["Properties"]
        names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        boto3.client("dynamodb").create_table(
            TableName=TABLE, **{name: description[name] for name in names}
        )
        location: Any = {"LocationConstraint": REGION}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
        boto3.client("sesv2").create_email_identity(EmailIdentity="example.com")
        for queue in ("RetryQueue", "RetryDeadLetters", "WebhookQueue", "WebhookDeadLetters"):
            boto3.client("sqs").create_queue(QueueName=f"mail-{queue}")
        self.meter, self._printed = Meter(TABLE, description), logs.Printed()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count calls and what is printed, until the block ends.

        A logger keeps the output that it finds when its module is loaded: it is always the same.
        """
        before = self._printed.log_bytes
        with self.meter.counting(), redirect_stdout(self._printed):
            yield
        self.meter.counts["log_bytes"] += self._printed.log_bytes - before

    def invoke(self, module: str, event: Any) -> Any:
        """Call a handler as Lambda does. Raises `RuntimeError` if it does not succeed."""
        answer = import_module(module).handler(event, _Context()) or {}
        if answer.get("statusCode", 200) != HTTPStatus.OK or answer.get("batchItemFailures"):
            raise RuntimeError(f"The operation failed: {answer}")
        self.meter.counts["log_bytes"] += logs.of_lambda()
        self.meter.counts["invocations"] += 1
        return answer

    def total(self) -> dict[str, float]:
        """Return the counts, with logs and files in the units of their prices."""
        counts = dict(self.meter.counts)
        counts["log_gb"] = counts.pop("log_bytes", 0) / 1e9
        counts["s3_gb_months"] = counts.pop("s3_gb", 0) * _CONTENT_MONTHS
        return {name: number for name, number in counts.items() if number}


def mail(module: str, size: int, receiver: str = "") -> dict[str, float]:
    """Count a mail with an attachment of `size` bytes, from the request to its last event.

    An endpoint at the URL `receiver`, if one is given, is told everything.
    """
    walk = Walk()
    event = json.loads(payloads.in_json(payloads.mail(*([size] if size else []))))
    webhooks.listen(walk.meter, receiver)
    with walk.counting():  # What a function asks for when it starts is not counted to a mail.
        import_module(module)
        walk.invoke(module, json.loads(payloads.in_json(payloads.mail())))
        if module.startswith("handlers"):
            webhooks.tell(walk)
            _tell(walk, *_newest(walk))
    _forget(walk)
    webhooks.listen(walk.meter, receiver)
    with walk.counting():
        walk.invoke(module, event | {"body": _another(event["body"])})
        walk.meter.counts["api_requests"] += 1
        walk.meter.counts["log_bytes"] += logs.of_gateway(template())
        if module.startswith("handlers"):
            webhooks.tell(walk)
            _tell(walk, *_newest(walk))
    walk.meter.count_stored()
    return walk.total()


def schedules() -> dict[str, float]:
    """Count what a minute's sweep and dispatch ask for while nothing waits, for a month."""
    walk, minutes = Walk(), MONTH // 60
    with walk.counting():
        for module, example in (("sweep", "sweep_schedule"), ("dispatch", "dispatch_schedule")):
            walk.invoke(f"handlers.{module}", payloads.example(example))
    walk.meter.counts["schedules"] += 2
    return {name: number * minutes for name, number in walk.total().items()}


def _another(body: str) -> str:
    """Return another mail, with the same text: it has another reference."""
    return json.dumps(json.loads(body) | {"Reference": "appointment-4712"}, ensure_ascii=False)


def _newest(walk: Walk) -> tuple[str, str]:
    """Return our id and SES's of the newest message."""
    items = walk.meter.dynamodb.scan(TableName=TABLE)["Items"]
    records = [item for item in items if item["sk"] == {"S": "RECORD"}]
    newest = max(records, key=lambda item: item["pk"]["S"])
    return newest["pk"]["S"].removeprefix("MSG#"), newest["ses_message_id"]["S"]


def _tell(walk: Walk, message_id: str, ses_message_id: str) -> None:
    """Let SES tell of a message what it tells of one that arrives, each event alone."""
    for kind in EVENTS:
        said = payloads.delivery(message_id)
        said["mail"]["messageId"] = ses_message_id
        if kind == "Send":
            said = {"eventType": "Send", "mail": said["mail"], "send": {}}
        body = {"Records": [{"messageId": "1", "body": json.dumps(said)}]}
        walk.invoke("handlers.ses_events", body)
        walk.meter.counts["sns_publishes"] += 1
        walk.meter.counts["sqs_requests"] += _SQS_PER_EVENT
        webhooks.tell(walk)


def _forget(walk: Walk) -> None:
    """Begin to count anew, with an empty table: what the first mail left is not the second's."""
    walk.meter.counts.clear()
    walk.meter.changes.clear()
    client = walk.meter.dynamodb
    for item in client.scan(TableName=TABLE)["Items"]:
        client.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})


def main(subject: str, size: int) -> Mapping[str, float]:
    """Count one mail, or the schedules of a month."""
    with mock_aws():
        if subject == "schedules":
            return schedules()
        if subject == "typical":
            sys.path.append(str(packages.TYPICAL.folder))
        if subject == "told":
            with webhooks.receiving() as receiver:
                return mail("handlers.api", size, receiver)
        return mail("app" if subject == "typical" else "handlers.api", size)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
