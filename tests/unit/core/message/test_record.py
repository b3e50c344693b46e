"""What follows from a message's record: its status, its error, and when it must be looked at."""

import pytest
from pydantic import ValidationError

from core.message.record import (
    CLAIM_SECONDS,
    DELIVERY_SECONDS,
    GRACE_SECONDS,
    LETTER_SECONDS,
    PICKUP_SECONDS,
    SES_SECONDS,
    Attempt,
    Recipient,
    Record,
)
from core.message.status import Status

NOW = 1_800_000_000
MINUTE, HOUR = 60, 3600
ADA, BOB, EVE = (f"{name}@recipient.example" for name in ("ada", "bob", "eve"))


def record(*statuses, state=Status.SENT, suppressed=(), details=(), **changes):
    recipients = tuple(
        Recipient(
            address=address,
            status=status,
            is_suppressed=number in suppressed,
            detail=details[number] if details else "",
        )
        for number, (address, status) in enumerate(zip((ADA, BOB, EVE), statuses, strict=False))
    )
    members = {
        "id": "m",
        "domain": "d.example",
        "configuration": "default",
        "sender": "a@d.example",
        "receiver": ADA,
        "recipients": recipients,
        "state": state,
        "attempts": (Attempt(at=NOW),),
        "retry_until": NOW + 24 * HOUR,
        "created_at": NOW,
        "content_expires_at": NOW,
        "expires_at": NOW,
    }
    return Record(**members | changes)


A, S, F, D, U, R, N = (
    Status.ACCEPTED,
    Status.SENT,
    Status.FAILED,
    Status.DELIVERED,
    Status.UNDELIVERED,
    Status.READ,
    Status.UNKNOWN,
)
STATES = [Status.QUEUED, Status.SENDING, S, F, N]


@pytest.mark.parametrize(
    ("seconds", "documented"),
    [
        (SES_SECONDS, 13),
        (CLAIM_SECONDS, MINUTE),
        (GRACE_SECONDS, 15 * MINUTE),
        (PICKUP_SECONDS, 15 * MINUTE),
        (LETTER_SECONDS, MINUTE),
        (DELIVERY_SECONDS, 15 * HOUR),
    ],
)
def test_the_times_are_those_that_the_documents_promise(seconds, documented):
    assert seconds == documented


# ---- status


@pytest.mark.parametrize("state", STATES)
def test_until_ses_has_the_mail_the_status_is_how_far_we_are(state):
    assert record(A, A, state=state).status is state
    assert not record(A, A, state=state).is_taken


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("recipients", "status"), [((S, S), S), ((D, S), S), ((D, R), D), ((D, U), U), ((N, D), N)]
)
def test_once_it_has_the_status_is_what_became_of_the_recipients(state, recipients, status):
    assert record(*recipients, state=state).is_taken
    assert record(*recipients, state=state).status is status


def test_a_recipient_who_was_left_out_does_not_show_that_ses_has_the_mail():
    waiting = record(U, A, suppressed={0}, state=Status.QUEUED)

    assert not waiting.is_taken
    assert not waiting.is_suppressed
    assert waiting.status is Status.QUEUED


def test_with_everybody_left_out_the_mail_is_undelivered():
    ended = record(U, U, suppressed={0, 1}, state=F)

    assert ended.is_suppressed
    assert not ended.is_taken
    assert ended.status is U


# ---- what went wrong


@pytest.mark.parametrize("state", STATES)
def test_until_ses_has_the_mail_the_error_is_the_try_s(state):
    assert record(A, state=state, error="Throttled.").error_message == "Throttled."
    assert record(A, state=state).error_message == ""


@pytest.mark.parametrize(
    ("recipients", "details", "message"),
    [
        ((F, U), ("Rejected.", "Bounced."), "Bounced."),
        ((U, F), ("Bounced.", "Rejected."), "Bounced."),
        ((U, U), ("", "Bounced."), "Bounced."),
        ((U, U), ("One.", "Other."), "One."),
        ((U, D), ("", "said of a delivery"), ""),
        ((D, D), ("", ""), ""),
        ((F, D), ("Rejected.", ""), "Rejected."),
    ],
)
def test_after_that_it_is_the_first_detail_of_those_who_make_the_status(
    recipients, details, message
):
    assert record(*recipients, details=details, error="old").error_message == message


def test_of_a_mail_to_nobody_the_error_says_that_they_are_suppressed():
    ended = record(U, suppressed={0}, details=("Suppressed.",), state=F, error="old")

    assert ended.error_message == "Suppressed."


# ---- what happens next


@pytest.mark.parametrize(
    ("state", "will"),
    [(Status.QUEUED, True), (Status.SENDING, False), (F, False), (S, False)],
)
def test_it_will_be_tried_again_while_it_waits(state, will):
    assert record(A, state=state).will_retry == will
    assert not record(D, state=state).will_retry


@pytest.mark.parametrize("tries", [1, 2, 9])
@pytest.mark.parametrize(("policy", "will"), [("resend", True), ("fail", False)])
def test_without_an_answer_it_will_be_sent_again_where_the_domain_says_so(tries, policy, will):
    attempts = (Attempt(at=1, outcome="no answer"),) * tries

    assert record(A, state=N, attempts=attempts, unknown_outcome=policy).will_retry == will


@pytest.mark.parametrize(
    ("state", "next_attempt_at", "owes"), [(F, 1, True), (F, 0, False), (N, 1, False)]
)
def test_a_letter_is_owed_by_what_failed_and_still_has_a_time(state, next_attempt_at, owes):
    assert record(A, state=state, next_attempt_at=next_attempt_at).owes_letter == owes


@pytest.mark.parametrize(
    ("state", "due_at"),
    [
        (Status.QUEUED, NOW + 30 + PICKUP_SECONDS),
        (Status.SENDING, NOW + 20),
        (N, NOW + 30),
        (F, NOW + 30),
        (S, None),
    ],
)
def test_each_state_has_its_time_to_be_looked_at(state, due_at):
    times = {"claimed_until": NOW + 20, "next_attempt_at": NOW + 30}

    assert record(A, state=state, **times).due_at == due_at


@pytest.mark.parametrize("state", [N, F])
def test_what_has_ended_without_ses_is_due_no_more(state):
    assert record(A, state=state, next_attempt_at=0).due_at is None


@pytest.mark.parametrize("state", STATES)
def test_what_ses_has_is_due_when_it_stops_trying_unless_everybody_was_reported_on(state):
    attempts = (Attempt(at=1), Attempt(at=NOW))

    assert record(D, S, state=state, attempts=attempts).due_at == NOW + DELIVERY_SECONDS
    assert record(D, U, state=state, attempts=attempts).due_at is None
    assert record(D, N, state=state, attempts=attempts).due_at is None


def test_what_ses_has_without_a_try_of_ours_is_due_from_when_it_was_accepted():
    """A restore may bring back a record of before the try of which an event tells."""
    assert record(S, created_at=NOW).due_at == NOW + DELIVERY_SECONDS


def test_ses_s_id_is_that_of_the_newest_try_that_it_took():
    def of(*ids):
        return record(A, attempts=tuple(Attempt(at=1, ses_message_id=one) for one in ids))

    assert of().ses_message_id == ""
    assert of("", "").ses_message_id == ""
    assert of("one", "").ses_message_id == "one"
    assert of("one", "two").ses_message_id == "two"


# ---- what a record is


@pytest.mark.parametrize("made", [record(A), Attempt(at=1), Recipient(address=ADA)])
def test_nothing_is_changed_in_place(made):
    with pytest.raises(ValidationError, match="frozen"):
        made.at = made.id = made.address = "x"


@pytest.mark.parametrize(("kind", "member"), [(Recipient, "address"), (Record, "sender")])
def test_what_is_wrong_with_a_record_is_said_without_its_values(kind, member):
    with pytest.raises(ValidationError) as error:
        kind.model_validate({member: ["geheim47@recipient.example"]})

    assert "geheim47" not in str(error.value)


def test_what_is_not_given_is_empty():
    assert Recipient(address=ADA).model_dump(mode="json") == {
        "address": ADA,
        "status": "accepted",
        "detail": "",
        "replied_at": 0,
        "complained_at": 0,
        "accused_at": 0,
        "cleared_at": 0,
        "is_suppressed": False,
        "is_delayed": False,
    }
    assert Attempt(at=1).model_dump() == {
        "at": 1,
        "outcome": "",
        "ses_message_id": "",
        "code": "",
    }
    assert record(A, attempts=()).model_dump(
        include={"revision", "reference", "error", "claimed_until", "next_attempt_at"}
        | {"unknown_outcome", "suppresses", "sequence"}
    ) == {
        "revision": "",
        "sequence": 1,
        "reference": "",
        "error": "",
        "claimed_until": 0,
        "next_attempt_at": 0,
        "unknown_outcome": "resend",
        "suppresses": True,
    }
