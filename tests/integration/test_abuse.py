"""A domain that sends too much, or to people who do not want it: its day ends, it is paused."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send
from support.answers import raising, refusing
from support.domains import DOMAIN, change_domain, domain_record, forget_domains
from support.gateway import Context
from support.mails import MAIL
from support.metrics import printed_metrics
from support.ses import Ses
from support.ses_events import batch, sample

from core.aws import clients
from core.aws.counters import Counters
from core.config import CONFIG
from core.message.reputation import Tally
from core.submission.idempotency import HEADER
from handlers import api, resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
COUNTERS = Counters(clients.dynamodb(), CONFIG.table_name)
UNREACHABLE = raising(EndpointConnectionError(endpoint_url="https://dynamodb"))


@pytest.fixture
def configure(call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change the domain's record, and let every function read it as if a minute had passed."""

    def _configure(domain: str = DOMAIN, **changes: Any) -> None:
        change_domain(domain, **changes)
        forget_domains(monkeypatch, api, resend, sweep)

    _configure()
    return _configure


@pytest.fixture
def send(call: Call) -> Callable[..., dict[str, Any]]:
    def _send(path: str = "/Mail/Send", key: str = "", **more: Any) -> dict[str, Any]:
        headers = {HEADER: key} if key else {}
        reply = call("POST", path, MAIL | more, headers=headers)
        assert reply["statusCode"] == 200
        return dict(reply["json"])

    return _send


@pytest.fixture
def swept(context: Context, capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, float]]:
    """Run the sweep; return what it measured."""

    def _swept() -> dict[str, float]:
        capsys.readouterr()
        sweep.handler({}, context)
        return printed_metrics(capsys.readouterr().out)

    return _swept


def paused(table: Any, domain: str = DOMAIN) -> str:
    return str((domain_record(domain) or {}).get("paused", ""))


def held(table: Any, pk: str) -> list[dict[str, Any]]:
    return [item for item in table.scan()["Items"] if item["pk"].startswith(pk)]


# The cap


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_a_mail_over_the_cap_fails_without_calling_ses(
    send: Any, call: Call, configure: Any, ses: Ses, table: Any, path: str
) -> None:
    configure(daily_cap=2)

    first, second, third = (send(path) for _ in range(3))

    assert {first["Status"], second["Status"]} <= {"sent", "queued"}
    assert (third["Status"], third["Retry"]) == ("failed", False)
    assert "for today" in third["ErrorMessage"]
    assert call("GET", f"/Status/{third['MessageId']}")["json"] == third
    assert ses.asked == (2 if path == "/Mail/Send" else 0)


def test_nothing_of_a_mail_over_the_cap_is_kept_but_that_it_failed(
    send: Any, configure: Any, table: Any
) -> None:
    configure(daily_cap=1)
    send()

    failed = send(Attachments=[{"Name": "a.txt", "Bytes": "QUJD"}])["MessageId"]

    (record,) = [i for i in held(table, f"MSG#{failed}") if i["sk"] == "RECORD"]
    (content,) = [i for i in held(table, f"MSG#{failed}") if i["sk"] == "CONTENT"]
    assert content["content"] == ""
    assert "due_at" not in record
    assert "Contents" not in clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name)


def test_a_repeated_request_and_a_repeated_try_count_once(
    send: Any, configure: Any, ses: Ses, context: Context, table: Any
) -> None:
    configure(daily_cap=2)
    ses.faults = [refusing(429, "TooManyRequestsException")]
    waiting = send(key="k")
    send(key="k")
    table.update_item(
        Key={"pk": f"MSG#{waiting['MessageId']}", "sk": "RECORD"},
        UpdateExpression="SET next_attempt_at = :past",
        ExpressionAttributeValues={":past": 1},
    )
    resend.handler(batch({"MessageId": waiting["MessageId"]}), context)

    (counter,) = held(table, "CAP#")
    assert counter["recipients"] == 1
    assert send()["Status"] == "sent"
    assert send()["Status"] == "failed"
    assert send(key="k")["Status"] == "sent"  # It is the first mail, whatever the day has left.


def test_a_mail_that_is_not_kept_does_not_count(call: Call, configure: Any, table: Any) -> None:
    configure(daily_cap=1)

    with before_send("dynamodb.TransactWriteItems", lambda **_: UNREACHABLE()):
        assert call("POST", "/Mail/Send", MAIL)["statusCode"] == 500

    (counter,) = held(table, "CAP#")
    assert counter["recipients"] == 0


def test_if_an_outage_meets_a_mail_over_the_cap_the_caller_hears_of_it(
    send: Any, call: Call, configure: Any, table: Any
) -> None:
    configure(daily_cap=1)
    send()

    with before_send("dynamodb.TransactWriteItems", lambda **_: UNREACHABLE()):
        assert call("POST", "/Mail/Send", MAIL)["statusCode"] == 500

    (counter,) = held(table, "CAP#")
    assert counter["recipients"] == 1


@pytest.mark.parametrize("cap", [1, 2])
def test_an_answer_of_the_counter_that_gets_lost_counts_once(
    send: Any, configure: Any, table: Any, cap: int
) -> None:
    """The SDK asks again: what is newest in the counter then is this very mail."""
    configure(daily_cap=cap)
    lost = []

    def lose(request: Any, **_: Any) -> Any:
        if not lost:
            lost.append(request)
            COUNTERS._take(DOMAIN, cap, _id_in(request), 1, int(time.time()))
            return UNREACHABLE()
        return None

    with before_send("dynamodb.UpdateItem", lose):
        assert send()["Status"] == "sent"

    (counter,) = held(table, "CAP#")
    assert counter["recipients"] == 1


def _id_in(request: Any) -> str:
    return str(json.loads(request.body)["ExpressionAttributeValues"][":id"]["S"])


def test_if_the_counter_cannot_be_reached_the_mail_is_sent(
    send: Any, configure: Any, table: Any
) -> None:
    configure(daily_cap=1)
    send()

    with before_send("dynamodb.UpdateItem", lambda **_: UNREACHABLE()):
        assert send()["Status"] == "sent"


def test_each_domain_has_its_own_cap_and_the_next_day_a_new_one(table: Any) -> None:
    now = int(time.time())

    def has_room(domain: str, at: int) -> bool:
        with COUNTERS.counting(domain, 1, f"{domain}-{at}", at, recipients=1) as has_room:
            return has_room

    assert has_room("a.example", now)
    assert not has_room("a.example", now + 1 - (now % 86400 == 86399) * 2)
    assert has_room("b.example", now)
    assert has_room("a.example", now + 86400)
    assert all(item["expires_at"] > now + 86400 for item in held(table, "CAP#"))


def test_what_counts_is_recipients_as_ses_counts_them(send: Any, configure: Any, ses: Ses) -> None:
    configure(daily_cap=5)

    assert send(CC="b@recipient.example, c@recipient.example")["Status"] == "sent"
    refused = send(CC="b@recipient.example, c@recipient.example")
    assert (refused["Status"], refused["Retry"]) == ("failed", False)
    assert send(BCC="b@recipient.example")["Status"] == "sent"
    assert send()["Status"] == "failed"


def test_a_mail_to_more_than_a_whole_day_s_recipients_is_never_counted(
    send: Any, configure: Any, table: Any
) -> None:
    configure(daily_cap=2)

    assert send(CC="b@recipient.example, c@recipient.example")["Status"] == "failed"
    assert held(table, "CAP#") == []


@pytest.mark.parametrize("why", [{"daily_cap": 1}, {"paused": "manual"}])
@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_what_a_cap_or_a_pause_refused_can_be_sent_with_the_same_key_later(
    send: Any, configure: Any, ses: Ses, why: dict[str, Any], path: str
) -> None:
    configure(daily_cap=1)
    send(key="first")
    configure(**why)
    refused = [send(path, key="invoice-1") for _ in range(2)]
    assert [one["Status"] for one in refused] == ["failed"] * 2
    assert send(key="first")["Status"] == "sent"  # A repeat hears of its own mail all the same.

    configure(daily_cap=9, paused="")
    later = send(path, key="invoice-1")

    assert later["Status"] in ("sent", "queued")
    assert later["MessageId"] not in {one["MessageId"] for one in refused}
    assert send(path, key="invoice-1")["MessageId"] == later["MessageId"]
    assert len(ses.taken) == 1 + (later["Status"] == "sent")


@pytest.mark.parametrize("why", [{"daily_cap": 1}, {"paused": "manual"}])
def test_what_a_cap_or_a_pause_refused_leaves_the_key_with_a_mail_that_ses_refused(
    send: Any, configure: Any, ses: Ses, why: dict[str, Any]
) -> None:
    configure(daily_cap=9)
    ses.faults = [refusing(400, "MessageRejected")]
    refused = send(key="invoice-1")
    configure(**why)
    withheld = send(key="invoice-1")

    configure(daily_cap=9, paused="")
    later = send(key="invoice-1")

    assert [one["Status"] for one in (refused, withheld, later)] == ["failed", "failed", "sent"]
    assert len({one["MessageId"] for one in (refused, withheld, later)}) == 3
    assert send(key="invoice-1")["MessageId"] == later["MessageId"]
    assert len(ses.taken) == 1


# The pause


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_a_mail_of_a_paused_domain_fails_without_calling_ses_until_it_is_resumed(
    send: Any, call: Call, configure: Any, ses: Ses, path: str
) -> None:
    configure(paused="manual")
    failed = send(path)
    configure(paused="")

    assert (failed["Status"], failed["Retry"]) == ("failed", False)
    assert failed["ErrorMessage"] == "Sending is paused for this domain."
    assert call("GET", f"/Status/{failed['MessageId']}")["json"] == failed
    assert ses.asked == 0
    assert send(path)["Status"] in ("sent", "queued")


def test_a_mail_that_was_accepted_before_waits_for_the_end_of_the_pause(
    send: Any, call: Call, configure: Any, ses: Ses, context: Context, table: Any
) -> None:
    waiting = send("/json/oneway/SendMail")["MessageId"]
    configure(paused="bounces")
    resend.handler(batch({"MessageId": waiting}), context)
    during = call("GET", f"/Status/{waiting}")["json"]
    configure(paused="")
    table.update_item(
        Key={"pk": f"MSG#{waiting}", "sk": "RECORD"},
        UpdateExpression="SET next_attempt_at = :past",
        ExpressionAttributeValues={":past": 1},
    )
    resend.handler(batch({"MessageId": waiting}), context)

    assert (during["Status"], during["Retry"]) == ("queued", True)
    assert during["ErrorMessage"] == "Sending is paused for this domain."
    assert call("GET", f"/Status/{waiting}")["json"]["Status"] == "sent"
    assert ses.asked == 1


def test_another_domain_goes_on(send: Any, configure: Any, ses: Ses) -> None:
    configure("shop.example", paused="manual")

    assert send(Domain="shop.example")["Status"] == "failed"
    assert send(Domain=DOMAIN)["Status"] == "sent"


# Bounces and complaints


@pytest.fixture
def note(context: Context) -> Callable[..., None]:
    def _note(name: str, message_id: str, **changes: Any) -> None:
        event = sample(name, message_id)
        for member, value in changes.items():
            event[name.partition("_")[0]][member] = value
        assert ses_events.handler(batch(event), context) == {"batchItemFailures": []}

    return _note


def tally(domain: str = DOMAIN) -> Tally:
    total = Tally()
    for hour in COUNTERS.hours(int(time.time()) - 3600):
        assert hour.domain == domain
        total = total.plus(hour.tally)
    return total


@pytest.mark.parametrize(
    ("names", "counted"),
    [
        (["send"], Tally()),
        (["send", "delivery", "delivery"], Tally(1)),
        (["delivery", "open"], Tally(1)),
        (["open", "delivery"], Tally(1)),
        (["bounce_permanent_general", "bounce_permanent_general"], Tally(1, 1)),
        (["delivery", "bounce_permanent_general", "delivery"], Tally(1, 1)),
        (["bounce_transient_mailbox_full"], Tally(1)),
        (["bounce_transient_no_such_user"], Tally(1, 1)),
        (["bounce_automatic_reply", "delivery", "bounce_automatic_reply"], Tally(1)),
        (["bounce_forwarded_mailbox"], Tally(1)),
        (["bounce_nobody"], Tally(1)),
        (["complaint_account_suppression_list"], Tally(1)),
        (["delivery", "complaint_of_one_host", "complaint_of_one_host"], Tally(1, 0, 1)),
        (["delivery", "complaint_abuse", "complaint_abuse"], Tally(1, 0, 1)),
        (["reject"], Tally()),
    ],
)
def test_what_an_event_changes_counts_and_what_was_known_does_not(
    send: Any, note: Any, names: list[str], counted: Tally
) -> None:
    message_id = send()["MessageId"]

    for name in names:
        note(name, message_id)

    assert tally() == counted


def test_a_batch_is_counted_at_once(send: Any, context: Context, table: Any) -> None:
    ids = [send()["MessageId"] for _ in range(3)]
    asked = []

    with before_send("dynamodb.UpdateItem", lambda **_: asked.append(1)):
        ses_events.handler(batch(*(sample("delivery", one) for one in ids)), context)

    assert (tally(), len(asked)) == (Tally(3), 1)


def test_the_mailbox_simulator_does_not_count(send: Any, note: Any) -> None:
    address = "bounce@simulator.amazonses.com"
    message_id = send(To=address)["MessageId"]

    note("bounce_permanent_general", message_id, bouncedRecipients=[{"emailAddress": address}])

    assert tally() == Tally()


def test_an_event_is_merged_even_if_it_cannot_be_counted(send: Any, call: Call, note: Any) -> None:
    message_id = send()["MessageId"]

    with before_send("dynamodb.UpdateItem", lambda **_: UNREACHABLE()):
        note("delivery", message_id)

    assert call("GET", f"/Status/{message_id}")["json"]["Status"] == "delivered"
    assert tally() == Tally()


BAD = Tally(outcomes=100, bounces=6)
"""6 %."""


@pytest.mark.parametrize(
    ("counted", "verdict"),
    [
        (Tally(99, 99, 99), ""),
        (Tally(100, 5), ""),
        (BAD, "bounces"),
        (Tally(100, 0, 1), ""),
        (Tally(100, 0, 2), "complaints"),
        (Tally(2000, 0, 2), ""),
        (Tally(2000, 0, 3), "complaints"),
        (Tally(2000, 100, 2), ""),
        (Tally(2000, 101, 0), "bounces"),
    ],
)
def test_a_rate_is_bad_above_its_limit_and_with_enough_mails_to_tell(
    configure: Any, swept: Any, table: Any, counted: Tally, verdict: str
) -> None:
    configure(on_bad_rates="pause")
    COUNTERS.add(DOMAIN, counted, int(time.time()))

    measured = swept()

    assert measured["BadRates"] == int(verdict != "")
    assert paused(table) == verdict


def test_a_domain_that_is_not_to_be_paused_is_only_told_of(
    configure: Any, swept: Any, send: Any, table: Any
) -> None:
    COUNTERS.add(DOMAIN, BAD, int(time.time()))

    assert swept()["BadRates"] == 1
    assert paused(table) == ""
    assert send()["Status"] == "sent"


def test_hours_add_up_and_what_is_older_than_a_day_is_past(configure: Any, swept: Any) -> None:
    now = int(time.time())
    COUNTERS.add(DOMAIN, BAD, now - 26 * 3600)
    COUNTERS.add(DOMAIN, Tally(60, 3), now - 20 * 3600)
    assert swept()["BadRates"] == 0

    COUNTERS.add(DOMAIN, Tally(40, 3), now)
    assert swept()["BadRates"] == 1


def test_domains_are_judged_by_their_own_mails(configure: Any, swept: Any, table: Any) -> None:
    now = int(time.time())
    configure("shop.example", on_bad_rates="pause")
    configure("clinic.example", on_bad_rates="pause")
    COUNTERS.add("shop.example", BAD, now)
    COUNTERS.add("clinic.example", Tally(100), now)
    COUNTERS.add("removed.example", BAD, now)

    assert swept()["BadRates"] == 1
    assert (paused(table, "shop.example"), paused(table, "clinic.example")) == ("bounces", "")
    assert "Item" not in table.get_item(Key={"pk": "DOMAIN", "sk": "removed.example"})


def test_what_was_resumed_is_not_paused_again_for_what_was_before(
    configure: Any, swept: Any, table: Any
) -> None:
    now = int(time.time())
    configure(on_bad_rates="pause")
    COUNTERS.add(DOMAIN, BAD, now)
    stale = sweep.domain_table
    swept()
    configure(paused="", judged_from=now + 1)

    assert swept()["BadRates"] == 0
    sweep.domain_table = stale  # A sweep that does not know of it yet.
    swept()
    assert paused(table) == ""


def test_a_domain_that_was_removed_meanwhile_does_not_come_back(
    configure: Any, swept: Any, table: Any
) -> None:
    configure("shop.example", on_bad_rates="pause")
    COUNTERS.add("shop.example", BAD, int(time.time()))
    sweep.domain_table.domains()
    table.delete_item(Key={"pk": "DOMAIN", "sk": "shop.example"})

    swept()

    assert "Item" not in table.get_item(Key={"pk": "DOMAIN", "sk": "shop.example"})
