"""How what SES tells becomes part of a message: of whom it is, and what it changes."""

from itertools import permutations

import pytest
from support.records import ADA, NOW, waiting

from core.message import lifecycle, merging
from core.message.event import Event, EventType, Report
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status

BOB, EVE = "bob@recipient.example", "eve@other.example"
SES_ID = "ses-1"
SENT = (Recipient(address=ADA, status=Status.SENT),)


def trying(*addresses, **changes):
    """Make a message whose first try is under way."""
    under_way = {"state": Status.SENDING, "attempts": (Attempt(at=NOW),)}
    return waiting(*addresses, **under_way | changes)


def event(*reports, attempt=1, at=NOW + 5, ses_message_id=SES_ID):
    return Event(reports[0].kind, "m", attempt, ses_message_id, at, reports)


def bounce(address=ADA, detail="Bounced.", words="", **said):
    return Report(EventType.BOUNCE, address, detail, words, **said)


def merged(before, *events):
    for one in events:
        before = merging.merge(before, one)
    return before


def statuses(record):
    return [recipient.status for recipient in record.recipients]


# ---- what it shows


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        (EventType.SEND, Status.SENT),
        (EventType.DELIVERY, Status.DELIVERED),
        (EventType.BOUNCE, Status.UNDELIVERED),
        (EventType.EARLIER_COMPLAINT, Status.UNDELIVERED),
        (EventType.REJECT, Status.FAILED),
        (EventType.RENDERING_FAILURE, Status.FAILED),
        (EventType.OPEN, Status.READ),
        (EventType.DELIVERY_DELAY, Status.SENT),
        (EventType.COMPLAINT, Status.SENT),
        (EventType.COMPLAINT_CLEARED, Status.SENT),
    ],
)
@pytest.mark.parametrize("state", [Status.SENDING, Status.QUEUED, Status.FAILED, Status.UNKNOWN])
def test_every_event_shows_that_ses_has_the_mail(kind, becomes, state):
    before = trying(ADA, BOB, state=state, error="e", next_attempt_at=NOW)

    after = merging.merge(before, event(Report(kind, ADA)))

    assert [one.status for one in after.recipients] == [becomes, Status.SENT]
    assert (after.state, after.error, after.next_attempt_at) == (Status.SENT, "", 0)
    assert after.attempts == (Attempt(at=NOW, outcome="sent", ses_message_id=SES_ID),)


def test_an_event_without_names_is_about_everybody():
    after = merging.merge(trying(ADA, BOB), event(Report(EventType.REJECT, detail="Bad.")))

    assert {(one.status, one.detail) for one in after.recipients} == {(Status.FAILED, "Bad.")}


@pytest.mark.parametrize(("number", "noted"), [(0, 0), (1, 1), (2, 2), (3, 0), (-1, 0)])
def test_an_event_is_noted_at_the_try_that_it_names_if_there_is_one(number, noted):
    before = trying(attempts=(Attempt(at=1, outcome="no answer", code="c"), Attempt(at=NOW)))

    after = merging.merge(before, event(Report(EventType.SEND), attempt=number))

    found = [n for n, one in enumerate(after.attempts, start=1) if one.outcome == "sent"]
    assert found == ([noted] if noted else [])
    assert all(one.code == "" for one in after.attempts if one.outcome == "sent")


def test_of_a_mail_that_was_sent_to_nobody_an_event_makes_no_sent_one():
    """One with our id on it that is not ours to send: whoever has the API key may use any tag."""
    before = lifecycle.suppress(trying(), {ADA})

    after = merging.merge(before, event(Report(EventType.SEND)))

    assert after.status is Status.UNDELIVERED
    assert after.state is before.state
    assert not after.is_taken


@pytest.mark.parametrize(
    ("told", "status", "detail"),
    [
        ([(EventType.BOUNCE, "b"), (EventType.BOUNCE, "a")], Status.UNDELIVERED, "b"),
        ([(EventType.BOUNCE, "a"), (EventType.BOUNCE, "b")], Status.UNDELIVERED, "b"),
        ([(EventType.REJECT, "z"), (EventType.BOUNCE, "b")], Status.UNDELIVERED, "b"),
        ([(EventType.BOUNCE, "b"), (EventType.REJECT, "z")], Status.UNDELIVERED, "b"),
        ([(EventType.REJECT, "z"), (EventType.DELIVERY, "")], Status.DELIVERED, ""),
        ([(EventType.DELIVERY, ""), (EventType.REJECT, "z")], Status.DELIVERED, ""),
    ],
)
def test_the_detail_is_of_the_report_that_counts(told, status, detail):
    after = trying()
    for kind, text in told:
        after = merging.merge(after, event(Report(kind, ADA, detail=text)))

    assert [(one.status, one.detail) for one in after.recipients] == [(status, detail)]


# ---- whom it is about


def test_a_bounce_of_a_stranger_is_of_the_only_recipient_whose_address_is_not_dead():
    """The mailbox is forwarded, and SES names the place at which the mail ended."""
    told = event(bounce(EVE, "Bounced: Permanent/General 5.1.1", is_dead=True))

    (report,) = merging.meant(trying(), told)[ADA]
    (recipient,) = merging.merge(trying(), told).recipients

    assert not report.is_dead
    assert recipient.status is Status.UNDELIVERED
    assert recipient.detail == "Bounced: Permanent/General 5.1.1"


@pytest.mark.parametrize("kind", [EventType.DELIVERY, EventType.BOUNCE, EventType.AUTOMATIC_REPLY])
def test_so_is_what_names_nobody(kind):
    assert merging.meant(trying(), event(Report(kind, ""))).keys() == {ADA}


def test_with_several_recipients_nobody_knows_whom_a_stranger_stands_for():
    before = trying(ADA, BOB)

    for told in (event(bounce(EVE)), event(bounce(""))):
        assert merging.meant(before, told) == {}
        assert statuses(merging.merge(before, told)) == [Status.SENT, Status.SENT]


def test_who_was_not_sent_the_mail_is_not_meant():
    """SES had it for one recipient: the other's address was suppressed."""
    before = lifecycle.suppress(trying(ADA, BOB), {ADA})

    assert merging.meant(before, event(bounce(EVE))).keys() == {BOB}
    assert merging.meant(lifecycle.suppress(trying(), {ADA}), event(bounce(EVE))) == {}


def test_beside_one_of_ours_a_stranger_means_nobody():
    told = event(bounce(EVE), bounce(ADA, is_dead=True), bounce(""))

    assert merging.meant(trying(), told) == {ADA: [bounce(ADA, is_dead=True)]}
    assert merging.meant(trying(ADA, BOB), told).keys() == {ADA}


@pytest.mark.parametrize("kind", [EventType.COMPLAINT, EventType.COMPLAINT_CLEARED, EventType.OPEN])
def test_a_complaint_and_an_open_are_never_about_whom_they_do_not_name(kind):
    told = event(Report(kind, EVE))

    assert merging.meant(trying(), told) == {}
    assert merging.merge(trying(), told).recipients == SENT


def test_what_is_said_of_a_recipient_twice_is_both_of_it():
    told = event(bounce(detail="a"), bounce(detail="b"))

    assert [one.detail for one in merging.merge(trying(), told).recipients] == ["b"]


# ---- one event, several recipients


def test_each_recipient_becomes_what_is_said_of_it():
    before = trying(ADA, BOB, EVE)
    told = event(
        bounce(BOB, "Bounced: 5.7.1", "550 blocked"),
        Report(EventType.DELIVERY_DELAY, EVE),
        bounce(ADA, "Bounced: 5.1.1", "550 unknown"),
    )

    after = merging.merge(before, told)

    assert statuses(after) == [Status.UNDELIVERED, Status.UNDELIVERED, Status.SENT]
    assert [one.detail for one in after.recipients] == [
        'Bounced: 5.1.1 "550 unknown"',
        'Bounced: 5.7.1 "550 blocked"',
        "",
    ]


def test_the_error_message_is_of_the_recipient_whose_status_decides():
    told = event(
        Report(EventType.DELIVERY, ADA), bounce(BOB, "Bounced: 5.2.2", "smtp; 552 bob is full")
    )

    after = merging.merge(trying(ADA, BOB), told)

    assert after.status is Status.UNDELIVERED
    assert after.error_message == 'Bounced: 5.2.2 "552 [address] is full"'


def test_of_a_stranger_nothing_is_kept():
    told = event(bounce(EVE, "Bounced: 5.2.2", "552 eve is full, so is <eve@other.example> of ada"))

    (recipient,) = merging.merge(trying(), told).recipients

    assert recipient.detail == (
        'Bounced: 5.2.2 "552 [address] is full, so is <[address]> of [address]"'
    )


# ---- what is noted, and changes no status


def replied(at=NOW):
    return event(Report(EventType.AUTOMATIC_REPLY, ADA), at=at)


DELIVERED = event(Report(EventType.DELIVERY, ADA))


def test_an_automatic_reply_is_noted_and_the_mail_stays_delivered():
    for order in permutations([replied(), DELIVERED, replied()]):
        after = merged(trying(), *order)

        assert (after.status, after.error_message) == (Status.DELIVERED, "")
        assert after.recipients[0].replied_at == NOW


def test_before_the_delivery_is_told_an_automatic_reply_shows_that_ses_has_the_mail():
    assert statuses(merging.merge(trying(), replied())) == [Status.SENT]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.READ, Status.UNDELIVERED])
def test_an_automatic_reply_leaves_what_is_known(status):
    before = trying(recipients=(Recipient(address=ADA, status=status, detail="d"),))

    (recipient,) = merging.merge(before, replied()).recipients

    assert (recipient.status, recipient.detail) == (status, "d")


def test_an_automatic_reply_after_all_silence_shows_that_the_mail_has_arrived():
    before = trying(recipients=(Recipient(address=ADA, status=Status.UNKNOWN),))

    assert statuses(merging.merge(before, replied())) == [Status.DELIVERED]


def complaint(*addresses, at=NOW, kind=EventType.COMPLAINT):
    return event(*(Report(kind, address) for address in addresses), at=at)


NOTED = ("replied_at", "complained_at", "accused_at", "cleared_at")


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (EventType.AUTOMATIC_REPLY, {"replied_at"}),
        (EventType.COMPLAINT, {"complained_at", "accused_at"}),
        (EventType.COMPLAINT_CLEARED, {"cleared_at"}),
        (EventType.EARLIER_COMPLAINT, {"accused_at"}),
    ],
)
def test_of_what_is_only_noted_the_latest_time_stays(kind, members):
    for order in permutations([3, 7, 0]):
        after = merged(trying(), *(event(Report(kind, ADA), at=at) for at in order))

        (recipient,) = after.recipients
        assert {name for name in NOTED if getattr(recipient, name) == 7} == members
        assert sum(getattr(recipient, name) for name in NOTED) == 7 * len(members)


def test_what_happened_nobody_knows_when_is_noted_all_the_same():
    (recipient,) = merging.merge(trying(), complaint(ADA, at=0)).recipients

    assert (recipient.complained_at, recipient.accused_at) == (1, 1)


def test_a_complaint_that_names_several_accuses_none_of_them():
    after = merging.merge(trying(ADA, BOB, EVE), complaint(ADA, BOB))

    assert [one.complained_at for one in after.recipients] == [NOW, NOW, 0]
    assert [one.accused_at for one in after.recipients] == [0, 0, 0]


@pytest.mark.parametrize("named", [(ADA, BOB), ("",), (EVE,)])
def test_an_earlier_complaint_accuses_nobody_but_the_only_one_of_ours_that_it_names(named):
    before = trying(ADA, BOB) if ADA in named else trying(ADA)

    after = merging.merge(before, complaint(*named, kind=EventType.EARLIER_COMPLAINT))

    assert {one.status for one in after.recipients} == {Status.UNDELIVERED}
    assert {one.accused_at for one in after.recipients} == {0}


def test_a_complaint_that_names_one_of_ours_and_strangers_accuses_that_one():
    after = merging.merge(trying(ADA, EVE), complaint(ADA, BOB))

    assert [one.accused_at for one in after.recipients] == [NOW, 0]


# ---- records of before


def test_a_record_that_knows_nothing_of_replies_and_words_is_read_and_goes_on():
    old = trying().model_dump(mode="json")
    for recipient in old["recipients"]:
        for name in ("replied_at", "accused_at"):
            del recipient[name]

    after = merging.merge(Record.model_validate(old), replied())

    assert after.recipients[0].replied_at == NOW
