"""A stack from which something is erased, and all that is kept in it."""

import json
import time
from collections.abc import Callable

import pytest

from core.aws import clients
from core.config import CONFIG
from ops.stack import Stack
from support import mailctl
from support.account import SESSION

INDEXES = (
    "ByDomain",
    "ByRecipient",
    "ByReference",
    "BySesMessageId",
    "Problems",
    "Unfinished",
    "Waiting",
)


def whole_stack() -> Stack:
    """Make a stack of the resources of the tests, with the queues that they do not have."""
    queues = {
        name: clients.sqs().create_queue(QueueName=name)["QueueUrl"]
        for name in (
            "EventQueueUrl",
            "EventDeadLettersUrl",
            "WebhookQueueUrl",
            "WebhookDeadLettersUrl",
        )
    }
    outputs = {
        "TableName": CONFIG.table_name,
        "BucketName": CONFIG.bucket_name,
        "RetryQueueUrl": CONFIG.retry_queue_url,
        "RetryDeadLettersUrl": CONFIG.dead_letter_queue_url,
        "ConfigurationSet": CONFIG.default_domain.configuration_set,
    }
    secret = SESSION.client("secretsmanager").create_secret(
        Name="recipients", SecretString=CONFIG.recipient_secret
    )
    outputs["RecipientSecretArn"] = secret["ARN"]
    parameters = {"SenderDomain": "example.com", "DefaultSender": "", "ConfigurationName": "main"}
    return Stack(SESSION, CONFIG.stack_id, outputs | queues, parameters)


def everything(stack: Stack) -> list[tuple[str, str]]:
    """Read all that is kept: table, indexes, every version in the bucket, all six queues."""
    dynamodb, s3, sqs = clients.dynamodb(), SESSION.client("s3"), clients.sqs()
    found = []
    for index in (None, *INDEXES):
        of_index = {"IndexName": index} if index else {}
        scanned = dynamodb.get_paginator("scan").paginate(TableName=CONFIG.table_name, **of_index)
        found += [(index or "table", json.dumps(i)) for page in scanned for i in page["Items"]]
    for version in s3.list_object_versions(Bucket=CONFIG.bucket_name).get("Versions", []):
        held = s3.get_object(
            Bucket=CONFIG.bucket_name, Key=version["Key"], VersionId=version["VersionId"]
        )
        found.append((version["Key"], held["Body"].read().decode("utf-8", "replace")))
    for name, url in stack.outputs.items():
        if name.endswith("Url"):
            reply = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            found += [(name, letter["Body"]) for letter in reply.get("Messages", [])]
    return found


def residue(stack: Stack, *marks: str) -> list[tuple[str, str]]:
    """Return where one of the marks still stands, and in what."""
    return [(at, text[:300]) for at, text in everything(stack) if any(m in text for m in marks)]


def erasing(
    stack: Stack,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[], None] = lambda: None,
) -> Callable[..., list[str]]:
    """Return what erases as a script does, and returns the lines that are printed.

    Where the command waits, time passes, and `meanwhile` is called.
    """

    def sleep(seconds: float) -> None:
        meanwhile()
        clock = time.time
        monkeypatch.setattr(time, "time", lambda: clock() + seconds)

    def erase(*words: str) -> list[str]:
        monkeypatch.setattr(time, "sleep", sleep)
        return mailctl.run(stack, capsys, "erase", "--yes", *words)

    return erase
