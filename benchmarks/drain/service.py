"""The service in virtual time: its own code, with stand-ins for the clients of AWS."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.drain.dynamodb import DynamoDb
from benchmarks.drain.queue import Entry, Queue, Sqs
from benchmarks.drain.ses import Bucket, Ses
from benchmarks.drain.table import Table, indexes
from benchmarks.subjects.variables import template
from core import sending, slow_lane
from core.aws import clients, retry_queue
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.aws.items import attributes
from core.aws.mail_index import MailIndex
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.aws.waiting_lists import WaitingLists
from core.config import CONFIG
from core.dispatch import Dispatcher
from core.message.address import Address, Mailbox
from core.message.mail import Mail
from core.message.origin import Origin
from core.services import Services
from core.submission.domains import configured
from core.submission.submission import Submission
from handlers import dispatch

if TYPE_CHECKING:
    from random import Random

    from benchmarks.drain.scenario import Load, Scenario
    from benchmarks.drain.virtual_time import VirtualTime

BEGINS = 1_790_000_000.0
"""The time at which a run starts, in epoch seconds."""
_API_SECONDS, _WORKER_SECONDS, _DISPATCH_SECONDS = 29, 60, 60
"""How long the functions may run (template.yaml)."""
_MINUTE = 60
BEFORE = 2 * _MINUTE
"""How long the stack has been there when a run starts: the dispatcher has learnt SES's rate."""

# How long things take, in seconds: from one figure to the other, by chance.
_CALL = (0.005, 0.015)
"""A call to DynamoDB or SQS. A worker makes four before it asks SES: 20 to 60 ms."""
_DISPATCHER_CALL = (0.015, 0.03)
"""The same for the dispatcher: nine at once write some 400 records a second (template.yaml)."""
_UNTIL_RECEIVED = (0.01, 0.06)
"""From when SQS may hand out a message until a function has it."""
_SES_DECIDES = (0.005, 0.03)
_SES_ANSWERS = (0.045, 0.085)
"""From when SES has decided; to write that down takes a call more."""
_INDEX_LAG = 0.1
"""How much later an index of the table knows what was written."""


class Service:
    """A stack with its account, from a moment on in which nobody has asked anything of it."""

    def __init__(self, scenario: Scenario, virtual: VirtualTime, chance: Random) -> None:
        """Make it for one scenario, with all that will happen."""
        self._scenario, self._virtual, self._chance = scenario, virtual, chance
        properties = template()["Resources"]["MessageTable"]["Properties"]
        self._table = Table(indexes(properties), virtual.time, _INDEX_LAG)
        self._queue = Queue(self._arrives)
        self.ses = Ses(
            Bucket(scenario.rate, virtual.now),
            virtual.time,
            self._taking(_SES_DECIDES),
            self._taking(_SES_ANSWERS),
        )
        self._free = scenario.workers
        self._sandboxes: deque[tuple[Services, DomainTable]] = deque()
        self.asked: dict[str, float] = {}
        self.inline_domains: dict[str, str] = {}
        for domain in {load.domain for load in scenario.loads}:
            self._configure(domain)
        self._plan()

    def dispatcher(self) -> Dispatcher:
        """Return a dispatcher."""
        dynamodb = self._dynamodb(_DISPATCHER_CALL)
        sqs = Sqs(self._queue, self._taking(_CALL))
        return Dispatcher(
            store=Store(dynamodb, CONFIG.table_name),
            queue=self._retry_queue(sqs),
            pace_clock=PaceClock(dynamodb, CONFIG.table_name),
            lists=WaitingLists(dynamodb, CONFIG.table_name),
            domain_table=DomainTable(dynamodb, CONFIG.table_name, CONFIG.default_domain),
            counters=Counters(dynamodb, CONFIG.table_name),
        )

    def _plan(self) -> None:
        """Write down when mails are asked for, domains paused, and the dispatcher started."""
        scenario, begins = self._scenario, BEGINS
        for load in scenario.loads:
            submission = _submission(load)
            for at in load.times(self._chance):
                action = self._send if load.is_inline else self._enqueue
                self._virtual.start(partial(action, submission), begins + at)
        for domain, at in scenario.paused.items():
            self._virtual.at(begins + at, partial(self._configure, domain, paused="manual"))
        at = self._chance.uniform(0, _MINUTE) - (0 if scenario.is_fresh else BEFORE)
        while at < scenario.seconds:
            late = at + self._chance.uniform(0, scenario.late)
            if not scenario.absent[0] <= late < scenario.absent[1]:
                self._virtual.start(self._dispatch, begins + late)
            at += _MINUTE

    def _enqueue(self, submission: Submission) -> None:
        """Accept a mail one way."""
        services, _ = sandbox = self._sandbox()
        list(slow_lane.enqueue_all([slow_lane.Order(submission, None)], services=services))
        self._sandboxes.append(sandbox)

    def _send(self, submission: Submission) -> None:
        """Accept a mail inline, and remember when that was."""
        services, _ = sandbox = self._sandbox()
        asked = self._virtual.now
        record, _ = sending.send(
            submission,
            key=None,
            origin=Origin(),
            time_left=self._time_left(_API_SECONDS),
            services=services,
        )
        self.asked[record.id] = asked
        self.inline_domains[record.id] = record.domain
        self._sandboxes.append(sandbox)

    def _arrives(self, entry: Entry) -> None:
        """Hand out a message of the queue when its time has come."""
        at = self._virtual.now + entry.delay + self._chance.uniform(*_UNTIL_RECEIVED)

        def show() -> None:
            self._queue.show(entry.body)
            if self._free:
                self._free -= 1
                self._virtual.start(self._work)

        self._virtual.at(at, show)

    def _work(self) -> None:
        """Work off what the queue hands out, one message after the other."""
        services, domain_table = sandbox = self._sandbox()
        while self._queue:
            sending.resend(
                retry_queue.parse(self._queue.next()),
                time_left=self._time_left(_WORKER_SECONDS),
                services=services,
                configuration_of=domain_table.find,
            )
        self._free += 1
        self._sandboxes.append(sandbox)

    def _dispatch(self) -> None:
        context: Any = _Context(self._virtual, self._virtual.now + _DISPATCH_SECONDS)
        dispatch.handler({}, context)

    def _sandbox(self) -> tuple[Services, DomainTable]:
        """Return what a function has that is started now: that of an idle one, or a new one's."""
        if self._sandboxes:
            return self._sandboxes.popleft()
        dynamodb, table = self._dynamodb(_CALL), CONFIG.table_name
        sqs: Any = Sqs(self._queue, self._taking(_CALL))
        ses: Any = self.ses
        services = Services(
            store=Store(dynamodb, table),
            content_store=ContentStore(clients.s3, CONFIG.bucket_name),
            suppressions=SuppressionList(dynamodb, table, CONFIG.stack_id),
            transport=Transport(ses),
            queue=self._retry_queue(sqs),
            counters=Counters(dynamodb, table),
            pace_clock=PaceClock(dynamodb, table),
            mail_index=MailIndex(dynamodb, table, CONFIG.recipient_secret),
        )
        return services, DomainTable(dynamodb, table, CONFIG.default_domain)

    def _dynamodb(self, seconds: tuple[float, float]) -> Any:
        return DynamoDb(self._table, clients.dynamodb().exceptions, self._taking(seconds))

    def _retry_queue(self, sqs: Any) -> RetryQueue:
        return RetryQueue(lambda: sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url)

    def _taking(self, seconds: tuple[float, float]) -> Any:
        return lambda: self._virtual.sleep(self._chance.uniform(*seconds))

    def _time_left(self, seconds: float) -> Any:
        ends = self._virtual.now + seconds
        return lambda: ends - self._virtual.now

    def _configure(self, domain: str, **settings: str) -> None:
        self._table.put(attributes({"pk": "DOMAIN", "sk": domain, **settings}))


class _Context:
    """What the dispatcher asks Lambda."""

    function_name = "mail-dispatch"

    def __init__(self, virtual: VirtualTime, ends: float) -> None:
        self._virtual, self._ends = virtual, ends

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._ends - self._virtual.now))


def _submission(load: Load) -> Submission:
    boxes = [Mailbox(Address(f"r{number}@d.example")) for number in range(load.recipients)]
    mail = Mail(
        sender=Mailbox(Address(f"a@{load.domain}")),
        to=tuple(boxes),
        subject="s",
        text="t",
        configuration_set=CONFIG.default_domain.configuration_set,
    )
    configuration = configured(CONFIG.default_domain, load.domain, {})
    return Submission(mail, (), configuration, "r0@d.example", "", is_complete=True)
