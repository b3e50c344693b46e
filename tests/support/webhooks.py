"""Webhooks of a whole service in this process: the table's stream, the queue, a clock, a receiver.

The receiver is real, on this machine: calls go over HTTP, and time stands still all the same.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import batched
from threading import Thread
from typing import Any

import moto.dynamodb.models
import pytest

from core.aws import clients
from core.aws.deliveries import Deliveries
from core.aws.endpoints import Endpoints
from core.aws.outage import Outage
from core.config import CONFIG
from core.webhooks.delivery import Delivery, State
from core.webhooks.endpoint import Endpoint, new_endpoint_id
from handlers import webhook, webhooks_out
from support.account import ACCOUNT, REGION, queues
from support.faults import Fault
from support.gateway import Context
from support.ses_events import batch
from support.world import World

_STEPS = 2000


@dataclass
class Called:
    """One call that a receiver got."""

    id: str
    path: str
    headers: dict[str, str]
    text: str

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.event["data"])


@dataclass
class Receiver:
    """A receiver on 127.0.0.1 that answers as it is told: with a status, or what `answers` says."""

    port: int = 0
    calls: list[Called] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    answers: Callable[[Called], int] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told"

    def types(self, number: int | None = None) -> list[str]:
        """Return the types of the events that came, of one recipient (its number) or of all."""
        return [
            str(each.event["type"])
            for each in self.calls
            if number is None or each.data["recipient_number"] == number
        ]

    def newest(self) -> dict[tuple[str, int], str]:
        """Return what a careful receiver knows: the status with the highest sequence."""
        known: dict[tuple[str, int], tuple[int, str]] = {}
        for data in (each.data for each in self.calls):
            about = data["message_id"], data["recipient_number"]
            known[about] = max(known.get(about, (0, "")), (data["sequence"], data["status"]))
        return {about: status for about, (_, status) in known.items()}


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Serve a receiver while the block lasts."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            called = Called(headers["webhook-id"], self.path, headers, text)
            status = made.answers(called) if made.answers else made.status
            if not made.answers or status < 300:
                made.calls.append(called)
            self.send_response(status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"so it is" if status >= 300 else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Webhooks:
    """The part of a `World` that tells of its mails. Made by `webhooks`."""

    service: World
    deliveries: Deliveries
    endpoints: Endpoints
    batch_size: int = 100
    told_twice: bool = False
    """Whether each batch of the stream is handed out twice."""
    _read: int = 0

    def listen(self, url: str, **settings: Any) -> Endpoint:
        """Add an endpoint of the domain example.com."""
        endpoint = Endpoint(
            id=new_endpoint_id(),
            domain="example.com",
            name="a receiver",
            url=url,
            created_at=int(self.service.clock.now),
        ).model_copy(update=settings)
        with self.service.aside():
            self.endpoints.add(endpoint)
        return endpoint

    def now(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint as it is now."""
        with self.service.aside():
            found = self.endpoints.get(endpoint.id)
        assert found
        return found

    def of(self, endpoint: Endpoint, state: State | None = None) -> list[Delivery]:
        """Return the deliveries of an endpoint, in a state or in any, the newest first."""
        with self.service.aside():
            found, more = self.deliveries.page(endpoint.id, "", "~", 1000)
        assert not more
        return [each for each in found if state in (None, each.state)]

    def play_again(self, delivery: Delivery) -> None:
        """Have a delivery made again, as `ReplayDeliveries` does."""
        with self.service.aside():
            again = delivery.played_again(int(self.service.clock.now))
            assert self.deliveries.replace(again, is_queued=True)
            webhook.places.queue.put_all([(again, 0)])

    # ---- what happens by itself

    def streamed(self) -> list[dict[str, Any]]:
        """Return what the stream tells and nobody has read, of records alone (the filter)."""
        found = [each.record for each in _stream()[self._read :]]
        for record in found:
            change = record["dynamodb"]
            if not isinstance(change["ApproximateCreationDateTime"], int):
                change["ApproximateCreationDateTime"] = int(self.service.clock.now)
        return [each for each in found if each["dynamodb"]["Keys"]["sk"] == {"S": "RECORD"}]

    def read_stream(self, fault: Fault | None = None) -> None:
        """Hand out the stream until it is read; a batch that fails comes again."""
        found, end = self.streamed(), len(_stream())
        for records in batched(found, self.batch_size, strict=False):
            for _ in range(2 if self.told_twice else 1):
                while not self._handed_out(list(records), fault):
                    fault = None
        self._read = end

    def _handed_out(self, records: list[dict[str, Any]], fault: Fault | None) -> bool:
        """Hand out a batch; say whether it was read."""
        done: list[bool] = []

        def run() -> None:
            webhooks_out.handler({"Records": records}, Context())  # type: ignore[arg-type]
            done.append(True)

        try:
            self.service.invoke(run, fault)
        except Outage:
            assert self.service.struck
        return bool(done)

    def work_off(self, fault: Fault | None = None) -> None:
        """Let the queue hand out what is visible; what was not done stays."""
        while held := self._received():
            bodies = [body for _, body in held]
            reply = self.service.invoke(
                lambda bodies=bodies: webhook.handler(batch(*bodies), Context()),  # type: ignore[misc]
                fault,
            )
            fault = None
            if reply is None:  # Killed: all of it comes again.
                continue
            left = {each["itemIdentifier"] for each in reply["batchItemFailures"]}
            for number, (receipt, _) in enumerate(held):
                if f"m{number}" not in left:
                    self._forget(receipt)

    def _received(self) -> list[tuple[str, str]]:
        with self.service.aside():
            reply = clients.sqs().receive_message(
                QueueUrl=CONFIG.webhook_queue_url, MaxNumberOfMessages=10, VisibilityTimeout=180
            )
        return [(held["ReceiptHandle"], held["Body"]) for held in reply.get("Messages", [])]

    def _forget(self, receipt: str) -> None:
        with self.service.aside():
            clients.sqs().delete_message(QueueUrl=CONFIG.webhook_queue_url, ReceiptHandle=receipt)

    def run_on(self, until: float | None = None) -> None:
        """Let webhooks go on until nothing is left to do, or until then; time passes meanwhile."""
        for _ in range(_STEPS):
            self.read_stream()
            self.work_off()
            moments = [each for each in (self._next_in_queue(), self._next_due()) if each]
            nearest = min(moments, default=None)
            if nearest is None or (until is not None and nearest > until):
                break
            if nearest <= self.service.clock.now:
                self.service.sweep()
            self.service.clock.now = max(self.service.clock.now, nearest + 0.001)
        else:
            raise AssertionError("never comes to rest")
        if until is not None:
            self.service.clock.now = max(self.service.clock.now, until)

    def _next_in_queue(self) -> float | None:
        held = queues()[CONFIG.webhook_queue_url.rpartition("/")[2]]._messages
        times = (max(message.visible_at, message.delayed_until) / 1000 for message in held)
        return min(times, default=None)

    def _next_due(self) -> float | None:
        times = (
            item["due_at"]
            for item in self.service.items()
            if item["pk"].startswith("HOOK#") and "due_at" in item
        )
        return min(map(float, times), default=None)


def _stream() -> list[Any]:
    tables = moto.dynamodb.models.dynamodb_backends[ACCOUNT][REGION].tables
    return list(tables[CONFIG.table_name].stream_shard.items)  # type: ignore[union-attr]


@contextmanager
def webhooks(service: World) -> Iterator[Webhooks]:
    """Give the service's table its stream, and let calls go to this machine."""
    clients.dynamodb().update_table(
        TableName=CONFIG.table_name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhook.metrics, "add_metric", service.counting(webhook.metrics))
        patch.setattr(webhook, "places", webhook.places._replace(reaches_loopback=True))
        yield Webhooks(service, webhook.places.deliveries, webhook.places.endpoints)
