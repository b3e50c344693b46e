"""The error that stands for all errors of AWS: a service did not do what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

_HALF_ANSWERS = (ResponseParserError, UnicodeDecodeError)
"""What botocore raises when an answer breaks off: neither is one of its `BotoCoreError`s."""


class Outage(Exception):
    """An AWS service failed, and so did the client's own retries. The text is the error's name."""


@contextmanager
def outages() -> Iterator[None]:
    """Turn errors of AWS into `Outage`, within a `with` block or, as a decorator, a function.

    Only their names are kept, because their texts may hold personal data.
    """
    try:
        yield
    except ClientError as error:
        raise Outage(error.response["Error"]["Code"]) from error
    except (BotoCoreError, *_HALF_ANSWERS) as error:
        raise Outage(type(error).__name__) from error
