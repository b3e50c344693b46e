"""The AWS services that are needed to accept and to send a mail, in one object."""

from typing import TYPE_CHECKING, NamedTuple, Self

from core.aws import clients
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.mail_index import MailIndex
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.store import Store
from core.aws.suppressions import SuppressionList

if TYPE_CHECKING:  # Whoever is no function of the stack has no such environment to read.
    from core.config import Config


class Services(NamedTuple):
    """One of each, as a handler makes them when its process starts."""

    store: Store
    content_store: ContentStore
    suppressions: SuppressionList
    transport: Transport
    queue: RetryQueue
    counters: Counters
    pace_clock: PaceClock
    mail_index: MailIndex

    @classmethod
    def of(cls, config: "Config") -> Self:
        """Make them for a stack. S3 and SQS get a client when first used: few mails need one."""
        dynamodb, table = clients.dynamodb(), config.table_name
        return cls(
            store=Store(dynamodb, table),
            content_store=ContentStore(clients.s3, config.bucket_name),
            suppressions=SuppressionList(dynamodb, table, config.stack_id),
            transport=Transport(clients.ses()),
            queue=RetryQueue(clients.sqs, config.retry_queue_url, config.dead_letter_queue_url),
            counters=Counters(dynamodb, table),
            pace_clock=PaceClock(dynamodb, table),
            mail_index=MailIndex(dynamodb, table, config.recipient_secret),
        )
