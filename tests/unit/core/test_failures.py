"""What is told of a mail that SES has not taken, from its record alone."""

import pytest

from core import failures
from core.acceptance import PAUSED
from core.aws.ses import OPERATOR_FAULTS
from core.failures import Failure
from core.message import lifecycle
from core.message.outcome import NoAnswer, NotTaken, Refused, Sent
from core.message.record import Recipient, Record
from core.message.status import Status

NOW = 1_800_000_000


def waiting():
    return Record(
        id="01JD9ZK4M6T0V3Q8W2X5Y7B1CD",
        domain="d.example",
        configuration="default",
        sender="a@d.example",
        receiver="ada@recipient.example",
        recipients=(Recipient(address="ada@recipient.example"),),
        state=Status.QUEUED,
        retry_until=NOW + 86_400,
        created_at=NOW,
        content_expires_at=NOW + 7 * 86_400,
        expires_at=NOW + 90 * 86_400,
    )


def ended(outcome):
    return lifecycle.settle(lifecycle.claim(waiting(), NOW), 1, outcome, NOW, 0.5)


@pytest.mark.parametrize(
    ("outcome", "failure", "is_warning"),
    [
        (Refused("MessageRejected", "-"), Failure("refused", "MessageRejected", "Refused"), True),
        (Refused("Suppressed", "-"), Failure("refused", "Suppressed", "Withheld"), False),
        (Refused("ContentGone", "-"), Failure("refused", "ContentGone", "Withheld"), False),
        (NotTaken("Throttling", "-"), Failure("not taken", "Throttling", ""), False),
        (NotTaken("DomainPaused", "-"), Failure("not taken", "DomainPaused", ""), False),
        (NoAnswer("ReadTimeoutError"), Failure("no answer", "ReadTimeoutError", ""), False),
        *(
            (NotTaken(code, "-"), Failure("not taken", code, "NeedsOperator"), True)
            for code in sorted(OPERATOR_FAULTS)
        ),
    ],
)
def test_a_try_that_failed_is_told_by_its_code_and_counted_by_who_must_act(
    outcome, failure, is_warning
):
    told = failures.of(ended(outcome))

    assert (told, told.is_warning) == (failure, is_warning)


def test_of_a_mail_that_ses_has_or_that_waits_for_its_first_try_nothing_is_told():
    assert failures.of(waiting()) is None
    assert failures.of(lifecycle.claim(waiting(), NOW)) is None
    assert failures.of(ended(Sent("ses-1"))) is None


@pytest.mark.parametrize(("why", "code"), [(PAUSED, "DomainPaused"), ("Used up.", "DailyCap")])
def test_a_mail_that_was_refused_before_its_first_try_is_withheld(why, code):
    refused = lifecycle.refuse(waiting(), why)

    assert failures.of(refused) == Failure("refused", code, "Withheld")


def test_a_try_of_before_is_not_told_again():
    record = ended(Refused("MessageRejected", "-"))

    assert failures.of(record, since=NOW)
    assert failures.of(record, since=NOW + 1) is None
