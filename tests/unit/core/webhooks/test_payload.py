"""What a receiver is told, and how much of it."""

import json
from typing import Any

import pytest
from support.records import ADA, waiting
from support.webhook_samples import MESSAGE, delivery, endpoint

from core.contract.limits import MAX_REFERENCE_BYTES, MAX_REFERENCE_LENGTH
from core.message.address import canonical
from core.message.diagnostic import MOST_CHARACTERS
from core.message.record import Recipient, Record
from core.message.status import Status
from core.webhooks import changes, payload
from core.webhooks.endpoint import Endpoint

THIN = ["message_id", "reference", "domain", "sequence", "recipient_number", "status"]
TOLD = 'Bounced: Permanent/General 5.1.1 "550 5.1.1 user unknown"'
BOUNCED = Recipient(address=ADA, status=Status.UNDELIVERED, detail=TOLD)
WHOLE = endpoint(include_recipients=True)


def record(**members: Any) -> Record:
    return waiting(
        **{"recipients": (BOUNCED,), "state": Status.SENT, "reference": "4711"} | members
    )


def told(endpoint_: Endpoint, record_: Record | None, **members: Any) -> dict[str, Any]:
    return dict(json.loads(payload.body(delivery(**members), endpoint_, record_)))


def test_it_is_a_document_of_standard_webhooks() -> None:
    document = told(endpoint(), record())

    assert [*document] == ["type", "timestamp", "data"]
    assert document["type"] == "mail.delivered"
    assert document["timestamp"] == "2027-01-15T08:00:00.120Z"


def test_neither_address_nor_reason_is_told_unless_the_endpoint_wants_them() -> None:
    body = payload.body(delivery(), endpoint(), record()).decode()

    assert [*json.loads(body)["data"]] == THIN
    assert ADA not in body
    assert "user unknown" not in body


def test_an_endpoint_that_wants_them_is_told_both() -> None:
    data = told(WHOLE, record())["data"]

    assert [*data] == [*THIN, "recipient", "detail"]
    assert (data["recipient"], data["detail"]) == (ADA, TOLD)
    assert (data["message_id"], data["reference"], data["domain"]) == (MESSAGE, "4711", "d.example")
    assert (data["sequence"], data["recipient_number"], data["status"]) == (3, 1, "delivered")


def test_what_is_about_the_whole_message_names_nobody_and_says_why() -> None:
    failed = waiting(state=Status.FAILED, error="Refused.")

    data = told(WHOLE, failed, recipient=0, type=changes.FAILED)["data"]

    assert (data["recipient"], data["detail"]) == ("", "Refused.")


@pytest.mark.parametrize("number", [2, 3])
def test_the_second_recipient_is_the_second_and_one_that_is_not_there_nobody(number: int) -> None:
    two = record(recipients=(BOUNCED, Recipient(address="bob@recipient.example")))

    data = told(WHOLE, two, recipient=number)["data"]

    assert data["recipient"] == {2: "bob@recipient.example", 3: ""}[number]


@pytest.mark.parametrize("endpoint_", [endpoint(), WHOLE])
def test_of_a_message_that_is_erased_only_ids_are_told(endpoint_: Endpoint) -> None:
    data = told(endpoint_, None)["data"]

    assert [*data] == THIN
    assert (data["reference"], data["message_id"]) == ("", MESSAGE)


LONGEST = {
    "ascii": "x" * MAX_REFERENCE_LENGTH,
    "escaped": "\x01" * MAX_REFERENCE_LENGTH,
    "quoted": '"\\' * (MAX_REFERENCE_LENGTH // 2),
    "bytes": ("😀" * MAX_REFERENCE_LENGTH)[: MAX_REFERENCE_BYTES // 4],
    "language": "語" * MAX_REFERENCE_LENGTH,
}


@pytest.mark.parametrize("text", LONGEST.values(), ids=LONGEST)
def test_it_stays_under_twenty_kilobytes_whatever_the_record_holds(text: str) -> None:
    """With the longest reference, address and words of a host, in the characters that take most."""
    address = canonical(f"{'a' * 64}@{'.'.join(['b' * 61] * 4)}")
    words = (text * MOST_CHARACTERS)[:MOST_CHARACTERS]
    detail = f'Bounced: {"a" * 100}/{"b" * 100} 5.1.10 "{words}"'
    longest = Recipient(address=address, status=Status.UNDELIVERED, detail=detail)

    body = payload.body(
        delivery(domain="d" * 253, at=253_402_300_799_999, sequence=10**9, recipient=1),
        WHOLE,
        record(recipients=(longest,), reference=text),
    )

    assert json.loads(body)["data"]["reference"] == text
    assert len(body) < 20_000
