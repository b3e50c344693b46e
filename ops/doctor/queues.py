"""What moves events and mails on: topic, queues, their functions and schedules; dead letters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ops.doctor import functions
from ops.doctor.findings import Finding, failure, ok, warning
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_HELD = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_LETTERS = {
    "RetryDeadLettersUrl": ("mails that were given up on, or that crash their function", "redrive"),
    "EventDeadLettersUrl": ("events of SES that could not be used", "redrive"),
    "WebhookDeadLettersUrl": ("webhooks that could not be handled", "redrive webhooks"),
}
"""What they are, and what plays them again."""
_WORKERS = {
    "ResendFunction": "RetryQueueUrl",
    "SesEventsFunction": "EventQueueUrl",
    "WebhookFunction": "WebhookQueueUrl",
}
_EACH_MINUTE = {
    "sweep": ("SweepFunction", "what a crash leaves behind stays behind"),
    "dispatcher": ("DispatchFunction", "mails that are lined up for their turn stay there"),
}
"""What they are called, their names in the template, and what happens without them."""


def event_subscription(subject: Subject) -> Iterator[Finding]:
    """Examine whether the topic hands SES's events to the queue."""
    queue = subject.queue_arn("EventQueueUrl")
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
    letters = json.dumps({"deadLetterTargetArn": subject.queue_arn("EventDeadLettersUrl")})
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
        arn = subject.queue_arn(queue)
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


def every_minute(subject: Subject) -> Iterator[Finding]:
    """Examine whether the functions run that have work each minute."""
    for name, (function, harm) in _EACH_MINUTE.items():
        yield _scheduled(subject, f"The {name}", function, harm)


def _scheduled(subject: Subject, name: str, function: str, harm: str) -> Finding:
    schedule, id_ = subject.resource(f"{function}EveryMinute"), subject.resource(function)
    held = subject.ask(
        "scheduler", "get_schedule", absent=("ResourceNotFoundException",), Name=schedule
    )
    is_gone = functions.function_of(subject, id_) is None
    if is_gone or held is None:
        gone = f"function {id_}" if is_gone else f"schedule {schedule}"
        return failure(
            f"{name} does not run, as its {gone} is gone: {harm}.", *subject.made_again()
        )
    if held["State"] != "ENABLED":
        return failure(
            f"{name} does not run ({held['State']}): {harm}.",
            f"# Switch on its schedule {schedule}: https://console.aws.amazon.com/scheduler/home",
        )
    return ok(f"{name} runs every minute.")


def dead_letters(subject: Subject) -> Iterator[Finding]:
    """Count what waits for an operator."""
    for output, (what, command) in _LETTERS.items():
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
                subject.mailctl(command),
            )
        else:
            yield ok(f"No dead letters: {what}.")
