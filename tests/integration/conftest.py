"""An AWS account in this process (moto), and SES played by a recording stand-in.

moto's SES drops attachments and tags and knows no errors, so `SendEmail` is answered here, on the
wire of the real client: the one thing that an emulator cannot do.
"""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from integration.permissions_support import Watch, watch
from moto import mock_aws
from moto.core.models import botocore_stubber

from core.aws import clients
from core.aws.domain_table import DomainTable
from core.config import CONFIG
from handlers import api

REGION = "eu-central-1"


@dataclass
class Context:
    """What Lambda tells a function about this invocation."""

    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:test"
    aws_request_id: str = "request-1"
    milliseconds: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class Ses:
    """Takes mails like SES, keeps what it was asked, and fails once per queued fault."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    faults: list[Callable[[], Any]] = field(default_factory=list)
    after: list[Callable[[], Any]] = field(default_factory=list)
    """Faults after the mail has been taken: the answer is lost."""

    def send(self, request: Any, **_: Any) -> AWSResponse:
        self.asked += 1
        if self.faults:
            return self.faults.pop(0)()
        message = json.loads(request.body)
        self.taken.append(message)
        if self.after:
            return self.after.pop(0)()
        return answer(200, {"MessageId": self.id_of(len(self.taken))})

    @staticmethod
    def id_of(number: int) -> str:
        return f"0107019aa1b2c3d4-00000000-0000-4000-8000-{number:012d}-000000"

    def attachments(self, number: int = -1) -> list[bytes]:
        held = self.taken[number]["Content"]["Simple"].get("Attachments", [])
        return [base64.b64decode(attachment["RawContent"]) for attachment in held]


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.body


def answer(status: int, body: dict[str, Any], error: str = "") -> AWSResponse:
    headers = {"Content-Type": "application/json"}
    if error:
        headers["x-amzn-ErrorType"] = error
    return AWSResponse("https://email", status, headers, _Raw(json.dumps(body).encode()))


def refusing(status: int, code: str) -> Callable[[], AWSResponse]:
    return lambda: answer(status, {"message": "secret@recipient.example did it"}, code)


def raising(error: BaseException) -> Callable[[], AWSResponse]:
    def fail() -> AWSResponse:
        raise error

    return fail


def _one_at_a_time() -> None:
    """Let moto answer one call after the other, as it must: our own run side by side.

    Its transactions copy the whole table, and its reads add empty rows to it: together they raise
    "dictionary changed size during iteration".
    """
    process, lock = botocore_stubber.process_request, Lock()

    def locked(request: Any) -> Any:
        with lock:
            return process(request)

    botocore_stubber.process_request = locked  # type: ignore[method-assign]


_one_at_a_time()


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        _furnish()
        yield


@pytest.fixture(autouse=True)
def watched(aws: None) -> Iterator[Watch]:
    """Look at what the functions ask of AWS: no test may need what a role does not allow."""
    with watch() as made:
        yield made
    # A stack that has domain configurations names their domains in its parameters, too.
    domains = boto3.client("dynamodb").query(
        TableName=CONFIG.table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
    )
    assert made.refused(",".join(item["sk"]["S"] for item in domains["Items"])) == {}


def _furnish() -> None:
    texts = {"pk", "sk", "reference_key", "ses_message_id", "unfinished"}
    types = [{"AttributeName": name, "AttributeType": "S"} for name in sorted(texts)]
    indexes = {
        "ByReference": ("reference_key", "pk"),
        "BySesMessageId": ("ses_message_id", None),
        "Unfinished": ("unfinished", "due_at"),
    }
    clients.dynamodb().create_table(
        TableName=CONFIG.table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[*types, {"AttributeName": "due_at", "AttributeType": "N"}],
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": _keys(*keys),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for name, keys in indexes.items()
        ],
    )
    location = {"LocationConstraint": REGION}
    clients.s3().create_bucket(Bucket=CONFIG.bucket_name, CreateBucketConfiguration=location)
    for url in (CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url):
        clients.sqs().create_queue(QueueName=url.rpartition("/")[2])


def _keys(hash_key: str, range_key: str | None = None) -> list[dict[str, str]]:
    names = [(hash_key, "HASH"), (range_key, "RANGE")]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in names if name]


@pytest.fixture(autouse=True)
def ses(aws: None) -> Iterator[Ses]:
    stand_in = Ses()
    events = clients.ses().meta.events
    events.register_first("before-send.sesv2.SendEmail", stand_in.send)
    yield stand_in
    events.unregister("before-send.sesv2.SendEmail", stand_in.send)


@pytest.fixture
def context() -> Context:
    return Context()


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


@pytest.fixture
def call(context: Context, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Call the API as API Gateway does; the answer has its body parsed if it is JSON."""
    fresh = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
    monkeypatch.setattr(api, "domain_table", fresh)
    numbers = itertools.count(1)

    def _call(
        method: str,
        path: str,
        body: str | bytes | dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        key: str | None = "a-key",
    ) -> dict[str, Any]:
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if key:
            headers["x-api-key"] = key
        encoded = isinstance(body, bytes)
        event = {
            "httpMethod": method,
            "path": path,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": query and {k: [v] for k, v in query.items()},
            "requestContext": {"requestId": f"request-{next(numbers)}"},
            "body": base64.b64encode(body).decode() if encoded else body,
            "isBase64Encoded": encoded,
        }
        reply = api.handler(event, context)
        if reply["headers"]["Content-Type"].startswith("application/json"):
            reply["json"] = json.loads(reply["body"])
        return reply

    return _call


@pytest.fixture
def table() -> Any:
    return boto3.resource("dynamodb").Table(CONFIG.table_name)


def queued(url: str) -> list[dict[str, Any]]:
    """Receive what is in a queue now."""
    reply = clients.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in reply.get("Messages", [])]
