"""The stack's table, bucket and queues in moto, an AWS account in this process."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import boto3
from moto.core.models import botocore_stubber
from moto.sqs.models import sqs_backends

from core.aws import clients
from core.config import CONFIG

ACCOUNT, REGION = "123456789012", "eu-central-1"
SESSION = boto3.Session()
"""For what tests ask of AWS themselves: a session reads the descriptions of its services once."""
_INDEXES = {
    "ByReference": ("reference_key", "pk"),
    "BySesMessageId": ("ses_message_id", None),
    "Unfinished": ("unfinished", "due_at"),
    "Waiting": ("waiting", "turn"),
    "ByDomain": ("listed", "pk"),
    "Problems": ("problem", "pk"),
    "ByRecipient": ("recipient_key", "pk"),
}


def _one_at_a_time() -> None:
    """Let moto answer one call after the other, as it must: our own run side by side.

    Its transactions copy the whole table, and its reads add empty rows to it: together they raise
    "dictionary changed size during iteration". What SES tells of the account it does not know at
    all: `support.ses` answers that, and moto, which is asked beside it, must not fail.
    """
    process, lock = botocore_stubber.process_request, Lock()

    def locked(request: Any) -> Any:
        if request.url.endswith("/v2/email/account"):
            return 200, {}, "{}"
        _require_texts_as_keys(request)
        with lock:
            return process(request)

    botocore_stubber.process_request = locked  # type: ignore[method-assign]


_KEY_TYPES = {
    key: "N" if key == "due_at" else "S"
    for key in ("pk", "sk", *(key for keys in _INDEXES.values() for key in keys if key))
}


def _require_texts_as_keys(request: Any) -> None:
    """Refuse items whose attribute for an index has another type: DynamoDB does, and moto not."""
    body = json.loads(request.body or b"{}") if "dynamodb" in request.url else {}
    puts = [one.get("Put", {}) for one in body.get("TransactItems", ())]
    for item in [one.get("Item", {}) for one in (body, *puts)]:
        for name in _KEY_TYPES.keys() & item.keys():
            assert _KEY_TYPES[name] in item[name], f"Type mismatch for Index Key {name}"


_one_at_a_time()


def create_resources() -> None:
    """Create the table with its indexes, the bucket and the queues, as the template has them."""
    clients.dynamodb().create_table(
        TableName=CONFIG.table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in _KEY_TYPES.items()
        ],
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": _keys(*keys),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for name, keys in _INDEXES.items()
        ],
    )
    location = {"LocationConstraint": REGION}
    clients.s3().create_bucket(Bucket=CONFIG.bucket_name, CreateBucketConfiguration=location)
    for url in (
        *(CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url),
        *(CONFIG.webhook_queue_url, CONFIG.webhook_dead_letters_url),
    ):
        clients.sqs().create_queue(QueueName=url.rpartition("/")[2])


def _keys(hash_key: str, range_key: str | None = None) -> list[dict[str, str]]:
    names = [(hash_key, "HASH"), (range_key, "RANGE")]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in names if name]


@contextmanager
def before_send(operation: str, answer_with: Callable[..., Any]) -> Iterator[None]:
    """Let `answer_with` come first for each request of `service.Operation`, before moto."""
    client = {"dynamodb": clients.dynamodb, "s3": clients.s3, "sqs": clients.sqs}
    events = client[operation.partition(".")[0]]().meta.events
    events.register_first(f"before-send.{operation}", answer_with)
    try:
        yield
    finally:
        events.unregister(f"before-send.{operation}", answer_with)


def queues() -> Any:
    """Return moto's queues by name, with what they hold and hand out later."""
    return sqs_backends[ACCOUNT][REGION].queues


def queued(url: str) -> list[dict[str, Any]]:
    """Receive what is in a queue now."""
    reply = clients.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in reply.get("Messages", [])]
