"""Which events a change of a record is, one type after the other."""

import re
from typing import Any

import pytest
from support.records import ADA, NOW, waiting

from core.message import lifecycle
from core.message.event import Event, EventType, Report
from core.message.merging import merge
from core.message.outcome import NoAnswer, NotTaken, Refused, Sent
from core.message.record import Recipient, Record
from core.message.status import Status
from core.webhooks import changes
from core.webhooks.changes import between

BOB = "bob@recipient.example"


def told(old: Record | None, new: Record) -> list[tuple[str, int, str]]:
    return [(each.type, each.recipient, each.status) for each in between(old, new)]


def trying(*addresses: str) -> Record:
    return lifecycle.claim(waiting(*addresses), NOW)


def sent(*addresses: str) -> Record:
    return lifecycle.settle(trying(*addresses), 1, Sent("ses-1"), NOW, 0.5)


def reported(record: Record, kind: EventType, address: str | None = ADA) -> Record:
    event = Event(kind, record.id, 1, "ses-1", NOW, (Report(kind, address, f"{kind.name}."),))
    return merge(record, event)


def test_a_new_message_is_accepted() -> None:
    assert told(None, waiting(ADA, BOB)) == [("mail.accepted", 0, "queued")]


def test_a_new_message_that_is_refused_has_failed_and_was_never_accepted() -> None:
    assert told(None, lifecycle.refuse(waiting(), "No.")) == [("mail.failed", 0, "failed")]


def test_whom_it_is_not_sent_to_is_told_with_its_acceptance() -> None:
    suppressed = lifecycle.suppress(waiting(ADA, BOB), [BOB])

    assert told(None, suppressed) == [
        ("mail.accepted", 0, "queued"),
        ("mail.suppressed", 2, "undelivered"),
    ]


def test_a_try_that_begins_is_nothing_to_tell() -> None:
    assert told(waiting(), trying()) == []


def test_what_ses_has_taken_is_sent_to_each_recipient() -> None:
    assert told(trying(ADA, BOB), sent(ADA, BOB)) == [
        ("mail.sent", 1, "sent"),
        ("mail.sent", 2, "sent"),
    ]


def test_what_waits_is_told_once_for_each_reason() -> None:
    first = lifecycle.settle(trying(), 1, NotTaken("Throttling", "Later."), NOW, 0.5)
    again = lifecycle.claim(first, NOW + 60)
    second = lifecycle.settle(again, 2, NotTaken("Throttling", "Later."), NOW + 60, 0.5)
    third = lifecycle.claim(second, NOW + 120)
    other = lifecycle.settle(third, 3, NotTaken("Other", "Not now."), NOW + 120, 0.5)

    assert told(trying(), first) == [("mail.queued", 0, "queued")]
    assert told(again, second) == []
    assert told(third, other) == [("mail.queued", 0, "queued")]


def test_of_a_try_without_an_answer_nobody_knows_and_then_it_waits_again() -> None:
    unknown = lifecycle.settle(trying(), 1, NoAnswer("ReadTimeoutError"), NOW, 0.5)

    assert told(trying(), unknown) == [("mail.unknown", 0, "unknown")]
    assert told(unknown, lifecycle.line_up(unknown)) == [("mail.queued", 0, "queued")]


def test_what_was_not_known_and_was_sent_is_told() -> None:
    unknown = lifecycle.settle(trying(), 1, NoAnswer("ReadTimeoutError"), NOW, 0.5)

    assert told(unknown, reported(unknown, EventType.SEND)) == [("mail.sent", 1, "sent")]


def test_what_is_given_up_has_failed_and_an_operator_may_revive_it() -> None:
    failed = lifecycle.settle(trying(), 1, Refused("MessageRejected", "No."), NOW, 0.5)

    assert told(trying(), failed) == [("mail.failed", 0, "failed")]
    assert told(failed, lifecycle.revive(failed, NOW + 1)) == [("mail.queued", 0, "queued")]
    assert told(failed, lifecycle.note_letter(failed)) == []


def test_what_is_cancelled_is_told_and_not_as_a_failure() -> None:
    assert told(waiting(), lifecycle.cancel(waiting(), NOW)) == [("mail.cancelled", 0, "failed")]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (EventType.DELIVERY, ["mail.delivered"]),
        (EventType.DELIVERY_DELAY, ["mail.delayed"]),
        (EventType.BOUNCE, ["mail.bounced"]),
        (EventType.EARLIER_COMPLAINT, ["mail.bounced"]),
        (EventType.REJECT, ["mail.failed"]),
        (EventType.RENDERING_FAILURE, ["mail.failed"]),
        (EventType.COMPLAINT, ["mail.complained"]),
        (EventType.OPEN, ["mail.delivered", "mail.opened"]),
        (EventType.SEND, []),
        (EventType.AUTOMATIC_REPLY, []),
        (EventType.COMPLAINT_CLEARED, []),
    ],
)
def test_what_ses_reports_of_one_recipient_is_told_of_that_one(
    kind: EventType, expected: list[str]
) -> None:
    before = sent(BOB, ADA)
    after = reported(before, kind)

    assert [(each.type, each.recipient) for each in between(before, after)] == [
        (each, 2) for each in expected
    ]
    assert [*between(after, reported(after, kind))] == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (EventType.DELIVERY, ["mail.sent", "mail.delivered"]),
        (EventType.OPEN, ["mail.sent", "mail.delivered", "mail.opened"]),
        (EventType.BOUNCE, ["mail.sent", "mail.bounced"]),
        (EventType.REJECT, ["mail.sent", "mail.failed"]),
        (EventType.DELIVERY_DELAY, ["mail.sent", "mail.delayed"]),
        (EventType.COMPLAINT, ["mail.sent", "mail.complained"]),
    ],
)
def test_no_step_that_was_passed_over_is_left_out(kind: EventType, expected: list[str]) -> None:
    assert [each.type for each in between(trying(), reported(trying(), kind))] == expected


def test_a_bounce_after_a_delivery_and_a_delivery_after_a_rejection_are_told() -> None:
    delivered = reported(sent(), EventType.DELIVERY)
    rejected = reported(sent(), EventType.REJECT)

    assert told(delivered, reported(delivered, EventType.BOUNCE)) == [
        ("mail.bounced", 1, "undelivered")
    ]
    assert told(rejected, reported(rejected, EventType.DELIVERY)) == [
        ("mail.delivered", 1, "delivered")
    ]


def test_what_is_opened_after_it_was_delivered_is_not_delivered_once_more() -> None:
    delivered = reported(sent(), EventType.DELIVERY)

    assert told(delivered, reported(delivered, EventType.OPEN)) == [("mail.opened", 1, "read")]


def test_a_delay_that_is_heard_of_after_its_end_is_nothing_new() -> None:
    delivered = reported(sent(), EventType.DELIVERY)

    assert told(delivered, reported(delivered, EventType.DELIVERY_DELAY)) == []


def test_who_is_not_heard_of_in_time_is_unknown() -> None:
    before = sent()
    silent = lifecycle.repair(before, NOW + 86_400)

    assert told(before, silent) == [("mail.unknown", 1, "unknown")]


def test_what_was_given_up_and_turns_out_to_be_with_ses_is_sent() -> None:
    failed = lifecycle.settle(trying(), 1, Refused("MessageRejected", "No."), NOW, 0.5)

    assert told(failed, reported(failed, EventType.SEND)) == [("mail.sent", 1, "sent")]


def test_a_message_that_is_taken_back_is_told_after_all_that_was_told_of_it() -> None:
    record = waiting(sequence=3)

    change = changes.withdrawn(record)

    assert (change.type, change.recipient, change.sequence) == ("mail.cancelled", 0, 4)
    assert (change.message_id, change.domain) == (record.id, record.domain)


@pytest.mark.parametrize(
    "other",
    [{"message_id": "n"}, {"recipient": 2}, {"sequence": 3}, {"type": "mail.sent"}],
    ids=lambda each: next(iter(each)),
)
def test_ids_differ_by_message_recipient_type_and_sequence_and_by_nothing_else(
    other: dict[str, Any],
) -> None:
    change = changes.Change("mail.opened", "m", "d.example", 2, 1, "read")

    assert change._replace(**other).id != change.id
    assert change._replace(status="delivered").id == change.id
    assert re.fullmatch("msg_[a-z2-7]{32}", change.id)


def test_ids_are_not_confused_where_one_member_ends_and_the_next_begins() -> None:
    first = changes.Change("mail.sent", "m", "d", 11, 1)
    second = changes.Change("mail.sent", "m", "d", 1, 11)

    assert first.id != second.id


def test_every_type_has_its_words_and_the_form_that_the_standard_wants() -> None:
    assert len(changes.TYPES) == 13
    for name, words in changes.TYPES.items():
        assert re.fullmatch("[a-zA-Z0-9_.]+", name)
        assert words.endswith((".", ")."))


def test_a_record_that_knows_more_recipients_than_before_tells_of_those_it_knew() -> None:
    """It never happens; if it does, nothing that was known is lost."""
    before = waiting()
    more = (Recipient(address=ADA, status=Status.SENT), Recipient(address=BOB))

    assert told(before, before.model_copy(update={"recipients": more})) == [
        ("mail.sent", 1, "sent")
    ]
