"""AWS does not do what it is asked: the one error that the edges raise in place of botocore's."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError


class Outage(Exception):
    """An AWS service failed, after its client's own retries. Its message is AWS's error code."""


@contextmanager
def outages() -> Iterator[None]:
    """Turn botocore's errors into `Outage`; as a decorator too. Their texts may hold values."""
    try:
        yield
    except ClientError as error:
        raise Outage(error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise Outage(type(error).__name__) from error
