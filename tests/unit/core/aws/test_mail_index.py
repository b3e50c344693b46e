"""Where mails are found, and that no address can be read there."""

from collections import Counter
from typing import Any

import pytest
from support.many_mails import OWN, TABLE, ManyMails, a_mail

from core.aws.mail_index import EVER, Between, MailIndex, Wanted
from core.aws.outage import Outage
from core.message.status import Status

ADA, BOB, EVE = (f"{name}@recipient.example" for name in ("ada", "bob", "eve"))
DOMAIN = OWN[0]
INDEX = MailIndex(None, "", "a secret")  # type: ignore[arg-type]


@pytest.fixture
def table() -> ManyMails:
    made = ManyMails()
    for number in range(60):
        made.add(a_mail(number, OWN[number % 3], [ADA], reference="r"))
    made.counting.read.clear()
    return made


def ids(table: ManyMails) -> list[str]:
    return [record.id for record in reversed(table.mails)]


def everywhere(table: ManyMails) -> list[Wanted]:
    return [where for domain in OWN[:3] for where in table.index.of_domain(domain)]


def test_an_address_has_another_hash_with_another_secret() -> None:
    assert INDEX.hashed(ADA) == INDEX.hashed(ADA) != INDEX.hashed(BOB)
    assert INDEX.hashed(ADA) != INDEX._replace(secret="another").hashed(ADA)
    assert len(bytes.fromhex(INDEX.hashed(ADA))) == 16


def test_no_text_of_a_caller_is_signed_as_an_address_is_hashed() -> None:
    assert INDEX.signed(ADA) != INDEX.hashed(ADA)


def test_no_key_of_an_index_holds_an_address() -> None:
    record = a_mail(0, DOMAIN, [ADA, BOB, EVE])
    found_by = [INDEX.keyed(record).recipient_hash, *INDEX.of_further_recipients(record)]

    assert len(found_by) == 3
    assert not any(name in str(found_by) for name in ("ada", "bob", "eve", "@"))


def test_each_further_recipient_has_an_item_that_lives_as_long_as_the_record() -> None:
    record = a_mail(0, DOMAIN, [ADA, BOB, EVE])

    assert INDEX.of_further_recipients(record) == [
        {
            "pk": f"MSG#{record.id}",
            "sk": f"RCPT#{number}",
            "recipient_key": INDEX.of_recipient(DOMAIN, address)[0].value,
            "expires_at": record.expires_at,
        }
        for number, address in ((2, BOB), (3, EVE))
    ]


def test_all_partitions_together_are_sorted(table: ManyMails) -> None:
    assert list(table.index.newest(everywhere(table), EVER, 100)) == ids(table)
    assert list(table.index.newest([], EVER, 100)) == []


def test_a_range_begins_with_its_first_and_ends_before_its_last(table: ManyMails) -> None:
    newest = ids(table)
    between = Between(newest[40], newest[10])

    assert list(table.index.newest(everywhere(table), between, 5)) == newest[11:41]


def test_a_mail_that_stands_in_a_partition_twice_is_found_once(table: ManyMails) -> None:
    table.add(a_mail(99, DOMAIN, [ADA, ADA]))
    found = table.index.newest(table.index.of_recipient(DOMAIN, ADA), EVER, 100)

    assert Counter(found).most_common(1)[0][1] == 1


def test_each_partition_is_asked_once_if_no_more_is_needed(table: ManyMails) -> None:
    found = table.index.newest(everywhere(table), EVER, 20)

    assert [next(found) for _ in range(20)] == ids(table)[:20]
    assert table.counting.read["queries"] == len(everywhere(table))


def test_a_partition_is_asked_again_once_it_has_nothing_at_hand() -> None:
    table = ManyMails()
    for number in range(700):
        table.add(a_mail(number * 16, DOMAIN, [ADA]))  # All in one shard.
    table.counting.read.clear()

    found = table.index.newest(table.index.of_domain(DOMAIN), EVER, 1)
    assert list(found) == ids(table)
    assert table.counting.read["queries"] == 4 + 3  # 25 of them, and up to 250 each time.


def test_what_fails_in_one_partition_is_an_outage(table: ManyMails) -> None:
    class Failing:
        def query(self, **asked: Any) -> Any:
            if asked["ExpressionAttributeValues"][":key"]["S"].endswith("#3"):
                raise UnicodeDecodeError("utf-8", b"", 0, 1, "broken off")
            return table.counting.query(**asked)

    index = table.index._replace(dynamodb=Failing())  # type: ignore[arg-type]
    with pytest.raises(Outage):
        list(index.newest(everywhere(table), EVER, 20))


def test_records_and_subjects_are_read_by_their_ids(table: ManyMails) -> None:
    some = [*ids(table)[:3], "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"]

    assert [*table.index.records(some)] == some[:3]
    assert table.index.subjects(some) == dict.fromkeys(some[:3], "A subject")
    assert table.index.records([]) == table.index.subjects([]) == {}


def test_what_dynamodb_has_not_got_to_is_asked_for_again(table: ManyMails) -> None:
    class Hurried:
        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
            keys = RequestItems[TABLE]["Keys"]
            some = {TABLE: RequestItems[TABLE] | {"Keys": keys[:2]}}
            rest = {TABLE: RequestItems[TABLE] | {"Keys": keys[2:]}}
            reply = table.counting.batch_get_item(RequestItems=some)
            return reply | {"UnprocessedKeys": rest if keys[2:] else {}}

    index = table.index._replace(dynamodb=Hurried())  # type: ignore[arg-type]
    assert [*index.records(ids(table)[:5])] == ids(table)[:5]


def test_those_that_failed_came_back_or_are_unknown_are_the_problems(table: ManyMails) -> None:
    where = table.index.of_problems(DOMAIN)
    problems = {Status.FAILED, Status.UNDELIVERED, Status.UNKNOWN}
    others = {Status.QUEUED, Status.SENDING, Status.SENT, Status.DELIVERED, Status.READ}
    for number, status in enumerate(problems | others, start=100):
        table.add(a_mail(number, DOMAIN, [ADA], status=status))
    by_id = {record.id: record.status for record in table.mails}

    assert {by_id[one] for one in table.index.newest(where, EVER, 20)} == problems
