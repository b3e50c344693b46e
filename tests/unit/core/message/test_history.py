"""The steps of a message: what the record knows, what an event says, and in which order."""

import itertools

import pytest
from support.records import ADA, NOW
from support.records import waiting as record

from core.message import history
from core.message.event import Event, EventType, Report
from core.message.history import Kind, Step
from core.message.ids import first_id_at
from core.message.record import Attempt, Recipient
from core.message.status import Status

BOB, EVE = "bob@recipient.example", "eve@recipient.example"
ID = first_id_at(NOW + 0.25)
AT = NOW * 1000


def message(**changes):
    recipients = tuple(Recipient(address=address) for address in (ADA, BOB))
    return record(id=ID, **{"recipients": recipients, "created_at": NOW} | changes)


def event(kind, *reports, **said):
    known = {
        "message_id": ID,
        "attempt": 1,
        "ses_message_id": "ses-1",
        "at": NOW,
        "at_ms": AT + 120,
    }
    return Event(kind=kind, reports=reports, **known | said)


def kinds(steps):
    return [(step.kind, step.recipient) for step in steps]


# ---- what an event says


def test_what_is_said_of_all_recipients_is_one_step():
    (step,) = history.of_event(message(), event(EventType.SEND, Report(EventType.SEND)))

    assert step == Step(AT + 120, Kind.SENT, attempt=1)


def test_what_is_said_of_a_recipient_has_its_number():
    kind = EventType.DELIVERY
    told = event(kind, Report(kind, BOB, heard="250 2.0.0 OK"), host="mx.example", took_ms=99)

    assert list(history.of_event(message(), told)) == [
        Step(AT + 120, Kind.DELIVERED, 2, 1, text="250 2.0.0 OK", host="mx.example", took_ms=99)
    ]


def test_each_recipient_has_a_step_of_its_own_if_several_are_named():
    kind = EventType.DELIVERY
    told = event(kind, Report(kind, BOB), Report(kind, ADA))

    assert sorted(kinds(history.of_event(message(), told))) == [
        (Kind.DELIVERED, 1),
        (Kind.DELIVERED, 2),
    ]


def test_of_a_bounce_the_hosts_words_are_kept_without_addresses():
    kind = EventType.BOUNCE
    words = f"smtp; 550 5.1.1 <{ADA}> unknown to bob@other.example"
    told = event(kind, Report(kind, ADA, "Bounced: 5.1.1", words, code="5.1.1"))
    (step,) = history.of_event(message(), told)

    assert (step.code, "@" in step.text) == ("5.1.1", False)
    assert step.text.startswith("550 5.1.1")


def test_an_event_about_nobody_of_the_message_is_one_step_of_the_whole():
    kind = EventType.DELIVERY_DELAY

    assert kinds(history.of_event(message(), event(kind, Report(kind, EVE)))) == [(Kind.DELAYED, 0)]
    assert kinds(history.of_event(message(), event(kind))) == [(Kind.DELAYED, 0)]


@pytest.mark.parametrize("kind", EventType)
def test_every_kind_of_event_is_a_step(kind):
    assert len(list(history.of_event(message(), event(kind, Report(kind, ADA))))) == 1


# ---- the name of a step


def test_a_step_has_a_name_that_sorts_by_time_and_says_what_it_is():
    step = Step(1_790_000_000_120, Kind.BOUNCED, 2, 1, "5.1.1", "user unknown")

    assert step.name.startswith("2026-09-21T14:13:20.120Z#bounced#2#")
    assert step.name == Step(*step).name


def test_two_steps_have_two_names():
    first = Step(AT, Kind.DELAYED, 1, 1, "4.2.2", "later", "mx.example", 5)
    others = [
        first._replace(**{field: change})
        for field, change in {
            "at": AT + 1,
            "kind": Kind.BOUNCED,
            "recipient": 2,
            "attempt": 2,
            "code": "4.2.1",
            "text": "much later",
            "host": "mx2.example",
            "took_ms": 6,
        }.items()
    ]

    assert len({step.name for step in (first, *others)}) == len(others) + 1


# ---- what the record knows


def test_a_mail_was_accepted_when_its_id_was_made():
    (step,) = history.of_record(message())

    assert step == Step(AT + 250, Kind.ACCEPTED, code="fast")


def test_each_try_is_there_with_how_it_ended():
    attempts = (
        Attempt(at=NOW, outcome="throttled", code="TooManyRequestsException"),
        Attempt(at=NOW + 5, outcome="sent", ses_message_id="ses-1"),
        Attempt(at=NOW + 9),
    )
    tried = list(history.of_record(message(attempts=attempts)))[1:]

    assert [(step.at, step.attempt, step.code) for step in tried] == [
        (AT + 250, 1, "throttled TooManyRequestsException"),  # Not before it was accepted.
        (AT + 5000, 2, "sent"),
        (AT + 9000, 3, "under way"),
    ]


def test_who_is_suppressed_is_said():
    recipients = (
        Recipient(address=ADA),
        Recipient(address=BOB, is_suppressed=True, status=Status.UNDELIVERED, detail="Not sent."),
    )
    steps = list(history.of_record(message(recipients=recipients)))

    assert steps[1] == Step(AT + 250, Kind.SUPPRESSED, 2, text="Not sent.")


@pytest.mark.parametrize(
    ("changes", "kind"), [({}, Kind.FAILED), ({"is_cancelled": True}, Kind.CANCELLED)]
)
def test_how_a_mail_ended_is_said(changes, kind):
    failed = {"state": Status.FAILED, "error": "Why.", "failed_at": NOW + 60}
    attempts = (Attempt(at=NOW, outcome="refused", code="MessageRejected"),)
    *_, last = history.of_record(message(attempts=attempts, **failed | changes))

    assert last == Step(AT + 60_000, kind, text="Why.")


def test_a_mail_that_was_refused_at_once_was_never_accepted():
    refused = message(state=Status.FAILED, error="Paused.", failed_at=NOW)

    assert list(history.of_record(refused)) == [Step(AT + 250, Kind.REFUSED, text="Paused.")]


# ---- their order


def test_steps_are_in_order_however_they_come():
    steps = [
        Step(AT + 250, Kind.ACCEPTED),
        Step(AT + 250, Kind.TRIED, attempt=1),
        Step(AT + 120, Kind.SENT),  # SES's clock, in the same second.
        Step(AT + 300, Kind.BOUNCED, 2),
        Step(AT + 900, Kind.DELIVERED, 1),
        Step(AT + 1000, Kind.READ, 1),
    ]

    for mixed in itertools.permutations(steps):
        assert history.in_order(mixed) == steps
