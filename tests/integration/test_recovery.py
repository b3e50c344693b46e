"""Retries and repairs: what was not taken, not answered, or left behind goes back on its way."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send, queued, queues
from support.answers import Killed, answer, raising, refusing
from support.clock import Clock
from support.domains import put_domain
from support.gateway import Context
from support.mails import MAIL
from support.metrics import printed_metrics
from support.ses import Ses
from support.ses_events import batch, sample

from core.aws import clients
from core.aws.outage import Outage
from core.config import CONFIG
from handlers import resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
THROTTLE = refusing(429, "TooManyRequestsException")
NO_ANSWER = refusing(500, "InternalServiceErrorException")
DAY = 24 * 3600


@pytest.fixture
def send(call: Call) -> Callable[..., str]:
    return lambda **more: str(call("POST", "/Mail/Send", MAIL | more)["json"]["MessageId"])


@pytest.fixture
def ask(call: Call) -> Callable[[str], dict[str, Any]]:
    return lambda message_id: dict(call("GET", f"/Status/{message_id}")["json"])


@pytest.fixture
def tidy(
    context: Context, capsys: pytest.CaptureFixture[str], give_turns: Callable[[], None]
) -> Callable[[], dict[str, float]]:
    """Sweep, then give turns to what lines up; return the metrics that the sweep gave."""

    def _tidy() -> dict[str, float]:
        capsys.readouterr()
        sweep.handler({}, context)
        metrics = printed_metrics(capsys.readouterr().out)
        give_turns()
        return metrics

    return _tidy


def stored(table: Any, message_id: str) -> dict[str, Any]:
    return dict(table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"])


def in_queue() -> list[str]:
    """Return the ids in the retry queue, with those that it holds back."""
    held = queues()["retry"]._messages
    return [json.loads(message.body)["MessageId"] for message in held]


def test_a_retry_sends_what_is_stored_and_needs_no_caller(
    send: Any, work: Any, ask: Any, ses: Ses, clock: Clock
) -> None:
    ses.faults = [THROTTLE]
    message_id = send(Text="ü" * 200_000, Attachments=[{"Bytes": "QUJD", "Name": "a.txt"}])
    clock.pass_by(60)

    assert work(message_id) == []

    assert ask(message_id) | {"MessageId": ""} == {
        "MessageId": "",
        "Sender": "no-reply@example.com",
        "Receiver": "ada@recipient.example",
        "Status": "sent",
        "Configuration": "default",
        "Retry": False,
        "RetryCount": 1,
    }
    assert ses.taken[0]["Content"]["Simple"]["Body"]["Text"]["Data"] == "ü" * 200_000
    assert ses.attachments() == [b"ABC"]
    assert ses.taken[0]["EmailTags"][1] == {"Name": "mailapi_attempt", "Value": "2"}


def test_a_message_that_is_queued_twice_is_sent_once(
    send: Any, work: Any, ses: Ses, clock: Clock
) -> None:
    ses.faults = [THROTTLE]
    message_id = send()
    clock.pass_by(60)

    work(message_id, message_id)
    work(message_id)

    assert len(ses.taken) == 1


def test_a_message_that_comes_before_its_time_goes_back_into_the_queue(
    send: Any, work: Any, ses: Ses
) -> None:
    ses.faults = [refusing(400, "LimitExceededException")]
    message_id = send()

    assert work(message_id) == []

    assert ses.asked == 1


@pytest.mark.slow
def test_delays_grow_and_after_a_day_the_message_has_failed_and_is_a_dead_letter(
    send: Any, work: Any, ask: Any, ses: Ses, clock: Clock, table: Any
) -> None:
    ses.faults = [THROTTLE] * 1000
    message_id = send()
    start, delays = clock.now, []
    while stored(table, message_id)["state"] == "queued":
        due = int(stored(table, message_id)["next_attempt_at"])
        delays.append(due - clock.now)
        clock.now = float(due)
        work(message_id)

    answer = ask(message_id)

    assert (answer["Status"], answer["Retry"]) == ("failed", False)
    assert answer["RetryCount"] == len(delays)
    assert max(delays) <= 3601
    assert max(delays[:2]) <= 21
    assert 20 < len(delays) < 120
    assert DAY - 3601 <= clock.now - start <= DAY
    (letter,) = queued(CONFIG.dead_letter_queue_url)
    assert letter["MessageId"] == message_id
    assert letter["LastCode"] == "TooManyRequestsException"


def test_a_message_whose_content_is_gone_has_failed(
    send: Any, work: Any, ask: Any, ses: Ses, clock: Clock
) -> None:
    ses.faults = [THROTTLE]
    message_id = send(Attachments=[{"Bytes": "QUJD", "Name": "a.txt"}])
    clients.s3().delete_object(Bucket=CONFIG.bucket_name, Key=f"messages/7/{message_id}/1")
    clock.pass_by(60)

    work(message_id)

    assert ask(message_id)["Status"] == "failed"
    assert ses.taken == []


def test_a_poison_message_stays_in_the_queue_alone(
    send: Any, context: Context, ses: Ses, clock: Clock
) -> None:
    ses.faults = [THROTTLE]
    message_id = send()
    clock.pass_by(60)
    bodies = ["nonsense", "{}", json.dumps({"MessageId": message_id})]

    answer = resend.handler(batch(*bodies), context)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0", "m1"]
    assert len(ses.taken) == 1


def test_a_message_that_nobody_knows_any_more_is_let_go(work: Any) -> None:
    assert work("01JD9ZK4M6T0V3Q8W2X5Y7B1CD") == []


# ---- the sweeper


def test_a_queued_message_that_is_missing_from_the_queue_is_put_there_again(
    send: Any, tidy: Any, ses: Ses, clock: Clock
) -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://sqs")
    ses.faults = [THROTTLE]
    with before_send("sqs.SendMessage", lambda **_: raising(unreachable)()):
        message_id = send()
    assert tidy()["Requeued"] == 0
    clock.pass_by(20 * 60)

    assert tidy()["Requeued"] == 1

    assert in_queue() == [message_id]
    assert tidy()["Requeued"] == 0


def test_without_an_event_an_unknown_outcome_is_sent_once_more_after_the_grace_time(
    send: Any, tidy: Any, work: Any, ask: Any, ses: Ses, clock: Clock
) -> None:
    ses.after = [NO_ANSWER]
    message_id = send()
    clock.pass_by(14 * 60)
    assert tidy()["Requeued"] == 0
    clock.pass_by(2 * 60)

    metrics = tidy()
    work(message_id)

    assert (metrics["Requeued"], metrics["UnknownOutcome"]) == (1, 1)
    assert ask(message_id)["Status"] == "sent"
    assert len(ses.taken) == 2


def test_an_event_in_the_grace_time_settles_an_unknown_outcome(
    send: Any, tidy: Any, work: Any, ses: Ses, clock: Clock, context: Context
) -> None:
    ses.after = [NO_ANSWER]
    message_id = send()
    ses_events.handler(batch(sample("send", message_id)), context)
    clock.pass_by(20 * 60)

    assert tidy()["Requeued"] == 0
    work(message_id)
    assert len(ses.taken) == 1


def test_an_event_after_we_sent_again_leaves_both_tries_visible(
    send: Any, tidy: Any, work: Any, ses: Ses, clock: Clock, context: Context, table: Any
) -> None:
    ses.after = [NO_ANSWER]
    message_id = send()
    clock.pass_by(16 * 60)
    tidy()
    work(message_id)

    ses_events.handler(batch(sample("send", message_id, Ses.id_of(1))), context)

    tries = stored(table, message_id)["attempts"]
    assert [attempt["ses_message_id"] for attempt in tries] == [Ses.id_of(1), Ses.id_of(2)]


def test_without_answers_it_is_sent_again_ever_more_seldom_and_fails_with_a_letter_at_last(
    send: Any, tidy: Any, work: Any, ask: Any, ses: Ses, clock: Clock
) -> None:
    ses.after = [NO_ANSWER] * 20
    message_id = send()
    for _ in range(3 * 25):
        assert (ask(message_id)["Retry"]) is (ask(message_id)["Status"] != "failed")
        clock.pass_by(20 * 60)
        tidy()
        work(message_id)

    assert (ask(message_id)["Status"], ask(message_id)["Retry"]) == ("failed", False)
    assert len(ses.taken) == 7
    (letter,) = queued(CONFIG.dead_letter_queue_url)
    assert letter["Reason"].endswith("Its time is over.")


def test_at_most_once_fails_instead_of_sending_again(
    send: Any, tidy: Any, work: Any, ask: Any, ses: Ses, clock: Clock, table: Any
) -> None:
    put_domain(domain="example.com", unknown_outcome="fail")
    ses.after = [NO_ANSWER]
    message_id = send()
    assert ask(message_id)["Retry"] is False
    clock.pass_by(20 * 60)

    tidy()
    work(message_id)

    assert ask(message_id)["Status"] == "failed"
    assert len(ses.taken) == 1
    assert [letter["MessageId"] for letter in queued(CONFIG.dead_letter_queue_url)] == [message_id]


def test_a_function_that_died_with_a_claim_leaves_an_unknown_outcome_then_sends_again(
    call: Call, tidy: Any, work: Any, ask: Any, ses: Ses, clock: Clock, table: Any
) -> None:
    ses.after = [raising(Killed())]
    with pytest.raises(Killed):
        call("POST", "/Mail/Send", {"To": "ada@recipient.example", "Subject": "s"})
    (item,) = [item for item in table.scan()["Items"] if item["sk"] == "RECORD"]
    assert item["state"] == "sending"

    clock.pass_by(2 * 60)
    tidy()
    assert ask(item["id"])["Status"] == "unknown"
    assert len(ses.taken) == 1

    clock.pass_by(16 * 60)
    tidy()
    work(item["id"])
    assert ask(item["id"])["Status"] == "sent"


def test_a_sent_mail_of_which_nothing_is_heard_becomes_unknown_when_ses_has_stopped_trying(
    send: Any, tidy: Any, ask: Any, clock: Clock
) -> None:
    message_id = send()
    clock.pass_by(14 * 3600)
    tidy()
    assert ask(message_id)["Status"] == "sent"
    clock.pass_by(2 * 3600)

    assert tidy()["UnknownOutcome"] == 1

    assert (ask(message_id)["Status"], ask(message_id)["Retry"]) == ("unknown", False)
    assert tidy()["UnknownOutcome"] == 0


def test_the_age_of_the_oldest_unfinished_message_is_measured(
    send: Any, tidy: Any, ses: Ses, clock: Clock, context: Context
) -> None:
    ses.faults = [THROTTLE]
    send()
    assert tidy()["OldestUnfinishedAgeSeconds"] == 0
    clock.pass_by(3600)
    context.milliseconds = 0  # The sweep gets nowhere.

    assert tidy()["OldestUnfinishedAgeSeconds"] >= 2000


def test_a_record_that_cannot_be_read_keeps_no_other_from_its_repair(
    send: Any, tidy: Any, table: Any, ses: Ses, clock: Clock
) -> None:
    ses.faults = [THROTTLE] * 5
    broken, *others = [send() for _ in range(5)]
    change = {"unfinished": "0", "due_at": 1}  # The very first that the sweep comes to.
    table.put_item(Item=stored(table, broken) | change | {"state": "of another version"})
    clients.sqs().purge_queue(QueueUrl=CONFIG.retry_queue_url)
    clock.pass_by(3600)

    metrics = tidy()

    assert sorted(in_queue()) == sorted(others)
    assert (metrics["UnreadableRecords"], metrics["Requeued"]) == (1, 4)


def test_a_record_that_cannot_be_read_is_no_failure_of_the_sweep_but_is_logged_without_a_value(
    send: Any, table: Any, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    message_id = send()
    change = {"unfinished": "0", "due_at": 1, "state": "secret", "created_at": "secret"}
    table.put_item(Item=stored(table, message_id) | change)
    caplog.clear()

    sweep.handler({}, context)  # type: ignore[arg-type]

    (line,) = [line for line in caplog.records if line.levelname == "ERROR"]
    logged = vars(line)
    assert logged["message_id"] == message_id
    assert logged["why"] == f"{message_id}: created_at, state"
    assert "secret" not in repr([vars(line) for line in caplog.records])


def test_a_record_that_cannot_be_read_leaves_its_message_in_the_queue(
    send: Any, work: Any, table: Any, ses: Ses
) -> None:
    ses.faults = [THROTTLE]
    message_id = send()
    table.put_item(Item=stored(table, message_id) | {"state": "of another version"})

    assert work(message_id) == ["m0"]


def test_what_ses_took_is_answered_as_sent_even_if_the_record_cannot_be_read(
    call: Call, table: Any, ses: Ses
) -> None:
    """Another version may write the record while SES is asked: the mail is sent all the same."""

    def meanwhile(**_: Any) -> None:
        for item in [item for item in table.scan()["Items"] if item["sk"] == "RECORD"]:
            table.put_item(Item=item | {"state": "of another version", "revision": "another"})

    ses.after = [lambda: (meanwhile(), answer(200, {"MessageId": Ses.id_of(1)}))[1]]

    reply = call("POST", "/Mail/Send", {"To": "ada@recipient.example", "Subject": "s"})

    assert reply["json"]["Status"] == "sent"


def test_a_mail_that_ses_refuses_while_the_sweep_comes_to_it_gets_no_dead_letter(
    send: Any, work: Any, ask: Any, ses: Ses, clock: Clock, context: Context
) -> None:
    ses.faults = [THROTTLE, refusing(400, "MessageRejected")]
    message_id = send()
    clock.pass_by(20 * 60)
    tried: list[str] = []

    def try_it(**_: Any) -> None:
        if not tried:
            tried.append(message_id)
            work(message_id)

    with before_send("dynamodb.GetItem", try_it):  # The sweep has its id, and not yet its record.
        sweep.handler({}, context)

    assert tried == [message_id]
    assert ask(message_id)["Status"] == "failed"
    assert queued(CONFIG.dead_letter_queue_url) == []


def test_an_expired_message_is_gone_before_dynamodb_deletes_it(
    send: Any, call: Call, clock: Clock
) -> None:
    message_id = send()
    clock.pass_by(91 * DAY)

    assert call("GET", "/Status", query={"MessageId": message_id})["statusCode"] == 404


def test_a_repeated_request_brings_the_attachments_that_a_dead_function_did_not_store(
    call: Call, tidy: Any, work: Any, ask: Any, ses: Ses, clock: Clock
) -> None:
    mail = {"To": "ada@recipient.example", "Attachments": [{"Bytes": "QUJD", "Name": "a.txt"}]}
    headers = {"Idempotency-Key": "k"}
    with (
        before_send("s3.PutObject", lambda **_: raising(Killed())()),
        pytest.raises(Killed),
    ):
        call("POST", "/Mail/Send", mail, headers=headers)
    clock.pass_by(2 * 60)
    tidy()

    message_id = call("POST", "/Mail/Send", mail, headers=headers)["json"]["MessageId"]
    clock.pass_by(20 * 60)
    tidy()
    work(message_id)

    assert ask(message_id)["Status"] == "sent"
    assert ses.attachments() == [b"ABC"]


def test_a_dead_letter_that_could_not_be_left_is_left_by_the_next_sweep(
    send: Any, tidy: Any, work: Any, ses: Ses, clock: Clock, context: Context
) -> None:
    ses.faults = [THROTTLE, THROTTLE]
    message_id = send()
    clock.pass_by(DAY + 1)
    unreachable = EndpointConnectionError(endpoint_url="https://sqs")
    with before_send("sqs.SendMessage", lambda **_: raising(unreachable)()):
        work(message_id)
        clock.pass_by(2 * 60)
        with pytest.raises(Outage):
            sweep.handler({}, context)
    assert queued(CONFIG.dead_letter_queue_url) == []

    assert tidy()["GaveUp"] == 1

    assert [letter["MessageId"] for letter in queued(CONFIG.dead_letter_queue_url)] == [message_id]
    clock.pass_by(10 * 60)
    assert tidy()["GaveUp"] == 0
