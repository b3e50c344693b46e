"""Events of SES with the SDK alone: read the message's record, note the delivery, write it."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from botocore.config import Config

TABLE = os.environ["TABLE_NAME"]

dynamodb = boto3.Session().client(
    "dynamodb",
    config=Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 4},
        tcp_keepalive=True,
        user_agent="communication-hub-mail",  # boto3 adds botocore and its version.
        parameter_validation=False,
    ),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Note each delivery of a batch from the queue."""
    for record in event["Records"]:
        _note(json.loads(record["body"]))
    return {"batchItemFailures": []}


def _note(event: dict[str, Any]) -> None:
    message_id = event["mail"]["tags"]["mailapi_message_id"][0]
    key = {"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}}
    item = dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    delivered = {address.lower() for address in event["delivery"]["recipients"]}
    for recipient in item["recipients"]["L"]:
        if recipient["M"]["address"]["S"] in delivered:
            recipient["M"]["status"] = {"S": "delivered"}
    if all(each["M"]["status"]["S"] == "delivered" for each in item["recipients"]["L"]):
        item["status"] = {"S": "delivered"}
        del item["unfinished"], item["due_at"]  # Nothing is left to do: out of that index.
    revision = item["revision"]
    item["revision"] = {"S": os.urandom(12).hex()}
    dynamodb.put_item(
        TableName=TABLE,
        Item=item,
        ConditionExpression="revision = :revision",
        ExpressionAttributeValues={":revision": revision},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
