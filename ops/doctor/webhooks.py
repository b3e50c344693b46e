"""What tells callers by webhooks: the table's stream, who reads it, and how receivers answer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from core.aws.endpoints import Endpoints
from core.aws.outage import Outage
from core.webhooks.endpoint import BY_CALLER
from ops.doctor import functions
from ops.doctor.findings import Finding, failure, ok, warning
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.webhooks.endpoint import Endpoint
    from ops.doctor.subject import Subject

_HARM = "no webhook tells of a change"
_PATTERN = {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "MSG#"}]}, "sk": {"S": ["RECORD"]}}}}
"""Which changes the function is told of, as the template has it."""
_SETTINGS = (
    "--starting-position TRIM_HORIZON --batch-size 100 --maximum-batching-window-in-seconds 1"
    " --parallelization-factor 4 --bisect-batch-on-function-error"
)
"""The others of the template's."""


def stream(subject: Subject) -> Iterator[Finding]:
    """Examine whether the table has a stream, and the function is told of what is in it.

    A table that was restored has none; one that gets it anew has another one.
    """
    table, name = subject.output("TableName"), subject.resource("WebhooksOutFunction")
    held = subject.ask("dynamodb", "describe_table", TableName=table)["Table"]
    if not held.get("StreamSpecification", {}).get("StreamEnabled"):
        yield failure(
            f"The table has no stream, so {_HARM}.",
            subject.aws_command(
                f"dynamodb update-table --table-name {table} --stream-specification"
                " StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"
            ),
            "# Then ask again: nobody reads the new stream yet.",
        )
    elif functions.function_of(subject, name) is None:
        yield failure(
            f"Nobody reads the table's stream: the function {name} is gone.", *subject.made_again()
        )
    else:
        yield _read(subject, name, held["LatestStreamArn"])


def _read(subject: Subject, name: str, arn: str) -> Finding:
    answer = subject.ask("lambda", "list_event_source_mappings", FunctionName=name)
    mappings = {each["EventSourceArn"]: each for each in answer["EventSourceMappings"]}
    mapping = mappings.pop(arn, None)
    if mapping is None:
        return failure(
            f"{name} does not read the table's stream, so {_HARM}.",
            *(_deletion(subject, each) for each in mappings.values()),
            subject.aws_command(_creation(subject, name, arn)),
        )
    if mapping["State"] in ("Disabled", "Disabling"):
        command = f"lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
        return failure(
            f"{name} does not read the table's stream ({mapping['State']}), so {_HARM}. After a day"
            " the stream forgets them.",
            subject.aws_command(command),
        )
    return ok(f"{name} reads the table's stream.")


def _deletion(subject: Subject, mapping: dict[str, Any]) -> str:
    return subject.aws_command(f"lambda delete-event-source-mapping --uuid {mapping['UUID']}")


def _creation(subject: Subject, name: str, arn: str) -> str:
    letters = subject.queue_arn("WebhookDeadLettersUrl")
    destination = {"OnFailure": {"Destination": letters}}
    pattern = json.dumps(_PATTERN, separators=(",", ":"))
    filters = {"Filters": [{"Pattern": pattern}]}
    return (
        f"lambda create-event-source-mapping --function-name {name} --event-source-arn {arn}"
        f" {_SETTINGS} --destination-config '{json.dumps(destination, separators=(',', ':'))}'"
        f" --filter-criteria '{json.dumps(filters, separators=(',', ':'))}'"
    )


def endpoints(subject: Subject) -> Iterator[Finding]:
    """Examine whether the callers' endpoints take what they are sent. No URL is shown."""
    found = _endpoints(subject)
    troubled = [each for each in found if _is_troubled(each)]
    for endpoint in troubled:
        yield _trouble(subject, endpoint)
    if not troubled:
        yield ok(f"{counted(len(found), 'endpoint')} of webhooks, none of which fails.")


def _endpoints(subject: Subject) -> list[Endpoint]:
    with subject.reading("dynamodb"):
        try:
            return Endpoints(subject.client("dynamodb"), subject.output("TableName")).all()
        except Outage as outage:  # What AWS said names the permission that is missing.
            raise outage.__cause__ or outage from None


def _is_troubled(endpoint: Endpoint) -> bool:
    if not endpoint.enabled:
        return endpoint.disabled_reason != BY_CALLER
    return endpoint.failing_since > 0


def _trouble(subject: Subject, endpoint: Endpoint) -> Finding:
    id_, since = endpoint.id, endpoint.failing_since
    name = f"{id_} ({endpoint.domain})"
    failing = f" Calls have failed since {_moment(since)}." if since else ""
    if endpoint.enabled:
        return warning(
            f"{name}: its receiver does not take what it is sent.{failing}",
            "# Tell the domain's owner, before it is disabled: after five days without one success."
            " What the receiver answers:",
            subject.mailctl(f"webhooks deliveries {id_} --tries"),
        )
    return warning(
        f"{name}: it is disabled. {endpoint.disabled_reason}{failing}",
        "# Tell the domain's owner. Once the receiver is mended, what was held meanwhile (for 30"
        " days) is sent by:",
        subject.mailctl(f"webhooks save {id_} --enable"),
        subject.mailctl(f"webhooks replay {id_}"),
    )


def _moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
