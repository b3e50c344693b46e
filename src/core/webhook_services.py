"""The AWS services that the operations on webhooks need, in one object."""

from typing import NamedTuple, Self

from core.aws.deliveries import Deliveries
from core.aws.endpoints import Endpoints
from core.aws.mail_index import MailIndex
from core.aws.webhook_queue import WebhookQueue
from core.services import Services


class WebhookServices(NamedTuple):
    """One of each."""

    endpoints: Endpoints
    deliveries: Deliveries
    queue: WebhookQueue
    mail_index: MailIndex
    """Signs cursors."""

    @classmethod
    def of(cls, services: Services, queue_url: str) -> Self:
        """Make them of those that mails need."""
        dynamodb, table = services.store.dynamodb, services.store.table
        return cls(
            Endpoints(dynamodb, table),
            Deliveries(dynamodb, table),
            WebhookQueue(services.queue.sqs, queue_url),
            services.mail_index,
        )
