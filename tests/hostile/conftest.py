"""The service in this process, and AWS on the wire."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from support.answers import Raw, answer
from support.fixtures import call, context, ses  # noqa: F401 - fixtures

from core.aws import clients

_READS = {"Query", "GetItem", "BatchGetItem"}


@dataclass
class Wire:
    """DynamoDB, S3 and SQS that say yes at once, and remember what was written."""

    written: list[str] = field(default_factory=list)

    def answer(self, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        if operation not in _READS:
            self.written.append(operation)
        if operation == "PutObject":
            return AWSResponse("https://s3", 200, {}, Raw(b""))
        clock = {"slow_until": {"N": str(round((time.time() + 10) * 1_000_000))}}
        told = {"Items": [], "Responses": {}, "MessageId": "m", "Attributes": clock}
        return answer(200, told)


@pytest.fixture(autouse=True)
def aws() -> Iterator[Wire]:
    """Take the place of moto, which needs milliseconds where these tests need many requests."""
    stand_in = Wire()
    served = [(clients.dynamodb(), "dynamodb"), (clients.s3(), "s3"), (clients.sqs(), "sqs")]
    for client, name in served:
        client.meta.events.register_first(f"before-send.{name}", stand_in.answer)
    yield stand_in
    for client, name in served:
        client.meta.events.unregister(f"before-send.{name}", stand_in.answer)


@pytest.fixture
def wire(aws: Wire) -> Wire:
    return aws
