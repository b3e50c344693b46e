"""The AWS clients, each made when first used and kept: one session, and no retries of a send.

They are botocore's, which is all that boto3's are: importing boto3 costs a tenth of a cold start,
for resources and a transfer manager that nothing here uses (docs/adr/0005).
"""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from core.message.record import SES_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient


for _library in ("botocore", "urllib3"):
    # Below INFO they log requests and answers: whole mails, with every address.
    logging.getLogger(_library).setLevel(logging.INFO)

_USER_AGENT = f"communication-hub-mail Botocore/{botocore.__version__}"
"""What AWS's own logs call us. botocore would put a longer one together anew for every call."""


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


def _client(service: str, *, connect: int, read: int, attempts: int, **more: Any) -> Any:
    """Make a client whose connections take so many seconds at most and that tries so often."""
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
    """Return the table's client. Writes are conditional, so the SDK may repeat them."""
    # What is written is made by our own code: checking every value of it against botocore's model
    # takes as long as all that we do ourselves.
    client = _client("dynamodb", connect=1, read=2, attempts=4, parameter_validation=False)
    return cast("DynamoDBClient", client)


@cache
def s3() -> "S3Client":
    """Return the bucket's client. Every object has a key of its own, so the SDK may repeat."""
    return cast("S3Client", _client("s3", connect=1, read=5, attempts=3))


@cache
def sqs() -> "SQSClient":
    """Return the queues' client. A message queued twice does no harm: the second finds no claim."""
    return cast("SQSClient", _client("sqs", connect=1, read=3, attempts=3))


@cache
def ses() -> "SESV2Client":
    """Return SES's client: without an idempotency token a repeated request is a second mail."""
    return cast("SESV2Client", _client("sesv2", connect=3, read=SES_SECONDS - 3, attempts=1))
