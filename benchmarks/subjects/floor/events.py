"""Events of SES with the SDK alone: read the record, note the delivery, keep it, and count.

Once a minute it is noted that SES was heard.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from datetime import UTC, datetime
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
_heard: dict[str, int] = {}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Note each delivery of a batch from the queue, and count them for their domains."""
    outcomes, newest = Counter[str](), Counter[str]()
    for record in event["Records"]:
        told = json.loads(record["body"])
        domain, number = _note(told)
        outcomes[domain] += number
        at = int(datetime.fromisoformat(told["delivery"]["timestamp"]).timestamp())
        newest[domain] = max(newest[domain], min(at, int(time.time())))
    for domain, number in outcomes.items():
        _count(domain, number)
        if not 0 <= newest[domain] - _heard.get(domain, -60) < 60:
            _hear(domain, newest[domain])
    return {"batchItemFailures": []}


def _note(event: dict[str, Any]) -> tuple[str, int]:
    """Return the message's domain, and how many recipients' outcome that was."""
    message_id = event["mail"]["tags"]["mailapi_message_id"][0]
    key = {"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}}
    item = dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    delivered = {address.lower() for address in event["delivery"]["recipients"]}
    recipients = [each["M"] for each in item["recipients"]["L"]]
    told = [n for n, each in enumerate(recipients, 1) if each["address"]["S"] in delivered]
    for number in told:
        recipients[number - 1]["status"] = {"S": "delivered"}
    if all(each["status"]["S"] == "delivered" for each in recipients):
        item["status"] = {"S": "delivered"}
        del item["unfinished"], item["due_at"]  # Nothing is left to do: out of that index.
    revision = item["revision"]
    item["revision"] = {"S": os.urandom(12).hex()}
    item["sequence"] = {"N": str(int(item.get("sequence", {"N": "1"})["N"]) + 1)}
    dynamodb.put_item(
        TableName=TABLE,
        Item=item,
        ConditionExpression="revision = :revision",
        ExpressionAttributeValues={":revision": revision},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    for number in told:
        _keep(item, number, event)
    return item["domain"]["S"], len(told)


def _keep(record: dict[str, Any], number: int, event: dict[str, Any]) -> None:
    """Keep the delivery in the message's history, by a name that is made of what it says."""
    told = event["delivery"]
    at = round(datetime.fromisoformat(told["timestamp"]).timestamp() * 1000)
    known = {
        "at": at,
        "kind": "delivered",
        "recipient": number,
        "attempt": int(event["mail"]["tags"]["mailapi_attempt"][0]),
        "text": told["smtpResponse"],
        "host": told["reportingMTA"],
        "took_ms": told["processingTimeMillis"],
    }
    digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()[:8]
    written = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    name = f"{written.replace('+00:00', 'Z')}#delivered#{number}#{digest}"
    item = {n: {"N": str(v)} if isinstance(v, int) else {"S": v} for n, v in known.items()}
    item |= {"pk": record["pk"], "sk": {"S": f"EVENT#{name}"}, "expires_at": record["expires_at"]}
    dynamodb.put_item(TableName=TABLE, Item=item)


def _count(domain: str, outcomes: int) -> None:
    now = int(time.time())
    hour = time.strftime("%Y%m%d%H", time.gmtime(now))
    dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "RATES"}, "sk": {"S": f"{hour}#{domain}"}},
        UpdateExpression=(
            "SET expires_at = :expires_at"
            " ADD outcomes :outcomes, bounces :bounces, complaints :complaints"
        ),
        ExpressionAttributeValues={
            ":outcomes": {"N": str(outcomes)},
            ":bounces": {"N": "0"},
            ":complaints": {"N": "0"},
            ":expires_at": {"N": str(now + 3 * 86400)},
        },
    )


def _hear(domain: str, at: int) -> None:
    dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "HEARD"}, "sk": {"S": domain}},
        UpdateExpression="SET heard_at = :at, expires_at = :expires",
        ConditionExpression="attribute_not_exists(heard_at) OR heard_at < :at",
        ExpressionAttributeValues={
            ":at": {"N": str(at)},
            ":expires": {"N": str(at + 3 * 86400)},
        },
    )
    _heard[domain] = at
