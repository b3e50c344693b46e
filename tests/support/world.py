"""A whole service in this process: every call to AWS can be made to fail, and time stands still.

`World` is one AWS account (moto), SES as a recording stand-in, the queues with Lambda behind them,
and a caller. A `Fault` strikes one call; afterwards `run_on` lets the rest of the system do what it
does by itself: time passes, the sweep comes, the queue hands out, SES tells.
"""

import json
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import moto.dynamodb.models
import moto.sqs.models
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.awsrequest import AWSResponse
from botocore.retries.quota import RetryQuota
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from core.aws import clients
from core.aws.items import key
from core.aws.outage import Outage
from core.aws.pace_clock import PaceClock
from core.config import CONFIG
from core.message import pace
from handlers import api, dispatch, resend, ses_events, sweep, telemetry
from support.account import ACCOUNT, REGION, queues
from support.answers import Killed, answer
from support.clock import Clock
from support.domains import forget_domains, forget_pace, put_domain
from support.faults import Fault, failing
from support.gateway import ONE_ROUND, Context, proxy_event
from support.mails import MAIL
from support.ses import QUOTA, Ses
from support.ses_events import batch, sample

START = 1_790_000_000
_from_attribute = TypeDeserializer().deserialize
_STEPS = 400
"""How many steps a system may take before it counts as never coming to rest."""


@dataclass(frozen=True)
class Fate:
    """What SES tells of a mail that it took, and what must be known in the end."""

    tells: tuple[str, ...]
    status: str
    suppressed: str = ""
    """Why the address gets no more mail; "" if it does."""


DELIVERED = Fate(("send", "delivery"), "delivered")
BOUNCED = Fate(("send", "bounce_permanent_general"), "undelivered", "bounce")
COMPLAINED = Fate(("send", "delivery", "complaint_abuse"), "delivered", "complaint")
FORGIVEN = Fate((*COMPLAINED.tells, "not_spam"), "delivered")


@dataclass
class Taken:
    """A mail that SES has."""

    message_id: str
    attempt: int
    ses_message_id: str
    known: list[str]
    """How the earlier tries had ended as far as the record knew, when this one was taken."""


@dataclass
class World:
    """One account. Made by `world`."""

    clock: Clock
    fate: Fate = DELIVERED
    metrics: Counter[str] = field(default_factory=Counter)
    taken: list[Taken] = field(default_factory=list)
    tries: int = 0
    """How often SES was asked to send."""
    quota: dict[str, float] = field(default_factory=lambda: dict(QUOTA))
    """What SES says that the account may send."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """What SES has to tell and has not told yet."""
    told: set[str] = field(default_factory=set)
    """The kinds of what it has told, of any mail."""
    calls: list[str] = field(default_factory=list)
    """The calls to AWS of the newest invocation."""
    invocations: list[list[str]] = field(default_factory=list)
    strikes: int = 0
    fault: Fault | None = None
    struck: bool = False
    outage: Fault | None = None
    """What happens to every request to SES, until somebody takes it away."""
    also: Fault | None = None
    """What happens to one call of each invocation besides the fault."""
    meanwhile: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """What somebody else does just before a call takes effect, once."""
    _key: str = "a-key"
    _dispatched_at: float = 0.0
    _rests_until: float = 0.0
    _naming: Lock = field(default_factory=Lock)
    """The mails of a batch are stored side by side."""
    _numbers: Counter[str] = field(default_factory=Counter)
    _names: dict[str, str] = field(default_factory=dict)

    def counting(self, metrics: Any) -> Any:
        """Return what adds to a handler's metrics as it does itself, and is counted here too."""
        add = metrics.add_metric

        def count(name: str, unit: Any, value: float) -> None:
            self.metrics[name] += int(value)
            add(name, unit, value)

        return count

    # ---- the wire

    def on_wire(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        name = self._name(request, event_name)
        if action := self.meanwhile.pop(name, None):
            with self.aside():
                action()
        fault = self.fault if self.fault and self._strikes(self.fault, name) else None
        if name.startswith("sesv2.SendEmail"):
            fault = fault or self.outage
        if self.also and name == self.also.call:
            fault = self.also
        if fault is None:
            return self._effect(request, event_name)
        if fault.after:
            self._effect(request, event_name)
        return failing(fault.kind, event_name.split(".")[1])

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let somebody else call AWS in the middle of an invocation."""
        held = self.calls, self._numbers, self._names, self.fault, self.struck
        self.calls, self._numbers, self._names, self.fault = [], Counter(), {}, None
        try:
            yield
        finally:
            self.calls, self._numbers, self._names, self.fault, self.struck = held

    def _name(self, request: Any, event_name: str) -> str:
        """Number the calls; a repetition by the SDK is the same call."""
        invocation = str(request.headers["amz-sdk-invocation-id"])
        with self._naming:
            return self._named(invocation, request, event_name)

    def _named(self, invocation: str, request: Any, event_name: str) -> str:
        if invocation not in self._names:
            name = event_name.removeprefix("before-send.")
            if name.startswith("s3."):  # They go side by side: told apart by what they are about.
                name += "/" + request.url.rpartition("/")[2]
            self._numbers[name] += 1
            self._names[invocation] = f"{name}#{self._numbers[name]}"
            self.calls.append(self._names[invocation])
        return self._names[invocation]

    def _strikes(self, fault: Fault, name: str) -> bool:
        if name == fault.call and (fault.lasting or not self.struck):
            self.struck = True
            self.strikes += 1
            return True
        return fault.down and self.struck and name.startswith(fault.call.partition(".")[0])

    def _effect(self, request: Any, event_name: str) -> AWSResponse:
        if not event_name.startswith("before-send.sesv2"):
            status, headers, body = botocore_stubber.process_request(request)
            return AWSResponse(request.url, status, headers, MockRawResponse(body))
        if event_name.endswith("GetAccount"):
            return answer(200, {"SendQuota": self.quota})
        self.tries += 1
        tags = {tag["Name"]: tag["Value"] for tag in json.loads(request.body)["EmailTags"]}
        number = len(self.taken) + 1
        message_id, attempt = tags["mailapi_message_id"], int(tags["mailapi_attempt"])
        with self.aside():
            tries = self.records()[message_id]["attempts"]
        known = [str(one.get("outcome", "")) for one in tries[: attempt - 1]]
        taken = Taken(message_id, attempt, Ses.id_of(number), known)
        self.taken.append(taken)
        self.events += [_event(name, taken) for name in self.fate.tells]
        return answer(200, {"MessageId": taken.ses_message_id})

    # ---- the functions

    def invoke[T](self, function: Callable[[], T], fault: Fault | None = None) -> T | None:
        """Let a function run; None if its process was killed."""
        self.calls, self._numbers, self._names = [], Counter(), {}
        self.fault, self.struck = fault, False
        self.invocations.append(self.calls)
        try:
            return function()
        except Killed:
            assert fault is not None
            self.metrics["Errors"] += 1
            return None
        finally:
            self.fault = None

    def post(
        self, mail: dict[str, Any], *, key: str = "", oneway: bool = False, fault: Any = None
    ) -> dict[str, Any] | None:
        """Ask for a mail; None if nobody answers."""
        return self.ask("/json/oneway/SendMail" if oneway else "/Mail/Send", mail, key, fault)

    def ask(
        self, path: str, mail: Any, key: str = "", fault: Fault | None = None
    ) -> dict[str, Any] | None:
        """Ask for a mail on a route; on that of a batch, for a batch of it alone, or of several."""
        is_alone = path.endswith("[]") and isinstance(mail, dict)
        body = json.dumps([mail] if is_alone else mail)
        return self.invoke(lambda: self._request("POST", path, body, key), fault)

    def status(self, message_id: str) -> str:
        """Ask what has become of a mail."""
        reply = self.invoke(lambda: self._request("GET", f"/Status/{message_id}", None, ""))
        assert reply
        assert reply["statusCode"] == 200
        return str(json.loads(reply["body"])["Status"])

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask for what needs no body."""
        reply = self.invoke(lambda: self._request("GET", path, None, "", query))
        assert reply
        return reply

    @contextmanager
    def calling_as(self, key: str) -> Iterator[None]:
        """Let callers have another API key for a while."""
        before, self._key = self._key, key
        try:
            yield
        finally:
            self._key = before

    def _request(
        self,
        method: str,
        path: str,
        body: str | None,
        key: str,
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        event = proxy_event(method, path, body, headers=headers, query=query, key=self._key)
        return dict(api.handler(event, Context()))  # type: ignore[arg-type]

    def work(self, body: str, fault: Fault | None = None) -> bool:
        """Hand one message to the retry function; say whether the queue may forget it."""
        return self._done(resend.handler, body, fault)

    def tell(self, event: dict[str, Any], fault: Fault | None = None) -> bool:
        """Hand one event to the events function; say whether the queue may forget it."""
        self.told.add(event["eventType"])
        return self._done(ses_events.handler, event, fault)

    def _done(self, handler: Callable[..., dict[str, Any]], body: Any, fault: Fault | None) -> bool:
        reply = self.invoke(lambda: handler(batch(body), Context()), fault)
        assert not self.metrics["Bugs"], "An error that nobody foresaw was caught, and logged only."
        return reply is not None and not reply["batchItemFailures"]

    def sweep(self, fault: Fault | None = None) -> None:
        """Run the sweep; it fails aloud (SweepErrorsAlarm) when AWS fails it, and only then."""
        try:
            self.invoke(lambda: sweep.handler({}, Context()), fault)  # type: ignore[arg-type]
        except Outage:
            assert self.struck
            self.metrics["Errors"] += 1

    def dispatch(self, fault: Fault | None = None) -> None:
        """Run the dispatcher; it fails aloud (DispatchErrorsAlarm) as the sweep does."""
        try:
            context = Context(milliseconds=ONE_ROUND)
            self.invoke(lambda: dispatch.handler({}, context), fault)  # type: ignore[arg-type]
        except Outage:
            assert self.struck
            self.metrics["Errors"] += 1

    # ---- the queues

    def receive(self) -> list[tuple[str, str]]:
        """Receive what the retry queue hands out now: receipts and bodies."""
        reply = clients.sqs().receive_message(
            QueueUrl=CONFIG.retry_queue_url, MaxNumberOfMessages=10, VisibilityTimeout=360
        )
        return [(held["ReceiptHandle"], held["Body"]) for held in reply.get("Messages", [])]

    def forget(self, receipt: str) -> None:
        with self.aside():
            clients.sqs().delete_message(QueueUrl=CONFIG.retry_queue_url, ReceiptHandle=receipt)

    def next_in_queue(self) -> float | None:
        """Say when the retry queue will hand out something."""
        held = queues()["retry"]._messages
        times = (max(message.visible_at, message.delayed_until) / 1000 for message in held)
        return min(times, default=None)

    def letters(self) -> list[str]:
        """Receive the ids of the dead letters."""
        reply = clients.sqs().receive_message(
            QueueUrl=CONFIG.dead_letter_queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(held["Body"])["MessageId"] for held in reply.get("Messages", [])]

    def all_letters(self) -> list[str]:
        """Return the ids of all dead letters, however many."""
        held = queues()["dead"]._messages
        return [json.loads(message.body)["MessageId"] for message in held]

    # ---- the table

    def count_into(self, figures: Counter[str]) -> None:
        """Count this world as a case, and what SES took in it."""
        mails = {taken.message_id for taken in self.taken}
        figures.update(
            cases=1,
            invocations=len(self.invocations),
            faults=self.strikes,
            sends=len(self.taken),
            duplicates=len(self.taken) - len(mails),
        )

    def records(self) -> dict[str, dict[str, Any]]:
        return {item["id"]: item for item in self.items() if item["sk"] == "RECORD"}

    def suppressed(self) -> dict[str, str]:
        """Read whom the domain mails no more, and why."""
        pk = "SUPPRESSED#example.com"
        return {item["sk"]: item["reason"] for item in self.items() if item["pk"] == pk}

    def items(self) -> list[dict[str, Any]]:
        sorts = _table().items.values()
        held = [item.to_json()["Attributes"] for items in sorts for item in items.values()]
        return [{name: _from_attribute(value) for name, value in item.items()} for item in held]

    def configure(self, **settings: Any) -> None:
        """Change the domain's settings, as an operator does in the middle of everything."""
        with self.aside():
            put_domain(**settings)

    def configure_domain(self, domain: str, **settings: Any) -> None:
        """Add a domain, or change what is set for it, and let everybody read the domains anew."""
        with self.aside():
            put_domain(domain, **settings)
        self.forget_domains()

    def remove_domain(self, domain: str) -> None:
        """Remove a domain as an operator does, and let everybody read the domains anew."""
        with self.aside():
            clients.dynamodb().delete_item(TableName=CONFIG.table_name, Key=key("DOMAIN", domain))
        self.forget_domains()

    def forget_domains(self) -> None:
        """Let the functions read the domains anew when they need them, as after a minute."""
        api.domain_table._read_at = float("-inf")

    def set_policy(self, unknown_outcome: str) -> None:
        self.configure(unknown_outcome=unknown_outcome)

    def set_cap(self, mails: int) -> None:
        self.configure(daily_cap=mails)
        self.forget_domains()
        with self.aside():
            api.domain_table.domains()

    def suppress(self, address: str) -> None:
        item = {"pk": "SUPPRESSED#example.com", "sk": address, "reason": "bounce"}
        attributes = {name: {"S": value} for name, value in item.items()}
        with self.aside():
            clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=attributes)

    # ---- what happens by itself

    def work_off(self) -> None:
        """Let the queue hand out what is visible; what was not done stays."""
        for receipt, body in self.receive():
            if self.work(body):
                self.forget(receipt)

    def tell_all(self) -> None:
        for event in list(self.events):
            if self.tell(event):
                self.events.remove(event)

    def run_on(self, *, told: bool = True, until: float | None = None) -> None:
        """Let the system go on until nothing is left to do, whatever time that takes; or `until`.

        The sweep runs when the index has something due, and the dispatcher when something is lined
        up: in between they would find nothing.
        """
        for _ in range(_STEPS):
            if told:
                self.tell_all()
            self.work_off()
            due = min((r["due_at"] for r in self.records().values() if "due_at" in r), default=None)
            if due is not None and due <= self.clock.now:
                self.sweep()
                continue
            times = [due, self.next_in_queue(), self._next_round()]
            moments = [moment for moment in times if moment is not None]
            if until is not None and min(moments, default=until) >= until:
                self.clock.now = until
                return
            if not moments and not (told and self.events):
                return
            if moments:
                self.clock.now = max(self.clock.now, float(min(moments)) + 0.001)
        raise AssertionError(f"never comes to rest: {self.records()}")

    def _next_round(self) -> float | None:
        """Let the dispatcher give out turns; say when it will have more to do."""
        if not (lined_up := self.lined_up()):
            return None
        if self.clock.now >= self._dispatched_at + pace.ROUND_SECONDS:
            self.dispatch()
            self._dispatched_at = self.clock.now
            if self.lined_up() == lined_up:
                self._rests_until = self._something_changes_at(lined_up)
            else:
                self._rests_until = 0.0
        return max(self._dispatched_at + pace.ROUND_SECONDS, self._rests_until)

    def _something_changes_at(self, lined_up: set[str]) -> float:
        """Say until when nobody in line gets a turn: the day is used up, or the domain stopped."""
        with self.aside():
            closed_until = dispatch.dispatcher.pace_clock.read().closed_until
        if closed_until > self.clock.now:
            return closed_until
        return min(float(self.records()[one]["retry_until"]) + 1 for one in lined_up)

    def line_up(self, mails: int) -> None:
        """Have mails sent one way while others are lined up already."""
        with self.aside():
            clock = PaceClock(clients.dynamodb(), CONFIG.table_name)
            before = clock.read()
            assert clock.plan(before, before._replace(busy_until=int(self.clock.now) + 86_400))
        for _ in range(mails):
            self.post(MAIL, oneway=True)

    def lined_up(self) -> set[str]:
        """Return the ids of the messages that wait for the dispatcher."""
        records = (item for item in self.items() if item["sk"] == "RECORD")
        return {str(record["id"]) for record in records if "waiting" in record}


def _table() -> Any:
    return moto.dynamodb.models.dynamodb_backends[ACCOUNT][REGION].tables[CONFIG.table_name]


def _event(name: str, taken: Taken) -> dict[str, Any]:
    if name == "not_spam":
        event = _event("complaint_abuse", taken)
        event["complaint"] |= {"complaintFeedbackType": "not-spam", "timestamp": "2027-01-01"}
        return event
    event = sample(name, taken.message_id, taken.ses_message_id)
    event["mail"]["tags"]["mailapi_attempt"] = [str(taken.attempt)]
    return event


@contextmanager
def world() -> Iterator[World]:
    """Empty the account of the test, and put its wire, its clock and its dice into our hands."""
    clock = Clock(START)
    made = World(clock)
    hooked = [
        (clients.dynamodb(), "before-send.dynamodb"),
        (clients.s3(), "before-send.s3"),
        (clients.sqs(), "before-send.sqs"),
        (clients.ses(), "before-send.sesv2"),
    ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: clock.now)
        patch.setattr(time, "sleep", lambda _seconds: None)
        patch.setattr(secrets, "randbelow", lambda below: below // 2)
        patch.setattr(moto.sqs.models, "unix_time_millis", lambda: clock.now * 1000)
        patch.setattr(moto.sqs.models, "unix_time", lambda: clock.now)
        patch.setattr(RetryQuota, "acquire", lambda _self, _amount: True)
        forget_domains(patch, api, resend, sweep, dispatch)
        forget_pace(patch, api, resend)
        fresh = replace(dispatch.dispatcher, domain_table=dispatch.domain_table)
        patch.setattr(dispatch, "dispatcher", fresh)
        ses_events.event_flow._written.clear()
        patch.setattr(sweep.metrics, "add_metric", made.counting(sweep.metrics))
        patch.setattr(resend.metrics, "add_metric", made.counting(resend.metrics))
        patch.setattr(telemetry, "count", lambda name, _code="": made.metrics.update([name]))
        _table().items.clear()
        for queue in queues().values():
            queue._messages.clear()
            queue.pending_messages.clear()
        # botocore asks every hook, so moto would do what a fault keeps from being done.
        botocore_stubber.enabled = False
        logging.disable()
        for client, event in hooked:
            client.meta.events.register_first(event, made.on_wire)
        try:
            yield made
        finally:
            logging.disable(logging.NOTSET)
            botocore_stubber.enabled = True
            for client, event in hooked:
                client.meta.events.unregister(event, made.on_wire)
