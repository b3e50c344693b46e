"""AWS does not do what it is asked, or its answer cannot be read: the one error of the services."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import ValidationError

_UNREADABLE = (ResponseParserError, UnicodeDecodeError, ValidationError)
"""Half an answer (botocore lets the first two through), or an item that is no record of ours."""


class Outage(Exception):
    """An AWS service failed, after its client's own retries. Its message is the error's name."""


@contextmanager
def outages() -> Iterator[None]:
    """Turn such errors into `Outage`; as a decorator too. Their texts may hold values."""
    try:
        yield
    except ClientError as error:
        raise Outage(error.response["Error"]["Code"]) from error
    except (BotoCoreError, *_UNREADABLE) as error:
        raise Outage(type(error).__name__) from error
