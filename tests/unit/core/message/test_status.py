"""What becomes of a recipient, and of a message (docs/contract.md B3)."""

from itertools import product

import pytest

from core.message.status import Status, merge, of_message

A, S, F, D, U, R, N = (
    Status.ACCEPTED,
    Status.SENT,
    Status.FAILED,
    Status.DELIVERED,
    Status.UNDELIVERED,
    Status.READ,
    Status.UNKNOWN,
)


def test_the_names_are_the_contracts_in_its_order():
    assert [status.value for status in Status] == [
        "accepted",
        "queued",
        "sending",
        "sent",
        "failed",
        "delivered",
        "undelivered",
        "receiving",
        "received",
        "read",
        "pickedup",
        "unknown",
    ]


@pytest.mark.parametrize(
    ("earlier", "later", "merged"),
    [
        (A, S, S),
        (S, D, D),
        (D, S, D),
        (D, U, U),
        (U, D, U),
        (D, R, R),
        (R, D, R),
        (R, U, U),
        (S, F, F),
        (N, D, D),
        (S, N, N),
        (N, S, N),
    ],
)
def test_a_recipients_reports_merge(earlier, later, merged):
    assert merge(earlier, later) is merged


@pytest.mark.parametrize(
    ("recipients", "message"),
    [
        ([S], S),
        ([D], D),
        ([D, S], S),
        ([D, D], D),
        ([D, R], D),
        ([R, R], R),
        ([D, U], U),
        ([S, U], U),
        ([R, F], F),
        ([F, U], U),
        ([D, N], N),
    ],
)
def test_a_message_is_as_far_as_its_slowest_recipient_unless_one_went_wrong(recipients, message):
    assert of_message(recipients) is message


def test_the_order_of_recipients_does_not_matter():
    for some in product([S, F, D, U, R, N], repeat=3):
        assert of_message(some) is of_message(reversed(some))
