"""Webhooks: every change of every mail is told, at least once, whatever fails on the way."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from support.account import queued
from support.faults import Fault, faults_of
from support.mails import MAIL
from support.webhooks import Called, Receiver, Webhooks, receiver, webhooks
from support.world import BOUNCED, COMPLAINED, World

from core.aws import clients
from core.aws.items import key
from core.config import CONFIG
from core.webhooks import schedule
from core.webhooks.delivery import State
from core.webhooks.endpoint import GONE, SILENT
from handlers import webhook

DAY = 86_400
HOUR = 3600


@pytest.fixture
def told(service: World) -> Iterator[Webhooks]:
    with webhooks(service) as made:
        yield made


@pytest.fixture
def ear() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def send(service: World, **more: Any) -> str:
    reply = service.post(MAIL | more)
    assert reply
    return str(json.loads(reply["body"])["MessageId"])


def settle(service: World, told: Webhooks) -> None:
    service.run_on()
    told.run_on()


# ---- what is told


def test_what_becomes_of_a_mail_is_told_step_by_step(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.listen(ear.url)
    message_id = send(service)
    settle(service, told)

    assert ear.types(0) == ["mail.accepted"]
    assert Counter(ear.types(1)) == Counter(["mail.sent", "mail.delivered"])
    assert ear.newest()[message_id, 1] == service.status(message_id) == "delivered"
    (accepted,) = [each for each in ear.calls if each.event["type"] == "mail.accepted"]
    assert accepted.data == {
        "message_id": message_id,
        "reference": "",
        "domain": "example.com",
        "sequence": 1,
        "recipient_number": 0,
        "status": "sending",
    }


def test_the_sequence_rises_with_what_happened(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    service.fate = COMPLAINED
    told.listen(ear.url)
    send(service)
    settle(service, told)

    by_sequence = sorted(ear.calls, key=lambda each: each.data["sequence"])
    assert [each.event["type"] for each in by_sequence] == [
        *("mail.accepted", "mail.sent", "mail.delivered", "mail.complained"),
    ]
    sequences = [each.data["sequence"] for each in by_sequence]
    assert sequences == sorted(set(sequences))


def test_addresses_and_reasons_leave_only_where_they_are_asked_for(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    service.fate = BOUNCED
    told.listen(ear.url)
    told.listen(f"{ear.url}/all", include_recipients=True)
    send(service, Reference="order-7")
    settle(service, told)

    thin = [each for each in ear.calls if each.path == "/told"]
    whole = [each for each in ear.calls if each.path == "/told/all"]
    assert {each.id for each in thin} == {each.id for each in whole}
    assert {each.data["reference"] for each in ear.calls} == {"order-7"}
    assert not [each for each in thin if "recipient.example" in each.text]
    assert not [each for each in thin if {"recipient", "detail"} & each.data.keys()]
    (bounce,) = [each.data for each in whole if each.event["type"] == "mail.bounced"]
    assert bounce["recipient"] == "ada@recipient.example"
    assert "5.1.1" in bounce["detail"]


def test_an_endpoint_hears_only_what_it_wants_of_its_own_domain(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    service.fate = BOUNCED
    told.listen(f"{ear.url}/bounces", events=("mail.bounced",))
    told.listen(f"{ear.url}/others", domain="other.example")
    send(service)
    settle(service, told)

    assert [(each.path, each.event["type"]) for each in ear.calls] == [
        ("/told/bounces", "mail.bounced")
    ]


def test_without_an_endpoint_nothing_is_written(service: World, told: Webhooks) -> None:
    send(service)
    settle(service, told)

    assert [item for item in service.items() if item["pk"].startswith("HOOK#")] == []


def test_what_was_cancelled_failed_or_waits_is_told(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.listen(ear.url)
    service.outage = Fault("sesv2.SendEmail#1", "throttled")
    waits = send(service)
    told.run_on(until=service.clock.now + 10)

    assert sorted(ear.types()) == ["mail.accepted", "mail.queued"]

    service.invoke(lambda: service._request("POST", f"/Mail/{waits}/Cancel", "{}", ""))
    told.run_on(until=service.clock.now + 10)

    assert ear.types()[2:] == ["mail.cancelled"]
    assert ear.newest()[waits, 0] == "failed"


def test_a_mail_that_was_taken_back_is_told_as_cancelled(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    """Its caller heard an error; but its acceptance was in the stream."""
    told.listen(ear.url)
    files = [{"Name": "a.txt", "Bytes": "QUJD"}]
    fault = next(
        each for each in faults_of("s3.PutObject/1#1") if each.kind == "broken" and not each.after
    )
    reply = service.post(MAIL | {"Attachments": files}, fault=fault)
    told.run_on()

    assert reply
    assert reply["statusCode"] == 500
    assert [*ear.newest().values()] == ["failed"]
    assert sorted(ear.types()) == ["mail.accepted", "mail.cancelled"]


def test_what_has_expired_is_not_told(service: World, told: Webhooks, ear: Receiver) -> None:
    told.listen(ear.url)
    message_id = send(service)
    settle(service, told)
    before = len(ear.calls)
    clients.dynamodb().delete_item(
        TableName=CONFIG.table_name, Key=key(f"MSG#{message_id}", "RECORD")
    )
    (removed,) = told.streamed()
    removed["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    told.run_on()

    assert removed["eventName"] == "REMOVE"
    assert len(ear.calls) == before


# ---- nothing is lost


def test_a_receiver_that_is_down_for_three_days_misses_nothing(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.listen(ear.url)
    up_at = service.clock.now + 3 * DAY
    ear.answers = lambda _: 204 if service.clock.now >= up_at else 500
    message_id = send(service)
    settle(service, told)

    assert sorted(ear.types()) == ["mail.accepted", "mail.delivered", "mail.sent"]
    assert ear.newest()[message_id, 1] == "delivered"
    assert service.clock.now < up_at + DAY + DAY // 5


def test_after_ten_tries_in_76_hours_a_delivery_is_kept_and_can_be_played_again(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url)
    began = service.clock.now
    ear.status = 500
    send(service)
    settle(service, told)
    failed = told.of(endpoint, State.FAILED)

    assert len(failed) == 3
    assert service.clock.now - began == pytest.approx(76 * HOUR, rel=0.02)
    for delivery in failed:
        assert len(delivery.attempts) == len(schedule.STEPS) == 10
        waits = [b.at - a.at for a, b in itertools.pairwise(delivery.attempts)]
        assert waits == [pytest.approx(step * 1000, abs=3000) for step in schedule.STEPS[1:]]
        assert {(each.status, each.error) for each in delivery.attempts} == {(500, "Status")}
        assert {each.answer for each in delivery.attempts} == {"so it is"}
    earlier = {each.id for each in ear.calls}
    ear.calls.clear()
    ear.status = 204

    for delivery in failed:
        told.play_again(delivery)
    told.run_on()

    assert {each.id for each in ear.calls} == earlier
    assert told.of(endpoint, State.FAILED) == []
    assert told.now(endpoint).failing_since == 0


def test_a_batch_that_is_handed_out_twice_is_told_once(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.told_twice, told.batch_size = True, 2
    told.listen(ear.url)
    send(service)
    send(service)
    settle(service, told)

    assert len(ear.calls) == len({each.id for each in ear.calls}) == 6


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_events_in_any_order_end_with_the_same_news(
    service: World, told: Webhooks, ear: Receiver, order: tuple[int, ...]
) -> None:
    service.fate = COMPLAINED
    told.listen(ear.url)
    message_id = send(service)
    events = [service.events[number] for number in order]
    for event in events:
        told.read_stream()
        service.tell(event)
    service.events.clear()
    told.run_on()

    assert ear.newest()[message_id, 1] == "delivered"
    assert sorted(set(ear.types())) == [
        *("mail.accepted", "mail.complained", "mail.delivered", "mail.sent"),
    ]


CALLS = {
    "read_stream": [
        "dynamodb.Query#1",
        *(f"dynamodb.PutItem#{number}" for number in (1, 2, 3)),
        "sqs.SendMessageBatch#1",
    ],
    "work_off": [
        *(f"dynamodb.GetItem#{number}" for number in (1, 2, 3)),
        "dynamodb.UpdateItem#1",
        *(f"dynamodb.PutItem#{number}" for number in (1, 2)),
        "sqs.SendMessageBatch#1",
    ],
}


@pytest.mark.parametrize(
    "struck",
    [
        pytest.param((step, fault), id=f"{step}-{fault}")
        for step, calls in CALLS.items()
        for call in calls
        for fault in faults_of(call)
    ],
)
def test_a_step_that_dies_or_fails_anywhere_loses_nothing(
    service: World, told: Webhooks, ear: Receiver, struck: tuple[str, Fault]
) -> None:
    endpoint = told.listen(ear.url)
    failures = iter([500])  # So that a try is put off and written down, too.
    ear.answers = lambda _: next(failures, 204)
    message_id = send(service)
    service.run_on()
    step, fault = struck
    if step == "read_stream":
        told.read_stream(fault)
    else:
        told.read_stream()
        told.work_off(fault)
    told.run_on()

    assert service.strikes, "The call is not made any more."
    assert Counter({each.id for each in ear.calls}).total() == 3
    assert ear.newest()[message_id, 1] == "delivered"
    assert {each.state for each in told.of(endpoint)} == {State.DELIVERED}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["killed", "broken"])
@pytest.mark.parametrize(
    "call", ["dynamodb.Query", "dynamodb.GetItem", "dynamodb.PutItem", "sqs.SendMessageBatch"]
)
def test_a_sweep_that_dies_or_fails_anywhere_loses_nothing(
    service: World, told: Webhooks, ear: Receiver, call: str, kind: str, *, after: bool
) -> None:
    endpoint = told.listen(ear.url)
    ear.status = 500
    send(service)
    service.run_on()
    told.run_on(until=service.clock.now + HOUR)  # The next try is too far away for the queue.
    ear.status = 204
    ear.calls.clear()
    service.sweep()  # Nothing is due yet, and its last query is for webhooks.
    number = sum(each.startswith(call) for each in service.calls) or 1
    service.clock.now += 2 * HOUR

    service.sweep(Fault(f"{call}#{number}", kind, after=after, lasting=kind == "broken"))
    assert service.struck
    told.run_on()

    assert len({each.id for each in ear.calls}) == 3
    assert {each.state for each in told.of(endpoint)} == {State.DELIVERED}


def test_a_record_that_cannot_be_read_is_a_dead_letter_that_can_be_told_later(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.listen(ear.url)
    unreadable = send(service)
    fine = send(service)
    changes = told.streamed()
    for change in changes:
        image = change["dynamodb"]["NewImage"]
        if image["id"] == {"S": unreadable}:
            held, image["state"] = image["state"], {"S": "melted"}
            break
    told.run_on()

    assert fine in {each.data["message_id"] for each in ear.calls}
    (letter, *_) = queued(CONFIG.webhook_dead_letters_url)
    assert letter["Change"]["dynamodb"]["Keys"]["pk"] == {"S": f"MSG#{unreadable}"}

    letter["Change"]["dynamodb"]["NewImage"]["state"] = held
    clients.sqs().send_message(QueueUrl=CONFIG.webhook_queue_url, MessageBody=json.dumps(letter))
    told.run_on()

    assert ear.newest()[unreadable, 0] == "sending"


# ---- receivers that do not want, or cannot


def test_410_disables_an_endpoint_at_once_and_holds_the_rest(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url)
    ear.status = 410
    send(service)
    settle(service, told)
    send(service)
    settle(service, told)
    now = told.now(endpoint)

    assert not now.enabled
    assert now.disabled_reason == GONE
    assert {each.state for each in told.of(endpoint)} == {State.HELD}
    assert len(told.of(endpoint)) == 6
    assert service.metrics["WebhooksDisabled"] == 1


def test_five_days_without_a_success_disable_an_endpoint(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url)
    ear.status = 500
    began = service.clock.now
    while told.now(endpoint).enabled:
        send(service)
        settle(service, told)
        service.clock.now += HOUR
        assert service.clock.now < began + 10 * DAY

    assert service.clock.now - began > 5 * DAY
    assert told.now(endpoint).disabled_reason == SILENT
    assert State.HELD in {each.state for each in told.of(endpoint)}
    assert State.PENDING not in {each.state for each in told.of(endpoint)}
    assert service.metrics["WebhooksDisabled"] == 1


def test_one_success_within_five_days_is_enough(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url)
    for status in (500, 204, 500, 204):
        ear.status = status
        send(service)
        service.run_on()
        told.run_on(until=service.clock.now + 3 * DAY)

    assert told.now(endpoint).enabled


@pytest.mark.parametrize("status", sorted(schedule.SLOW))
def test_a_receiver_that_does_not_keep_up_is_left_alone_for_a_while(
    service: World, told: Webhooks, ear: Receiver, status: int
) -> None:
    endpoint = told.listen(ear.url)
    send(service)
    service.run_on()
    times: list[float] = []

    def answer(_: Called) -> int:
        times.append(service.clock.now)
        return status if len(times) == 1 else 204

    ear.answers = answer
    ear.headers = {"Retry-After": "100"}
    told.read_stream()
    first = told.of(endpoint)
    told.work_off()
    at_once = len(times)
    told.run_on()

    assert len(first) == 3
    assert min(times[at_once:]) >= times[0] + 99
    assert {each.state for each in told.of(endpoint)} == {State.DELIVERED}
    assert max(each.tries for each in told.of(endpoint)) <= 2


@pytest.mark.parametrize(
    ("asked", "waited"), [("7", 7), ("100000", 10), ("nonsense", 5), ("-5", 5)]
)
def test_retry_after_is_honoured_up_to_twice_the_step(
    service: World, told: Webhooks, ear: Receiver, asked: str, waited: int
) -> None:
    endpoint = told.listen(ear.url, events=("mail.accepted",))
    ear.status, ear.headers = 503, {"Retry-After": asked}
    send(service)
    told.read_stream()
    told.work_off()
    (delivery,) = told.of(endpoint)

    assert delivery.next_at - delivery.attempts[0].at // 1000 == pytest.approx(waited, abs=1)


def test_a_receiver_of_which_nothing_is_known_is_called_one_call_at_a_time(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    """If it hangs, it holds one place: calls of others go on."""
    endpoint = told.listen(ear.url)
    send(service)
    service.run_on()
    told.read_stream()
    ear.answers = lambda _: Event().wait(0.5) or 204  # `sleep` is stopped, as the clock is.
    told.work_off()
    first = told.of(endpoint, State.DELIVERED)
    waiting = told.of(endpoint, State.PENDING)

    assert (len(first), len(waiting)) == (1, 2)
    assert {each.tries for each in waiting} == {0}
    assert max(each.next_at for each in waiting) <= service.clock.now + schedule.SOON_SECONDS + 1
    assert told.now(endpoint).is_quick
    assert not told.now(endpoint).called_until

    told.run_on()
    assert len(ear.calls) == 3


def test_a_receiver_that_hangs_is_known_before_its_call_is_over(
    service: World, told: Webhooks, ear: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "QUICK_SECONDS", 0.1)
    endpoint = told.listen(ear.url, events=("mail.accepted",), is_quick=True)
    known: list[tuple[bool | None, bool]] = []

    def answer(_: Called) -> int:
        Event().wait(0.5)
        now = told.now(endpoint)
        known.append((now.is_quick, now.called_until > service.clock.now))
        return 204

    ear.answers = answer
    send(service)
    told.read_stream()
    told.work_off()

    assert known == [(False, True)]


def test_a_copy_in_the_same_batch_is_called_once(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.told_twice = True
    told.listen(ear.url, events=("mail.accepted",), is_quick=True)
    send(service)
    told.read_stream()
    told.work_off()

    assert len(ear.calls) == 1


def test_a_copy_in_the_queue_is_not_called_before_its_time(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url, events=("mail.accepted",))
    ear.status = 500
    send(service)
    told.read_stream()
    told.work_off()
    (waiting,) = told.of(endpoint)
    webhook.places.queue.put_all([(waiting, 0)])
    told.work_off()

    assert len(ear.calls) == 1
    assert told.of(endpoint) == [waiting]


def test_a_delivery_whose_write_was_answered_too_late_does_not_wait_for_the_sweep(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    """The SDK writes it again, and finds it there."""
    endpoint = told.listen(ear.url, is_quick=True)
    send(service)
    service.run_on()
    told.read_stream(Fault("dynamodb.PutItem#1", "timeout", after=True))
    told.work_off()

    assert service.strikes == 1
    assert {each.state for each in told.of(endpoint)} == {State.DELIVERED}
    assert len(ear.calls) == 3


def test_a_redirect_is_a_failure_and_is_not_followed(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url, events=("mail.accepted",))
    with receiver() as other:
        ear.status, ear.headers = 307, {"Location": other.url}
        send(service)
        told.read_stream()
        told.work_off()
        (delivery,) = told.of(endpoint)

        assert other.calls == []
    assert [(each.status, each.error) for each in delivery.attempts] == [(307, "Redirect")]


def test_nobody_listens(service: World, told: Webhooks) -> None:
    with receiver() as gone:
        pass
    endpoint = told.listen(gone.url, events=("mail.accepted",))
    send(service)
    told.read_stream()
    told.work_off()
    (delivery,) = told.of(endpoint)

    assert delivery.attempts[0].error == "NoConnection"
    assert delivery.state is State.PENDING


def test_what_is_for_an_endpoint_that_is_gone_is_forgotten(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url)
    send(service)
    told.read_stream()
    assert told.of(endpoint)
    told.endpoints.delete(endpoint.id)
    told.run_on()

    assert ear.calls == []
    assert told.of(endpoint) == []


def test_an_erased_mail_is_told_without_anything_of_it(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    told.listen(ear.url, include_recipients=True, events=("mail.delivered",))
    message_id = send(service, Reference="order-7")
    service.run_on()
    told.read_stream()
    clients.dynamodb().put_item(
        TableName=CONFIG.table_name,
        Item=key(f"MSG#{message_id}", "RECORD")
        | {"is_erased": {"BOOL": True}, "expires_at": {"N": str(2**40)}},
    )
    told.run_on()

    (called,) = ear.calls
    assert called.data["message_id"] == message_id
    assert "recipient" not in called.data
    assert called.data["reference"] == ""


def test_a_disabled_endpoint_is_not_called_and_what_it_missed_can_be_played_again(
    service: World, told: Webhooks, ear: Receiver
) -> None:
    endpoint = told.listen(ear.url)
    told.endpoints.change(endpoint.id, enabled=False)
    send(service)
    settle(service, told)
    assert ear.calls == []
    held = told.of(endpoint, State.HELD)
    assert len(held) == 3

    told.endpoints.change(endpoint.id, enabled=True)
    for delivery in held:
        told.play_again(delivery)
    told.run_on()

    assert len(ear.calls) == 3
