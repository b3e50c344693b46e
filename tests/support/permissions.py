"""What each function's role must allow, taken from what the function asks of AWS, and what it does.

An action is IAM's, a resource is called as in the template (`MessageTable/index/Unfinished`).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

import pytest

from core.aws import clients
from core.config import CONFIG
from handlers import (
    api,
    dispatch,
    metadata,
    preflight,
    resend,
    ses_events,
    sweep,
    webhook,
    webhooks_out,
)
from support.template import Evaluation

FUNCTIONS = {
    "api": api,
    "dispatch": dispatch,
    "metadata": metadata,
    "preflight": preflight,
    "resend": resend,
    "ses_events": ses_events,
    "sweep": sweep,
    "webhook": webhook,
    "webhooks_out": webhooks_out,
}
_QUEUES = {
    CONFIG.retry_queue_url: "RetryQueue",
    CONFIG.dead_letter_queue_url: "RetryDeadLetters",
    CONFIG.webhook_queue_url: "WebhookQueue",
    CONFIG.webhook_dead_letters_url: "WebhookDeadLetters",
}
_TABLES = {CONFIG.table_name: "MessageTable"}
_BUCKETS = {CONFIG.bucket_name: "ContentBucket"}
_SETS = {CONFIG.default_domain.configuration_set: "ConfigurationSet"}
_SES = Evaluation().value(
    {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"}
)
_PARTS = {"Put": "dynamodb:PutItem", "Delete": "dynamodb:DeleteItem"}
"""What the parts of a transaction ask for: it has no permission of its own."""


class Grant(NamedTuple):
    """One action on one resource (a pattern, in a policy), under a condition.

    The condition is on the senders of mails, or on the hash keys of the table's items. A policy
    has patterns there, one grant for each pattern of a key.
    """

    action: str
    resource: str
    senders: tuple[str, ...] = ()
    key: str = "*"

    def covers(self, need: "Grant") -> bool:
        return (
            self.action == need.action
            and fnmatchcase(need.resource, self.resource)
            and fnmatchcase(need.key, self.key)
            and all(
                any(fnmatchcase(sender, allowed) for allowed in self.senders)
                for sender in need.senders
            )
        )


def needs(service: str, operation: str, params: dict[str, Any]) -> Iterator[Grant]:
    """Say what IAM asks for when a call is made. `KeyError` for a call that is not known here."""
    match service, operation:
        case "dynamodb", _:
            yield from _of_table(operation, params)
        case "s3", ("PutObject" | "GetObject") as verb:
            bucket = _BUCKETS[params["Bucket"]]
            yield Grant(f"s3:{verb}", f"{bucket}/{params['Key']}")
            if "Tagging" in params:
                yield Grant("s3:PutObjectTagging", f"{bucket}/{params['Key']}")
            if verb == "GetObject":
                # Who may not list is told 403 of an object that is gone: no telling the two apart.
                yield Grant("s3:ListBucket", bucket)
        case "sqs", ("SendMessage" | "SendMessageBatch" | "GetQueueAttributes") as verb:
            # A batch has no permission of its own.
            yield Grant(f"sqs:{verb.removesuffix('Batch')}", _QUEUES[params["QueueUrl"]])
        case "sesv2", "GetAccount":
            yield Grant("ses:GetAccount", "*")
        case "sesv2", "SendEmail":
            sender = params["FromEmailAddress"].rpartition("<")[2].rstrip(">")
            given = params["ConfigurationSetName"]
            for resource in (
                f"identity/{sender.rpartition('@')[2]}",
                f"configuration-set/{_SETS.get(given, given)}",
            ):
                yield Grant("ses:SendEmail", _SES + resource, (sender,))
        case _:
            raise KeyError(f"{service}:{operation}")


def _of_table(operation: str, params: dict[str, Any]) -> Iterator[Grant]:
    match operation:
        case "TransactWriteItems":
            for part in params["TransactItems"]:
                ((kind, asked),) = part.items()
                yield Grant(_PARTS[kind], _TABLES[asked["TableName"]], key=_hash_key(asked))
        case "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                for item in asked["Keys"]:
                    yield Grant("dynamodb:BatchGetItem", _TABLES[table], key=item["pk"]["S"])
        case "Query" if "IndexName" in params:
            yield Grant(
                "dynamodb:Query", f"{_TABLES[params['TableName']]}/index/{params['IndexName']}"
            )
        case _:
            action, table = f"dynamodb:{operation}", _TABLES[params["TableName"]]
            yield Grant(action, table, key=_hash_key(params))


def _hash_key(asked: dict[str, Any]) -> str:
    """Return the hash key of the item or items that a request is about: IAM's `LeadingKeys`."""
    for held in (asked.get("Key"), asked.get("Item")):
        if held:
            return str(held["pk"]["S"])
    expression, values = asked["KeyConditionExpression"], asked["ExpressionAttributeValues"]
    (name,) = re.findall(r"\bpk = (:\w+)", expression)
    return str(values[name]["S"])


def grants(function: str, evaluation: Evaluation) -> set[Grant]:
    """Return what the template allows the role of a function."""
    handler = f"handlers.{function}.handler"
    functions = evaluation.resources("AWS::Serverless::Function").values()
    (role,) = (
        f["Properties"]["Role"]["Fn::GetAtt"][0]
        for f in functions
        if f["Properties"]["Handler"] == handler
    )
    own = evaluation.resources("AWS::IAM::Role")[role]["Properties"]
    assert "ManagedPolicyArns" not in own
    shared = [held["Properties"] for held in evaluation.resources("AWS::IAM::Policy").values()]
    policies = [
        *own["Policies"],
        *(policy for policy in shared if {"Ref": role} in policy["Roles"]),
    ]
    statements = [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]
    return {grant for s in statements for grant in _of_statement(evaluation.value(s))}


def _of_statement(statement: dict[str, Any]) -> Iterator[Grant]:
    assert statement["Effect"] == "Allow"
    condition = statement.get("Condition", {})
    senders = condition.get("StringLike", {}).get("ses:FromAddress", [])
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            for key in _keys(condition):
                yield Grant(action, resource, tuple(_listed(senders)), key)


def _keys(condition: dict[str, Any]) -> list[str]:
    """Return the hash keys that a condition allows: any, if it asks for none.

    `ForAllValues` holds for a request without keys as well, so that must be excluded beside it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
    """
    keys = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
    if keys is None:
        return ["*"]
    assert condition["Null"] == {"dynamodb:LeadingKeys": False}
    return _listed(keys)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def _deployed(function: str, further_domains: str) -> frozenset[Grant]:
    return frozenset(
        grants(function, Evaluation({"MoreSenderDomains": further_domains, "CorsOrigins": "*"}))
    )


@dataclass
class Watch:
    """Keeps what the functions needed, by function; what a test itself asks of AWS is its own."""

    needed: dict[str, set[Grant]] = field(
        default_factory=lambda: {name: set() for name in FUNCTIONS}
    )
    running: str = ""

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self.running:
            service = model.service_model.service_name
            self.needed[self.running].update(needs(service, model.name, params))

    def refused(self, further_domains: str = "") -> dict[str, list[Grant]]:
        """Return what the roles would not have allowed."""
        found = {
            name: [
                need
                for need in sorted(needed)
                if not any(grant.covers(need) for grant in _deployed(name, further_domains))
            ]
            for name, needed in self.needed.items()
        }
        return {name: missing for name, missing in found.items() if missing}


@contextmanager
def watch() -> Iterator[Watch]:
    """Look at every call to AWS of every handler, while the block lasts."""
    made = Watch()

    def watched(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        def run(event: Any, context: Any) -> Any:
            made.running = name
            try:
                return handler(event, context)
            finally:
                made.running = ""

        return run

    hooked = [
        (make().meta.events, f"provide-client-params.{service}")
        for make, service in (
            (clients.dynamodb, "dynamodb"),
            (clients.s3, "s3"),
            (clients.sqs, "sqs"),
            (clients.ses, "sesv2"),
        )
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name, module in FUNCTIONS.items():
            patch.setattr(module, "handler", watched(name, module.handler))
        for events, name in hooked:
            events.register(name, made.note)
        try:
            yield made
        finally:
            for events, name in hooked:
                events.unregister(name, made.note)
