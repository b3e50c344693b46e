"""Never lost, never twice: any order of what can happen, and two at the same record at once."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from support.faults import Fault
from support.mails import MAIL
from support.world import BOUNCED, COMPLAINED, DELIVERED, Fate, World, world

from core.message import status

Figures = Callable[[str], Counter[str]]
SES = "sesv2.SendEmail#1"
FAULTS = st.none() | st.sampled_from(
    [
        Fault(SES, "throttled"),
        Fault(SES, "broken"),
        Fault(SES, "timeout", after=True),
        Fault(SES, "stalled"),
        Fault(SES, "stale"),
        Fault(SES, "killed"),
        Fault(SES, "killed", after=True),
        Fault("dynamodb.PutItem#1", "timeout", after=True, lasting=True),
        Fault("dynamodb.PutItem#1", "broken", lasting=True),
        Fault("dynamodb.PutItem#2", "killed"),
        Fault("dynamodb.UpdateItem#1", "killed", after=True),
        Fault("dynamodb.UpdateItem#1", "broken", lasting=True),
        Fault("sqs.SendMessageBatch#1", "killed"),
        Fault("sqs.SendMessageBatch#1", "unreachable", lasting=True),
        Fault("sqs.SendMessage#1", "unreachable", lasting=True),
    ]
)
UNANSWERED = Fault(SES, "broken", after=True)
THROTTLED = Fault(SES, "throttled")
MINUTE = 60
OTHER = "other.example"


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


@pytest.fixture
def service(service: World, figures: Figures) -> Iterator[World]:
    yield service
    service.count_into(figures("two at once"))


class Service(RuleBasedStateMachine):
    """Everything that can happen to a few mails, in any order; SES's own view is the model."""

    counted: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.held = ExitStack()
        self.world = self.held.enter_context(world())
        self.ranks: dict[tuple[str, str], int] = {}
        self.promised: set[str] = set()
        self.by_key: dict[str, str] = {}
        self.policy = "resend"
        self.unheard: set[str] = set()
        """Of which mails SES's word never arrived."""

    @initialize(
        policy=st.sampled_from(["resend", "resend", "fail"]),
        fate=st.sampled_from([DELIVERED, BOUNCED, COMPLAINED]),
    )
    def a_domain_has_a_policy_and_its_recipient_a_fate(self, policy: str, fate: Fate) -> None:
        self.policy = policy
        self.world.set_policy(policy)
        self.world.fate = fate

    @rule(
        key=st.sampled_from(["", "a"]),
        oneway=st.booleans(),
        fault=FAULTS,
        repeated_at=st.sampled_from(["", "", "dynamodb.TransactWriteItems#2", SES]),
        other=st.booleans(),
    )
    def a_caller_sends(
        self, key: str, oneway: bool, fault: Fault | None, repeated_at: str, other: bool
    ) -> None:
        mail = MAIL | {"Domain": OTHER if other and not key else "example.com"}
        if key and repeated_at:
            self.world.meanwhile[repeated_at] = lambda: self._heard(
                self.world.post(mail, key=key, oneway=True), key
            )
        self._heard(self.world.post(mail, key=key, oneway=oneway, fault=fault), key)
        self.world.meanwhile.clear()

    def _heard(self, reply: dict[str, Any] | None, key: str) -> None:
        if reply and reply["statusCode"] == 200:
            message_id = json.loads(reply["body"])["MessageId"]
            self.promised.add(message_id)
            if key:
                assert self.by_key.setdefault(key, message_id) == message_id
        else:
            assert reply is None or reply["statusCode"] in (403, 409, 500)

    @rule(fault=FAULTS, twice=st.booleans(), forgets=st.booleans())
    def the_queue_hands_out(self, fault: Fault | None, twice: bool, forgets: bool) -> None:
        for receipt, body in self.world.receive()[:1]:
            done = self.world.work(body, fault)
            if twice:
                done = self.world.work(body) or done
            if done and forgets:
                self.world.forget(receipt)

    @rule(fault=FAULTS)
    def the_sweep_comes(self, fault: Fault | None) -> None:
        self.world.sweep(fault)

    @rule(fault=FAULTS, rate=st.sampled_from([1.0, 14.0]), is_used_up=st.booleans())
    def the_dispatcher_comes(self, fault: Fault | None, rate: float, *, is_used_up: bool) -> None:
        self.world.quota["MaxSendRate"] = rate
        self.world.quota["SentLast24Hours"] = 50_000.0 * is_used_up
        self.world.dispatch(fault)

    @rule(data=st.data(), times=st.integers(1, 2))
    def ses_tells(self, data: st.DataObject, times: int) -> None:
        if self.world.events:
            event = data.draw(st.sampled_from(self.world.events))
            for _ in range(times):
                assert self.world.tell(event)
            self.world.events.remove(event)

    @rule(data=st.data())
    def an_event_gets_lost(self, data: st.DataObject) -> None:
        if self.world.events:
            event = data.draw(st.sampled_from(self.world.events))
            self.world.events.remove(event)
            self.unheard.add(event["mail"]["tags"]["mailapi_message_id"][0])

    @rule(kind=st.sampled_from(["broken", "timeout", "throttled", "stalled", "stale", ""]))
    def ses_goes_and_comes_back(self, kind: str) -> None:
        self.world.outage = Fault(SES, kind) if kind else None

    @rule(is_there=st.booleans())
    def the_other_domain_comes_and_goes(self, is_there: bool) -> None:
        if is_there:
            self.world.configure_domain(OTHER, name="other", unknown_outcome=self.policy)
        else:
            self.world.remove_domain(OTHER)

    @rule(minutes=st.sampled_from([1, 2, 16, 20, 300, 1000]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.now += minutes * MINUTE

    @invariant()
    def ses_took_each_mail_once_but_for_what_nobody_could_know(self) -> None:
        for message_id in {taken.message_id for taken in self.world.taken}:
            took = [taken for taken in self.world.taken if taken.message_id == message_id]
            assert len(took) == 1 or self.policy == "resend"
            for number, again in enumerate(took):
                for earlier in took[:number]:
                    assert again.known[earlier.attempt - 1] == "no answer"

    @invariant()
    def no_recipient_goes_back(self) -> None:
        for message_id, record in self.world.records().items():
            for recipient in record["recipients"]:
                at = message_id, recipient["address"]
                rank = status._RANK[status.Status(recipient.get("status", "accepted"))]
                assert rank >= self.ranks.get(at, 0)
                self.ranks[at] = rank

    @invariant()
    def who_bounced_or_complained_is_suppressed(self) -> None:
        reason = self.world.fate.suppressed
        is_known = reason.capitalize() in self.world.told
        assert self.world.suppressed() == ({MAIL["To"]: reason} if is_known else {})

    @invariant()
    def what_was_promised_is_there(self) -> None:
        assert self.promised <= self.world.records().keys()

    def teardown(self) -> None:
        try:
            self.world.outage = None
            self.world.quota["SentLast24Hours"] = 0.0
            self.world.configure_domain(OTHER, name="other")  # So that anybody may ask.
            self.world.run_on()
            self.who_bounced_or_complained_is_suppressed()
            self.ses_took_each_mail_once_but_for_what_nobody_could_know()
            for message_id, record in self.world.records().items():
                self.ends(message_id, record)
            self.world.count_into(self.counted)
        finally:
            self.held.close()

    def ends(self, message_id: str, record: dict[str, Any]) -> None:
        """Check that everything is over, and that the status says what SES knows."""
        outcomes = [attempt["outcome"] for attempt in record["attempts"]]
        said = self.world.status(message_id)
        alarms = sum(self.world.metrics[name] for name in ("GaveUp", "UnknownOutcome", "Errors"))
        assert "due_at" not in record
        assert said != "unknown" or "sent" in outcomes
        self.counted[f"ended {'sent, unheard of' if said == 'unknown' else said}"] += 1
        if any(taken.message_id == message_id for taken in self.world.taken):
            if message_id not in self.unheard:
                assert said == self.world.fate.status
            elif said not in ("delivered", "undelivered"):
                assert said == "unknown" or (said == "failed" and self.policy == "fail")
                assert alarms
        elif said == "undelivered":
            assert self.world.suppressed()
        else:
            assert said == "failed"
            assert message_id in self.world.all_letters()


def test_in_any_order_of_what_can_happen_no_mail_is_lost_or_sent_twice(figures: Figures) -> None:
    class Counting(Service):
        counted = figures("any order")

    run_state_machine_as_test(
        Counting,
        settings=settings(
            max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")),
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# ---- two at once: the second acts just before the first one's write takes effect


def queued(service: World) -> tuple[str, str]:
    """Leave a mail in the queue whose time has come: its id and the queue's message."""
    reply = service.post(MAIL, fault=THROTTLED)
    assert reply
    service.clock.now += MINUTE
    ((_, body),) = service.receive()
    return json.loads(reply["body"])["MessageId"], body


def unanswered(service: World, minutes: int) -> str:
    reply = service.post(MAIL, fault=UNANSWERED)
    assert reply
    service.clock.now += minutes * MINUTE
    return str(json.loads(reply["body"])["MessageId"])


def events(service: World, kind: str) -> list[dict[str, Any]]:
    return [event for event in service.events if event["eventType"] == kind]


def test_of_two_retries_at_once_one_sends(service: World) -> None:
    message_id, body = queued(service)
    service.meanwhile["dynamodb.PutItem#1"] = lambda: service.work(body)

    assert service.work(body)

    assert service.tries == 1
    assert [taken.attempt for taken in service.taken] == [2]
    service.run_on()
    assert service.status(message_id) == "delivered"


def test_a_retry_whose_claim_is_answered_late_does_not_send_beside_another(service: World) -> None:
    """The claim is written, its answer lost, and another retry comes before the SDK repeats it."""
    message_id, body = queued(service)
    service.meanwhile["sesv2.SendEmail#1"] = lambda: service.work(body)

    assert service.work(body, Fault("dynamodb.PutItem#1", "timeout", after=True))

    assert service.tries == 1
    service.run_on()
    assert service.status(message_id) == "delivered"


def test_an_event_between_ses_and_our_own_note_loses_nothing(service: World) -> None:
    message_id, body = queued(service)
    service.meanwhile["dynamodb.PutItem#2"] = service.tell_all

    assert service.work(body)

    assert service.status(message_id) == "delivered"
    assert service.records()[message_id]["attempts"][1]["outcome"] == "sent"


def test_an_event_during_a_claim_keeps_the_mail_from_being_sent_again(service: World) -> None:
    message_id = unanswered(service, 16)
    service.sweep()
    service.dispatch()
    service.clock.now += 2
    ((_, body),) = service.receive()
    service.meanwhile["dynamodb.PutItem#1"] = service.tell_all

    assert service.work(body)

    assert service.tries == 1
    assert service.status(message_id) == "delivered"


def test_an_event_during_a_repair_keeps_the_mail_from_being_sent_again(service: World) -> None:
    message_id = unanswered(service, 16)
    service.meanwhile["dynamodb.PutItem#1"] = service.tell_all

    service.sweep()

    assert service.metrics["Requeued"] == 0
    assert service.receive() == []
    assert service.status(message_id) == "delivered"


def test_two_sweeps_at_once_send_a_mail_once_more_and_not_twice_more(service: World) -> None:
    message_id = unanswered(service, 16)
    service.meanwhile["dynamodb.PutItem#1"] = service.sweep

    service.sweep()
    service.run_on(told=False)

    assert [taken.attempt for taken in service.taken] == [1, 2]
    assert service.status(message_id) == "unknown"


def test_a_retry_during_a_sweep_is_not_undone(service: World) -> None:
    message_id, body = queued(service)
    service.clock.now += 20 * MINUTE
    service.meanwhile["dynamodb.PutItem#1"] = lambda: service.work(body)

    service.sweep()

    assert service.status(message_id) == "sent"
    service.run_on()
    assert service.tries == 2 - 1
    assert service.status(message_id) == "delivered"


def test_a_sweep_during_a_retry_does_not_start_another(service: World) -> None:
    message_id, body = queued(service)
    service.clock.now += 20 * MINUTE
    service.meanwhile["dynamodb.PutItem#1"] = service.sweep

    assert service.work(body)
    service.run_on()

    assert len(service.taken) == 1
    assert service.status(message_id) == "delivered"


def test_an_answer_that_comes_after_the_sweep_gave_the_try_up_still_counts(service: World) -> None:
    """A claim runs out while its function still waits: its `sent` beats the sweep's guess."""
    message_id, body = queued(service)

    def too_late() -> None:
        service.clock.now += 2 * MINUTE
        service.sweep()

    service.meanwhile["dynamodb.PutItem#2"] = too_late

    assert service.work(body)

    assert service.status(message_id) == "sent"
    service.run_on(told=False)
    assert len(service.taken) == 1


def test_two_events_at_once_both_count(service: World) -> None:
    reply = service.post(MAIL)
    assert reply
    (delivery,) = events(service, "Delivery")
    (sent,) = events(service, "Send")
    service.meanwhile["dynamodb.PutItem#1"] = lambda: service.tell(sent)

    assert service.tell(delivery)

    assert service.status(json.loads(reply["body"])["MessageId"]) == "delivered"


def test_a_repeated_request_while_the_first_is_being_sent_hears_that_it_is_under_way(
    service: World,
) -> None:
    replies = []
    service.meanwhile[SES] = lambda: replies.append(service.post(MAIL, key="k"))

    first = service.post(MAIL, key="k")

    assert first
    assert first["statusCode"] == 200
    assert [reply["statusCode"] for reply in replies if reply] == [409]
    assert len(service.taken) == 1


def test_of_two_requests_with_one_key_at_once_one_is_kept(service: World) -> None:
    replies = []
    name = "dynamodb.TransactWriteItems#1"
    service.meanwhile[name] = lambda: replies.append(service.post(MAIL, key="k"))

    second = service.post(MAIL, key="k")

    (first,) = replies
    assert first
    assert second
    assert json.loads(first["body"])["MessageId"] == json.loads(second["body"])["MessageId"]
    assert second["headers"]["Idempotent-Replayed"] == "true"
    assert len(service.taken) == 1
