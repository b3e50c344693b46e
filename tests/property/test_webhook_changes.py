"""Laws of what webhooks tell: nothing that happens to a message is left out, or told twice."""

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.records import NOW, waiting

from core.aws.store import revised
from core.message import lifecycle, merging
from core.message.event import Event, EventType, Report
from core.message.outcome import NoAnswer, NotTaken, Refused, Sent
from core.message.record import Record
from core.message.status import Status
from core.webhooks.changes import TYPES, Change, between

Step = Callable[[Record, int], Record]
ADDRESSES = [f"r{number}@recipient.example" for number in range(3)]
OUTCOMES = [
    Sent("ses-1"),
    Refused("MessageRejected", "Refused."),
    NotTaken("Throttling", "Later."),
    NotTaken("Other", "Not now."),
    NoAnswer("ReadTimeoutError"),
]
MUST_BE_TOLD = {
    Status.SENT: {"mail.sent"},
    Status.UNKNOWN: {"mail.sent", "mail.unknown"},
    Status.FAILED: {"mail.sent", "mail.failed"},
    Status.DELIVERED: {"mail.sent", "mail.delivered"},
    Status.READ: {"mail.sent", "mail.delivered", "mail.opened"},
    Status.UNDELIVERED: {"mail.sent", "mail.bounced"},
}
"""What a receiver has heard of a recipient that SES has, whatever way led to its status."""


def reports() -> st.SearchStrategy[Report]:
    return st.builds(
        Report,
        kind=st.sampled_from(EventType),
        address=st.sampled_from([None, "eve@other.example", *ADDRESSES]),
        detail=st.sampled_from(["", "a", "b"]),
    )


def events() -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        kind=st.sampled_from(EventType),
        message_id=st.just("m"),
        attempt=st.integers(0, 2),
        ses_message_id=st.just("ses-1"),
        at=st.integers(0, 5),
        reports=st.lists(reports(), max_size=4).map(tuple),
    )


def told(event: Event) -> Step:
    return lambda record, _: merging.merge(record, event)


def settled(outcome: Sent | Refused | NotTaken | NoAnswer) -> Step:
    def step(record: Record, now: int) -> Record:
        attempts = len(record.attempts)
        return lifecycle.settle(record, attempts, outcome, now, 0.5) if attempts else record

    return step


def claimed(record: Record, now: int) -> Record:
    try:
        return lifecycle.claim(record, now)
    except lifecycle.NotClaimable:
        return record


def cancelled(record: Record, now: int) -> Record:
    try:
        return lifecycle.cancel(record, now)
    except lifecycle.NotCancellable:
        return record


def handed_out(record: Record, now: int) -> Record:
    """Give it its turn, which nobody is told."""
    return lifecycle.hand_out(record, now + 1, now)


def lettered(record: Record, now: int) -> Record:
    return lifecycle.note_letter(record)


def suppressed(address: str) -> Step:
    def step(record: Record, now: int) -> Record:
        return record if record.is_taken else lifecycle.suppress(record, [address])

    return step


def steps() -> st.SearchStrategy[Step]:
    own: list[Step] = [
        handed_out,
        claimed,
        cancelled,
        lifecycle.repair,
        lifecycle.revive,
        lettered,
        *map(settled, OUTCOMES),
        *map(suppressed, ADDRESSES),
    ]
    return st.one_of(st.sampled_from(own), events().map(told))


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    """Make the states of a message as they were written, one after the other."""
    record = revised(waiting(*ADDRESSES[: draw(st.integers(1, 3))]))
    written, now = [record], NOW
    for step in draw(st.lists(steps(), max_size=12)):
        now += draw(st.sampled_from([1, 60, 1000, 60_000]))
        changed = step(written[-1], now)
        if changed != written[-1]:  # As `Store.revise` does.
            written.append(revised(changed, written[-1]))
    return written


def told_of(history: list[Record]) -> list[Change]:
    pairs = pairwise([None, *history])
    return [change for old, new in pairs if new for change in between(old, new)]


@given(histories())
def test_the_sequence_never_falls_and_rises_with_all_that_is_told(history: list[Record]) -> None:
    for old, new in pairwise(history):
        assert new.sequence - old.sequence == (old.visible != new.visible)
        assert new.sequence > old.sequence or not [*between(old, new)]


@given(histories())
def test_ids_are_unique_and_the_same_when_it_is_compared_again(history: list[Record]) -> None:
    changes = told_of(history)
    ids = [change.id for change in changes]

    assert len({*ids}) == len(ids)
    assert [change.id for change in told_of(history)] == ids
    assert {change.type for change in changes} <= {*TYPES}


@given(histories())
def test_of_each_recipient_all_is_told_that_its_status_says(history: list[Record]) -> None:
    types: dict[int, set[str]] = defaultdict(set)
    for change in told_of(history):
        types[change.recipient].add(change.type)

    for number, recipient in enumerate(history[-1].recipients, start=1):
        if recipient.is_suppressed:
            assert "mail.suppressed" in types[number]
        elif recipient.status is not Status.ACCEPTED:
            assert types[number] >= MUST_BE_TOLD[recipient.status]
        if recipient.complained_at:
            assert "mail.complained" in types[number]


@given(histories())
def test_each_change_of_a_status_is_told_with_its_own_sequence(history: list[Record]) -> None:
    events_ = {(each.recipient, each.sequence, each.status) for each in told_of(history)}

    for old, new in pairwise(history):
        for number, (was, now) in enumerate(
            zip(old.recipients, new.recipients, strict=True), start=1
        ):
            if was.status is not now.status:
                assert (number, new.sequence, now.status.value) in events_
        over = {Status.FAILED, Status.UNKNOWN}
        if new.state is not old.state and new.state in over:
            assert (0, new.sequence, new.state.value) in events_
        if old.state in over and new.state is Status.QUEUED:
            assert (0, new.sequence, new.state.value) in events_


@given(histories(), st.data())
def test_a_receiver_that_drops_what_is_older_ends_with_the_truth_in_any_order(
    history: list[Record], data: st.DataObject
) -> None:
    """Calls come in any order, and each any number of times."""
    changes = told_of(history)
    arriving = changes + data.draw(st.lists(st.sampled_from(changes), max_size=5))
    newest: dict[int, Change] = {}
    for change in data.draw(st.permutations(arriving)):
        known = newest.get(change.recipient)
        if not known or change.sequence >= known.sequence:
            newest[change.recipient] = change

    for number, recipient in enumerate(history[-1].recipients, start=1):
        if recipient.status is not Status.ACCEPTED:
            assert newest[number].status == recipient.status.value
    assert newest[0].sequence == max(each.sequence for each in changes if not each.recipient)


@given(st.lists(events(), min_size=1, max_size=6), st.integers(1, 3), st.data())
def test_events_of_ses_in_any_order_leave_a_receiver_with_the_same(
    given_: list[Event], recipients: int, data: st.DataObject
) -> None:
    def last(told_in_order: list[Event]) -> dict[int, str]:
        history = [revised(waiting(*ADDRESSES[:recipients]))]
        for event in told_in_order:
            changed = merging.merge(history[-1], event)
            if changed != history[-1]:
                history.append(revised(changed, history[-1]))
        return {each.recipient: each.status for each in told_of(history)}

    assert last(data.draw(st.permutations(given_))) == last(given_)
