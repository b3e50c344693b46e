"""What the functions do about messages and addresses that an operator has erased."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.account import before_send
from support.answers import refusing
from support.gateway import Context
from support.ses import Ses
from support.ses_events import batch, failed, sample

from core.aws import clients, items
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.config import CONFIG
from handlers import resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
TO = "ada@recipient.example"
MAIL = {"To": TO, "Subject": "s"}
KEY = {"Idempotency-Key": "k"}


def bury(message_id: str) -> None:
    """Do to a message's record what erasing does."""
    dynamodb, key = clients.dynamodb(), items.key(f"MSG#{message_id}", "RECORD")
    item = dynamodb.get_item(TableName=CONFIG.table_name, Key=key)["Item"]
    tombstone = items.tombstone(item, int(time.time()))
    dynamodb.put_item(TableName=CONFIG.table_name, Item=tombstone)


@pytest.fixture
def sent(call: Call) -> Callable[..., str]:
    return lambda **more: str(call("POST", "/Mail/Send", MAIL, **more)["json"]["MessageId"])


def test_an_erased_message_is_unknown_to_callers(
    call: Call, sent: Callable[..., str], table: Any
) -> None:
    message_id = sent()
    bury(message_id)

    assert call("GET", f"/Status/{message_id}")["statusCode"] == 404


@pytest.mark.parametrize(
    "name", ["delivery", "bounce_permanent_general", "complaint_abuse", "identity_bounce_with_dsn"]
)
def test_an_event_about_an_erased_message_is_taken_and_teaches_nothing(
    sent: Callable[..., str], context: Context, table: Any, name: str
) -> None:
    message_id = sent()
    bury(message_id)
    before = table.scan()["Items"]

    assert failed(ses_events.handler(batch(sample(name, message_id)), context)) == []
    assert table.scan()["Items"] == before


def test_of_an_erased_message_an_event_reads_only_that_it_was(
    sent: Callable[..., str], context: Context
) -> None:
    message_id = sent()
    bury(message_id)
    reads: list[str] = []

    with before_send("dynamodb.GetItem", lambda **_: reads.append("")):
        assert failed(ses_events.handler(batch(sample("delivery", message_id)), context)) == []

    assert len(reads) == 1


def test_an_event_that_is_being_merged_does_not_bring_a_message_back(
    sent: Callable[..., str], context: Context, table: Any
) -> None:
    message_id = sent()
    event = batch(sample("delivery", message_id))

    def meanwhile(**_: Any) -> None:
        bury(message_id)

    with before_send("dynamodb.PutItem", _once(meanwhile)):
        assert failed(ses_events.handler(event, context)) == ["m0"]  # It comes again, and then:

    assert failed(ses_events.handler(event, context)) == []
    assert table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"]["is_erased"]


def _once(action: Callable[..., None]) -> Callable[..., None]:
    left = [action]
    return lambda **given: left.pop()(**given) if left else None


def test_a_message_that_is_erased_while_it_waits_is_not_sent(
    sent: Callable[..., str], context: Context, ses: Ses, table: Any
) -> None:
    ses.faults.append(refusing(429, "TooManyRequestsException"))
    message_id = sent()
    bury(message_id)

    reply = resend.handler(batch(json.dumps({"MessageId": message_id})), context)
    sweep.handler({}, context)  # type: ignore[arg-type]

    assert reply == {"batchItemFailures": []}
    assert ses.taken == []


def test_a_message_that_is_erased_while_it_is_sent_stays_erased(
    call: Call, ses: Ses, table: Any
) -> None:
    def erased_meanwhile() -> Any:
        (item,) = [item for item in table.scan()["Items"] if item["sk"] == "RECORD"]
        bury(item["id"])
        return refusing(429, "TooManyRequestsException")()

    ses.faults.append(erased_meanwhile)

    reply = call("POST", "/Mail/Send", MAIL)

    assert reply["statusCode"] == 200
    assert call("GET", f"/Status/{reply['json']['MessageId']}")["statusCode"] == 404


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_the_key_of_a_message_that_is_gone_is_free(call: Call, table: Any, path: str) -> None:
    first = call("POST", path, MAIL, headers=KEY)["json"]["MessageId"]
    bury(first)

    again = call("POST", path, MAIL, headers=KEY)
    replayed = call("POST", path, MAIL, headers=KEY)

    assert again["statusCode"] == 200
    assert again["json"]["MessageId"] != first
    assert "Idempotent-Replayed" not in again["headers"]
    assert replayed["json"]["MessageId"] == again["json"]["MessageId"]
    assert replayed["headers"]["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("mail", [MAIL, MAIL | {"Subject": "another"}])
@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_the_key_of_a_mail_that_could_not_be_stored_is_free_for_any_mail(
    call: Call, table: Any, path: str, mail: dict[str, str]
) -> None:
    """As when the answer to the write is lost: the caller has heard of a failure, and of no id."""
    store = Store(clients.dynamodb(), CONFIG.table_name)
    first = call("POST", path, MAIL, headers=KEY)["json"]["MessageId"]
    record = store.get(first)
    assert record
    store.withdraw(record)

    again = call("POST", path, mail, headers=KEY)
    replayed = call("POST", path, mail, headers=KEY)

    assert again["statusCode"] == 200
    assert "Idempotent-Replayed" not in again["headers"]
    assert again["json"]["MessageId"] != first
    assert replayed["json"]["MessageId"] == again["json"]["MessageId"]
    (key,) = [item for item in table.scan()["Items"] if item["sk"] == "KEY"]
    assert key["message_id"] == again["json"]["MessageId"]


def test_a_mail_that_could_not_be_stored_leaves_the_key_of_another_message_alone(
    call: Call, table: Any
) -> None:
    first = call("POST", "/Mail/Send", MAIL, headers=KEY)
    store = Store(clients.dynamodb(), CONFIG.table_name)
    record = store.get(first["json"]["MessageId"])
    assert record
    store.withdraw(record.model_copy(update={"id": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"}))

    again = call("POST", "/Mail/Send", MAIL, headers=KEY)

    assert again["headers"]["Idempotent-Replayed"] == "true"
    assert again["json"] == first["json"]


@pytest.fixture
def kept(table: Any) -> SuppressionList:
    """The list, with an address on it of which only a hash is kept."""
    suppressions = SuppressionList(clients.dynamodb(), CONFIG.table_name, CONFIG.stack_id)
    hashed = suppressions.hashed(TO)
    table.put_item(
        Item={"pk": "SUPPRESSED#example.com", "sk": hashed, "reason": "bounce", "since": 1}
        | {"message_id": ""}
    )
    return suppressions


def test_an_address_that_is_kept_as_a_hash_only_gets_no_mail(
    call: Call, ses: Ses, kept: SuppressionList
) -> None:
    mail = MAIL | {"To": f"ADA@Recipient.example, bob@recipient.example, {'x' * 60}@y.example"}

    assert call("POST", "/Mail/Send", MAIL)["json"]["Status"] == "undelivered"
    call("POST", "/Mail/Send", mail)

    (message,) = ses.taken
    assert TO not in json.dumps(message["Destination"]).lower()
    assert len(message["Destination"]["ToAddresses"]) == 2


def test_a_hash_is_listed_without_its_address_and_can_be_removed(kept: SuppressionList) -> None:
    (entry,) = kept.entries("example.com")

    assert (entry.address, entry.reason) == ("", "bounce")
    assert kept.remove("example.com", TO)
    assert not kept.remove("example.com", TO)
    assert list(kept.entries("example.com")) == []


def test_fifty_recipients_are_looked_up_at_once(call: Call, kept: SuppressionList) -> None:
    names = ",".join([TO, *(f"r{number}@recipient.example" for number in range(49))])
    asked: list[str] = []

    with before_send("dynamodb.BatchGetItem", lambda **_: asked.append("")):
        reply = call("POST", "/Mail/Send", MAIL | {"To": names})

    assert reply["statusCode"] == 200
    assert len(asked) == 1


def test_a_hash_is_of_its_stack() -> None:
    one, other = (SuppressionList(clients.dynamodb(), "t", salt) for salt in ("one", "other"))

    assert one.hashed(TO) != other.hashed(TO)
    assert "ada" not in one.hashed(TO)
