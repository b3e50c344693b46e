"""A process that is to be copied many times (Lambda's SnapStart): what to do before and after.

Nothing in the picture may be connected or random, and everything that is slow to make should be in
it (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html). Ids and owner tokens
come from the operating system, which differs from copy to copy; only Python's own dice do not.
"""

import random

from core import lazily
from core.aws import clients
from core.contract.contract import ErrorResponse


def before() -> None:
    """Make what is otherwise made when it is first needed, and leave no connection open."""
    lazily.load_all()
    ErrorResponse.model_rebuild()
    for client in (clients.dynamodb(), clients.ses(), clients.s3(), clients.sqs()):
        client.close()  # It stays usable: the next call connects anew.


def after() -> None:
    """Throw other dice than the other copies: botocore's delays between repeated calls use them."""
    random.seed()
