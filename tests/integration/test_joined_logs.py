"""Every line about a mail has what joins it with the others, in its request and ever after.

The lines are those that Lambda gets, written by each function's own logger.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from support.account import before_send
from support.answers import raising, refusing
from support.clock import Clock
from support.gateway import Context, key_id, proxy_event
from support.mails import MAIL
from support.ses import Ses
from support.ses_events import batch, sample
from support.world import World

from core.aws import items
from core.redaction import Bug
from handlers import api, dispatch, metadata, preflight, resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
Lines = Callable[[], list[dict[str, Any]]]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00"
KEY_ID = key_id("a-key")
JOINED = {"key_id": KEY_ID, "traceparent": TRACE}
THROTTLED = refusing(429, "TooManyRequestsException")
SECRET = "secret@recipient.example"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Return the lines that were written since the last time, by whichever function.

    In Lambda each function is a process of its own. Here they share one logger, which forgets the
    request then.
    """
    written: list[str] = []
    for function in (api, dispatch, metadata, preflight, resend, ses_events, sweep):
        (handler,) = function.logger.handlers
        emit = _into(written, handler)
        monkeypatch.setattr(handler, "emit", emit)

    def new() -> list[dict[str, Any]]:
        told = [json.loads(line) for line in written]
        written.clear()
        api.logger.append_keys(**dict.fromkeys(("request_id", "key_id", "traceparent")))
        return told

    return new


def _into(written: list[str], handler: Any) -> Callable[[Any], None]:
    return lambda record: written.append(handler.format(record))


@pytest.fixture
def send(call: Call) -> Callable[..., str]:
    def _send(trace: str = TRACE, path: str = "/Mail/Send", **more: str) -> str:
        headers = ({"traceparent": trace} if trace else {}) | more
        return str(call("POST", path, MAIL, headers=headers)["json"]["MessageId"])

    return _send


def has(line: dict[str, Any], **keys: str) -> bool:
    return line.items() >= keys.items()


# ---- requests


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail", "/api/SendMail[]"])
@pytest.mark.parametrize("outcome", ["sent", "refused by SES", "throttled"])
def test_every_line_of_a_request_has_its_ids(
    call: Call, ses: Ses, lines: Lines, path: str, outcome: str
) -> None:
    ses.faults = {
        "sent": [],
        "refused by SES": [refusing(400, "MessageRejected")],
        "throttled": [THROTTLED],
    }[outcome]
    body = json.dumps([MAIL, MAIL] if path.endswith("[]") else MAIL)
    headers = {"Content-Type": "application/json", "traceparent": TRACE}
    call("POST", path, body, headers=headers)

    told = lines()
    assert [line["message"] for line in told][-1] == "answered"
    assert all(has(line, request_id="request-1", **JOINED) for line in told)
    assert all("message_id" in line for line in told[:-1])


@pytest.mark.parametrize(
    ("path", "body"),
    [("/Mail/Send", {"To": "nobody"}), ("/Mail/Send", "{"), ("/nowhere", None), ("/Status", None)],
)
def test_so_has_a_request_that_becomes_no_mail(
    call: Call, lines: Lines, path: str, body: Any
) -> None:
    call("POST" if body else "GET", path, body, headers={"traceparent": TRACE})

    told = lines()
    assert told
    assert all(has(line, request_id="request-1", **JOINED) for line in told)


def test_so_has_a_bug_with_the_message_that_it_happened_to(call: Call, lines: Lines) -> None:
    with before_send("dynamodb.TransactWriteItems", lambda **_: raising(KeyError(SECRET))()):
        call("POST", "/Mail/Send", MAIL, headers={"traceparent": TRACE})

    told = lines()
    (failed,) = [line for line in told if line["message"] == "failed"]
    assert len(failed["message_id"]) == 26
    assert all(has(line, request_id="request-1", **JOINED) for line in told)
    assert SECRET not in json.dumps(told)


def test_a_repeated_request_is_logged_with_its_own_trace_and_not_with_that_of_the_first(
    send: Any, lines: Lines
) -> None:
    again = {"Idempotency-Key": "k"}
    assert send(TRACE, **again) == send(OTHER, **again)

    (replayed,) = [line for line in lines() if line["message"] == "replayed"]
    assert has(replayed, key_id=KEY_ID, traceparent=OTHER)


def test_a_warm_function_says_nothing_of_the_request_before(call: Call, lines: Lines) -> None:
    call("POST", "/Mail/Send", MAIL, headers={"traceparent": TRACE})
    call("POST", "/Mail/Send", MAIL, key="another-key")
    call("GET", "/Status/x", key=None)

    _, before, accepted, answered, refused, last = lines()
    assert has(before, request_id="request-1", **JOINED)
    for line in (accepted, answered):
        assert has(line, request_id="request-2", key_id=key_id("another-key"))
    assert not any({"key_id", "message_id"} & line.keys() for line in (refused, last))
    assert not any("traceparent" in line for line in (accepted, answered, refused, last))


@pytest.mark.parametrize("header", ["", SECRET, f"{TRACE}-{SECRET}", TRACE.upper(), "{}\n{}"])
def test_a_trace_that_is_none_is_neither_logged_nor_kept(
    call: Call, lines: Lines, table: Any, header: str
) -> None:
    reply = call("POST", "/Mail/Send", MAIL, headers={"traceparent": header})

    assert reply["statusCode"] == 200
    assert not any("traceparent" in line for line in lines())
    (record,) = [item for item in table.scan()["Items"] if item["sk"] == "RECORD"]
    assert (record["key_id"], record.get("traceparent")) == (KEY_ID, None)


@pytest.mark.parametrize("function", [metadata, preflight])
def test_the_other_functions_behind_the_api_join_their_line_too(
    context: Context, lines: Lines, function: Any
) -> None:
    for headers in ({"traceparent": TRACE}, {}):
        event = proxy_event("GET", "/metadata", headers=headers, key=None)
        function.handler(event, context)

    traced, plain = lines()
    assert has(traced, request_id="request-1", traceparent=TRACE)
    assert plain["request_id"] == "request-1"
    assert "traceparent" not in plain


# ---- what follows


def test_later_tries_of_several_mails_each_have_their_own_ids(
    send: Any, work: Any, ses: Ses, lines: Lines, clock: Clock
) -> None:
    ses.faults = [THROTTLED, THROTTLED, THROTTLED]
    traced, other, untraced = send(TRACE), send(OTHER), send("")
    lines()
    clock.pass_by(60)
    ses.faults = [refusing(400, "MessageRejected")]
    work(traced, other, untraced, "01JD9ZK4M6T0V3Q8W2X5Y7B1CD")

    refused, sent, plain, gone = lines()
    assert has(refused, message_id=traced, code="MessageRejected", **JOINED)
    assert has(sent, message_id=other, key_id=KEY_ID, traceparent=OTHER, state="sent")
    assert (sent["ses_message_id"], plain["ses_message_id"]) == (Ses.id_of(1), Ses.id_of(2))
    assert has(plain, message_id=untraced, key_id=KEY_ID)
    assert has(gone, message_id="01JD9ZK4M6T0V3Q8W2X5Y7B1CD", state="gone")
    assert "traceparent" not in plain
    assert not {"traceparent", "key_id", "ses_message_id"} & gone.keys()


def test_a_try_that_fails_is_joined_as_soon_as_its_record_was_read(
    send: Any, work: Any, ses: Ses, lines: Lines, clock: Clock
) -> None:
    ses.faults = [THROTTLED]
    message_id = send()
    lines()
    clock.pass_by(60)
    for fault in (raising(KeyError(SECRET)), THROTTLED):
        with before_send("dynamodb.BatchGetItem", lambda fault=fault, **_: fault()):
            work(message_id)

    bug, outage = lines()
    assert has(bug, message="failed", message_id=message_id, **JOINED)
    assert has(outage, message="left in the queue", message_id=message_id, **JOINED)


def test_an_event_of_ses_has_the_ids_of_the_request_that_its_mail_came_with(
    send: Any, context: Context, lines: Lines
) -> None:
    traced, untraced = send(), send("")
    lines()
    events = [
        sample("bounce_permanent_general", traced, Ses.id_of(1)),
        sample("delivery", untraced, Ses.id_of(2)),
        sample("delivery", "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"),
    ]
    ses_events.handler(batch(*events), context)  # type: ignore[arg-type]

    bounce, delivery, unknown = lines()
    assert has(bounce, kind="BOUNCE", message_id=traced, ses_message_id=Ses.id_of(1), **JOINED)
    assert has(delivery, message_id=untraced, ses_message_id=Ses.id_of(2), key_id=KEY_ID)
    assert has(unknown, reason="NoSuchMessage", message_id="01JD9ZK4M6T0V3Q8W2X5Y7B1CD")
    assert "traceparent" not in delivery
    assert not {"traceparent", "key_id", "ses_message_id"} & unknown.keys()


def test_an_event_that_cannot_be_written_is_joined_and_one_about_an_erased_mail_names_it(
    send: Any, context: Context, lines: Lines, table: Any
) -> None:
    message_id = send()
    lines()
    event = batch(sample("delivery", message_id))
    with before_send("dynamodb.PutItem", lambda **_: raising(KeyError(SECRET))()):
        ses_events.handler(event, context)  # type: ignore[arg-type]
    record = items.attributes({"pk": f"MSG#{message_id}", "sk": "RECORD"})
    table.put_item(Item=items.plain(items.tombstone(record, 2**31)))
    ses_events.handler(event, context)  # type: ignore[arg-type]

    bug, erased = lines()
    assert has(bug, message="failed", message_id=message_id, **JOINED)
    assert has(erased, message="passed over: erased", message_id=message_id)


def test_a_repair_of_the_sweep_that_fails_is_joined(
    send: Any, context: Context, ses: Ses, lines: Lines, clock: Clock
) -> None:
    ses.faults = [THROTTLED]
    message_id = send()
    lines()
    clock.pass_by(7200)
    with before_send("dynamodb.PutItem", lambda **_: raising(KeyError(SECRET))()):
        sweep.handler({}, context)  # type: ignore[arg-type]

    (bug,) = [line for line in lines() if line["message"] == "failed"]
    assert has(bug, message_id=message_id, **JOINED)


def test_a_turn_that_cannot_be_given_is_joined(lines: Lines, service: World) -> None:
    """A world has turned its logs off, for its speed."""
    logging.disable(logging.NOTSET)
    service.line_up(1)
    lines()
    (record,) = service.records().values()
    service.clock.pass_by(3600)
    fault = before_send("dynamodb.PutItem", lambda **_: raising(KeyError(SECRET))())
    with fault, pytest.raises(Bug):
        service.dispatch()

    (bug,) = [line for line in lines() if line["message"] == "failed"]
    assert has(bug, message_id=record["id"], key_id=KEY_ID)
