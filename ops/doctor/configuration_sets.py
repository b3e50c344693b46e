"""The configuration sets of the stack: whether they send, and their events reach the stack.

The names are those of SESv2's GetConfigurationSet and GetConfigurationSetEventDestinations
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetConfigurationSet.html).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

EVENT_TYPES = frozenset(
    {"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "RENDERING_FAILURE"}
)
"""What a status is made of; a test compares them with `template.yaml`."""
OPEN_TYPES = frozenset({"OPEN", "CLICK"})
"""What TrackOpens adds."""
_OPTIONS = "sesv2 put-configuration-set-{} --configuration-set-name {} {}"


def configuration_sets(subject: Subject) -> Iterator[Finding]:
    """Examine the stack's own set, and those that domains have of their own."""
    own = subject.output("ConfigurationSet")
    held = configurations(subject).values()
    others = {each.configuration_set for each in held if not isinstance(each, ValueError)}
    for name in (own, *sorted(others - {own})):
        found = subject.ask(
            "sesv2",
            "get_configuration_set",
            absent=("NotFoundException",),
            ConfigurationSetName=name,
        )
        if found is None:
            yield failure(
                f"{name}: SES has no such configuration set, so it refuses its mails.",
                *(subject.made_again() if name == own else _made(subject, name)),
            )
            continue
        yield from _options(subject, name, found)
        yield from _events(subject, name)
    for name in sorted(others - {own}):
        yield from _role(subject, name)


def _made(subject: Subject, name: str) -> tuple[str, ...]:
    """Return the commands that make a domain's own set, as the template makes that of the stack."""
    create = (
        f"sesv2 create-configuration-set --configuration-set-name {name}"
        " --reputation-options ReputationMetricsEnabled=true"
        " --suppression-options SuppressedReasons=BOUNCE,COMPLAINT"
    )
    return subject.aws_command(create), _set_events(subject, "create", name, "events")


def _role(subject: Subject, name: str) -> Iterator[Finding]:
    """Compare the name of a domain's own set with those that roles and topic allow."""
    is_allowed = name.startswith(f"{subject.name}-") and subject.parameter("MoreSenderDomains")
    if not is_allowed:
        yield failure(
            f"{name}: the stack's roles and its topic know it only if its name begins with"
            f" {subject.name}- and MoreSenderDomains names a domain.",
            "# See docs/operations.md#add-a-second-domain",
        )


def _options(subject: Subject, name: str, held: Any) -> Iterator[Finding]:
    def command(options: str, value: str) -> str:
        return subject.aws_command(_OPTIONS.format(options, name, value))

    if not held.get("SendingOptions", {}).get("SendingEnabled", True):
        yield failure(
            f"{name}: its sending is switched off, so mails wait until their time is over.",
            command("sending-options", "--sending-enabled"),
        )
    else:
        policy = held.get("DeliveryOptions", {}).get("TlsPolicy", "OPTIONAL")
        yield ok(f"{name}: it sends, with TLS {policy}.")
    if not held.get("ReputationOptions", {}).get("ReputationMetricsEnabled"):
        yield warning(
            f"{name}: SES counts no bounces and complaints for it (reputation metrics are off).",
            command("reputation-options", "--reputation-metrics-enabled"),
        )
    suppressed = {*held.get("SuppressionOptions", {}).get("SuppressedReasons", ())}
    if missing := {"BOUNCE", "COMPLAINT"} - suppressed:
        yield warning(
            f"{name}: SES does not keep mails from addresses after a"
            f" {' or a '.join(sorted(missing)).lower()}.",
            command("suppression-options", "--suppressed-reasons BOUNCE COMPLAINT"),
        )


def _events(subject: Subject, name: str) -> Iterator[Finding]:
    topic = subject.output("EventTopicArn")
    answer = subject.ask(
        "sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name
    )
    destinations = answer["EventDestinations"]
    ours = [each for each in destinations if _topic_of(each) == topic]
    if not ours:
        yield failure(
            f"{name}: its events do not go to the stack's topic, so no status is ever known.",
            _set_events(subject, "create", name, "events"),
        )
        return
    switched_on = [each for each in ours if each.get("Enabled")]
    told = {kind for each in switched_on for kind in each.get("MatchingEventTypes", ())}
    missing = _wanted(subject) - told
    mend = _set_events(subject, "update", name, ours[0]["Name"])
    if not switched_on:
        yield failure(
            f"{name}: its event destination {ours[0]['Name']} is switched off, so no status is"
            " ever known.",
            mend,
        )
    elif missing:
        names = ", ".join(sorted(missing))
        yield failure(f"{name}: events of these types do not reach the stack: {names}.", mend)
    else:
        yield ok(f"{name}: its events reach the stack's topic.")


def _topic_of(destination: Any) -> str:
    return str(destination.get("SnsDestination", {}).get("TopicArn", ""))


def _wanted(subject: Subject) -> frozenset[str]:
    tracks = subject.parameter("TrackOpens") == "true"
    return EVENT_TYPES | OPEN_TYPES if tracks else EVENT_TYPES


def _set_events(subject: Subject, verb: str, name: str, destination: str) -> str:
    value = {
        "Enabled": True,
        "MatchingEventTypes": sorted(_wanted(subject)),
        "SnsDestination": {"TopicArn": subject.output("EventTopicArn")},
    }
    return subject.aws_command(
        f"sesv2 {verb}-configuration-set-event-destination --configuration-set-name {name}"
        f" --event-destination-name {destination}"
        f" --event-destination '{json.dumps(value, separators=(',', ':'))}'"
    )
