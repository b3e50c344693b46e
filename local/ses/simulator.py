"""The simulator itself: it checks a request, accepts the mail, and publishes its events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from local.ses import aftermath, compose, events, model, rules
from local.ses.details import Happening, message_id
from local.ses.faults import Faults
from local.ses.mailbox import Envelope, Mail, Mailbox
from local.ses.relay import Relay
from local.ses.schedule import Schedule

type Json = dict[str, Any]

DEFAULT_DELAY: Final = 0.5  # Seconds from one event of a mail to the next.
_DESTINATION: Final = ("ToAddresses", "CcAddresses", "BccAddresses")


@dataclass(frozen=True, slots=True)
class Destination:
    """An SNS topic, and the types of the events that it gets, such as `BOUNCE`."""

    topic_arn: str
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the simulator: the AWS account that it simulates, and what it calls.

    `destinations` raises `SesError` for a configuration set that does not exist, and `publish`
    `OSError` for an event that did not reach its topic.
    """

    destinations: Callable[[str], Sequence[Destination]]
    publish: Callable[[str, str], None]
    identities: tuple[str, ...] = ("example.com",)
    region: str = "eu-central-1"
    event_delay: float = DEFAULT_DELAY
    relay: Relay | None = None


class Ses:
    """The simulated SES: a mail is checked first, then accepted; events follow by a schedule."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._schedule = Schedule()
        self.mailbox = Mailbox()
        self.faults = Faults()

    def start(self) -> None:
        model.warm_up()
        self._schedule.start()
        if self._settings.relay:
            self._settings.relay.start()

    def stop(self) -> None:
        if left := self._schedule.stop():
            print(f"SES simulator: stopped, events not published: {left}", flush=True)
        if self._settings.relay:
            self._settings.relay.stop()
        self.mailbox.close()

    def check(self, body: bytes, source_ip: str) -> tuple[Mail, bytes]:
        """Return the mail of a SendEmail request and its source; nothing is kept.

        Raises `SesError`.
        """
        request = model.parse(body)
        rules.check_kind(request)
        rules.check_tags(request)
        recipients = rules.check_recipients(request)
        region = self._settings.region
        return_path, identity = rules.check_sender(request, self._settings.identities, region)
        if name := request.get("ConfigurationSetName"):
            self._settings.destinations(name)  # It must exist.
        now = datetime.now(UTC)
        new_id = message_id(now)
        rules.check_simple(request["Content"]["Simple"])
        composed = compose.simple(request, compose.trace_fields(new_id, region, now))
        rules.check_composed(composed.source, composed.attachments)
        envelope = Envelope(return_path, recipients, identity, source_ip)
        return _mail(new_id, now, request, envelope, composed), composed.source

    def take(self, mail: Mail, source: bytes) -> None:
        """Accept `mail`: keep it, relay it if there is a relay, and schedule its events."""
        self.mailbox.add(mail, source)
        if self._settings.relay:
            self._settings.relay.put(mail, partial(self.mailbox.source, mail.id))
        if not mail.configuration_set:
            return
        for what in aftermath.of(mail.envelope.recipients):
            work = partial(self._announce, mail, what)
            delay = what.delays * self._settings.event_delay
            self._schedule.put(mail.id, delay, f"the {what.kind} event of {mail.id}", work)

    def publish(self, mail: Mail, kind: str, recipients: Sequence[str], given: Json) -> int:
        """Publish one event now; return the number of its topics. Raises `OSError`."""
        happening = Happening(
            mail, kind, recipients, given, self._settings.region, datetime.now(UTC)
        )
        topics = self._topics(mail, kind)
        for topic in topics:
            self._settings.publish(topic, events.body(happening))
        return len(topics)

    def _announce(self, mail: Mail, what: aftermath.Consequence) -> None:
        """Publish an event that is due.

        Each topic is a task of its own: if one fails, only that one is repeated.
        """
        now = mail.accepted_at if what.is_made_up else datetime.now(UTC)
        happening = Happening(
            mail, what.kind, what.recipients, what.given, self._settings.region, now
        )
        body = events.body(happening)
        for topic in self._topics(mail, what.kind):
            work = partial(self._settings.publish, topic, body)
            self._schedule.put(mail.id, 0, f"the {what.kind} event of {mail.id}", work)

    def _topics(self, mail: Mail, kind: str) -> list[str]:
        if not mail.configuration_set:
            return []
        name, _ = events.TYPES[kind]
        destinations = self._settings.destinations(mail.configuration_set)
        return [found.topic_arn for found in destinations if name in found.event_types]


def _mail(
    new_id: str, now: datetime, request: Json, envelope: Envelope, composed: compose.Composed
) -> Mail:
    destination = request.get("Destination", {})
    return Mail(
        id=new_id,
        accepted_at=now,
        sender=request["FromEmailAddress"],
        envelope=envelope,
        destination={name: destination.get(name, []) for name in _DESTINATION},
        subject=composed.subject,
        tags=tuple((tag["Name"], tag["Value"]) for tag in request.get("EmailTags", [])),
        configuration_set=request.get("ConfigurationSetName"),
        attachments=composed.attachments,
        headers=composed.headers,
    )
