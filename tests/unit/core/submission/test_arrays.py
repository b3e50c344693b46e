"""What the mails of an array may be together (docs/api.md, Limits)."""

import pytest

from core.contract.binary import UNDECODABLE
from core.contract.contract import Attachment, GetStatus, SendMail
from core.contract.errors import Invalid
from core.submission import arrays


def mail(files=0, size=1, **texts):
    return SendMail(attachments=(Attachment(bytes_=bytes(size)),) * files, **texts)


WITHIN = {
    "attachments": ([mail(250), mail(250)], [mail(250), mail(251)], "TooManyItems"),
    "bytes": (
        [mail(1, 5_000_000), mail(1, 5_000_000)],
        [mail(1, 5_000_000), mail(1, 5_000_001)],
        "TooLarge",
    ),
    "recipients": (
        [mail(to="x" * 100_000), mail(cc="x" * 100_000), mail(bcc="x" * 100_000)],
        [mail(to="x" * 100_000, cc="x" * 100_000), mail(bcc="x" * 100_001)],
        "TooLarge",
    ),
}


@pytest.mark.parametrize("name", WITHIN)
def test_mails_of_an_array_have_limits_in_all(name):
    within, beyond, code = WITHIN[name]
    arrays.check("SendMail[]", within)

    with pytest.raises(Invalid, match="Send it in several requests") as refusal:
        arrays.check("SendMail[]", beyond)
    assert [fault[:2] for fault in refusal.value.faults] == [("SendMail[]", code)]


def test_other_limits_are_left_to_the_mails_and_other_requests_have_none():
    bodies = [mail(text="x" * 1_000_000, html="x" * 1_000_000, subject="x" * 400_000)]
    undecodable = SendMail(attachments=(Attachment(bytes_=UNDECODABLE), Attachment()))

    arrays.check("SendMail[]", [*bodies, undecodable, GetStatus(message_id="x" * 400_000)])


def test_a_full_array_of_full_mails_with_usual_addresses_is_within_the_limits():
    to = ",".join(f"Ada Lovelace <ada-{number}@recipient.example>" for number in range(50))

    arrays.check("SendMail[]", [mail(5, 19_000, to=to)] * 100)
