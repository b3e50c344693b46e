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


OF_RECIPIENTS = [A, S, N, F, D, R, U]
"""What a recipient can be, from the weakest word to the strongest."""


def test_statuses_merge_in_any_order_and_any_number():
    """All 343 triples: commutative, associative, idempotent, and the strongest word wins."""
    for one, two, three in product(OF_RECIPIENTS, repeat=3):
        assert merge(one, two) is merge(two, one)
        assert merge(merge(one, two), three) is merge(one, merge(two, three))
        assert merge(one, one) is one
        strongest = max((one, two, three), key=OF_RECIPIENTS.index)
        assert merge(merge(one, two), three) is strongest


@pytest.mark.parametrize("ours", [Status.QUEUED, Status.SENDING, Status.RECEIVED, Status.PICKEDUP])
def test_what_no_recipient_can_be_does_not_merge(ours):
    with pytest.raises(KeyError):
        merge(ours, S)
