"""What an operator sees when something goes wrong: metrics for the alarms, lines in the logs."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.account import before_send
from support.answers import Killed, raising, refusing
from support.clock import Clock
from support.domains import DOMAIN, change_domain, forget_domains
from support.gateway import Context
from support.mails import MAIL
from support.metrics import published
from support.ses import Ses
from support.ses_events import batch, failed, sample
from support.world import World

from core.aws import clients
from core.aws.counters import Counters
from core.aws.outage import Outage
from core.config import CONFIG
from core.message.reputation import Tally
from handlers import api, resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
Count = Callable[[], Counter[tuple[str, str]]]
Lines = Callable[[str], list[dict[str, Any]]]
REJECTED = refusing(400, "MessageRejected")
THROTTLED = refusing(429, "TooManyRequestsException")
FORBIDDEN = refusing(403, "AccessDeniedException")
SECRET = "secret@recipient.example"


@pytest.fixture
def send(call: Call) -> Callable[..., str]:
    def _send(path: str = "/Mail/Send", headers: Any = None, **more: Any) -> str:
        return str(call("POST", path, MAIL | more, headers=headers)["json"]["MessageId"])

    return _send


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Count:
    """Return what has been published since the last time."""
    return lambda: published(capsys.readouterr().out)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """Return the log lines with a message."""
    caplog.set_level("INFO")
    return lambda message: [vars(one) for one in caplog.records if one.getMessage() == message]


def breaking(message_id: str, error: type[BaseException] = KeyError) -> Any:
    """Let an error that nobody foresaw come out of every read of one message's record."""

    def fail(request: Any, **_: Any) -> Any:
        return raising(error(SECRET))() if message_id.encode() in request.body else None

    return before_send("dynamodb.GetItem", fail)


# ---- mails that SES does not take


def test_a_mail_that_is_sent_or_waits_for_a_throttle_publishes_nothing(
    send: Any, ses: Ses, counted: Count
) -> None:
    send()
    ses.faults = [THROTTLED]
    send()
    send("/json/oneway/SendMail")

    assert counted() == {}


def test_each_mail_that_ses_refuses_is_counted_once_with_its_reason(
    send: Any, ses: Ses, counted: Count, lines: Lines
) -> None:
    ses.faults = [REJECTED]
    message_id = send()

    assert counted() == {("Refused", ""): 1, ("Refused", "MessageRejected"): 1}
    (line,) = lines("accepted")
    assert (line["levelname"], line["message_id"], line["state"]) == (
        "WARNING",
        message_id,
        "failed",
    )
    assert (line["outcome"], line["code"]) == ("refused", "MessageRejected")


def test_a_repeated_request_is_answered_from_the_record_and_counted_no_second_time(
    send: Any, ses: Ses, counted: Count, lines: Lines
) -> None:
    ses.faults = [FORBIDDEN]
    for _ in range(2):
        send(headers={"Idempotency-Key": "invoice-1"})

    assert counted()["NeedsOperator", "AccessDeniedException"] == 1
    assert [one["levelname"] for one in lines("replayed")] == ["INFO"]


def test_a_mail_that_needs_an_operator_is_counted_at_each_of_its_tries(
    send: Any, work: Any, ses: Ses, counted: Count, lines: Lines, clock: Clock
) -> None:
    ses.faults = [FORBIDDEN, FORBIDDEN]
    message_id = send()
    assert counted() == {("NeedsOperator", ""): 1, ("NeedsOperator", "AccessDeniedException"): 1}

    clock.pass_by(3600)
    work(message_id)

    assert counted()["NeedsOperator", "AccessDeniedException"] == 1
    for message in ("accepted", "tried"):
        (line,) = lines(message)
        assert (line["levelname"], line["code"]) == ("WARNING", "AccessDeniedException")


def test_a_refusal_of_a_retry_is_counted_and_a_copy_in_the_queue_is_not(
    send: Any, work: Any, ses: Ses, counted: Count, clock: Clock
) -> None:
    ses.faults = [THROTTLED, REJECTED]
    message_id = send()
    clock.pass_by(3600)
    work(message_id)
    assert counted()["Refused", "MessageRejected"] == 1

    clock.pass_by(60)
    work(message_id)

    assert ("Refused", "") not in counted()


@pytest.mark.parametrize(
    ("settings", "code"), [({"paused": "manual"}, "DomainPaused"), ({"daily_cap": 1}, "DailyCap")]
)
def test_what_an_operator_has_forbidden_is_counted_and_is_no_refusal_of_sess(
    send: Any,
    ses: Ses,
    counted: Count,
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    code: str,
) -> None:
    change_domain(DOMAIN, **settings)
    forget_domains(monkeypatch, api)

    for _ in range(2):
        send()

    withheld = 2 - ses.asked
    assert counted() == {("Withheld", ""): withheld, ("Withheld", code): withheld}
    assert {one["levelname"] for one in lines("accepted")} == {"INFO"}
    assert lines("accepted")[-1]["code"] == code


# ---- what SES has taken


def taken(lines: Lines, message: str) -> list[Any]:
    """Return the number of recipients in each line, None for a line that has none."""
    return [one.get("recipients") for one in lines(message)]


def test_each_recipient_that_ses_takes_is_in_one_line_of_the_log(
    send: Any, work: Any, ses: Ses, lines: Lines, clock: Clock
) -> None:
    ses.faults = [THROTTLED]
    waiting = send(To=MAIL["To"] + ", b@recipient.example", CC="c@recipient.example")
    send(CC="c@recipient.example", headers={"Idempotency-Key": "k"})
    send(CC="c@recipient.example", headers={"Idempotency-Key": "k"})
    clock.pass_by(60)
    for _ in range(2):  # It is in the queue twice.
        work(waiting)
        clock.pass_by(1)

    assert taken(lines, "accepted") == [None, 2]
    assert taken(lines, "replayed") == [None]
    assert taken(lines, "tried") == [3, None]


def test_who_is_suppressed_is_no_recipient_that_ses_takes(
    send: Any, context: Context, lines: Lines
) -> None:
    bounced = send()
    event = sample("bounce_permanent_general", bounced)
    ses_events.handler(batch(event), context)  # type: ignore[arg-type]
    send(CC="c@recipient.example")
    send()

    assert taken(lines, "accepted") == [1, 1, None]


def numbers(lines: Lines, message: str) -> list[dict[str, Any]]:
    """Return of each line what CloudWatch makes metrics of (template.yaml)."""
    return [{name: one[name] for name in NUMBERS if name in one} for one in lines(message)]


NUMBERS = (
    *("recipients", "sent_after", "delivered", "delivered_after"),
    *("bounced", "complained", "failed", "given_up"),
)


def test_how_long_a_mail_took_is_in_the_line_of_the_try_that_ses_took(
    send: Any, work: Any, ses: Ses, lines: Lines, clock: Clock
) -> None:
    begun = time.time()
    send()
    ses.faults = [THROTTLED]
    waiting = send()
    clock.pass_by(3600)
    work(waiting)

    (at_once, put_off), (later,) = numbers(lines, "accepted"), numbers(lines, "tried")
    assert 0 < at_once["sent_after"] <= time.time() - begun
    assert put_off == {}
    assert later["sent_after"] == pytest.approx(3600, abs=30)


def test_what_an_event_changes_is_in_its_line_and_a_repetition_changes_nothing(
    send: Any, context: Context, lines: Lines
) -> None:
    names = ("delivery", "complaint_abuse", "bounce_permanent_general", "reject")
    events = [sample(name, send()) for name in names]
    for event in events:
        for _ in range(2):
            ses_events.handler(batch(event), context)  # type: ignore[arg-type]

    found = numbers(lines, "noted")
    assert found[0].pop("delivered_after") > 0
    first_time = found[::2]
    assert first_time == [{"delivered": 1}, {"complained": 1}, {"bounced": 1}, {"failed": 1}]
    assert found[1::2] == [{}, {}, {}, {}]
    assert all(type(number) is int for each in found for number in each.values())


def test_a_mail_that_fails_later_is_told_once_as_failed(
    send: Any, work: Any, ses: Ses, lines: Lines, clock: Clock
) -> None:
    ses.faults = [THROTTLED, REJECTED]
    message_id = send()
    for _ in range(2):  # It is in the queue twice.
        clock.pass_by(3600)
        work(message_id)

    assert numbers(lines, "tried") == [{"failed": 1}, {}]


# ---- how long mails have been waiting


def ages(printed: str) -> list[int]:
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    name = "OldestUnfinishedAgeSeconds"
    return [int(line[name][0]) for line in lines if name in line]


def test_the_age_is_told_of_a_mail_that_ses_does_not_take(
    send: Any, work: Any, ses: Ses, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.faults = [FORBIDDEN, FORBIDDEN]
    message_id = send()
    clock.pass_by(7200)
    work(message_id)

    assert ages(capsys.readouterr().out) == [7200]


def test_the_age_is_that_of_the_first_try_however_long_a_mail_has_waited_for_its_turn(
    send: Any, work: Any, ses: Ses, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.faults = [FORBIDDEN]
    message_id = send("/json/oneway/SendMail")
    clock.pass_by(7200)
    work(message_id)

    assert ages(capsys.readouterr().out) == [0]


def test_no_age_is_told_of_a_mail_that_waits_for_its_turn(
    send: Any, work: Any, ses: Ses, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.faults = [THROTTLED]
    one_way = send("/json/oneway/SendMail")
    clock.pass_by(7200)
    work(one_way)  # It lines up.
    work(one_way)  # It is in the queue twice.
    ses.faults = [THROTTLED, THROTTLED]
    inline = send()
    clock.pass_by(7200)
    work(inline)  # It gets another turn.

    assert ses.asked == 3
    assert ages(capsys.readouterr().out) == []


# ---- what the dispatcher says of what is lined up


@pytest.fixture
def at_work(service: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a service whose ids, too, are made at the time that its clock shows."""
    monkeypatch.setattr(time, "time_ns", lambda: int(service.clock.now * 1e9))
    return service


def waiting(printed: str) -> dict[str, tuple[int, int]]:
    """Return how many mails wait in each lane, and since when the oldest does."""
    found = {}
    for line in (json.loads(one) for one in printed.splitlines() if '"_aws"' in one):
        for part in line["_aws"]["CloudWatchMetrics"]:
            if ["lane", "service"] in [sorted(held) for held in part["Dimensions"]]:
                oldest = line["OldestWaitingSeconds"]
                found[line["lane"]] = int(line["Waiting"][0]), int(oldest[0])
    return found


def test_how_many_mails_wait_and_how_long_is_told_by_lane_also_if_none_does(
    at_work: World, capsys: pytest.CaptureFixture[str]
) -> None:
    at_work.dispatch()
    empty = waiting(capsys.readouterr().out)
    at_work.line_up(3)
    at_work.quota |= {"MaxSendRate": 0.05}  # So one gets its turn.
    at_work.clock.pass_by(60)
    at_work.dispatch()

    assert empty == {"fast": (0, 0), "slow": (0, 0)}
    assert waiting(capsys.readouterr().out) == {"fast": (0, 0), "slow": (2, 60)}


def test_what_an_operator_has_stopped_is_counted_and_has_no_age(
    at_work: World, capsys: pytest.CaptureFixture[str]
) -> None:
    at_work.line_up(3)
    at_work.configure_domain("example.com", paused="manual")
    at_work.clock.pass_by(7200)
    at_work.dispatch()

    assert waiting(capsys.readouterr().out)["slow"] == (3, 0)


# ---- requests and their messages


def test_every_line_of_a_request_has_its_id_and_the_last_one_has_all_its_messages(
    call: Call, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    (handler,) = api.logger.handlers
    monkeypatch.setattr(handler, "emit", lambda record: printed.append(handler.format(record)))
    mails = call("POST", "/json/reply/SendMail[]", json.dumps([MAIL, MAIL]), headers=JSON)["json"]
    call("GET", f"/Status/{mails[0]['MessageId']}")

    ids = [mail["MessageId"] for mail in mails]
    told = [json.loads(line) for line in printed]
    assert [(one["message"], one["request_id"]) for one in told] == [
        ("accepted", "request-1"),
        ("accepted", "request-1"),
        ("answered", "request-1"),
        ("answered", "request-2"),
    ]
    assert [one["message_id"] for one in told[:2]] == ids
    assert [one["message_ids"] for one in told[2:]] == [ids, ids[:1]]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/Mail/Send", "dynamodb.TransactWriteItems"),
        ("/Mail/Send", "dynamodb.PutItem"),  # SES has the mail, and this is written down.
        ("/json/oneway/SendMail", "dynamodb.TransactWriteItems"),
        ("/json/oneway/SendMail", "sqs.SendMessageBatch"),
    ],
)
def test_the_request_id_of_a_500_leads_to_the_message(
    call: Call, lines: Lines, path: str, operation: str
) -> None:
    """The mail may have been stored before the bug: then the sweep will find it."""
    with before_send(operation, lambda **_: raising(KeyError(SECRET))()):
        reply = call("POST", path, MAIL | {"Text": "x"}, headers={"Idempotency-Key": "k"})

    assert reply["statusCode"] == 500
    (line,) = lines("failed")
    assert line["error"] == "KeyError"
    assert len(line["message_id"]) == 26
    assert SECRET not in repr(line)


def test_the_request_id_of_a_500_leads_to_the_message_whose_status_cannot_be_read(
    call: Call, send: Any, lines: Lines
) -> None:
    message_id = send()
    with breaking(message_id):
        assert call("GET", f"/Status/{message_id}")["statusCode"] == 500

    assert [one["message_id"] for one in lines("failed")] == [message_id]


# ---- a bug in one of a batch


ERRORS = [KeyError, IndexError, RecursionError, MemoryError]


@pytest.mark.parametrize("error", ERRORS)
def test_a_bug_in_one_event_stops_no_other_and_rings(
    call: Call, send: Any, context: Context, counted: Count, lines: Lines, error: type[Exception]
) -> None:
    broken, whole = send(), send()
    events = [
        sample("delivery", message_id, Ses.id_of(number))
        for number, message_id in enumerate((broken, whole), 1)
    ]
    with breaking(broken, error):
        left = failed(ses_events.handler(batch(*events), context))  # type: ignore[arg-type]

    assert left == ["m0"]
    assert counted() == {("Bugs", ""): 1}
    assert call("GET", f"/Status/{whole}")["json"]["Status"] == "delivered"
    (line,) = lines("failed")
    assert (line["error"], line["message_id"]) == (error.__name__, broken)
    assert SECRET not in repr(line)


def test_a_bug_in_one_event_that_sns_delivers_itself_fails_the_call_when_all_are_done(
    call: Call, send: Any, context: Context
) -> None:
    broken, whole = send(), send()
    events = [
        {"Sns": {"Message": json.dumps(sample("delivery", message_id, Ses.id_of(number)))}}
        for number, message_id in enumerate((broken, whole), 1)
    ]

    with breaking(broken), pytest.raises(Exception, match="KeyError at") as caught:
        ses_events.handler({"Records": events}, context)  # type: ignore[arg-type]

    assert SECRET not in str(caught.value)
    assert call("GET", f"/Status/{whole}")["json"]["Status"] == "delivered"


def test_a_bug_in_the_counting_of_one_domain_stops_neither_the_events_nor_the_others(
    call: Call, send: Any, context: Context, counted: Count
) -> None:
    message_id = send()
    with before_send("dynamodb.UpdateItem", lambda **_: raising(KeyError(SECRET))()):
        event = sample("delivery", message_id)
        left = failed(ses_events.handler(batch(event), context))  # type: ignore[arg-type]

    assert left == []
    assert counted() == {("Bugs", ""): 1}
    assert call("GET", f"/Status/{message_id}")["json"]["Status"] == "delivered"


@pytest.mark.parametrize("error", ERRORS)
def test_a_bug_in_one_try_stops_no_other_and_rings(
    send: Any,
    work: Any,
    ses: Ses,
    counted: Count,
    lines: Lines,
    clock: Clock,
    error: type[Exception],
) -> None:
    ses.faults = [THROTTLED, THROTTLED]
    broken, whole = send(), send()
    clock.pass_by(60)
    with breaking(broken, error):
        left = work(broken, whole)

    assert left == ["m0"]
    assert len(ses.taken) == 1
    assert counted()["Bugs", ""] == 1
    (line,) = lines("failed")
    assert (line["error"], line["message_id"]) == (error.__name__, broken)


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "[]",
        "7",
        "null",
        '{"MessageId": ["x"]}',
        json.dumps({"MessageId": SECRET}),
        "[" * 100_000,
        '{"MessageId": ' * 100_000,
    ],
    ids=lambda body: body[:20],
)
def test_a_message_without_an_id_of_ours_stays_in_the_queue_and_is_no_bug(
    send: Any, ses: Ses, context: Context, counted: Count, lines: Lines, clock: Clock, body: str
) -> None:
    ses.faults = [THROTTLED]
    message_id = send()
    clock.pass_by(60)
    queued = batch(body, {"MessageId": message_id})

    assert failed(resend.handler(queued, context)) == ["m0"]  # type: ignore[arg-type]
    assert len(ses.taken) == 1
    assert ("Bugs", "") not in counted()
    assert SECRET not in repr(lines("left in the queue"))


def test_a_function_that_is_killed_is_killed(send: Any, work: Any, context: Context) -> None:
    message_id = send()
    with breaking(message_id, Killed):
        with pytest.raises(Killed):
            work(message_id)
        with pytest.raises(Killed):
            ses_events.handler(batch(sample("send", message_id)), context)  # type: ignore[arg-type]


# ---- the two steps of the sweep


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, str]]:
    """Give two domains bad rates, and say which domains are paused."""
    domains = (DOMAIN, "second.example")
    for domain in domains:
        change_domain(domain, on_bad_rates="pause")
        counters = Counters(clients.dynamodb(), CONFIG.table_name)
        counters.add(domain, Tally(outcomes=100, bounces=50), int(time.time()))
    forget_domains(monkeypatch, sweep)

    def _paused() -> dict[str, str]:
        scanned = clients.dynamodb().scan(TableName=CONFIG.table_name)["Items"]
        return {item["sk"]["S"]: item["paused"]["S"] for item in scanned if "paused" in item}

    return _paused


@pytest.mark.parametrize("domain", [DOMAIN, "second.example"])
def test_a_domain_that_cannot_be_paused_keeps_no_other_from_being_paused(
    context: Context, judged: Any, lines: Lines, domain: str
) -> None:
    def fail(request: Any, **_: Any) -> Any:
        return raising(KeyError(SECRET))() if f'"{domain}"'.encode() in request.body else None

    with (
        before_send("dynamodb.UpdateItem", fail),
        pytest.raises(Exception, match="KeyError at") as caught,
    ):
        sweep.handler({}, context)  # type: ignore[arg-type]

    assert SECRET not in str(caught.value)
    assert judged() == dict.fromkeys({DOMAIN, "second.example"} - {domain}, "bounces")
    told = {one["domain"]: one.get("error") for one in lines("bad rates")}
    assert told.pop(domain) == "KeyError"
    assert set(told.values()) == {None}


def test_a_sweep_that_fails_keeps_no_domain_from_its_judgement(
    context: Context, judged: Any, lines: Lines
) -> None:
    """Reading the list of what is due fails, mails and webhooks: the query goes to the index."""

    def fail(request: Any, **_: Any) -> Any:
        return raising(KeyError(SECRET))() if b"Unfinished" in request.body else None

    with before_send("dynamodb.Query", fail), pytest.raises(Exception, match="KeyError at"):
        sweep.handler({}, context)  # type: ignore[arg-type]

    assert len(judged()) == 2
    assert [one["error"] for one in lines("failed")] == ["KeyError"] * 2


def test_a_judgement_that_fails_hides_no_failure_of_the_sweep(
    send: Any, ses: Ses, context: Context, judged: Any, clock: Clock, lines: Lines
) -> None:
    ses.faults = [THROTTLED]
    send(Domain=DOMAIN)
    clock.pass_by(3600)

    def of_rates(request: Any, **_: Any) -> Any:
        return raising(IndexError(SECRET))() if b"RATES" in request.body else None

    with (
        before_send("dynamodb.Query", of_rates),
        before_send("dynamodb.PutItem", lambda **_: refusing(400, "AccessDeniedException")()),
        pytest.raises(Outage),
    ):
        sweep.handler({}, context)  # type: ignore[arg-type]

    assert [one["error"] for one in lines("failed")] == ["Outage", "IndexError"]
