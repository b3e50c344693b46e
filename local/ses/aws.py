"""Connects the simulator to the AWS emulator: it reads configuration sets and publishes events."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.ses.errors import SesError
from local.ses.simulator import ConfigurationSet, Destination

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


class ConfigurationSets:
    """Reads configuration sets, and remembers for five seconds what sending a mail needs of them.

    Every method raises `SesError`: SES's own, or one of a set that cannot be read.
    """

    def __init__(self, ses: "SESV2Client") -> None:
        self._ses = ses
        self._known: dict[str, tuple[float, ConfigurationSet]] = {}

    def __call__(self, name: str) -> ConfigurationSet:
        """Return what the configuration set `name` means for a mail."""
        read_at, known = self._known.get(name, (0.0, None))
        if known is not None and time.monotonic() - read_at < _CACHED:
            return known
        try:
            found = self._read(name)
        except SesError as error:
            if known is not None and error.status >= 500:
                return known  # It was there a moment ago, so it most likely still is.
            self._known.pop(name, None)
            raise
        self._known[name] = (time.monotonic(), found)
        return found

    def ask(self, operation: str, **members: Any) -> dict[str, Any]:
        """Let the emulator answer an operation, named as its method of the SDK is."""
        answer = self._asked(operation, **members)
        self._known.pop(members.get("ConfigurationSetName", ""), None)  # It may be another now.
        return answer

    def _asked(self, operation: str, **members: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._ses, operation)(**members)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise _unreadable(error) from None
            said = error.response["Error"]
            raise SesError(said["Code"], said.get("Message", "")) from None
        except BotoCoreError as error:
            raise _unreadable(error) from None
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _read(self, name: str) -> ConfigurationSet:
        options = self._asked("get_configuration_set", ConfigurationSetName=name)
        answer = self._asked("get_configuration_set_event_destinations", ConfigurationSetName=name)
        return ConfigurationSet(
            destinations=[
                Destination(
                    found["SnsDestination"]["TopicArn"], frozenset(found["MatchingEventTypes"])
                )
                for found in answer.get("EventDestinations", [])
                if found.get("Enabled") and "SnsDestination" in found
            ],
            is_sending=options.get("SendingOptions", {}).get("SendingEnabled", True),
        )


def _unreadable(error: Exception) -> SesError:
    message = f"The configuration set could not be read: {type(error).__name__}"
    return SesError("InternalServiceErrorException", message)


def connect(endpoint: str, region: str) -> tuple[ConfigurationSets, Callable[[str, str], None]]:
    """Return a reader of configuration sets and a publisher, both of the AWS at `endpoint`.

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

    return ConfigurationSets(ses), publish
