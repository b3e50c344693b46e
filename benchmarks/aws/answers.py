"""What the services answer to a mail that goes well."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIVER = "/_receiver"
"""Where webhooks are taken. Whoever measures them wants the receiver beside AWS, with its times."""
PLACEHOLDER = "00000000000000000000000000"
"""Stands for the message id in the scene's items."""
_JSON = {"Content-Type": "application/x-amz-json-1.0"}
_REQUEST_ID = {"x-amzn-RequestId": "8476a536-e9f4-11e8-9739-2dfe598c3fcd"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is in the table and the bucket: an item by its sort key, the same for every message."""

    items: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    body: bytes
    status: str = "200 OK"
    headers: Mapping[str, str] = field(default_factory=lambda: {**_JSON, **_REQUEST_ID})


def operation_of(method: str, path: str, headers: Mapping[str, str]) -> str:
    """Name what a request asks for, as AWS names it; a webhook is `Receiver`."""
    if path == RECEIVER:
        return "Receiver"
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if path.startswith("/v2/email/outbound-emails"):
        return "SendEmail"
    if path.startswith("/v2/email/account"):
        return "GetAccount"
    return {"PUT": "PutObject", "GET": "GetObject"}[method]


def answer(operation: str, path: str, body: bytes, scene: Scene) -> Answer:
    """Answer a request. Raises `KeyError` for what no mail needs."""
    match operation:
        case "PutObject":
            return Answer(b"", headers={"ETag": '"9b2cf535f27731c974343645a3985328"'})
        case "GetObject":
            return Answer(path.encode(), headers={"Content-Type": "application/octet-stream"})
        case "GetItem":
            return Answer(json.dumps(_item(json.loads(body)["Key"], scene)).encode())
        case "Query" if b'"WEBHOOKS"' in body:
            return Answer(json.dumps(_endpoints(scene)).encode())
        case "UpdateItem" if b"ALL_NEW" in body:
            return Answer(json.dumps({"Attributes": _clock()}).encode())
        case _:
            return Answer(_CANNED[operation])


def _clock() -> Mapping[str, Any]:
    """Return the clock of the pace at 14 mails a second: the turns of ten seconds are taken."""
    slow_until = round((time.time() + 10) * 1_000_000)
    return {"slow_until": {"N": str(slow_until)}, "rate": {"N": "14000000"}}


def _endpoints(scene: Scene) -> Mapping[str, Any]:
    """Return the endpoints of webhooks that are in the scene."""
    found = [item for key, item in scene.items.items() if key.startswith("wh_")]
    return {"Count": len(found), "Items": found, "ScannedCount": len(found)}


def _item(key: Mapping[str, Any], scene: Scene) -> Mapping[str, Any]:
    """Return the scene's item as that of the message that is asked for."""
    item = scene.items.get(key["sk"]["S"])
    return {"Item": named(item, key["pk"]["S"].removeprefix("MSG#"))} if item else {}


def named(items: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    """Return items as those of a message: with its id in the placeholder's place."""
    named: dict[str, Any] = json.loads(json.dumps(items).replace(PLACEHOLDER, message_id))
    return named


_CANNED = {
    "Receiver": b"",
    "SendEmail": b'{"MessageId":"0107019aa1b2c3d4-5e6f7081-92a3-44b5-86c7-d8e9f0a1b2c3-000000"}',
    "GetAccount": b'{"SendQuota":{"Max24HourSend":50000,"MaxSendRate":14,"SentLast24Hours":0}}',
    "SendMessage": (
        b'{"MD5OfMessageBody":"0ef54f2437c5d67fd78f2104d474f099",'
        b'"MessageId":"059f36b4-87a3-44ab-83d2-661975830a7d"}'
    ),
    "SendMessageBatch": b'{"Successful":[],"Failed":[]}',
    "TransactWriteItems": b"{}",
    "PutItem": b"{}",
    "UpdateItem": b"{}",
    "DeleteItem": b"{}",
    "BatchGetItem": b'{"Responses":{},"UnprocessedKeys":{}}',
    "Query": b'{"Count":0,"Items":[],"ScannedCount":0}',
}
