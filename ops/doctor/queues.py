"""The way of SES's events through topic and queue, and the dead letters of both queues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ops.doctor import functions
from ops.doctor.findings import Finding, counted, failure, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_HELD = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_LETTERS = {
    "RetryDeadLettersUrl": "mails that were given up on, or that crash their function",
    "EventDeadLettersUrl": "events of SES that could not be used",
}
_WORKERS = {
    "ResendFunction": "RetryQueueUrl",
    "SesEventsFunction": "EventQueueUrl",
}


def event_subscription(subject: Subject) -> Iterator[Finding]:
    """Examine whether the topic hands SES's events to the queue."""
    queue = _arn(subject, "EventQueueUrl")
    answer = subject.ask(
        "sns",
        "list_subscriptions_by_topic",
        TopicArn=subject.output("EventTopicArn"),
    )
    if any(each["Endpoint"] == queue for each in answer["Subscriptions"]):
        yield ok("The event topic fills the event queue.")
    else:
        yield failure(
            "The event topic does not fill the event queue, so no status is ever known.",
            subject.aws_command(
                f"sns subscribe --topic-arn {subject.output('EventTopicArn')}"
                f" --protocol sqs --notification-endpoint {queue}"
                f" --attributes '{_attributes(subject)}'"
            ),
        )


def _attributes(subject: Subject) -> str:
    """Return the subscription's, as the template has them: what SNS cannot deliver is kept."""
    letters = json.dumps({"deadLetterTargetArn": _arn(subject, "EventDeadLettersUrl")})
    attributes = {"RawMessageDelivery": "true", "RedrivePolicy": letters}
    return json.dumps(attributes, separators=(",", ":"))


def workers(subject: Subject) -> Iterator[Finding]:
    """Examine whether the functions that empty the queues are asked to."""
    for function, queue in _WORKERS.items():
        name = subject.resource(function)
        if functions.function_of(subject, name) is None:
            yield failure(
                f"Nobody empties the queue of {name}: the function is gone.", *subject.made_again()
            )
            continue
        answer = subject.ask("lambda", "list_event_source_mappings", FunctionName=name)
        arn = _arn(subject, queue)
        held = [each for each in answer["EventSourceMappings"] if each["EventSourceArn"] == arn]
        states = [each["State"] for each in held]
        if "Enabled" in states:
            yield ok(f"{name} empties its queue.")
        elif not held:
            yield failure(f"{name} is not asked to empty its queue.", *subject.made_again())
        else:
            command = f"lambda update-event-source-mapping --uuid {held[0]['UUID']} --enabled"
            yield failure(
                f"{name} does not empty its queue ({states[0]}).", subject.aws_command(command)
            )


def sweep(subject: Subject) -> Iterator[Finding]:
    """Examine whether what was left behind is put back on its way, each minute."""
    name = subject.resource("SweepFunctionEveryMinute")
    held = subject.ask(
        "scheduler", "get_schedule", absent=("ResourceNotFoundException",), Name=name
    )
    state = held["State"] if held else ""
    if functions.function_of(subject, function := subject.resource("SweepFunction")) is None:
        yield failure(
            f"The sweep does not run, as its function {function} is gone: what a crash leaves"
            " behind stays behind.",
            *subject.made_again(),
        )
    elif held is None:
        yield failure(
            f"The sweep does not run, as its schedule {name} is gone: what a crash leaves behind"
            " stays behind.",
            *subject.made_again(),
        )
    elif state == "ENABLED":
        yield ok("The sweep runs every minute.")
    else:
        yield failure(
            f"The sweep does not run ({state}): what a crash leaves behind stays behind.",
            f"# Switch on its schedule {name}: https://console.aws.amazon.com/scheduler/home",
        )


def dead_letters(subject: Subject) -> Iterator[Finding]:
    """Count what waits for an operator."""
    for output, what in _LETTERS.items():
        answer = subject.ask(
            "sqs",
            "get_queue_attributes",
            QueueUrl=subject.output(output),
            AttributeNames=list(_HELD),
        )
        number = sum(int(answer["Attributes"][name]) for name in _HELD)
        if number:
            yield warning(
                f"{counted(number, 'dead letter')}: {what}.",
                "# Mend the cause (docs/operations.md#alarms), then play them again:",
                subject.make("redrive"),
            )
        else:
            yield ok(f"No dead letters: {what}.")


def _arn(subject: Subject, output: str) -> str:
    answer = subject.ask(
        "sqs",
        "get_queue_attributes",
        QueueUrl=subject.output(output),
        AttributeNames=["QueueArn"],
    )
    return str(answer["Attributes"]["QueueArn"])
