"""Laws of what becomes of a message: SES's events come late, twice and in any order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.paths import SES_EVENTS

from core.message import lifecycle, merging, ses_event, status
from core.message.event import Event, EventType, Report
from core.message.outcome import NoAnswer, NotTaken, Refused, Sent
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status

NOW = 1_800_000_000
RECORDED = sorted(path for path in SES_EVENTS.glob("*.json") if "lambda" not in path.name)
ADDRESSES = [f"r{number}@recipient.example" for number in range(3)]


def ses_id(attempt):
    return f"ses-{attempt}" if attempt else "ses-1"


@st.composite
def reports(draw):
    return Report(
        kind=draw(st.sampled_from(EventType)),
        address=draw(st.sampled_from([None, "", "eve@other.example", *ADDRESSES])),
        detail=draw(st.sampled_from(["", "a", "b"])),
        words=draw(st.sampled_from(["", "550 r0@recipient.example", "550 r1", "552 full"])),
        is_dead=draw(st.booleans()),
        is_withheld=draw(st.booleans()),
    )


@st.composite
def events(draw):
    attempt = draw(st.integers(0, 3))
    return Event(
        kind=draw(st.sampled_from(EventType)),
        message_id="m",
        attempt=attempt,
        ses_message_id=ses_id(attempt),
        at=draw(st.integers(0, 5)),
        reports=tuple(draw(st.lists(reports(), max_size=4))),
    )


@st.composite
def trying(draw):
    """Make a message whose newest try is under way and whose earlier ones got no answer."""
    number = draw(st.integers(1, 2))
    attempts = [Attempt(at=NOW, outcome="no answer", code="Abandoned")] * (number - 1)
    return Record(
        id="m",
        domain="d.example",
        configuration="default",
        sender="a@d.example",
        receiver="r",
        recipients=tuple(
            Recipient(address=address) for address in ADDRESSES[: draw(st.integers(1, 3))]
        ),
        state=Status.SENDING,
        attempts=(*attempts, Attempt(at=NOW)),
        claimed_until=NOW + 60,
        unknown_outcome=draw(st.sampled_from(["resend", "fail"])),
        retry_until=NOW + draw(st.integers(0, 86_400)),
        created_at=NOW,
        content_expires_at=NOW + 7 * 86_400,
        expires_at=NOW + 90 * 86_400,
    )


def outcomes(number):
    return st.sampled_from(
        [
            Sent(ses_id(number)),
            Refused("MessageRejected", "refused"),
            NotTaken("Throttling", "later"),
            NotTaken("LimitExceededException", "later", 1800),
            NoAnswer("ReadTimeoutError"),
        ]
    )


def told(record, told_in_order):
    for event in told_in_order:
        record = merging.merge(record, event)
    return record


def came(record, steps):
    """Apply events and ends of tries, as they came."""
    for step in steps:
        if isinstance(step, Event):
            record = merging.merge(record, step)
        else:
            record = lifecycle.settle(record, *step, NOW + 1, 0.5)
    return record


@given(trying(), st.lists(events(), min_size=1, max_size=6), st.data())
def test_events_give_the_same_record_in_any_order_and_any_number(record, given_, data):
    doubled = given_ + data.draw(st.lists(st.sampled_from(given_), max_size=4))

    assert told(record, data.draw(st.permutations(doubled))) == told(record, given_)


def recorded():
    """Draw an event as SES writes it."""
    read = [ses_event.parse(path.read_text("utf-8")) for path in RECORDED]
    return st.sampled_from([event for event in read if event])


@given(trying(), st.integers(1, 3), st.lists(recorded(), min_size=1, max_size=6), st.data())
def test_so_do_events_as_ses_writes_them(record, number, given_, data):
    """Replies, strangers, bounces and complaints of several, to one recipient or more."""
    names = ("ada@recipient.example", "bob@recipient.example", "eve@other.example")
    recipients = tuple(Recipient(address=address) for address in names[:number])
    record = record.model_copy(update={"recipients": recipients})
    doubled = given_ + data.draw(st.lists(st.sampled_from(given_), max_size=4))

    after = told(record, given_)

    assert told(record, data.draw(st.permutations(doubled))) == after
    assert all("@" not in recipient.detail for recipient in after.recipients)


@given(trying(), st.lists(events(), min_size=1, max_size=4), st.data())
def test_how_a_try_ended_may_be_known_before_after_or_between_the_events(record, given_, data):
    number = len(record.attempts)
    end = (number, data.draw(outcomes(number)))
    steps = data.draw(st.permutations([*given_, end, end]))

    assert came(record, steps) == came(record, [end, *given_])


@given(trying(), st.lists(events(), max_size=4), st.data())
def test_a_late_answer_to_a_try_that_was_given_up_may_come_at_any_time(record, given_, data):
    number = len(record.attempts)
    late = [(earlier, Sent(ses_id(earlier))) for earlier in range(1, number)]
    newest = (number, Sent(ses_id(number)))
    steps = data.draw(st.permutations([*given_, *late, newest]))

    assert came(record, steps) == came(record, [newest, *late, *given_])


@given(trying(), st.lists(events(), min_size=1, max_size=4), st.data())
def test_every_event_shows_that_ses_has_the_mail(record, given_, data):
    number = len(record.attempts)
    end = (number, data.draw(outcomes(number)))

    after = came(record, data.draw(st.permutations([*given_, end])))

    assert after.is_taken
    assert not after.will_retry
    assert all(recipient.status is not Status.ACCEPTED for recipient in after.recipients)


@given(trying(), st.lists(events(), min_size=1, max_size=4), events())
def test_a_recipients_status_never_goes_back(record, given_, last):
    before = told(record, given_)

    after = merging.merge(before, last)

    for earlier, later in zip(before.recipients, after.recipients, strict=True):
        assert status.merge(earlier.status, later.status) is later.status


@st.composite
def records(draw):
    """Make a message as it may be found at any time."""
    record = draw(trying())
    if draw(st.booleans()):
        number = len(record.attempts)
        record = lifecycle.settle(record, number, draw(outcomes(number)), NOW + 1, 0.5)
    return told(record, draw(st.lists(events(), max_size=3)))


LATER = st.integers(NOW, NOW + 200_000)


@given(records(), LATER)
def test_a_repair_leaves_alone_what_is_not_due(record, now):
    if record.due_at is None or record.due_at > now:
        assert lifecycle.repair(record, now) is record


def swept(record, now):
    """Repair as the sweep does: who owes a dead letter leaves one."""
    due = record.due_at is not None and record.due_at <= now
    repaired = lifecycle.repair(record, now)
    return lifecycle.note_letter(repaired) if due else repaired


@given(records(), LATER)
def test_a_repair_of_what_is_due_ends_or_sets_a_later_time(record, now):
    repaired = swept(record, now)

    if record.due_at is not None and record.due_at <= now:
        assert repaired != record
        assert repaired.due_at is None or repaired.due_at > record.due_at


@given(records(), st.lists(LATER, max_size=4).map(sorted))
def test_no_repair_takes_a_mail_from_ses_again(record, times):
    repaired = record
    for now in times:
        repaired = swept(repaired, now)

    if record.is_taken:
        assert repaired.is_taken
        assert repaired.state is Status.SENT
        assert not repaired.will_retry


@given(records(), LATER)
def test_what_ses_has_is_never_tried_again(record, now):
    if record.is_taken:
        try:
            lifecycle.claim(record, now)
        except lifecycle.NotClaimable:
            return
        raise AssertionError


@given(trying(), st.booleans(), st.data())
def test_repairs_and_tries_come_to_an_end(record, events_are_heard, data):
    """Let nobody answer, and time pass: the message ends, with a letter and after few tries.

    No try is repeated in less than a quarter of an hour. In a day these are 6 if no event is heard,
    and one an hour if events of other mails are.
    """
    now, tries = NOW, [NOW]
    for _ in range(300):
        if record.state is Status.SENDING and data.draw(st.booleans()):
            number = len(record.attempts)
            record = lifecycle.settle(record, number, NoAnswer("ReadTimeoutError"), now, 0.5)
        if record.due_at is None or record.owes_letter:
            break
        now = max(now, record.due_at)
        record = lifecycle.repair(record, now, now if events_are_heard else 0)
        if record.state is Status.QUEUED:
            now = max(now, record.next_attempt_at)
            record = lifecycle.claim(record, now)
            tries.append(now)

    assert record.state is Status.FAILED
    assert record.owes_letter
    assert all(later - earlier >= 900 for earlier, later in pairwise(tries))
    assert len(tries) - 1 <= (27 if events_are_heard else 6)
    assert len(tries) == 1 or record.unknown_outcome == "resend"
