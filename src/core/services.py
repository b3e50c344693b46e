"""The AWS services that are needed to accept and to send a mail, in one object."""

from typing import NamedTuple

from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.store import Store
from core.aws.suppressions import SuppressionList


class Services(NamedTuple):
    """One of each, as a handler makes them when its process starts."""

    store: Store
    content_store: ContentStore
    suppressions: SuppressionList
    transport: Transport
    queue: RetryQueue
    counters: Counters
