"""The queue in SQS of deliveries that are to be called, and of events that wait to be read."""

import json
from collections.abc import Iterable, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.deliveries import DeliveryKey
from core.aws.outage import Outage, outages
from core.aws.retry_queue import MAX_DELAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from core.webhooks.delivery import Delivery

_MOST_AT_ONCE = 10


class WebhookQueue(NamedTuple):
    """The queue. It carries names: the table has all the rest, and is nearly always newer.

    All methods raise `Outage` if SQS fails.
    """

    sqs: "Callable[[], SQSClient]"
    url: str
    dead_letters_url: str = ""

    @outages()
    def put_all(self, deliveries: "Iterable[tuple[Delivery, int]]") -> None:
        """Have deliveries handed out, each after a delay in seconds, `MAX_DELAY` at most."""
        for some in batched(deliveries, _MOST_AT_ONCE, strict=False):
            entries: Any = [
                {"Id": str(number)} | _entry(delivery, delay)
                for number, (delivery, delay) in enumerate(some)
            ]
            reply = self.sqs().send_message_batch(QueueUrl=self.url, Entries=entries)
            if failed := reply.get("Failed"):
                raise Outage(failed[0]["Code"])

    @outages()
    def bury(self, change: Mapping[str, Any]) -> None:
        """Write the dead letter of a change of a record that this version cannot read.

        It is the change as the table's stream tells of it. Back in the queue (`./mailctl redrive`)
        it is read once more.
        """
        self.sqs().send_message(
            QueueUrl=self.dead_letters_url, MessageBody=json.dumps({"Change": change})
        )


def _entry(delivery: "Delivery", delay: int) -> dict[str, Any]:
    """Return what SQS is told of a delivery.

    Its group is its endpoint: SQS hands out those of others before those of one that has many.
    """
    return {
        "MessageBody": json.dumps({"Endpoint": delivery.endpoint, "Delivery": delivery.name}),
        "DelaySeconds": max(0, min(MAX_DELAY, delay)),
        "MessageGroupId": delivery.endpoint,
    }


def parse(body: str) -> DeliveryKey | Mapping[str, Any]:
    """Read a body: a delivery, or a change that was buried. Raises `ValueError` for any other."""
    try:
        document = json.loads(body)
        if "Change" in document:
            change: Mapping[str, Any] = document["Change"]
            return change
        return DeliveryKey(str(document["Endpoint"]), str(document["Delivery"]))
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError(type(error).__name__) from None
