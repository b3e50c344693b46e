"""Each step of a message, met directly: what it changes, and what it leaves alone."""

from itertools import pairwise

import pytest
from support.records import ADA, DAY, NOW
from support.records import waiting as record

from core.message import lifecycle
from core.message.lifecycle import NotCancellable, NotClaimable
from core.message.outcome import NoAnswer, NotTaken, Refused, Sent, Throttled
from core.message.record import (
    CLAIM_SECONDS,
    DELIVERY_SECONDS,
    GRACE_SECONDS,
    LETTER_SECONDS,
    PICKUP_SECONDS,
    Attempt,
    Recipient,
    Record,
)
from core.message.status import Status

MINUTE = 60
BOB = "bob@recipient.example"
SES_ID = "ses-1"


def trying(number=1, **changes):
    """Make a message whose try `number` began just now; the earlier ones were not taken."""
    earlier = (Attempt(at=NOW - 60, outcome="not taken", code="Throttling"),) * (number - 1)
    members = {"state": Status.SENDING, "claimed_until": NOW + CLAIM_SECONDS}
    return record(**members | {"attempts": (*earlier, Attempt(at=NOW))} | changes)


def taken(status=Status.SENT, **changes):
    members = {
        "state": Status.SENT,
        "recipients": (Recipient(address=ADA, status=status),),
        "attempts": (Attempt(at=NOW, outcome="sent", ses_message_id=SES_ID),),
    }
    return record(**members | changes)


def changes(before, after):
    """Return which members differ, and what they are now."""
    return {
        name: getattr(after, name)
        for name in Record.model_fields
        if getattr(before, name) != getattr(after, name)
    }


# ---- before a try


def test_waiting_sets_the_state_and_the_time_and_nothing_else():
    before = trying()

    assert changes(before, lifecycle.wait(before, NOW + 7)) == {
        "state": Status.QUEUED,
        "next_attempt_at": NOW + 7,
    }


def test_a_claim_begins_a_try():
    attempts = (Attempt(at=1, outcome="not taken", code="x"),)
    before = record(state=Status.QUEUED, attempts=attempts, next_attempt_at=NOW)

    assert changes(before, lifecycle.claim(before, NOW)) == {
        "state": Status.SENDING,
        "attempts": (*before.attempts, Attempt(at=NOW)),
        "claimed_until": NOW + CLAIM_SECONDS,
        "next_attempt_at": 0,
    }


@pytest.mark.parametrize("state", [Status.SENDING, Status.SENT, Status.FAILED, Status.UNKNOWN])
def test_what_waits_for_no_try_cannot_be_claimed(state):
    with pytest.raises(NotClaimable):
        lifecycle.claim(record(state=state), NOW)


def test_what_ses_has_cannot_be_claimed_even_if_it_waits():
    with pytest.raises(NotClaimable):
        lifecycle.claim(taken(state=Status.QUEUED), NOW)


def test_a_mail_that_is_refused_at_once_was_never_tried_and_owes_no_letter():
    before = record(next_attempt_at=5)
    after = lifecycle.refuse(before, "Paused.")

    assert changes(before, after) == {
        "state": Status.FAILED,
        "error": "Paused.",
        "next_attempt_at": 0,
        "failed_at": before.created_at,
    }
    assert after.attempts == ()
    assert not after.owes_letter


LEFT_OUT = Recipient(
    address=ADA,
    status=Status.UNDELIVERED,
    detail="Not sent: the address is suppressed, after an earlier bounce or complaint or by an "
    "operator. An operator can lift that.",
    is_suppressed=True,
)


def test_a_suppressed_recipient_is_left_out_and_the_others_stay():
    before = trying(recipients=(Recipient(address=ADA), Recipient(address=BOB)))

    assert changes(before, lifecycle.suppress(before, {ADA})) == {
        "recipients": (LEFT_OUT, Recipient(address=BOB))
    }


def test_with_nobody_left_to_send_to_the_message_is_undelivered():
    before = trying()
    after = lifecycle.suppress(before, {ADA, BOB})

    assert changes(before, after) == {"recipients": (LEFT_OUT,)}
    assert after.status is Status.UNDELIVERED


def test_suppressing_nobody_changes_nothing():
    assert lifecycle.suppress(trying(), frozenset()) == trying()


# ---- how a try ended

SENT = (Recipient(address=ADA, status=Status.SENT),)
UNANSWERED = "SES gave no answer; whether it has the mail is not known yet."
ENDS = {
    "sent": (
        Sent(SES_ID),
        Attempt(at=NOW, outcome="sent", ses_message_id=SES_ID),
        {"state": Status.SENT, "error": "", "next_attempt_at": 0, "recipients": SENT},
    ),
    "refused": (
        Refused("MessageRejected", "Refused."),
        Attempt(at=NOW, outcome="refused", code="MessageRejected"),
        {"state": Status.FAILED, "error": "Refused.", "next_attempt_at": 0, "failed_at": NOW + 9},
    ),
    "refused after it was accepted": (
        Refused("ContentGone", "Gone.", needs_letter=True),
        Attempt(at=NOW, outcome="refused", code="ContentGone"),
        {
            "state": Status.FAILED,
            "error": "Gone.",
            "next_attempt_at": NOW + 9 + LETTER_SECONDS,
            "failed_at": NOW + 9,
        },
    ),
    "not taken": (
        NotTaken("LimitExceededException", "Used up.", 1800),
        Attempt(at=NOW, outcome="not taken", code="LimitExceededException"),
        {"state": Status.QUEUED, "error": "Used up.", "next_attempt_at": NOW + 9 + 1800 + 5},
    ),
    "throttled, with a turn": (
        Throttled("TooManyRequestsException", "Throttled.", NOW + 11),
        Attempt(at=NOW, outcome="throttled", code="TooManyRequestsException"),
        {"state": Status.QUEUED, "error": "Throttled.", "next_attempt_at": NOW + 11},
    ),
    "throttled, and lined up": (
        Throttled("TooManyRequestsException", "Throttled."),
        Attempt(at=NOW, outcome="throttled", code="TooManyRequestsException"),
        {"state": Status.QUEUED, "error": "Throttled.", "next_attempt_at": 0},
    ),
    "no answer": (
        NoAnswer("ReadTimeoutError"),
        Attempt(at=NOW, outcome="no answer", code="ReadTimeoutError"),
        {"state": Status.UNKNOWN, "error": UNANSWERED, "next_attempt_at": NOW + GRACE_SECONDS},
    ),
}


@pytest.mark.parametrize(("outcome", "noted", "becomes"), ENDS.values(), ids=ENDS)
def test_an_end_is_noted_and_the_message_becomes_what_follows(outcome, noted, becomes):
    before = trying(error="earlier", next_attempt_at=1)

    after = lifecycle.settle(before, 1, outcome, NOW + 9, 0.5)

    assert changes(before, after) == becomes | {"attempts": (noted,)}
    assert lifecycle.settle(after, 1, outcome, NOW + 99, 0.9) is after


@pytest.mark.parametrize(("outcome", "noted", "becomes"), ENDS.values(), ids=ENDS)
def test_an_end_after_an_event_is_only_noted(outcome, noted, becomes):
    before = trying(recipients=SENT, state=Status.SENT)

    after = lifecycle.settle(before, 1, outcome, NOW + 9, 0.5)

    assert changes(before, after) == {"attempts": (noted,)}


@pytest.mark.parametrize(("outcome", "noted", "becomes"), ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("known", ["sent", "refused", "not taken", "no answer"])
def test_of_a_try_whose_end_is_known_only_an_answer_that_came_late_still_counts(
    known, outcome, noted, becomes
):
    """The sweeper gave it up as "no answer", and then its Lambda wrote `Sent` after all."""
    before = trying(attempts=(Attempt(at=NOW, outcome=known, code="c"),), state=Status.UNKNOWN)

    after = lifecycle.settle(before, 1, outcome, NOW + 9, 0.5)

    if known == "no answer" and isinstance(outcome, Sent):
        assert after.attempts[0] == noted.model_copy(update={"code": "c"})
        assert after.is_taken
    else:
        assert after is before


def test_an_end_is_noted_at_its_own_try():
    before = trying(2, attempts=(Attempt(at=1, outcome="no answer"), Attempt(at=NOW)))

    late = lifecycle.settle(before, 1, Sent(SES_ID), NOW, 0)
    newest = lifecycle.settle(before, 2, NoAnswer("c"), NOW, 0)

    assert [one.outcome for one in late.attempts] == ["sent", ""]
    assert [one.outcome for one in newest.attempts] == ["no answer", "no answer"]
    assert newest.next_attempt_at == NOW + GRACE_SECONDS


def delay(number, jitter, least=0):
    before = trying(number, retry_until=NOW + 10 * DAY)
    after = lifecycle.settle(before, number, NotTaken("Throttling", "m", least), NOW, jitter)
    return after.next_attempt_at - NOW


@pytest.mark.parametrize(
    ("number", "longest"),
    [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (9, 2560), (10, 3600), (11, 3600), (30, 3600)],
)
def test_the_bound_of_the_delay_doubles_with_every_try_up_to_an_hour(number, longest):
    assert delay(number, 0.999) == round(longest * 0.999)
    assert delay(number, 0.5) == longest / 2


@pytest.mark.parametrize("number", [1, 2, 10])
def test_no_delay_is_less_than_a_second_or_than_ses_asks_for(number):
    assert delay(number, 0) == 1
    assert delay(number, 0, least=1800) == 1800
    assert delay(number, 0.5, least=1800) == 1800 + delay(number, 0.5)


def test_longer_jitter_never_means_a_shorter_delay():
    delays = [delay(3, jitter / 1000) for jitter in range(1000)]

    assert all(one <= other for one, other in pairwise(delays))


@pytest.mark.parametrize(
    ("left", "becomes"),
    [(5, Status.QUEUED), (4, Status.FAILED), (0, Status.FAILED), (-60, Status.FAILED)],
)
def test_a_next_try_that_would_come_after_the_last_moment_gives_the_message_up(left, becomes):
    before = trying(1, retry_until=NOW + left)

    after = lifecycle.settle(before, 1, NotTaken("Throttling", "Throttled."), NOW, 0.5)

    assert after.state is becomes
    if becomes is Status.FAILED:
        assert after.error == "Throttled. Given up after 1 tries."
        assert after.next_attempt_at == NOW + LETTER_SECONDS


# ---- what the sweep does


def test_a_claim_that_nobody_ended_becomes_unknown_when_it_is_over():
    before = trying(2)

    assert lifecycle.repair(before, before.claimed_until - 1) is before
    assert changes(before, lifecycle.repair(before, before.claimed_until)) == {
        "state": Status.UNKNOWN,
        "error": UNANSWERED,
        "next_attempt_at": NOW + GRACE_SECONDS,
        "attempts": (
            before.attempts[0],
            Attempt(at=NOW, outcome="no answer", code="Abandoned"),
        ),
    }


def unknown(blind=1, **changes):
    attempts = (Attempt(at=NOW, outcome="no answer", code="c"),) * blind
    members = {"state": Status.UNKNOWN, "error": UNANSWERED, "next_attempt_at": NOW + GRACE_SECONDS}
    return record(attempts=attempts, **members | changes)


def test_after_the_grace_time_an_unknown_outcome_waits_for_one_more_try():
    before, now = unknown(), NOW + GRACE_SECONDS + 5

    assert lifecycle.repair(before, NOW + GRACE_SECONDS - 1) is before
    assert changes(before, lifecycle.repair(before, now)) == {
        "state": Status.QUEUED,
        "next_attempt_at": 0,
    }


BLIND = pytest.mark.parametrize(
    ("unanswered", "minutes", "informed"),
    [(1, 15, 15), (2, 30, 15), (3, 60, 30), (4, 120, 60), (5, 240, 60), (6, 480, 60), (7, 960, 60)],
)
"""After so many tries without an answer: when the next one is due if no event of other mails is
heard, and if some are."""


def looks(before, heard_at):
    """Repair a message when it is due, until it is to be sent: at which times after its try?"""
    times = []
    while before.state is Status.UNKNOWN:
        now = before.due_at
        times.append((now - before.attempts[-1].at) // MINUTE)
        before = lifecycle.repair(before, now, heard_at)
        assert now < NOW + 40 * 3600
    return times, before


@BLIND
def test_where_no_event_is_heard_the_distances_between_blind_tries_double(
    unanswered, minutes, informed
):
    before = unknown(unanswered, retry_until=NOW + 36 * 3600)

    for heard_at in (0, before.attempts[-1].at - 1, before.attempts[-1].at):
        times, after = looks(before, heard_at)

        assert times[-1] == minutes
        assert max(b - a for a, b in pairwise([0, *times])) <= 15
        assert after.is_lined_up


@BLIND
def test_once_newer_events_are_heard_a_blind_try_waits_no_longer_than_an_hour(
    unanswered, minutes, informed
):
    before = unknown(unanswered, retry_until=NOW + 36 * 3600)

    times, after = looks(before, before.attempts[-1].at + 1)

    assert informed <= times[-1] < informed + 15
    settled_at = before.attempts[-1].at + times[-1] * MINUTE + 2 * MINUTE
    assert after.next_attempt_at == (settled_at if informed < minutes else 0)


def test_a_mail_that_nobody_answered_fails_with_a_letter_when_its_time_is_over():
    before = unknown(3, retry_until=NOW + 20 * MINUTE)

    at_look = lifecycle.repair(before, before.due_at)
    over = lifecycle.repair(at_look, at_look.due_at)

    assert at_look.state is Status.UNKNOWN
    assert at_look.due_at == NOW + 20 * MINUTE + 1
    assert over.state is Status.FAILED
    assert over.owes_letter
    assert over.error.endswith("Its time is over.")


def given_up(**changes):
    attempts = (Attempt(at=NOW, outcome="no answer", code="c"),)
    members = {"state": Status.FAILED, "error": UNANSWERED, "attempts": attempts}
    return record(**members | changes)


def test_a_mail_that_was_given_up_can_be_tried_anew_for_a_day():
    now = NOW + 2 * DAY

    assert changes(given_up(), lifecycle.revive(given_up(), now)) == {
        "state": Status.QUEUED,
        "error": "",
        "retry_until": now + DAY,
    }


def test_a_mail_that_ses_turns_out_to_have_has_not_failed():
    failed = given_up(failed_at=NOW + 1, is_cancelled=True)

    taken = lifecycle.note_taken(failed)

    assert (taken.state, taken.failed_at, taken.is_cancelled) == (Status.SENT, 0, False)


def test_nothing_is_tried_anew_longer_than_its_content_is_kept():
    now = NOW + 7 * DAY - 3600

    assert lifecycle.revive(given_up(), now).retry_until == NOW + 7 * DAY


@pytest.mark.parametrize(
    "message",
    [
        given_up(content_expires_at=NOW + 60),
        given_up(state=Status.QUEUED),
        given_up(state=Status.UNKNOWN),
        given_up(recipients=(Recipient(address=ADA, status=Status.DELIVERED),)),
        given_up(recipients=(Recipient(address=ADA, status=Status.FAILED),)),
        given_up(
            recipients=(Recipient(address=ADA, status=Status.UNDELIVERED, is_suppressed=True),)
        ),
        given_up(attempts=()),
    ],
)
def test_what_ses_has_or_nobody_can_send_any_more_is_not_tried_anew(message):
    assert lifecycle.revive(message, NOW + 60) is message


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (NotTaken("Throttling", "later"), Status.QUEUED),
        (Refused("MessageRejected", "no"), Status.FAILED),
        (NoAnswer("ReadTimeoutError"), Status.UNKNOWN),
        (Sent(SES_ID), Status.SENT),
    ],
)
def test_an_end_that_is_noted_late_counts_as_long_as_nothing_was_done_about_the_try(outcome, state):
    abandoned = lifecycle.abandon(trying())

    assert abandoned.state is Status.UNKNOWN
    assert lifecycle.settle(abandoned, 1, outcome, NOW + 60, 0.5).state is state


@pytest.mark.parametrize("outcome", [NotTaken("Throttling", "later"), Refused("c", "no")])
def test_an_end_that_is_noted_after_the_next_try_changes_nothing(outcome):
    tried_again = lifecycle.wait(lifecycle.abandon(trying()), NOW)
    unanswered = lifecycle.settle(lifecycle.claim(tried_again, NOW), 2, NoAnswer("c"), NOW, 0.5)

    assert lifecycle.settle(tried_again, 1, outcome, NOW + 60, 0.5) is tried_again
    assert lifecycle.settle(unanswered, 1, outcome, NOW + 60, 0.5) is unanswered


def test_where_no_mail_may_be_sent_twice_an_unknown_outcome_has_failed():
    before, now = unknown(unknown_outcome="fail"), NOW + GRACE_SECONDS

    assert changes(before, lifecycle.repair(before, now)) == {
        "state": Status.FAILED,
        "error": "SES gave no answer, and no event showed that it has the mail.",
        "next_attempt_at": now + LETTER_SECONDS,
        "failed_at": now,
    }


def test_who_is_turned_away_again_and_again_meets_the_delays_of_an_outage():
    throttled = Throttled("TooManyRequestsException", "Throttled.", NOW + 1)
    delays = []
    before = record(retry_until=NOW + 36 * 3600)
    for _ in range(20):
        before = lifecycle.claim(lifecycle.wait(before, NOW), NOW)
        before = lifecycle.settle(before, len(before.attempts), throttled, NOW, 0.5)
        delays.append(before.next_attempt_at - NOW)

    assert delays == [1] * 8 + [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800]


def test_a_throttle_makes_no_later_delay_longer():
    before = lifecycle.claim(lifecycle.wait(record(), NOW), NOW)
    throttled = lifecycle.settle(before, 1, Throttled("Throttling", "T."), NOW, 0.5)
    again = lifecycle.claim(throttled, NOW)

    after = lifecycle.settle(again, 2, NotTaken("RequestTimeout", "R."), NOW, 0.5)

    assert after.next_attempt_at == NOW + 5


def test_a_throttled_mail_whose_turn_is_after_its_time_is_given_up():
    before = lifecycle.claim(lifecycle.wait(record(retry_until=NOW + 5), NOW), NOW)

    after = lifecycle.settle(before, 1, Throttled("Throttling", "T.", NOW + 6), NOW, 0.5)

    assert (after.state, after.error) == (Status.FAILED, "T. Given up: its time is over.")
    assert after.owes_letter


def test_who_is_lined_up_gets_a_turn_once_and_in_time():
    lined_up = lifecycle.line_up(record(retry_until=NOW + 60))

    given = lifecycle.hand_out(lined_up, NOW + 60, NOW)

    assert changes(lined_up, given) == {"next_attempt_at": NOW + 60}
    assert given.due_at == NOW + 60 + PICKUP_SECONDS
    assert lifecycle.hand_out(given, NOW + 70, NOW) is given
    late = lifecycle.hand_out(lined_up, NOW + 61, NOW)
    assert late.state is Status.FAILED
    assert late.owes_letter


def test_a_waiting_message_that_was_left_behind_lines_up():
    before = record(state=Status.QUEUED, next_attempt_at=NOW, error="e")
    now = NOW + PICKUP_SECONDS

    assert lifecycle.repair(before, now - 1) is before
    after = lifecycle.repair(before, now)
    assert changes(before, after) == {"next_attempt_at": 0}
    assert after.is_lined_up
    assert after.due_at is None


@pytest.mark.parametrize(
    ("error", "text"),
    [("Throttled.", "Throttled. Given up: its time is over."), ("", "Given up: its time is over.")],
)
def test_a_waiting_message_whose_time_is_over_is_given_up(error, text):
    now = NOW + PICKUP_SECONDS
    members = {"state": Status.QUEUED, "next_attempt_at": NOW, "error": error}
    in_time = record(retry_until=now, **members)
    late = record(retry_until=now - 1, **members)

    assert lifecycle.repair(in_time, now).state is Status.QUEUED
    assert changes(late, lifecycle.repair(late, now)) == {
        "state": Status.FAILED,
        "error": text,
        "next_attempt_at": now + LETTER_SECONDS,
        "failed_at": now,
    }


def test_of_whom_no_event_told_nobody_knows_once_ses_has_stopped_trying():
    recipients = (
        Recipient(address=ADA, status=Status.SENT),
        Recipient(address=BOB, status=Status.DELIVERED),
    )
    before = taken(recipients=recipients)
    now = NOW + DELIVERY_SECONDS

    assert lifecycle.repair(before, now - 1) is before
    after = lifecycle.repair(before, now)
    assert [one.status for one in after.recipients] == [Status.UNKNOWN, Status.DELIVERED]
    assert changes(before, after).keys() == {"recipients"}
    assert after.due_at is None


def test_who_has_answered_by_a_program_has_the_mail_even_if_no_delivery_was_told():
    recipients = tuple(
        Recipient(address=ADA, status=status, replied_at=NOW)
        for status in (Status.SENT, Status.FAILED)
    )

    after = lifecycle.repair(taken(recipients=recipients), NOW + DELIVERY_SECONDS)

    assert [one.status for one in after.recipients] == [Status.DELIVERED, Status.FAILED]


def test_what_was_given_up_is_not_repaired_but_owes_a_letter_until_that_is_noted():
    before = record(state=Status.FAILED, next_attempt_at=NOW)

    assert before.owes_letter
    assert lifecycle.repair(before, NOW) is before
    noted = lifecycle.note_letter(before)
    assert changes(before, noted) == {"next_attempt_at": 0}
    assert lifecycle.note_letter(noted) is noted


def test_a_letter_is_noted_only_of_what_was_given_up():
    waiting = record(state=Status.QUEUED, next_attempt_at=NOW)

    assert lifecycle.note_letter(waiting) is waiting


def test_what_has_ended_is_not_repaired():
    for ended in (taken(Status.DELIVERED), record(state=Status.FAILED), unknown(next_attempt_at=0)):
        assert lifecycle.repair(ended, NOW + 100 * DAY) is ended


# ---- to cancel


@pytest.mark.parametrize("outcomes", [(), ("throttled",), ("not taken", "throttled")])
@pytest.mark.parametrize("next_attempt_at", [0, NOW + 60])
def test_what_ses_certainly_has_not_is_cancelled(outcomes, next_attempt_at):
    attempts = tuple(Attempt(at=NOW, outcome=outcome) for outcome in outcomes)
    before = record(state=Status.QUEUED, next_attempt_at=next_attempt_at, attempts=attempts)
    after = lifecycle.cancel(before, NOW + 5)

    assert (after.status, after.error, after.failed_at) == (Status.FAILED, "Cancelled.", NOW + 5)
    assert (after.due_at, after.owes_letter, after.is_lined_up) == (None, False, False)
    assert lifecycle.cancel(after, NOW + 9) is after
    with pytest.raises(NotClaimable):
        lifecycle.claim(after, NOW + 6)


@pytest.mark.parametrize(
    "before",
    [
        trying(),
        taken(),
        taken(Status.DELIVERED),
        unknown(),
        record(state=Status.QUEUED, attempts=(Attempt(at=NOW, outcome="no answer"),)),
        record(state=Status.FAILED, error="Refused.", failed_at=NOW),
    ],
)
def test_what_ses_may_have_or_what_is_over_is_not_cancelled(before):
    with pytest.raises(NotCancellable):
        lifecycle.cancel(before, NOW)


def test_what_was_cancelled_stays_so():
    cancelled = lifecycle.cancel(
        record(attempts=(Attempt(at=NOW, outcome="throttled"),), content_expires_at=NOW + DAY), NOW
    )

    assert lifecycle.revive(cancelled, NOW + 1) is cancelled
    assert not cancelled.certainly_failed  # A repeated request makes no other mail in its place.
