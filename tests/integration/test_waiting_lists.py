"""The lists of waiting messages, met directly: whose they are, their order, and what is true."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError
from support.account import before_send
from support.answers import answer
from support.records import NOW, waiting

from core.aws import clients, items
from core.aws.items import attributes
from core.aws.outage import Outage
from core.aws.store import Store
from core.aws.waiting_lists import WaitingLists
from core.config import CONFIG
from core.message import lifecycle
from core.message.pace import Lane, WaitingList
from core.message.record import Record
from core.message.status import Status

NEIGHBOURS = ["a-b.example", "a.example", "a.example-b.example", "a.example.com", "aa.example"]
"""The name of one begins another's, and what follows is before and behind a dot."""


@pytest.fixture
def lists() -> WaitingLists:
    return WaitingLists(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def store() -> Store:
    return Store(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all domains be neighbours in the index."""
    monkeypatch.setattr(items, "WAITING_SHARDS", ("0",))


@pytest.fixture
def queries() -> Iterator[list[dict[str, Any]]]:
    """Keep what DynamoDB is asked for."""
    asked: list[dict[str, Any]] = []

    def note(request: Any, **_: Any) -> None:
        asked.append(json.loads(request.body))

    with before_send("dynamodb.Query", note):
        yield asked


def id_of(number: int) -> str:
    return f"01JD9ZK4M6T0V3Q8W2X5Y{number:05}"


def line_up(
    store: Store, number: int, domain: str = "a.example", lane: Lane = "slow", **changes: Any
) -> Record:
    """Store a message that is lined up; a higher number is a later one."""
    record = lifecycle.line_up(waiting(id=id_of(number), domain=domain, lane=lane))
    return store.add(record.model_copy(update=changes), "")


def put(item: dict[str, Any]) -> None:
    clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=attributes(item))


# ---- whose they are


@pytest.mark.usefixtures("one_shard")
def test_domains_whose_names_begin_alike_have_lists_of_their_own(
    lists: WaitingLists, store: Store
) -> None:
    for number in range(15):
        line_up(store, number, NEIGHBOURS[number % 5])

    assert [each.domain for each in lists.names()] == NEIGHBOURS
    for place, domain in enumerate(NEIGHBOURS):
        own = [id_of(number) for number in range(place, 15, 5)]
        assert [*lists.messages(WaitingList("slow", domain))] == own


@pytest.mark.usefixtures("one_shard")
def test_each_lane_has_its_own_lists(lists: WaitingLists, store: Store) -> None:
    line_up(store, 1, "a.example", "slow")
    line_up(store, 2, "a.example", "fast")
    line_up(store, 3, "b.example", "fast")

    assert {*lists.names()} == {
        WaitingList("fast", "a.example"),
        WaitingList("fast", "b.example"),
        WaitingList("slow", "a.example"),
    }
    assert [*lists.messages(WaitingList("fast", "a.example"))] == [id_of(2)]
    assert [*lists.messages(WaitingList("slow", "b.example"))] == []


def test_every_domain_is_found_in_whichever_shard_it_is(
    lists: WaitingLists, store: Store, queries: list[dict[str, Any]]
) -> None:
    domains = [f"d{number}.example" for number in range(20)]
    assert {items.waiting_shard(domain) for domain in domains} == {*items.WAITING_SHARDS}
    for number, domain in enumerate(domains * 3):
        line_up(store, number, domain)

    assert sorted(lists.names()) == sorted(WaitingList("slow", domain) for domain in domains)
    assert len(queries) == len(domains) + 2 * len(items.WAITING_SHARDS)


def test_without_any_message_there_is_no_list(lists: WaitingLists, store: Store) -> None:
    store.add(waiting(next_attempt_at=NOW), "")

    assert [*lists.names()] == []


def test_who_has_a_turn_leaves_the_list_and_who_loses_it_comes_back(
    lists: WaitingLists, store: Store
) -> None:
    name = WaitingList("slow", "a.example")
    record = line_up(store, 1)
    record = store.revise(record, lambda it: lifecycle.hand_out(it, NOW + 5, NOW))
    assert [*lists.messages(name)] == []

    store.revise(record, lifecycle.line_up)
    assert [*lists.messages(name)] == [id_of(1)]


# ---- their order


def test_the_oldest_comes_first_and_pages_are_read_when_they_are_needed(
    lists: WaitingLists, store: Store, queries: list[dict[str, Any]]
) -> None:
    for number in (5, 3, 1, 4, 2):
        line_up(store, number)
    messages = lists.messages(WaitingList("slow", "a.example"), page=2)
    assert queries == []

    assert [next(messages), next(messages)] == [id_of(1), id_of(2)]
    assert [query["Limit"] for query in queries] == [2]
    assert [*messages] == [id_of(3), id_of(4), id_of(5)]
    assert len(queries) == 3


# ---- what is true


def test_the_records_come_in_the_order_of_the_ids(lists: WaitingLists, store: Store) -> None:
    records = [line_up(store, number) for number in range(3)]
    ids = [id_of(2), id_of(0), id_of(1)]

    assert lists.records(ids) == ([records[2], records[0], records[1]], [])
    assert lists.records([]) == ([], [])


def test_a_hundred_are_read_at_once_and_the_rest_with_the_next(
    lists: WaitingLists, store: Store
) -> None:
    sizes = []

    def note(request: Any, **_: Any) -> None:
        (asked,) = json.loads(request.body)["RequestItems"].values()
        sizes.append(len(asked["Keys"]))
        assert asked["ConsistentRead"]

    line_up(store, 0)
    line_up(store, 249)
    with before_send("dynamodb.BatchGetItem", note):
        records, _ = lists.records([id_of(number) for number in range(250)])
    assert sizes == [100, 100, 50]
    assert [record.id for record in records] == [id_of(0), id_of(249)]


def test_what_an_index_that_is_late_still_lists_is_left_out(
    lists: WaitingLists, store: Store
) -> None:
    turn = line_up(store, 1)
    store.revise(turn, lambda it: lifecycle.hand_out(it, NOW + 5, NOW))
    claimed = line_up(store, 2)
    store.revise(claimed, lambda it: lifecycle.claim(it, NOW))
    failed = line_up(store, 3, state=Status.FAILED)
    line_up(store, 4, expires_at=1)
    erased = items.tombstone(items.attributes(items.laid_out(line_up(store, 5))), NOW)
    clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=erased)
    waits = line_up(store, 6)

    assert failed.status is Status.FAILED
    assert lists.records([id_of(number) for number in range(8)]) == ([waits], [])


def test_a_record_that_cannot_be_read_stays_and_keeps_no_other_from_its_turn(
    lists: WaitingLists, store: Store
) -> None:
    newer = items.laid_out(line_up(store, 1))
    put(newer | {"state": "of a newer version"})
    waits = line_up(store, 2)

    assert [*lists.messages(WaitingList("slow", "a.example"))] == [id_of(1), id_of(2)]
    records, unreadable = lists.records([id_of(1), id_of(2)])
    assert records == [waits]
    assert [str(each) for each in unreadable] == [f"{id_of(1)}: state"]


def test_what_dynamodb_has_no_room_for_stays_where_it_is(lists: WaitingLists, store: Store) -> None:
    first, second = line_up(store, 1), line_up(store, 2)
    ids = [first.id, second.id]

    def one_only(request: Any, **_: Any) -> AWSResponse:
        keys = json.loads(request.body)["RequestItems"][CONFIG.table_name]["Keys"]
        return answer(
            200,
            {
                "Responses": {CONFIG.table_name: [attributes(items.laid_out(first))]},
                "UnprocessedKeys": {CONFIG.table_name: {"Keys": keys[1:]}},
            },
        )

    with before_send("dynamodb.BatchGetItem", one_only):
        assert lists.records(ids) == ([first], [])
    assert lists.records(ids) == ([first, second], [])


def test_whatever_dynamodb_does_is_an_outage(lists: WaitingLists) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="dynamodb", error="refused")

    with before_send("dynamodb.*", fail):
        with pytest.raises(Outage):
            next(lists.names())
        with pytest.raises(Outage):
            next(lists.messages(WaitingList("slow", "a.example")))
        with pytest.raises(Outage):
            lists.records([id_of(1)])
