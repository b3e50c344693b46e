"""Two requests with one idempotency key in the same instant, as only the real DynamoDB has them.

It cancels one of two transactions at the same item with `TransactionConflict`
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html). moto does
one after the other, so that answer is given here in its place.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from moto.core.models import botocore_stubber
from support.account import queued
from support.ses import Ses

from core.config import CONFIG

Call = Callable[..., dict[str, Any]]
MAIL = {"To": "ada@recipient.example", "Subject": "s", "Text": "t"}
KEY = {"Idempotency-Key": "k"}
CANCELED = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"


def messages(table: Any) -> list[dict[str, Any]]:
    """Return all items but the clock of the pace: a turn that was taken stays taken."""
    return [item for item in table.scan()["Items"] if item["pk"] != "PACE"]


@pytest.fixture
def cancel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let DynamoDB cancel the next transaction for these reasons, one for each of its writes."""

    def _cancel(*codes: str) -> None:
        process, left = botocore_stubber.process_request, [codes]

        def cancelling(request: Any) -> Any:
            if left and b"TransactWriteItems" in request.headers.get("X-Amz-Target", b""):
                reasons = [{"Code": code} for code in left.pop()]
                body = {"__type": CANCELED, "Message": "x", "CancellationReasons": reasons}
                return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body)
            return process(request)

        monkeypatch.setattr(botocore_stubber, "process_request", cancelling)

    return _cancel


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_a_request_that_meets_the_first_one_in_flight_sends_nothing_and_hears_of_it(
    call: Call, ses: Ses, table: Any, cancel: Any, path: str
) -> None:
    cancel("None", "None", "TransactionConflict")

    reply = call("POST", path, MAIL, headers=KEY)

    assert reply["statusCode"] == 409
    assert "under way" in reply["json"]["ResponseStatus"]["Message"]
    assert ses.asked == 0
    assert messages(table) == []
    assert queued(CONFIG.retry_queue_url) == []


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_its_repetition_finds_what_became_of_the_first_one(
    call: Call, ses: Ses, cancel: Any, path: str
) -> None:
    first = call("POST", path, MAIL, headers=KEY)
    cancel("None", "None", "TransactionConflict")
    assert call("POST", path, MAIL, headers=KEY)["statusCode"] == 409

    repeated = call("POST", path, MAIL, headers=KEY)

    assert repeated["json"]["MessageId"] == first["json"]["MessageId"]
    assert ses.asked == (1 if path == "/Mail/Send" else 0)


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_a_transaction_that_is_cancelled_for_another_reason_is_a_failure(
    call: Call, ses: Ses, table: Any, cancel: Any, path: str
) -> None:
    cancel("ValidationError", "None", "None")

    assert call("POST", path, MAIL, headers=KEY)["statusCode"] == 500
    assert ses.asked == 0
    assert messages(table) == []
