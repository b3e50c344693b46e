"""How things lie in the table."""

import time
from collections import Counter
from decimal import Decimal

import pytest

from core.aws import items
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status

NOW = 1_800_000_000
ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


def record(**changes):
    members = {
        "id": ID,
        "revision": "r1",
        "domain": "d.example",
        "configuration": "default",
        "sender": "a@d.example",
        "receiver": "ada@recipient.example",
        "recipients": (Recipient(address="ada@recipient.example"),),
        "state": Status.QUEUED,
        "next_attempt_at": NOW,
        "retry_until": NOW,
        "created_at": NOW,
        "content_expires_at": NOW,
        "expires_at": NOW + 5,
    }
    return Record(**members | changes)


VALUES = {
    "text": ("x", {"S": "x"}),
    "no text": ("", {"S": ""}),
    "true": (True, {"BOOL": True}),
    "false": (False, {"BOOL": False}),
    "number": (7, {"N": "7"}),
    "negative": (-7, {"N": "-7"}),
    "none": (None, {"NULL": True}),
    "list": ([1, ["a"]], {"L": [{"N": "1"}, {"L": [{"S": "a"}]}]}),
    "mapping": ({"a": {"b": None}}, {"M": {"a": {"M": {"b": {"NULL": True}}}}}),
}


@pytest.mark.parametrize(("value", "attribute"), VALUES.values(), ids=VALUES)
def test_a_value_is_written_and_read_back(value, attribute):
    assert items.attributes({"v": value}) == {"v": attribute}
    assert items.plain({"v": attribute}) == {"v": value}


def test_a_tuple_is_a_list():
    assert items.attributes({"v": (1,)}) == {"v": {"L": [{"N": "1"}]}}


@pytest.mark.parametrize("value", [1.5, {1}, object()])
def test_no_other_value_is_written(value):
    with pytest.raises(TypeError, match=type(value).__name__):
        items.attributes({"v": value})


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ({"N": "7.0"}, 7),
        ({"N": "1E+2"}, 100),
        ({"N": "7.5"}, Decimal("7.5")),
        ({"SS": ["a", "b"]}, ["a", "b"]),
        ({"B": b"x"}, b"x"),
    ],
)
def test_what_an_operator_may_have_written_is_read(attribute, value):
    read = items.plain({"v": attribute})["v"]

    assert read == value
    assert type(read) is type(value)


def test_a_key_is_two_texts():
    assert items.key("a", "b") == {"pk": {"S": "a"}, "sk": {"S": "b"}}


def test_a_record_lies_under_its_id_with_what_its_indexes_need():
    assert items.laid_out(record()) == {
        "pk": f"MSG#{ID}",
        "sk": "RECORD",
        "id": ID,
        "revision": "r1",
        "domain": "d.example",
        "configuration": "default",
        "sender": "a@d.example",
        "receiver": "ada@recipient.example",
        "recipients": [{"address": "ada@recipient.example"}],
        "state": "queued",
        "status": "queued",
        "next_attempt_at": NOW,
        "retry_until": NOW,
        "created_at": NOW,
        "content_expires_at": NOW,
        "expires_at": NOW + 5,
        "listed": "d.example#1",
        "unfinished": "queued-d",
        "due_at": NOW + 15 * 60,
    }


def test_what_a_record_has_besides_gets_keys_of_their_own():
    attempts = (Attempt(at=1, outcome="sent", ses_message_id="ses-1"),)
    recipients = (Recipient(address="a@b.example", status=Status.DELIVERED),)
    laid_out = items.laid_out(record(reference="r", attempts=attempts, recipients=recipients))

    assert laid_out["reference_key"] == "d.example#r"
    assert laid_out["ses_message_id"] == "ses-1"
    assert laid_out["status"] == "delivered"
    assert not {"unfinished", "due_at", "problem", "recipient_key"} & laid_out.keys()


def test_a_message_that_can_be_found_by_its_recipient_has_its_domain_before_that():
    assert items.laid_out(record(recipient_hash="ab"))["recipient_key"] == "d.example#ab"


@pytest.mark.parametrize(
    "status", ["sent", "unknown", "failed", "delivered", "read", "undelivered"]
)
def test_what_went_wrong_is_listed_by_itself(status):
    recipients = (Recipient(address="a@b.example", status=Status(status)),)
    laid_out = items.laid_out(record(recipients=recipients))

    is_problem = status in {Status.FAILED, Status.UNDELIVERED, Status.UNKNOWN}
    assert laid_out.get("problem") == (laid_out["listed"] if is_problem else None)


@pytest.mark.parametrize(
    ("state", "shards"),
    [
        (Status.SENDING, list("0123456789abcdef")),
        (Status.UNKNOWN, list("0123456789abcdef")),
        (Status.QUEUED, [f"queued-{digit}" for digit in "0123456789abcdef"]),
    ],
)
def test_unfinished_messages_spread_evenly_and_those_that_wait_have_shards_of_their_own(
    state, shards
):
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    messages = (record(id=ID[:-1] + last, state=state, claimed_until=1) for last in alphabet)
    counted = Counter(items.laid_out(message)["unfinished"] for message in messages)

    assert counted == dict.fromkeys(shards, 2)


def test_a_record_is_read_back():
    item = items.attributes(items.laid_out(record(reference="r")))

    assert items.record_in(item) == record(reference="r")
    assert items.message_id_of(item) == ID


@pytest.mark.parametrize(("left", "is_live"), [(-1, False), (0, False), (1, True)])
def test_an_expired_record_is_none_before_dynamodb_deletes_it(monkeypatch, left, is_live):
    monkeypatch.setattr(time, "time", lambda: NOW)
    item = items.attributes(items.laid_out(record(expires_at=NOW + left)))

    assert items.message_in(item) == (record(expires_at=NOW + left) if is_live else None)


def test_what_stays_of_an_erased_record_is_that_it_was_for_ninety_days():
    item = items.attributes(items.laid_out(record(reference="r"))) | {"ses_message_id": {"S": "i"}}

    tombstone = items.tombstone(item, NOW)

    assert tombstone == {
        "pk": {"S": f"MSG#{ID}"},
        "sk": {"S": "RECORD"},
        "ses_message_id": {"S": "i"},
        "is_erased": {"BOOL": True},
        "expires_at": {"N": str(NOW + 90 * 86400)},
    }
    assert items.is_tombstone(tombstone)
    assert isinstance(items.message_in(tombstone), items.Tombstone)
    assert not items.is_tombstone(item)


def test_what_an_index_needs_is_no_member_of_the_record_and_changes_none():
    """Else it would be read back as that member."""
    known = record(reference="r", recipient_hash="ab", state=Status.FAILED)
    laid_out = items.laid_out(known)

    assert items.record_in(items.attributes(laid_out)) == known
    beside = {"listed", "problem", "recipient_key", "reference_key", "unfinished", "turn"}
    assert not beside & Record.model_fields.keys()
