"""The stand-in for DynamoDB is no kinder than moto: the same requests get the same answers."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from moto import mock_aws
from support.account import create_resources
from support.turns import turn_of

from benchmarks.drain.dynamodb import DynamoDb
from benchmarks.drain.expressions import Given, Unknown, condition, key_condition, update
from benchmarks.drain.table import Index, Table, indexes
from benchmarks.subjects.variables import template
from core.aws import clients
from core.aws.clock_item import Clock
from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.aws.items import attributes, key
from core.aws.mail_index import EVER, Between, MailIndex
from core.aws.pace_clock import PaceClock
from core.aws.store import Beside, KeyTaken, RecordGone, Store
from core.aws.suppressions import SuppressionList
from core.aws.waiting_lists import WaitingLists
from core.config import CONFIG
from core.message import lifecycle
from core.message.ids import new_id
from core.message.pace import Backlog, WaitingList
from core.message.record import Recipient, Record
from core.message.status import Status
from core.submission.idempotency import IdempotencyKey

TABLE, NOW = CONFIG.table_name, 1_790_000_000
INDEXES = indexes(template()["Resources"]["MessageTable"]["Properties"])


class Both:
    """A client that asks moto and the stand-in, and compares what they say."""

    def __init__(self) -> None:
        self.exceptions = clients.dynamodb().exceptions
        self._alone = DynamoDb(Table(INDEXES), self.exceptions)

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            theirs = _outcome(getattr(clients.dynamodb(), operation), request)
            ours = _outcome(getattr(self._alone, operation), request)
            told, expected = _told(ours), _told(theirs)
            if isinstance(told, dict) and "LastEvaluatedKey" not in expected:
                # Like DynamoDB, it says so after a full page, whether anything follows or not; moto
                # only if something does. Whoever asks on is told by both that nothing does.
                told.pop("LastEvaluatedKey", None)
            assert told == expected, (operation, request)
            if isinstance(ours, Exception):
                raise ours
            return ours

        return call

    def get_paginator(self, operation: str) -> Any:
        assert operation == "query"
        return self

    def paginate(self, PaginationConfig: Any = None, **request: Any) -> Iterator[Any]:  # noqa: N803
        limit = {"Limit": PaginationConfig["PageSize"]} if PaginationConfig else {}
        start: dict[str, Any] = {}
        while True:
            page = self.query(**request, **limit, **start)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _outcome(call: Any, request: Any) -> Any:
    try:
        return call(**request)
    except (
        clients.dynamodb().exceptions.ConditionalCheckFailedException,
        clients.dynamodb().exceptions.TransactionCanceledException,
    ) as error:
        return error


def _told(outcome: Any) -> Any:
    """Return what a caller can rely on of an answer."""
    if isinstance(outcome, Exception):
        answer: Any = outcome.response  # type: ignore[attr-defined]
        reasons = answer.get("CancellationReasons", [])
        items = [(reason["Code"], reason.get("Item")) for reason in reasons]
        return type(outcome), answer["Error"]["Code"], answer.get("Item"), items
    unasked = {"ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics"}  # Moto tells all.
    told = {name: value for name, value in outcome.items() if name not in unasked}
    if "Responses" in told:  # In no order (API reference of BatchGetItem).
        told["Responses"] = {
            name: sorted(found, key=str) for name, found in told["Responses"].items()
        }
    return told


@pytest.fixture
def both() -> Iterator[Any]:
    with mock_aws():
        create_resources()
        yield Both()


def a_record(domain: str = "a.example", **fields: Any) -> Record:
    known = {
        "id": new_id(),
        "domain": domain,
        "configuration": "default",
        "sender": f"a@{domain}",
        "receiver": "b@b.example",
        "recipients": (Recipient(address="b@b.example"),),
        "state": Status.QUEUED,
        "lane": "slow",
        "retry_until": 2**31,
        "created_at": NOW,
        "content_expires_at": 2**31,
        "expires_at": 2**31,
    }
    return Record.model_validate(known | fields)


def test_a_message_is_stored_changed_and_taken_back(both: Any) -> None:
    store = Store(both, TABLE)
    idempotent = IdempotencyKey("hash", "fingerprint", 2**31)
    record = store.add(a_record(), "content", idempotent)

    with pytest.raises(KeyTaken):
        store.add(a_record(), "content", idempotent)
    store.add(record, "content", idempotent)  # The answer to the first was lost.
    claimed = store.revise(record, lambda it: lifecycle.claim(it, NOW))
    with pytest.raises(lifecycle.NotClaimable):
        store.revise(record, lambda it: lifecycle.claim(it, NOW))  # Of a revision of long ago.
    assert store.get(record.id) == claimed
    assert store.get_content(record.id) == "content"
    store.withdraw(record)  # It has another revision: it stays.
    store.withdraw(claimed)
    assert store.get(record.id) is None
    with pytest.raises(RecordGone):
        store.confirm(claimed)
    store.release(idempotent, "another")
    store.release(idempotent, record.id)
    store.require_free(idempotent)


def test_what_is_lined_up_or_due_is_found_in_its_order(both: Any) -> None:
    store, lists = Store(both, TABLE), WaitingLists(both, TABLE)
    domains = ("a.example", "a.example.com", "a-b.example", "b.example")
    records = [store.add(a_record(domain), "") for _ in range(5) for domain in domains]
    due = store.add(a_record(next_attempt_at=NOW), "")

    assert sorted(lists.names()) == sorted(WaitingList("slow", domain) for domain in domains)
    for page in (1, 2, 5, 1000):
        for domain in domains:
            found = list(lists.messages(WaitingList("slow", domain), page))
            assert found == sorted(record.id for record in records if record.domain == domain)
    assert lists.records([records[3].id, due.id, new_id(), records[0].id])[0] == [
        records[3],
        records[0],
    ]
    assert list(store.due(2**31)) == [due.id]
    store.revise(records[0], lambda it: lifecycle.hand_out(it, NOW + 5, NOW))
    assert records[0].id not in lists.messages(WaitingList("slow", "a.example"))
    assert store.oldest_due_at()


def test_turns_are_taken_and_rounds_planned(both: Any) -> None:
    clock, other = PaceClock(both, TABLE), PaceClock(both, TABLE)

    assert clock.read() == Clock()
    taken = [turn_of(each, 1, NOW) for each in (clock, other, clock, other)]
    assert len({*taken} - {None}) >= 1
    clock.throttled("fast", 1, NOW)
    clock.throttled("slow", 1, NOW)
    clock.close(NOW, 300)
    other.close(NOW - 5, 300)
    before = clock.keep_busy(NOW + 40)
    after = before._replace(rounds=before.rounds + 1, slow_until=NOW + 20.5, rate=10.0)
    assert clock.plan(before, after)
    assert not other.plan(before, after)
    assert turn_of(other, 1, NOW) is None
    clock.write_backlog(WaitingList("slow", "a.example"), Backlog(2, (1, 2), 3, NOW))
    state, backlogs = other.state(NOW)
    assert (state.rounds, state.throttled, len(backlogs)) == (after.rounds, 1, 1)


def test_mails_are_found_from_the_newest_on(both: Any) -> None:
    index, store = MailIndex(both, TABLE, "secret"), Store(both, TABLE)
    addresses = ("b@b.example", "c@c.example")
    recipients = tuple(Recipient(address=each) for each in addresses)
    ids = []
    for _ in range(60):
        record = index.keyed(a_record(recipients=recipients, reference="r"))
        beside = Beside("A subject", index.of_further_recipients(record))
        ids.append(store.add(record, "", beside=beside).id)
    wanted = [
        index.of_domain("a.example"),
        index.of_reference("a.example", "r"),
        *(index.of_recipient("a.example", address) for address in addresses),
    ]

    for where in wanted:
        for one in where:  # One after the other, as moto cannot do two things at once.
            found = list(index.newest([one], EVER, 1))
            assert found == sorted(found, reverse=True)
            between = Between(found[-2], found[1])
            assert list(index.newest([one], between, 1)) == found[2:-1]
    assert list(index.newest(wanted[-1], EVER, 1)) == sorted(ids, reverse=True)
    assert index.subjects(ids[:3]) == dict.fromkeys(ids[:3], "A subject")
    assert index.records(ids).keys() == {*ids}


@pytest.mark.parametrize("is_forward", [True, False])
@pytest.mark.parametrize(("first", "last"), [("a", "c"), ("b", "b"), ("", "~"), ("bb", "bb")])
def test_a_part_of_a_partition_is_read_in_either_direction(
    both: Any, *, is_forward: bool, first: str, last: str
) -> None:
    for name in "abcd":
        both.put_item(TableName=TABLE, Item=key("MSG#1", name))
    values = {":pk": {"S": "MSG#1"}, ":first": {"S": first or " "}, ":last": {"S": last}}
    for limit in (1, 2, 3, 4, 5):
        pages = both.paginate(
            {"PageSize": limit},
            TableName=TABLE,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=values,
            ScanIndexForward=is_forward,
        )
        found = [item["sk"]["S"] for page in pages for item in page["Items"]]
        assert found == sorted(found, reverse=not is_forward)
        assert found == [each for each in found if first <= each <= last]


def test_domains_suppressions_and_counters_are_read(both: Any) -> None:
    both.put_item(TableName=TABLE, Item=attributes({"pk": "DOMAIN", "sk": "c.example"}))
    suppressed = attributes({"pk": "SUPPRESSED#c.example", "sk": "x@d.example", "reason": "bounce"})
    both.put_item(TableName=TABLE, Item=suppressed)

    assert DomainTable(both, TABLE, CONFIG.default_domain).find("c.example")
    among = SuppressionList(both, TABLE, "salt").among("c.example", ["x@d.example", "y@d.example"])
    assert among == {"x@d.example"}
    assert list(Counters(both, TABLE).hours(NOW)) == []


@pytest.mark.parametrize("held", [{"N": "1"}, {"N": "2"}, {"N": "10"}, None])
@pytest.mark.parametrize(
    "text",
    [
        *(f"#a {compared} :two" for compared in ("=", "<", "<=", ">", ">=")),
        "a BETWEEN :two AND :ten",
        "attribute_exists(a)",
        "attribute_not_exists(a) OR a = :two AND pk = :pk",
        "(attribute_not_exists(a) OR a = :two) AND pk = :pk",
        "b < :two",
    ],
)
def test_a_condition_holds_for_what_it_does_at_aws(
    both: Any, text: str, held: dict[str, str] | None
) -> None:
    item = key("pk", "sk") | ({"a": held} if held else {})
    both.put_item(TableName=TABLE, Item=item)
    known = {":two": {"N": "2"}, ":ten": {"N": "10"}, ":pk": {"S": "other"}}
    given: dict[str, Any] = {name: value for name, value in known.items() if name in text}
    options = {"ExpressionAttributeValues": given} if given else {}
    options |= {"ExpressionAttributeNames": {"#a": "a"}} if "#a" in text else {}

    with suppress(both.exceptions.ConditionalCheckFailedException):
        both.put_item(
            TableName=TABLE,
            Item=item,
            ConditionExpression=text,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **options,
        )


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_a_query_returns_its_bounds_too(both: Any, page: int) -> None:
    for sort_key in ("a", "b", "c"):
        both.put_item(TableName=TABLE, Item=key("pk", sort_key))
    for text in ("pk = :pk", "pk = :pk AND sk >= :b", "pk = :pk AND sk <= :b"):
        known = {":pk": {"S": "pk"}, ":b": {"S": "b"}}
        given = {name: value for name, value in known.items() if name in text}
        asked: dict[str, Any] = {"TableName": TABLE, "KeyConditionExpression": text}
        pages = both.paginate({"PageSize": page}, **asked, ExpressionAttributeValues=given)
        assert sum(len(each["Items"]) for each in pages) == (3 if text == "pk = :pk" else 2)


@pytest.mark.parametrize(
    "text",
    [
        "a <> :v",
        "NOT a = :v",
        "a IN (:v)",
        "begins_with(a, :v)",
        "size(a) > :v",
        "a.b = :v",
        "a = :v OR",
        "(a = :v",
        "a = :v)",
        "a",
        "",
    ],
)
def test_a_condition_that_the_service_does_not_use_is_refused(text: str) -> None:
    with pytest.raises(Unknown):
        condition(text)({"a": {"N": "1"}}, Given({}, {":v": {"N": "1"}}))


@pytest.mark.parametrize(
    "text", ["REMOVE a", "SET a = a - :v", "SET a", "SET a = b", "ADD a :text"]
)
def test_an_update_that_the_service_does_not_use_is_refused(text: str) -> None:
    given = Given({}, {":v": {"N": "1"}, ":text": {"S": "1"}})
    with pytest.raises(Unknown):
        update(text)({}, {"a": {"N": "1"}}, given)


@pytest.mark.parametrize("text", ["sk = :pk", "pk = :pk AND sk > :pk", "pk = :pk OR sk <= :pk"])
def test_a_query_that_the_service_does_not_use_is_refused(text: str) -> None:
    with pytest.raises(Unknown):
        key_condition(text, "pk", "sk", {":pk": "x"})


def test_options_that_the_service_does_not_use_are_refused() -> None:
    alone = DynamoDb(Table(INDEXES), clients.dynamodb().exceptions)
    item = attributes({"pk": "a", "sk": "b"})

    with pytest.raises(Unknown):
        alone.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="TOTAL")
    with pytest.raises(Unknown):
        alone.update_item(
            TableName=TABLE,
            Key=key("a", "b"),
            UpdateExpression="ADD n :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
    with pytest.raises(Unknown):
        alone.transact_write_items(TransactItems=[{"ConditionCheck": {}}])
    with pytest.raises(Unknown):
        alone.transact_write_items(TransactItems=[{"Put": {"Item": item}}, {"Put": {"Item": item}}])


def test_an_index_knows_of_a_change_some_time_later() -> None:
    now = 0.0
    table = Table([Index("Waiting", "waiting", "turn")], lambda: now, lag=0.1)
    alone = DynamoDb(table, clients.dynamodb().exceptions)
    item = attributes({"pk": "a", "sk": "b", "waiting": "slow-0", "turn": "t"})
    asked: dict[str, Any] = {
        "TableName": TABLE,
        "IndexName": "Waiting",
        "KeyConditionExpression": "waiting = :w AND turn BETWEEN :a AND :b",
        "ExpressionAttributeValues": attributes({":w": "slow-0", ":a": "a", ":b": "z"}),
    }

    alone.put_item(TableName=TABLE, Item=item)
    assert alone.query(**asked)["Count"] == 0
    now = 0.11
    assert alone.query(**asked)["Items"] == [item]
