"""Steps are kept once, read in their order, and page by page."""

import pytest
from support.many_mails import OWN, TABLE, ManyMails, a_mail

from core.aws.items import attributes
from core.aws.step_log import StepLog
from core.message.history import Kind, Step

RECORD = a_mail(0, OWN[0], ["ada@recipient.example"])
AT = 1_790_000_000_000
STEPS = [
    Step(AT, Kind.SENT, attempt=1),
    Step(AT, Kind.DELAYED, recipient=1, code="MailboxFull", text="452 4.2.2 mailbox full"),
    Step(AT + 5, Kind.BOUNCED, 2, 1, "5.1.1", "550 no such user", "mx.example", 99),
]


@pytest.fixture
def log() -> StepLog:
    return StepLog(ManyMails().counting, TABLE)


def all_of(log: StepLog, limit: int) -> list[Step]:
    steps, after = [], ""
    while True:
        page, after = log.page(RECORD.id, after, limit)
        assert len(page) <= limit
        steps += page
        if not after:
            return steps


def test_a_step_is_read_as_it_was_kept(log: StepLog) -> None:
    log.keep(RECORD, STEPS)

    assert sorted(all_of(log, 100)) == sorted(STEPS)


def test_steps_that_are_kept_again_and_in_another_order_are_there_once(log: StepLog) -> None:
    log.keep(RECORD, STEPS)
    log.keep(RECORD, reversed(STEPS))

    assert sorted(all_of(log, 100)) == sorted(STEPS)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_pages_have_all_steps_by_their_times(log: StepLog, limit: int) -> None:
    many = [Step(AT + number * 7, Kind.DELAYED, recipient=number) for number in range(10)]
    log.keep(RECORD, reversed(many))

    assert all_of(log, limit) == many


def test_a_message_without_steps_has_an_empty_page(log: StepLog) -> None:
    other = a_mail(1, OWN[0], ["ada@recipient.example"])
    log.keep(other, STEPS)

    assert log.page(RECORD.id, "", 100) == ([], "")


def test_a_step_of_a_later_version_of_the_code_is_passed_over(log: StepLog) -> None:
    log.keep(RECORD, STEPS[:1])
    item = {"pk": f"MSG#{RECORD.id}", "sk": "EVENT#2026", "kind": "beamed", "at": AT, "new": "x"}
    log.dynamodb.put_item(TableName=TABLE, Item=attributes(item))

    assert log.page(RECORD.id, "", 100) == (STEPS[:1], "")


def test_it_lives_as_long_as_the_record_and_holds_no_more_than_is_known(log: StepLog) -> None:
    log.keep(RECORD, STEPS[:1])
    (item,) = log.dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"MSG#{RECORD.id}"}},
    )["Items"]

    assert item.keys() == {"pk", "sk", "at", "kind", "attempt", "expires_at"}
    assert item["expires_at"] == {"N": str(RECORD.expires_at)}


def test_the_name_of_a_step_fits_into_a_sort_key() -> None:
    longest = max((kind.value for kind in Kind), key=len)
    step = Step(253_402_300_799_999, Kind(longest), 10**6, 10**6, "c" * 500, "t" * 500, "h" * 255)

    assert len(f"EVENT#{step.name}".encode()) < 1_024  # DynamoDB developer guide, Limits


def test_a_name_is_made_of_what_is_known() -> None:
    names = {step.name for step in STEPS}

    assert len(names) == len(STEPS)
    assert {Step(*step).name for step in STEPS} == names
    assert STEPS[0]._replace(code="x").name not in names
    assert STEPS[0].name.startswith("2026-09-21T14:13:20.000Z#sent#0#")
