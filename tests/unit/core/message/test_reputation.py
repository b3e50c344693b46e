"""What an event adds to a domain's counts, and which counts are bad."""

import pytest

from core.message import merging, reputation
from core.message.event import Event, EventType, Report
from core.message.record import Attempt, Recipient, Record
from core.message.reputation import Tallies, Tally
from core.message.status import Status

NOW = 1_800_000_000
ADA, BOB = "ada@recipient.example", "bob@recipient.example"
ROBOT = "bounce@simulator.amazonses.com"
A, S, F, D, U, R, N = (
    Status.ACCEPTED,
    Status.SENT,
    Status.FAILED,
    Status.DELIVERED,
    Status.UNDELIVERED,
    Status.READ,
    Status.UNKNOWN,
)


def record(*recipients):
    return Record(
        id="m",
        domain="d.example",
        configuration="default",
        sender="a@d.example",
        receiver=ADA,
        recipients=recipients,
        state=Status.SENT,
        attempts=(Attempt(at=NOW),),
        retry_until=NOW,
        created_at=NOW,
        content_expires_at=NOW,
        expires_at=NOW,
    )


def counted(before, after, *, is_dead=False, **said):
    reports = tuple(Report(EventType.BOUNCE, one.address, is_dead=is_dead, **said) for one in after)
    event = Event(EventType.BOUNCE, "m", 1, "ses-1", NOW, reports)
    return reputation.of_change(record(*before), record(*after), event)


def recipient(status=Status.SENT, *, address=ADA, complained_at=0):
    return Recipient(address=address, status=status, complained_at=complained_at)


@pytest.mark.parametrize("is_dead", [True, False])
@pytest.mark.parametrize(
    ("was", "is_", "outcomes", "bounces"),
    [
        (A, S, 0, 0),
        (S, S, 0, 0),
        (S, N, 0, 0),
        (S, F, 0, 0),
        (A, D, 1, 0),
        (S, D, 1, 0),
        (N, D, 1, 0),
        (F, D, 1, 0),
        (S, R, 1, 0),
        (D, R, 0, 0),
        (D, D, 0, 0),
        (S, U, 1, 1),
        (D, U, 0, 1),
        (R, U, 0, 1),
        (U, U, 0, 0),
    ],
)
def test_a_recipient_counts_once_when_its_outcome_is_known(is_dead, was, is_, outcomes, bounces):
    """A bounce counts besides if it is for good; one after a delivery is the same recipient."""
    expected = Tally(outcomes=outcomes, bounces=bounces if is_dead else 0)

    assert counted([recipient(was)], [recipient(is_)], is_dead=is_dead) == expected


@pytest.mark.parametrize(
    ("was", "is_", "complaints"), [(0, 0, 0), (0, 5, 1), (5, 5, 0), (5, 9, 0), (1, 2, 0), (0, 1, 1)]
)
def test_the_first_complaint_counts_and_none_after_it(was, is_, complaints):
    before, after = ([recipient(D, complained_at=at)] for at in (was, is_))

    assert counted(before, after) == Tally(complaints=complaints)


def test_the_recipients_of_a_message_add_up():
    before = [recipient(), recipient(address=BOB)]
    after = [recipient(U), recipient(U, address=BOB, complained_at=1)]

    assert counted(before, after, is_dead=True) == Tally(2, 2, 1)


def test_a_bounce_counts_for_whom_it_is_for_good():
    reports = (
        Report(EventType.BOUNCE, ADA, is_dead=True),
        Report(EventType.BOUNCE, BOB),
    )
    event = Event(EventType.BOUNCE, "m", 1, "ses-1", NOW, reports)
    before = record(recipient(), recipient(address=BOB))
    after = record(recipient(U), recipient(U, address=BOB))

    assert reputation.of_change(before, after, event) == Tally(2, 1)


def test_a_stranger_who_bounced_for_good_is_not_on_the_senders_list():
    event = Event(
        EventType.BOUNCE,
        "m",
        1,
        "ses-1",
        NOW,
        (Report(EventType.BOUNCE, "eve@other.example", is_dead=True),),
    )

    assert reputation.of_change(record(recipient()), record(recipient(U)), event) == Tally(1)


def test_what_ses_did_not_try_to_send_is_no_bounce():
    assert counted([recipient()], [recipient(U)], is_dead=True, is_withheld=True) == Tally(1)


def test_an_earlier_complaint_is_counted_as_neither_bounce_nor_complaint():
    report = Report(EventType.EARLIER_COMPLAINT, ADA, is_withheld=True)
    event = Event(EventType.EARLIER_COMPLAINT, "m", 1, "ses-1", NOW, (report,))
    before = record(recipient())

    assert reputation.of_change(before, merging.merge(before, event), event) == Tally(1)


def test_a_complaint_that_names_several_is_one():
    before = [recipient(D), recipient(D, address=BOB)]
    after = [recipient(D, complained_at=1), recipient(D, address=BOB, complained_at=1)]

    assert counted(before, after) == Tally(complaints=1)


def test_the_mailbox_simulator_does_not_count():
    before = [recipient(address=ROBOT), recipient()]
    after = [recipient(U, address=ROBOT, complained_at=1), recipient(D)]

    assert counted(before, after, is_dead=True) == Tally(outcomes=1)


# ---- verdicts


@pytest.mark.parametrize(
    ("tally", "verdict"),
    [
        (Tally(99, 99, 99), ""),
        (Tally(100, 5, 0), ""),
        (Tally(100, 6, 0), "bounces"),
        (Tally(119, 6, 0), "bounces"),
        (Tally(120, 6, 0), ""),
        (Tally(100, 0, 1), ""),
        (Tally(100, 0, 2), "complaints"),
        (Tally(1999, 0, 2), "complaints"),
        (Tally(2000, 0, 2), ""),
        (Tally(2999, 0, 3), "complaints"),
        (Tally(3000, 0, 3), ""),
        (Tally(100, 6, 2), "bounces"),
        (Tally(), ""),
    ],
)
def test_more_than_5_percent_bounces_or_a_thousandth_complaints_are_too_many(tally, verdict):
    """Of a hundred outcomes at least; and a single complaint is a reader who hit the wrong key."""
    assert tally.verdict == verdict


def test_a_domain_is_judged_by_a_day():
    assert reputation.WINDOW_HOURS == 24


# ---- sums


def test_two_spans_add_up_each_count_by_itself():
    assert Tally(1, 2, 3).plus(Tally(10, 20, 30)) == Tally(11, 22, 33)


def test_tallies_add_up_by_domain_and_nothing_adds_nothing():
    tallies = Tallies()
    for domain, tally in [
        ("a.example", Tally(1)),
        ("b.example", Tally(0, 1)),
        ("a.example", Tally(2, 0, 1)),
        ("c.example", Tally()),
    ]:
        tallies.add(domain, tally)

    assert tallies == {"a.example": Tally(3, 0, 1), "b.example": Tally(0, 1)}
