"""Mails that nobody waits for: batches, `Prefer: respond-async`, domains of bulk.

A batch is stored side by side, and what is answered is as if it were one mail after the other.
"""

import json
import time
from collections.abc import Callable, Iterator
from threading import Barrier
from typing import Any

import pytest
from support.account import before_send, queues
from support.answers import answer
from support.clock import Clock
from support.domains import put_domain
from support.faults import Fault
from support.mails import MAIL, NAMESPACE
from support.ses import Ses
from support.world import World

from core.aws import clients, pace_clock
from core.aws.items import attributes, key
from core.aws.threads import mail_threads
from core.config import CONFIG
from core.message.pace import seconds_each

Call = Callable[..., dict[str, Any]]
BATCH = "/json/reply/SendMail[]"
BROKEN = "com.amazon.coral.validate#ValidationException"
"""An error that the SDK does not try to mend by asking again."""


def mails(count: int, **members: Any) -> list[dict[str, Any]]:
    return [MAIL | {"To": f"r{number}@recipient.example"} | members for number in range(count)]


def post(call: Call, batch: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | more.pop("headers", {})
    return call("POST", more.pop("path", BATCH), json.dumps(batch), headers=headers, **more)


def records(table: Any) -> dict[str, dict[str, Any]]:
    """Return the stored records by `To`."""
    return {one["receiver"]: one for one in table.scan()["Items"] if one["sk"] == "RECORD"}


def in_queue() -> dict[str, tuple[float, dict[str, Any]]]:
    """Return what the retry queue holds, by message: when it hands it out, and the body."""
    held = [(json.loads(one.body), one.delayed_until / 1000) for one in queues()["retry"]._messages]
    return {body["MessageId"]: (until, body) for body, until in held}


def set_clock(**fields: Any) -> None:
    """Write the clock of the pace as the dispatcher would have left it."""
    item = key("PACE", "CLOCK") | attributes(pace_clock.Clock(**fields).written())
    clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=item)


def receivers(reply: dict[str, Any]) -> list[str]:
    return [one["Receiver"] for one in reply["json"]]


@pytest.fixture
def strike(table: Any) -> Iterator[Callable[..., None]]:
    """Let DynamoDB refuse one mail of a batch, once all that `first` names are stored."""
    refused: dict[str, Any] = {}

    def on_wire(request: Any, **_: Any) -> Any:
        if refused and refused["to"].encode() in request.body:
            while not {*refused["first"]} <= records(table).keys():
                time.sleep(0.01)
            if action := refused.pop("action", None):
                action()
            return answer(400, {"message": ""}, BROKEN)
        return None

    def _strike(to: str, *first: str, action: Callable[[], Any] | None = None) -> None:
        refused.update(to=to, first=first, action=action)

    with before_send("dynamodb.TransactWriteItems", on_wire):
        yield _strike


# ---- side by side, and in order


def test_the_mails_of_a_batch_are_stored_side_by_side(call: Call, table: Any) -> None:
    """Each waits until seven others are on their way, or this would be an error."""
    together = Barrier(8, timeout=20)

    def on_wire(**_: Any) -> None:
        together.wait()

    with before_send("dynamodb.TransactWriteItems", on_wire):
        reply = post(call, mails(16))

    assert receivers(reply) == [mail["To"] for mail in mails(16)]
    assert {(one["Status"], one["Retry"]) for one in reply["json"]} == {("queued", True)}
    assert len({one["MessageId"] for one in reply["json"]}) == len(records(table)) == 16


@pytest.mark.parametrize(
    "path", [BATCH, "/json/oneway/SendMail[]", "/api/SendMail[]", "/xml/oneway/SendMail[]"]
)
def test_a_batch_is_queued_whatever_its_route(call: Call, ses: Ses, table: Any, path: str) -> None:
    tos = "".join(f"<SendMail><To>{mail['To']}</To></SendMail>" for mail in mails(3, Text=""))
    xml = f'<ArrayOfSendMail xmlns="{NAMESPACE}">{tos.replace("</To>", "</To><Text>t</Text>")}'
    body = f"{xml}</ArrayOfSendMail>" if "xml" in path else json.dumps(mails(3))

    reply = call("POST", path, body, headers={"Content-Type": f"application/{path[1:4]}"})

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (200, "3")
    assert {one["state"] for one in records(table).values()} == {"queued"}
    assert {one["lane"] for one in records(table).values()} == {"slow"}
    assert all("attempts" not in one for one in records(table).values())
    assert ses.asked == 0


def test_a_turn_comes_after_those_of_the_mails_before_it(call: Call, table: Any) -> None:
    set_clock(rate=14.0)
    now = time.time()

    post(call, mails(100))

    stored = records(table)
    turns = [float(stored[mail["To"]]["next_attempt_at"]) for mail in mails(100)]
    assert turns == sorted(turns)
    each = seconds_each(14)
    assert turns[-1] - turns[0] == pytest.approx(99 * each, abs=1)
    assert turns[0] - now == pytest.approx(0, abs=2)
    assert max(at for at, _ in in_queue().values()) - now == pytest.approx(99 * each, abs=2)
    assert len(in_queue()) == 100


def test_recipients_count_and_not_mails(call: Call, table: Any) -> None:
    set_clock(rate=14.0)
    batch = mails(4)
    batch[1]["To"] = ",".join(f"many{number}@recipient.example" for number in range(50))

    post(call, batch)

    stored = records(table)
    turns = [int(stored[mail["To"]]["next_attempt_at"]) for mail in batch]
    assert turns[2] - turns[1] == pytest.approx(50 * seconds_each(14), abs=1)
    assert turns[1] - turns[0] in {0, 1}


@pytest.mark.parametrize("path", [BATCH, "/json/oneway/SendMail"])
def test_at_a_low_rate_the_fractions_of_turns_reach_the_queue(
    call: Call, clock: Clock, path: str
) -> None:
    set_clock(rate=2.0)

    if path == BATCH:
        post(call, mails(4))
    else:
        for mail in mails(4):
            call("POST", path, mail)

    turns = sorted(body.get("At", 0) for _, body in in_queue().values())
    expected = [clock.now + number * seconds_each(2) for number in range(4)]
    assert turns[-3:] == [pytest.approx(turn, abs=0.01) for turn in expected][-3:]


def test_what_would_come_too_late_lines_up(call: Call, table: Any) -> None:
    """Else one batch would hold up all others until its last mail has had its turn."""
    set_clock(rate=1.0)

    post(call, mails(100))

    stored = records(table)
    have_turns = ["waiting" not in stored[mail["To"]] for mail in mails(100)]
    assert have_turns == [True] * 59 + [False] * 41
    assert len(in_queue()) == 59


def test_while_others_are_lined_up_a_batch_lines_up_and_needs_no_queue(service: World) -> None:
    set_clock(busy_until=int(service.clock.now) + 60)
    service.post(MAIL, oneway=True)  # The first request in a minute also reads clock and domains.

    service.ask(BATCH, mails(3))

    assert len([one for one in service.records().values() if "waiting" in one]) == 4
    assert not [name for name in service.calls if "Transact" not in name]
    service.run_on()
    assert len(service.taken) == 4


def test_mails_with_more_files_than_there_are_threads_do_not_wait_for_one_another(
    call: Call, table: Any
) -> None:
    files = [{"Bytes": "QUJD", "Name": f"{number}.txt"} for number in range(10)]

    reply = post(call, mails(20, Attachments=files))

    assert reply["statusCode"] == 200
    stored = clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name)
    assert stored["KeyCount"] == 200
    assert len(records(table)) == 20


def test_an_empty_batch_asks_nothing_of_aws(service: World) -> None:
    service.ask(BATCH, [])

    assert [name for name in service.calls if "Query" not in name] == []


# ---- the first that is refused


def test_a_batch_stops_at_the_first_that_cannot_be_a_mail(call: Call, table: Any) -> None:
    batch = mails(5)
    batch[2]["To"], batch[4]["To"] = "nobody", "nobody else"

    reply = post(call, batch)

    status = reply["json"]["ResponseStatus"]
    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (400, "2")
    assert (status["Meta"], len(status["Errors"])) == ({"AutoBatchIndex": "2"}, 1)
    assert records(table).keys() == {mail["To"] for mail in batch[:2]}
    assert len(in_queue()) == 2


def test_what_was_stored_behind_the_first_that_failed_is_taken_back(
    call: Call, table: Any, strike: Callable[..., None]
) -> None:
    batch = mails(6)
    strike(batch[2]["To"], *(mail["To"] for mail in batch if mail is not batch[2]))

    reply = post(call, batch)

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (500, "2")
    assert reply["json"]["ResponseStatus"]["Meta"] == {"AutoBatchIndex": "2"}
    kept = records(table)
    assert kept.keys() == {mail["To"] for mail in batch[:2]}
    assert in_queue().keys() == {one["id"] for one in kept.values()}
    contents = [one for one in table.scan()["Items"] if one["sk"] == "CONTENT"]
    assert len(contents) == 2


def test_an_earlier_failure_counts_more_than_an_earlier_fault(
    call: Call, table: Any, strike: Callable[..., None]
) -> None:
    batch = mails(3)
    batch[2]["To"] = "nobody"
    strike(batch[0]["To"], batch[1]["To"])

    reply = post(call, batch)

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (500, "0")
    assert records(table) == {}
    assert in_queue() == {}


def test_what_somebody_else_was_promised_meanwhile_is_not_taken_back(
    call: Call, table: Any, strike: Callable[..., None]
) -> None:
    batch = mails(3)
    promised: list[dict[str, Any]] = []

    def repeat() -> None:
        headers = {"Idempotency-Key": "k/2"}
        promised.append(call("POST", "/json/oneway/SendMail", batch[2], headers=headers))

    strike(batch[0]["To"], batch[1]["To"], batch[2]["To"], action=repeat)

    reply = post(call, batch, headers={"Idempotency-Key": "k"})

    assert reply["statusCode"] == 500
    assert promised[0]["headers"]["Idempotent-Replayed"] == "true"
    assert [one["id"] for one in records(table).values()] == [promised[0]["json"]["MessageId"]]


def test_once_one_has_failed_those_behind_it_are_not_begun(
    call: Call, strike: Callable[..., None]
) -> None:
    strike("r")
    begun: list[str] = []

    with before_send("dynamodb.TransactWriteItems", lambda **_: begun.append("a mail")):
        reply = post(call, mails(100))

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (500, "0")
    assert (
        len(begun) < 60
    )  # Each of the eight that were on their way has tried to take itself back.


# ---- what depends on the mails before it


def by_reference(*references: str) -> list[dict[str, Any]]:
    return [MAIL | {"Reference": reference} for reference in references]


def test_a_mail_with_the_key_of_an_earlier_one_is_that_one(call: Call, table: Any) -> None:
    put_domain(reference_is_key=True)

    reply = post(call, by_reference("a", "b", "a", "c", "a", "b"))

    ids = [one["MessageId"] for one in reply["json"]]
    assert ids == [ids[0], ids[1], ids[0], ids[3], ids[0], ids[1]]
    assert reply["headers"]["Idempotent-Replayed"] == "true"
    assert {one["id"] for one in table.scan()["Items"] if one["sk"] == "RECORD"} == {*ids}
    assert len({*ids}) == 3
    assert in_queue().keys() == {*ids}


def test_a_key_that_an_earlier_mail_has_refuses_another_mail(call: Call, table: Any) -> None:
    put_domain(reference_is_key=True)
    first, second = by_reference("a", "a")

    reply = post(call, [first, second | {"Text": "another"}, *by_reference("b")])

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (422, "1")
    assert {one["reference"] for one in table.scan()["Items"] if one["sk"] == "RECORD"} == {"a"}


def test_a_repeated_batch_is_the_earlier_one(call: Call, table: Any, ses: Ses) -> None:
    headers = {"Idempotency-Key": "k"}
    first = post(call, mails(20), headers=headers)

    second = post(call, mails(20), headers=headers)

    assert first["json"] == second["json"]
    assert "Idempotent-Replayed" not in first["headers"]
    assert second["headers"]["Idempotent-Replayed"] == "true"
    assert len(records(table)) == 20
    assert ses.asked == 0


def test_what_is_left_of_the_day_is_for_the_first_mails(call: Call, table: Any) -> None:
    put_domain(daily_cap=4)
    batch = mails(6)
    batch[1]["To"] = "a@recipient.example,b@recipient.example"

    reply = post(call, batch)

    statuses = [one["Status"] for one in reply["json"]]
    assert statuses == ["queued"] * 3 + ["failed"] * 3
    assert len(in_queue()) == 3


def test_a_mail_that_is_refused_uses_up_nothing_of_the_day(
    call: Call, table: Any, strike: Callable[..., None]
) -> None:
    put_domain(daily_cap=5)
    strike("r1@")

    reply = post(call, mails(4))

    assert reply["headers"]["X-AutoBatch-Completed"] == "1"
    (counted,) = [one for one in table.scan()["Items"] if one["pk"].startswith("CAP#")]
    assert counted["recipients"] == 1


def test_the_mails_of_a_paused_domain_fail_and_take_no_turn(call: Call, table: Any) -> None:
    put_domain(paused="manual")

    reply = post(call, mails(3))

    assert [one["Status"] for one in reply["json"]] == ["failed"] * 3
    assert not [one for one in table.scan()["Items"] if one["pk"] == "PACE"]
    assert in_queue() == {}


# ---- what AWS does not do


def test_without_the_clock_of_the_pace_mails_line_up(call: Call, table: Any) -> None:
    with before_send("dynamodb.UpdateItem", lambda **_: answer(400, {"message": ""}, BROKEN)):
        reply = post(call, mails(3))

    assert [one["Status"] for one in reply["json"]] == ["queued"] * 3
    assert all("waiting" in one for one in records(table).values())
    assert in_queue() == {}


def test_without_the_queue_mails_are_accepted_and_found_by_the_sweep(service: World) -> None:
    fault = Fault("sqs.SendMessageBatch#1", "broken", lasting=True)

    reply = service.ask(BATCH, mails(3), fault=fault)

    assert reply is not None
    assert reply["statusCode"] == 200
    assert service.next_in_queue() is None
    service.run_on()
    assert sorted(taken.message_id for taken in service.taken) == sorted(service.records())


# ---- who else is in the slow lane


def test_a_caller_that_prefers_not_to_wait_is_answered_as_one_way(call: Call, ses: Ses) -> None:
    headers = {"Prefer": 'wait=5, foo="a, b", Respond-Async; x=y'}

    reply = call("POST", "/Mail/Send", MAIL, headers=headers)

    assert (reply["statusCode"], reply["json"]["Status"], reply["json"]["Retry"]) == (
        200,
        "queued",
        True,
    )
    assert reply["headers"]["Preference-Applied"] == "respond-async"
    one_way = call("POST", "/json/oneway/SendMail", MAIL)["json"]
    assert reply["json"] | {"MessageId": ""} == one_way | {"MessageId": ""}
    assert ses.asked == 0


@pytest.mark.parametrize("path", [BATCH, "/json/oneway/SendMail[]"])
def test_so_is_a_batch(call: Call, path: str) -> None:
    reply = post(call, mails(2), path=path, headers={"Prefer": "respond-async"})

    assert reply["headers"]["Preference-Applied"] == "respond-async"


def test_nothing_is_said_of_the_preference_where_it_changes_nothing(call: Call, ses: Ses) -> None:
    prefer = {"Prefer": "respond-async"}
    id_ = call("POST", "/Mail/Send", MAIL)["json"]["MessageId"]

    refused = call("POST", "/Mail/Send", MAIL | {"To": "nobody"}, headers=prefer)
    asked = call("GET", f"/Status/{id_}", headers=prefer)
    other = call("POST", "/Mail/Send", MAIL, headers={"Prefer": "wait=5"})

    assert refused["statusCode"] == 400
    assert (asked["json"]["Status"], other["json"]["Status"]) == ("sent", "sent")
    for reply in (refused, asked, other):
        assert "Preference-Applied" not in reply["headers"]
    assert ses.asked == 2


def test_a_domain_in_the_slow_lane_queues_every_mail(call: Call, ses: Ses, table: Any) -> None:
    put_domain(lane="slow")

    reply = call("POST", "/Mail/Send", MAIL)

    assert (reply["json"]["Status"], reply["json"]["Retry"]) == ("queued", True)
    assert "Preference-Applied" not in reply["headers"]
    assert [one["lane"] for one in records(table).values()] == ["slow"]
    assert ses.asked == 0


def test_a_batch_of_statuses_is_answered_as_ever(call: Call, ses: Ses) -> None:
    ids = [call("POST", "/Mail/Send", mail)["json"]["MessageId"] for mail in mails(3)]

    reply = call(
        "POST",
        "/json/reply/GetStatus[]",
        json.dumps([{"MessageId": id_} for id_ in ids]),
        headers={"Content-Type": "application/json", "Prefer": "respond-async"},
    )

    assert [one["MessageId"] for one in reply["json"]] == ids
    assert [one["Status"] for one in reply["json"]] == ["sent"] * 3


def test_the_pool_is_smaller_than_the_connections_that_are_kept() -> None:
    assert mail_threads()._max_workers < clients.dynamodb().meta.config.max_pool_connections
