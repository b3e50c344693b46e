"""Connects the simulator to the AWS emulator: it reads configuration sets and publishes events."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.ses.errors import SesError
from local.ses.simulator import Destination

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_CACHED: Final = 5.0  # Seconds.
_CONFIG: Final = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 2},
)
_SUBJECT: Final = "Amazon SES Email Event Notification"


class EventDestinations:
    """Reads the SNS topics of configuration sets, and remembers them for five seconds."""

    def __init__(self, ses: "SESV2Client") -> None:
        self._ses = ses
        self._known: dict[str, tuple[float, list[Destination]]] = {}

    def __call__(self, name: str) -> list[Destination]:
        """Return where events of the configuration set `name` go, or raise `SesError`."""
        read_at, known = self._known.get(name, (0.0, None))
        if known is not None and time.monotonic() - read_at < _CACHED:
            return known
        try:
            found = self._read(name)
        except self._ses.exceptions.NotFoundException:
            self._known.pop(name, None)
            message = f"Configuration set <{name}> does not exist."
            raise SesError("NotFoundException", message) from None
        except (BotoCoreError, ClientError) as error:
            if known is not None:
                return known  # It was there a moment ago, so it most likely still is.
            message = f"The configuration set could not be read: {type(error).__name__}"
            raise SesError("InternalServiceErrorException", message) from None
        self._known[name] = (time.monotonic(), found)
        return found

    def _read(self, name: str) -> list[Destination]:
        answer = self._ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
        return [
            Destination(found["SnsDestination"]["TopicArn"], frozenset(found["MatchingEventTypes"]))
            for found in answer.get("EventDestinations", [])
            if found.get("Enabled") and "SnsDestination" in found
        ]


def connect(endpoint: str, region: str) -> tuple[EventDestinations, Callable[[str, str], None]]:
    """Return a reader of event destinations and a publisher, both of the AWS at `endpoint`.

    The publisher takes a topic's ARN and a message, and raises `ConnectionError`.
    """
    session = boto3.Session(
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        aws_session_token=os.environ.get("AWS_SESSION_TOKEN"),
        region_name=region,
    )
    # Without `endpoint_url` the SDK would take AWS_ENDPOINT_URL_SESV2: the simulator itself.
    ses = session.client("sesv2", endpoint_url=endpoint, config=_CONFIG)
    sns = session.client("sns", endpoint_url=endpoint, config=_CONFIG)

    def publish(topic_arn: str, body: str) -> None:
        try:
            sns.publish(TopicArn=topic_arn, Subject=_SUBJECT, Message=body)
        except (BotoCoreError, ClientError) as error:
            raise ConnectionError(type(error).__name__) from error

    return EventDestinations(ses), publish
