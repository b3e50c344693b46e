"""`POST /Mail/Send` with the SDK alone: the calls to AWS that the service makes, and no check.

What is not here is the point: no validation, no other formats, no routes, no retries of a mail, no
logging. Clients have the service's own settings; those that most mails do not need are made late.

It lays out items by hand and does not import the service's layout (`core.aws.items`): that layout
is a Pydantic model's, and loading Pydantic is part of the cost that the floor is compared with. So
every change of the record must be made here too; `tests/unit/benchmarks/test_bench_floor.py` fails
until it is, and shows the difference.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from email.header import Header
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

TABLE = os.environ["TABLE_NAME"]
BUCKET = os.environ["BUCKET_NAME"]
CONFIGURATION_SET = os.environ["CONFIGURATION_SET"]
CONFIGURATION = os.environ["CONFIGURATION_NAME"]
RETRY_SECONDS = int(os.environ["RETRY_HOURS"]) * 3600
RECORD_SECONDS = int(os.environ["RECORD_RETENTION_DAYS"]) * 86400
CONTENT_DAYS = int(os.environ["CONTENT_RETENTION_DAYS"])
CONTENT_SECONDS = CONTENT_DAYS * 86400
SALT = os.environ["STACK_ID"].encode()
RECIPIENT_SECRET = os.environ["RECIPIENT_SECRET"].encode()
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

session: Any = boto3.Session()  # Its stubs know only literal names.


def client(service: str, connect: int, read: int, attempts: int, **more: Any) -> Any:
    """Make a client with the service's settings."""
    config = Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
        user_agent="communication-hub-mail",  # boto3 adds botocore and its version.
        **more,
    )
    return session.client(service, config=config)


dynamodb = client("dynamodb", connect=1, read=2, attempts=4, parameter_validation=False)
ses = client("sesv2", connect=3, read=10, attempts=1)
pool = ThreadPoolExecutor(8)
domains: dict[str, Any] = {}


@cache
def s3() -> Any:
    """Return S3's client: for mails with attachments only."""
    return client("s3", connect=1, read=5, attempts=3)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of API Gateway's."""
    _read_domains()
    mail = json.loads(event["body"])
    files = mail.pop("Attachments", ())
    contents = [base64.b64decode(file.pop("Bytes")) for file in files]
    now = int(time.time())
    message_id = _new_id()
    key_id = event["requestContext"]["identity"]["apiKeyId"]
    record = _record(message_id, mail, key_id, now)
    content = _content(mail, files, contents)
    _keep(message_id, record, content, contents, now)
    request = _request(content, contents, message_id)
    ses_message_id = ses.send_email(**request)["MessageId"]
    _settle(record, ses_message_id, now)
    answer = {
        "MessageId": message_id,
        "Sender": mail["From"],
        "Receiver": mail["To"],
        "Status": "sent",
        "Configuration": CONFIGURATION,
        "Retry": False,
        "RetryCount": 0,
    }
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(answer)}


def _read_domains() -> None:
    """Read the domains' configurations once a minute, as the service does."""
    if time.monotonic() < domains.get("fresh_until", 0):
        return
    reply = dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
    )
    domains.update(items=reply["Items"], fresh_until=time.monotonic() + 60)


def _keep(
    message_id: str,
    record: dict[str, Any],
    content: dict[str, Any],
    contents: list[bytes],
    now: int,
) -> None:
    """Store the mail, and ask beside it which recipients must not be mailed."""
    looked_up = pool.submit(_suppressed, record)
    folder = f"messages/{CONTENT_DAYS}/{message_id}"
    writes = [
        pool.submit(s3().put_object, Bucket=BUCKET, Key=f"{folder}/{n}", Body=data)
        for n, data in enumerate(contents, start=1)
    ]
    held = {
        "pk": {"S": f"MSG#{message_id}"},
        "sk": {"S": "CONTENT"},
        "content": {"S": json.dumps(content, ensure_ascii=False, separators=(",", ":"))},
        "subject": {"S": content["subject"]},
        "expires_at": {"N": str(now + CONTENT_SECONDS)},
    }
    new = {
        "TableName": TABLE,
        "Item": record,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    puts: Any = [{"Put": new}, {"Put": {"TableName": TABLE, "Item": held}}]
    puts += [{"Put": {"TableName": TABLE, "Item": item}} for item in _found_by(record)]
    dynamodb.transact_write_items(TransactItems=puts)
    for write in writes:
        write.result()
    looked_up.result()


def _suppressed(record: dict[str, Any]) -> list[Any]:
    domain = record["domain"]["S"]
    plain = [recipient["M"]["address"]["S"] for recipient in record["recipients"]["L"]]
    hashed = [hmac.new(SALT, address.encode(), hashlib.sha256).hexdigest() for address in plain]
    keys = [{"pk": {"S": f"SUPPRESSED#{domain}"}, "sk": {"S": each}} for each in (*plain, *hashed)]
    asked: Any = {TABLE: {"Keys": keys, "ProjectionExpression": "sk"}}
    found: list[Any] = dynamodb.batch_get_item(RequestItems=asked)["Responses"].get(TABLE, [])
    return found


def _record(message_id: str, mail: dict[str, Any], key_id: str, now: int) -> dict[str, Any]:
    recipients = [
        {"M": {"address": {"S": address.lower()}}}
        for field in ("To", "CC", "BCC")
        for address in _addresses(mail.get(field, ""))
    ]
    claimed_until = {"N": str(now + 60)}
    recipient_hash = _hashed(recipients[0]["M"]["address"]["S"])
    shard = ALPHABET.index(message_id[-1])
    return {
        "pk": {"S": f"MSG#{message_id}"},
        "sk": {"S": "RECORD"},
        "id": {"S": message_id},
        "revision": {"S": os.urandom(12).hex()},
        "domain": {"S": mail["Domain"]},
        "configuration": {"S": CONFIGURATION},
        "sender": {"S": mail["From"]},
        "receiver": {"S": mail["To"]},
        "reference": {"S": mail["Reference"]},
        "reference_key": {"S": f"{mail['Domain']}#{mail['Reference']}"},
        "listed": {"S": f"{mail['Domain']}#{shard % 4}"},
        "recipient_hash": {"S": recipient_hash},
        "recipient_key": {"S": f"{mail['Domain']}#{recipient_hash}"},
        "recipients": {"L": recipients},
        "state": {"S": "sending"},
        "status": {"S": "sending"},
        "attempts": {"L": [{"M": {"at": {"N": str(now)}}}]},
        "claimed_until": claimed_until,
        "unfinished": {"S": "0123456789abcdef"[shard % 16]},
        "due_at": claimed_until,
        "retry_until": {"N": str(now + RETRY_SECONDS)},
        "key_id": {"S": key_id},
        "created_at": {"N": str(now)},
        "content_expires_at": {"N": str(now + CONTENT_SECONDS)},
        "expires_at": {"N": str(now + RECORD_SECONDS)},
    }


def _found_by(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items by which all recipients but the first find a mail."""
    domain, recipients = record["domain"]["S"], record["recipients"]["L"]
    return [
        {
            "pk": record["pk"],
            "sk": {"S": f"RCPT#{number}"},
            "recipient_key": {"S": f"{domain}#{_hashed(each['M']['address']['S'])}"},
            "expires_at": record["expires_at"],
        }
        for number, each in enumerate(recipients[1:], start=2)
    ]


def _hashed(address: str) -> str:
    return hmac.digest(RECIPIENT_SECRET, address.encode(), "sha256").hex()[:32]


def _settle(record: dict[str, Any], ses_message_id: str, now: int) -> None:
    """Write down that SES has the mail."""
    revision = record["revision"]
    record["revision"] = {"S": os.urandom(12).hex()}
    record["sequence"] = {"N": "2"}
    record["state"] = record["status"] = {"S": "sent"}
    record["ses_message_id"] = {"S": ses_message_id}
    record["due_at"] = {"N": str(now + 15 * 3600)}
    attempt = record["attempts"]["L"][-1]["M"]
    attempt |= {"outcome": {"S": "sent"}, "ses_message_id": {"S": ses_message_id}}
    for recipient in record["recipients"]["L"]:
        recipient["M"]["status"] = {"S": "sent"}
    dynamodb.put_item(
        TableName=TABLE,
        Item=record,
        ConditionExpression="revision = :revision",
        ExpressionAttributeValues={":revision": revision},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def _content(mail: dict[str, Any], files: Any, contents: list[bytes]) -> dict[str, Any]:
    """Return what a later try would need besides the attachments' bytes."""
    to = _boxes(mail["To"])
    if len(to) == 1:
        to[0]["name"] = mail.get("ReceiverName", "")
    return {
        "sender": {"address": mail["From"], "name": mail.get("FromName", "")},
        "to": to,
        "cc": _boxes(mail.get("CC", "")),
        "bcc": _boxes(mail.get("BCC", "")),
        "reply_to": [],
        "subject": mail["Subject"],
        "text": mail.get("Text"),
        "html": mail.get("HTML"),
        "attachments": [
            {"name": file["Name"], "content_type": file["ContentType"], "size": len(data)}
            for file, data in zip(files, contents, strict=True)
        ],
        "configuration_set": CONFIGURATION_SET,
    }


def _request(content: dict[str, Any], contents: list[bytes], message_id: str) -> dict[str, Any]:
    body = {
        part: {"Data": content[part.lower()], "Charset": "UTF-8"}
        for part in ("Text", "Html")
        if content[part.lower()] is not None
    }
    simple: dict[str, Any] = {
        "Subject": {"Data": content["subject"], "Charset": "UTF-8"},
        "Body": body,
    }
    if contents:
        simple["Attachments"] = [
            {
                "RawContent": data,
                "FileName": file["name"],
                "ContentType": file["content_type"],
                "ContentDisposition": "ATTACHMENT",
                "ContentTransferEncoding": "BASE64",
            }
            for file, data in zip(content["attachments"], contents, strict=True)
        ]
    return {
        "FromEmailAddress": _mailbox(**content["sender"]),
        "Destination": {
            f"{kind.title()}Addresses": [_mailbox(**box) for box in content[kind]]
            for kind in ("to", "cc", "bcc")
        },
        "Content": {"Simple": simple},
        "ConfigurationSetName": CONFIGURATION_SET,
        "EmailTags": [
            {"Name": "mailapi_message_id", "Value": message_id},
            {"Name": "mailapi_attempt", "Value": "1"},
        ],
    }


def _addresses(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry]


def _boxes(text: str) -> list[dict[str, str]]:
    return [{"address": address, "name": ""} for address in _addresses(text)]


def _mailbox(address: str, name: str) -> str:
    if not name:
        return address
    if name.isascii():
        return f'"{name}" <{address}>'
    return f"{Header(name, 'utf-8', maxlinelen=75).encode(linesep='')} <{address}>"


def _new_id() -> str:
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
