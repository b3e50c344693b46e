"""The alarms: whether anybody hears them, and which ring now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor.findings import Finding, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_UNCONFIRMED = "PendingConfirmation"
"""What SNS shows in place of the ARN of a subscription that nobody has confirmed yet."""
_AT_ONCE = 100
"""As many alarms as DescribeAlarms takes by name."""


def alarm_subscription(subject: Subject) -> Iterator[Finding]:
    """Examine who hears of alarms."""
    topic = subject.output("AlarmTopicArn")
    answer = subject.ask("sns", "list_subscriptions_by_topic", TopicArn=topic)
    arns = [each["SubscriptionArn"] for each in answer["Subscriptions"]]
    confirmed = [arn for arn in arns if arn.startswith("arn:")]
    if confirmed:
        yield ok("Somebody hears of alarms.")
    elif _UNCONFIRMED in arns:
        yield warning(
            "Nobody hears of alarms yet: the subscription is not confirmed.",
            "# Click the link in the mail that AWS has sent to AlarmAddress. To send it again (with"
            " that address in place of YOUR_ADDRESS):",
            subject.aws_command(
                f"sns subscribe --topic-arn {topic} --protocol email"
                " --notification-endpoint YOUR_ADDRESS"
            ),
        )
    else:
        yield warning(
            "Nobody hears of alarms.",
            "# With the address of whoever shall hear of them in place of YOUR_ADDRESS:",
            subject.deploy("AlarmAddress", "YOUR_ADDRESS"),
        )


def alarms_that_ring(subject: Subject) -> Iterator[Finding]:
    """List the stack's alarms that ring now."""
    ids = {id_: name for name, id_ in subject.resources.items() if name.endswith("Alarm")}
    ringing = []
    for start in range(0, len(ids), _AT_ONCE):
        answer = subject.ask(
            "cloudwatch",
            "describe_alarms",
            AlarmNames=list(ids)[start : start + _AT_ONCE],
            StateValue="ALARM",
            MaxRecords=_AT_ONCE,
        )
        ringing += answer["MetricAlarms"]
    for alarm in ringing:
        yield warning(
            f"{ids[alarm['AlarmName']]} rings: {alarm.get('AlarmDescription', '')}.",
            "# What to do: docs/operations.md#alarms",
        )
    if not ringing:
        yield ok(f"None of the {len(ids)} alarms rings.")
