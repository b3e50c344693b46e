"""The simulator itself: it checks a request, accepts the mail, and publishes its events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any, Final, Protocol

from local.ses import aftermath, compose, events, model, rules
from local.ses.account import Account, check_configuration_set
from local.ses.details import Happening, message_id
from local.ses.errors import SesError
from local.ses.faults import BEFORE, Faults
from local.ses.identities import Identities
from local.ses.mailbox import Envelope, Mail, Mailbox
from local.ses.relay import Relay
from local.ses.schedule import Schedule
from local.ses.verification import check_identities
from local.ses.zone import Zone

type Json = dict[str, Any]

DEFAULT_DELAY: Final = 0.5  # Seconds from one event of a mail to the next.
_DESTINATION: Final = ("ToAddresses", "CcAddresses", "BccAddresses")


@dataclass(frozen=True, slots=True)
class Destination:
    """An SNS topic, and the types of the events that it gets, such as `BOUNCE`."""

    topic_arn: str
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfigurationSet:
    """What a configuration set means for a mail: where its events go, and whether it is sent."""

    destinations: Sequence[Destination] = field(default=())
    is_sending: bool = True


class ConfigurationSets(Protocol):
    """The account's configuration sets; for one that does not exist, `SesError` is raised."""

    def __call__(self, name: str) -> ConfigurationSet: ...

    def ask(self, operation: str, **members: Any) -> Json:
        """Answer an operation of SES v2 on a set, named as its method of the SDK is."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """The service that sends by the simulator, for the page: where it is, and a key of it."""

    url: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the simulator: the AWS account that it simulates, and what it calls.

    `publish` raises `OSError` for an event that did not reach its topic.
    """

    configuration_sets: ConfigurationSets
    publish: Callable[[str, str], None]
    identities: tuple[str, ...] = ("example.com",)
    region: str = "eu-central-1"
    event_delay: float = DEFAULT_DELAY
    relay: Relay | None = None
    api: Api = Api()


class Ses:
    """The simulated SES: a mail is checked first, then accepted; events follow by a schedule."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._schedule = Schedule()
        self._admitting = Lock()
        self.mailbox = Mailbox()
        self.faults = Faults()
        self.account = Account()
        self.identities = Identities(settings.identities)
        self.zone = Zone(self.identities, settings.region)
        self.configuration_sets = settings.configuration_sets
        self.api = settings.api

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
        """Return the mail of a SendEmail request and its source; nothing is kept or counted.

        What the account may do comes before what the mail is: suspended and paused first, then the
        identities; the quotas are for `admit`. Raises `SesError`.
        """
        request = model.parse("SendEmail", body)
        self._check_sending(request)
        rules.check_kind(request)
        rules.check_tags(request)
        recipients = rules.check_recipients(request)
        region = self._settings.region
        return_path, identity = check_identities(
            request, self.identities, region, is_in_sandbox=self.account.is_in_sandbox
        )
        now = datetime.now(UTC)
        new_id = message_id(now)
        rules.check_simple(request["Content"]["Simple"])
        composed = compose.simple(request, compose.trace_fields(new_id, region, now))
        rules.check_composed(composed.source, composed.attachments)
        envelope = Envelope(return_path, recipients, identity, source_ip)
        return _mail(new_id, now, request, envelope, composed), composed.source

    def admit(self, mail: Mail) -> str | None:
        """Count a mail for the quotas, and return the fault that strikes it, if there is one.

        Raises `SesError` if it must wait for a quota. What is refused leaves the faults to the next
        mail, and what a fault keeps from being sent uses no quota up.
        """
        recipients = mail.envelope.recipients
        with self._admitting:
            self.account.check_quotas(recipients)
            fault = self.faults.take()
            if fault not in BEFORE:
                self.account.count(recipients)
            return fault

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

    def _check_sending(self, request: Json) -> None:
        self.account.check_sending()
        if name := request.get("ConfigurationSetName"):
            found = self.configuration_sets(name)
            check_configuration_set(name, is_sending=found.is_sending)
        if name := request.get("TenantName"):  # The account has none.
            raise SesError("NotFoundException", f"Tenant <{name}> does not exist.")

    def _topics(self, mail: Mail, kind: str) -> list[str]:
        if not mail.configuration_set:
            return []
        name, _ = events.TYPES[kind]
        destinations = self.configuration_sets(mail.configuration_set).destinations
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
