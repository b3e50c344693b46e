"""What an event has changed in its message, in numbers."""

import pytest

from core.message import merging, progress
from core.message.event import Event, EventType, Report
from core.message.ids import made_at
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status

ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
ACCEPTED_AT = made_at(ID)
NOW = int(ACCEPTED_AT) + 1
ADA, BOB = "ada@recipient.example", "bob@recipient.example"


def message(outcome="sent", state=Status.SENT, status=Status.SENT, suppressed=False):
    bob = Recipient(address=BOB, status=status)
    if suppressed:
        bob = Recipient(address=BOB, status=Status.UNDELIVERED, is_suppressed=True)
    return Record(
        id=ID,
        domain="d.example",
        configuration="default",
        sender="a@d.example",
        receiver=ADA,
        recipients=(Recipient(address=ADA, status=status), bob),
        state=state,
        attempts=(Attempt(at=NOW, outcome=outcome),),
        retry_until=NOW,
        created_at=NOW,
        content_expires_at=NOW,
        expires_at=NOW,
    )


def event(kind, *addresses, after=2.5):
    reports = tuple(Report(kind, address) for address in addresses or (None,))
    at_ms = round((ACCEPTED_AT + after) * 1000)
    return Event(kind, ID, 1, "ses-1", at_ms // 1000, reports, at_ms)


def numbers(before, *events):
    """Return what each of the events changes, one after the other."""
    found = []
    for one in events:
        after = merging.merge(before, one)
        found.append(progress.of_change(before, after, one).numbers)
        before = after
    return found


def test_each_delivery_counts_once_with_its_time_however_often_it_is_told():
    ada, bob = event(EventType.DELIVERY, ADA), event(EventType.DELIVERY, BOB, after=60)

    assert numbers(message(), ada, ada, bob, bob) == [
        {"delivered": 1, "delivered_after": 2.5},
        {},
        {"delivered": 1, "delivered_after": 60.0},
        {},
    ]


def test_a_delivery_to_several_at_once_is_one_time():
    both = event(EventType.DELIVERY, ADA, BOB)

    assert numbers(message(), both) == [{"delivered": 2, "delivered_after": 2.5}]


def test_what_was_opened_before_it_was_delivered_counts_once_and_has_no_time():
    opened, delivered = event(EventType.OPEN, ADA), event(EventType.DELIVERY, ADA)

    assert numbers(message(), opened, delivered) == [{"delivered": 1}, {}]


def test_a_delivery_whose_time_cannot_be_read_counts_without_one():
    assert numbers(message(), event(EventType.DELIVERY, ADA)._replace(at_ms=0)) == [
        {"delivered": 1}
    ]


def test_a_delivery_before_its_mail_was_accepted_is_a_clock_that_is_wrong():
    (found,) = numbers(message(), event(EventType.DELIVERY, ADA, after=-5))

    assert found["delivered_after"] == 0.001


def test_a_bounce_counts_once_and_also_after_a_delivery():
    delivered, bounced = event(EventType.DELIVERY, ADA), event(EventType.BOUNCE, ADA)

    assert numbers(message(), delivered, bounced, bounced, delivered)[1:] == [
        {"bounced": 1},
        {},
        {},
    ]


def test_a_complaint_counts_once_however_many_it_names():
    complained = event(EventType.COMPLAINT, ADA, BOB)

    assert numbers(message(), complained, complained) == [{"complained": 1}, {}]


def test_a_mail_that_ses_did_not_send_after_all_has_failed():
    rejected = event(EventType.REJECT)

    assert numbers(message(), rejected, rejected) == [{"failed": 1}, {}]


@pytest.mark.parametrize("state", [Status.UNKNOWN, Status.QUEUED, Status.FAILED])
def test_who_was_sent_to_without_an_answer_is_counted_when_the_first_event_says_so(state):
    before = message("no answer", state, Status.ACCEPTED)

    assert numbers(before, event(EventType.SEND), event(EventType.DELIVERY, ADA)) == [
        {"recipients": 2, "sent_after": round(NOW - ACCEPTED_AT, 3)},
        {"delivered": 1, "delivered_after": 2.5},
    ]


def test_a_suppressed_recipient_was_not_sent_to():
    before = message("no answer", Status.UNKNOWN, Status.ACCEPTED, suppressed=True)

    assert numbers(before, event(EventType.SEND))[0]["recipients"] == 1


@pytest.mark.parametrize("outcome", ["", "sent"])
def test_a_try_that_is_counted_by_who_makes_it_is_not_counted_here(outcome):
    status = Status.SENT if outcome else Status.ACCEPTED
    before = message(outcome, Status.SENT if outcome else Status.SENDING, status)

    assert numbers(before, event(EventType.SEND)) == [{}]


def test_a_mail_without_a_try_as_after_a_restore_was_sent_nobody_knows_when():
    before = message(state=Status.QUEUED, status=Status.ACCEPTED).model_copy(
        update={"attempts": ()}
    )

    assert numbers(before, event(EventType.SEND)) == [{}]
