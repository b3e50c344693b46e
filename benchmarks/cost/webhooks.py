"""What follows from a mail by the table's stream: the functions of the webhooks run, and call."""

from __future__ import annotations

import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from benchmarks.aws import scene
from benchmarks.subjects import payloads
from benchmarks.subjects.variables import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cost.meter import Change, Meter
    from benchmarks.cost.walk import Walk

_ENDPOINT = "wh_01jd9zk4m6t0v3q8w2x5y7b1cd"
_SQS_PER_DELIVERY = 2
"""Lambda takes it out and deletes it: if it comes alone."""


def listen(meter: Meter, receiver: str) -> None:
    """Write an endpoint of the domain that wants to be told everything; none without a URL."""
    if receiver:
        item = scene.endpoint(_ENDPOINT, receiver)
        meter.dynamodb.put_item(TableName=TABLE, Item=item)


def tell(walk: Walk) -> None:
    """Hand out what the stream has: what was written within a second comes together.

    Then make the calls, each alone, which is the dearest. That Lambda reads the stream costs
    nothing, nor does what its filter holds back.
    """
    changes, walk.meter.changes = walk.meter.changes, []
    if not changes:
        return
    walk.invoke("handlers.webhooks_out", {"Records": [_streamed(change) for change in changes]})
    queue = walk.meter.sqs.get_queue_url(QueueName="mail-WebhookQueue")["QueueUrl"]
    while found := walk.meter.sqs.receive_message(QueueUrl=queue).get("Messages"):
        for message in found:
            record = {"messageId": "1", "body": message["Body"]}
            walk.invoke("handlers.webhook", {"Records": [record]})
            walk.meter.counts["sqs_requests"] += _SQS_PER_DELIVERY
            walk.meter.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def _streamed(change: Change) -> dict[str, Any]:
    """Return a change as Lambda hands it over: as the example of `events/`, with other images."""
    example = payloads.example("webhooks_out_record_changed")["Records"][0]
    item = change.now or change.was or {}
    images = {"OldImage": change.was, "NewImage": change.now}
    return {
        **example,
        "dynamodb": {
            "ApproximateCreationDateTime": time.time(),
            "Keys": {name: item[name] for name in ("pk", "sk")},
            **{name: image for name, image in images.items() if image},
        },
    }


@contextmanager
def receiving() -> Iterator[str]:
    """Serve a receiver that takes everything, at the URL that is yielded."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
