"""The clients of AWS's services: each is made when first used, and then kept.

They are botocore's. Those of boto3 are the same, but importing boto3 takes a tenth of a cold start,
for things that are not needed here (docs/adr/0005).
"""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from core.aws.deadline import DeadlineSession
from core.message.record import SES_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient


for _library in ("botocore", "urllib3"):
    # At the level DEBUG they log requests and answers: whole mails, with every address.
    logging.getLogger(_library).setLevel(logging.INFO)

_USER_AGENT = f"communication-hub-mail Botocore/{botocore.__version__}"
"""The name of this program in AWS's logs. botocore would make a longer one, anew for each call."""


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


def _client(service: str, *, connect: int, read: int, attempts: int, **more: Any) -> Any:
    """Make a client.

    `connect` and `read` are the seconds that it waits for a connection and for the next bytes of an
    answer, `attempts` how often it sends a request in all; `more` goes to botocore's `Config`.
    """
    config = Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
        user_agent=_USER_AGENT,
        **more,
    )
    return _session().create_client(service, config=config)


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB. Writes have conditions, so the SDK may repeat them."""
    # What is written is made by this code: to check every value of it against botocore's model
    # takes as long as all else that is done for a mail.
    client = _client("dynamodb", connect=1, read=2, attempts=4, parameter_validation=False)
    return cast("DynamoDBClient", client)


@cache
def s3() -> "S3Client":
    """Return the client of S3. Every object has its own key, so the SDK may repeat a write."""
    # Links would be signed by version 2 otherwise, which S3 refuses for objects under a KMS key
    # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
    client = _client("s3", connect=1, read=5, attempts=3, signature_version="s3v4")
    client.meta.events.register_first("before-endpoint-resolution.s3", _name_region)
    return cast("S3Client", client)


def _name_region(context: dict[str, Any], **_: object) -> None:
    """Let a link name its bucket's region, which botocore leaves out.

    Without it S3 may redirect to the region, for hours after a bucket was made, and the signature
    is for the first host alone (https://docs.aws.amazon.com/AmazonS3/latest/userguide/
    Redirects.html).
    """
    context["use_global_endpoint"] = False


@cache
def sqs() -> "SQSClient":
    """Return the client of SQS. To queue a message twice does no harm, so the SDK may repeat it."""
    return cast("SQSClient", _client("sqs", connect=1, read=3, attempts=3))


@cache
def ses() -> "SESV2Client":
    """Return the client of SES. It never repeats a request: that could be a second mail.

    `connect` and `read` are for one address and for the next bytes; `DeadlineSession` bounds all.
    """
    client = _client("sesv2", connect=3, read=SES_SECONDS - 3, attempts=1)
    endpoint = client._endpoint  # noqa: SLF001 - botocore has no setting for its HTTP session
    endpoint.http_session = DeadlineSession(endpoint.http_session, SES_SECONDS)
    return cast("SESV2Client", client)
