"""The table, met directly: what is written together, what is taken back, and who is due."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.account import before_send

from core.aws import clients
from core.aws.items import Tombstone
from core.aws.outage import Outage
from core.aws.store import KeyTaken, RecordGone, Store
from core.config import CONFIG
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status
from core.submission.idempotency import IdempotencyKey

NOW = 1_800_000_000
HOUR = 3600
IDS = [f"01JD9ZK4M6T0V3Q8W2X5Y7B1C{last}" for last in "0123456789AG"]
KEY = IdempotencyKey("hash", "fingerprint", NOW + 7 * 24 * HOUR)
OTHER = IdempotencyKey("another hash", "fingerprint", NOW + 7 * 24 * HOUR)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Stop the time, and say how to set it."""

    def _set(now: int) -> None:
        monkeypatch.setattr(time, "time", lambda: now)

    _set(NOW)
    return _set


@pytest.fixture
def store() -> Store:
    return Store(clients.dynamodb(), CONFIG.table_name)


def record(message_id: str = IDS[0], **changes: Any) -> Record:
    members: dict[str, Any] = {
        "id": message_id,
        "domain": "example.com",
        "configuration": "default",
        "sender": "a@example.com",
        "receiver": "ada@recipient.example",
        "recipients": (Recipient(address="ada@recipient.example"),),
        "state": Status.QUEUED,
        "next_attempt_at": NOW,
        "retry_until": NOW + 24 * HOUR,
        "created_at": NOW,
        "content_expires_at": NOW + HOUR,
        "expires_at": NOW + 2 * HOUR,
    }
    return Record(**members | changes)


def keys(table: Any) -> set[tuple[str, str]]:
    return {(item["pk"], item["sk"]) for item in table.scan()["Items"]}


@contextmanager
def asked(operation: str) -> Iterator[list[dict[str, Any]]]:
    """Keep what DynamoDB is asked for."""
    bodies: list[dict[str, Any]] = []

    def note(request: Any, **_: Any) -> None:
        bodies.append(json.loads(request.body))

    with before_send(f"dynamodb.{operation}", note):
        yield bodies


OURS = {(f"MSG#{IDS[0]}", "RECORD"), (f"MSG#{IDS[0]}", "CONTENT")}
OURS_WITH_KEY = OURS | {("KEY#hash", "KEY")}


# ---- adding and reading


def test_what_is_added_is_read_back(store: Store, table: Any) -> None:
    added = store.add(record(), "content", KEY)

    assert keys(table) == OURS_WITH_KEY
    assert store.get(IDS[0]) == added
    assert store.get_content(IDS[0]) == "content"
    assert added == record(revision=added.revision)
    assert len(added.revision) == 24
    assert store.add(record(IDS[1]), "").revision != added.revision
    held = table.get_item(Key={"pk": "KEY#hash", "sk": "KEY"})["Item"]
    assert held == {
        "pk": "KEY#hash",
        "sk": "KEY",
        "message_id": IDS[0],
        "fingerprint": "fingerprint",
        "expires_at": KEY.expires_at,
    }
    content = table.get_item(Key={"pk": f"MSG#{IDS[0]}", "sk": "CONTENT"})["Item"]
    assert content["expires_at"] == NOW + HOUR


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.get(IDS[0]) is None
    assert store.get_content(IDS[0]) is None
    assert store.look_up(IDS[0]) is None


def test_what_has_expired_is_none_before_it_is_deleted(store: Store, clock: Any) -> None:
    store.add(record(), "content")

    clock(NOW + HOUR)
    assert store.get_content(IDS[0]) is None
    clock(NOW + 2 * HOUR)
    assert store.get(IDS[0]) is None


def test_nothing_is_read_that_may_be_stale(store: Store) -> None:
    """DynamoDB reads what was true a moment ago unless it is told not to; moto never does."""
    with asked("GetItem") as requests:
        store.get(IDS[0])
        store.get_content(IDS[0])
        store.look_up(IDS[0])

    assert [request["ConsistentRead"] for request in requests] == [True] * 3


def test_a_key_in_use_names_its_message_and_nothing_is_written(store: Store, table: Any) -> None:
    store.add(record(), "content", KEY)

    with pytest.raises(KeyTaken) as taken:
        store.add(record(IDS[1]), "content", KEY._replace(fingerprint="another"))

    assert (taken.value.message_id, taken.value.fingerprint) == (IDS[0], "fingerprint")
    assert str(taken.value) == ""  # So no log and no report shows what it holds.
    assert keys(table) == OURS_WITH_KEY


@pytest.mark.parametrize(("at", "is_free"), [(-1, False), (0, True), (1, True)])
def test_a_key_that_has_expired_is_free_before_it_is_deleted(
    store: Store, clock: Any, at: int, is_free: bool
) -> None:
    store.add(record(expires_at=NOW + 90 * 24 * HOUR), "content", KEY)
    clock(KEY.expires_at + at)

    if is_free:
        store.add(record(IDS[1]), "content", KEY)
    else:
        with pytest.raises(KeyTaken):
            store.add(record(IDS[1]), "content", KEY)


def test_a_message_is_never_written_over_another(store: Store) -> None:
    first = store.add(record(), "content")

    with pytest.raises(Outage, match="TransactionCanceledException"):
        store.add(record(reference="another"), "content")

    assert store.get(IDS[0]) == first


# ---- taking back


def test_what_somebody_was_promised_meanwhile_is_not_withdrawn(store: Store) -> None:
    added = store.add(record(), "content", KEY)
    confirmed = store.confirm(added)

    store.withdraw(added)

    assert confirmed.revision != added.revision
    assert confirmed == added.model_copy(update={"revision": confirmed.revision})
    assert store.get(IDS[0]) == confirmed
    assert store.get_content(IDS[0]) == "content"


def test_what_was_withdrawn_cannot_be_promised_any_more(store: Store) -> None:
    added = store.add(record(), "content", KEY)
    store.withdraw(added)

    with pytest.raises(RecordGone):
        store.confirm(added)


def test_who_confirms_late_gets_what_the_others_wrote(store: Store) -> None:
    added = store.add(record(), "content")
    newest = store.revise(added, lambda one: one.model_copy(update={"error": "e"}))

    assert store.confirm(added) == newest


def test_a_record_that_has_a_revision_keeps_it(store: Store) -> None:
    """So the message can be withdrawn though no answer told that it was written."""
    given = record(revision="ours")
    assert store.add(given, "") == given

    store.withdraw(given)

    assert store.get(IDS[0]) is None


def test_a_free_key_is_told_from_one_that_is_taken(store: Store, clock: Any) -> None:
    store.require_free(KEY)
    store.add(record(expires_at=NOW + 90 * 24 * HOUR), "", KEY)

    with pytest.raises(KeyTaken) as taken:
        store.require_free(KEY)
    assert taken.value.message_id == IDS[0]
    clock(KEY.expires_at)
    store.require_free(KEY)


def test_what_is_withdrawn_is_gone_and_its_key_is_left_to_the_next_request(
    store: Store, table: Any
) -> None:
    added = store.add(record(), "content", KEY)

    store.withdraw(added)

    assert keys(table) == {("KEY#hash", "KEY")}


def test_what_was_never_written_can_be_withdrawn(store: Store, table: Any) -> None:
    """The answer to `add` was lost, and in truth the key was taken: nothing of ours was written."""
    store.add(record(), "content", KEY)

    store.withdraw(record(IDS[1]))

    assert keys(table) == OURS_WITH_KEY


def test_a_key_is_released_only_from_the_message_that_it_stood_for(
    store: Store, table: Any
) -> None:
    store.add(record(), "content", KEY)

    store.release(KEY, IDS[1])
    store.release(OTHER, IDS[0])
    assert keys(table) == OURS_WITH_KEY
    store.release(KEY, IDS[0])
    assert keys(table) == OURS


# ---- changing


def test_a_change_is_written_with_a_new_revision(store: Store) -> None:
    added = store.add(record(), "content")

    changed = store.revise(added, lambda newest: newest.model_copy(update={"error": "e"}))

    expected = {"error": "e", "revision": changed.revision, "sequence": added.sequence + 1}
    assert changed == added.model_copy(update=expected)
    assert changed.revision != added.revision
    assert store.get(IDS[0]) == changed


def test_only_what_callers_can_see_counts_as_another_state(store: Store) -> None:
    added = store.add(record(), "content")

    unseen = store.revise(added, lambda newest: newest.model_copy(update={"claimed_until": 7}))
    seen = store.revise(unseen, lambda newest: newest.model_copy(update={"error": "e"}))

    assert [each.sequence for each in (added, unseen, seen)] == [1, 1, 2]
    assert store.get(added.id) == seen


def test_what_changes_nothing_is_not_written(store: Store) -> None:
    added = store.add(record(), "content")

    with asked("PutItem") as requests:
        assert store.revise(added, lambda newest: newest.model_copy()) is added

    assert requests == []


def test_a_change_of_something_old_is_made_again_on_the_newest(store: Store) -> None:
    old = store.add(record(), "content")
    newest = store.revise(old, lambda seen: seen.model_copy(update={"reference": "r"}))
    seen = []

    def change(found: Record) -> Record:
        seen.append(found)
        return found.model_copy(update={"error": "e"})

    changed = store.revise(old, change)

    assert seen == [old, newest]
    assert (changed.reference, changed.error) == ("r", "e")
    assert store.get(IDS[0]) == changed


@pytest.mark.parametrize("is_erased", [True, False])
def test_what_is_gone_is_not_written_again(store: Store, table: Any, is_erased: bool) -> None:
    added = store.add(record(), "content")
    key = {"pk": f"MSG#{IDS[0]}", "sk": "RECORD"}
    table.delete_item(Key=key)
    if is_erased:
        table.put_item(Item=key | {"is_erased": True})

    with pytest.raises(RecordGone, match=IDS[0]):
        store.revise(added, lambda newest: newest.model_copy(update={"error": "e"}))

    assert isinstance(store.look_up(IDS[0]), Tombstone) == is_erased
    assert store.get(IDS[0]) is None


# ---- finding


def test_a_message_is_found_by_the_id_that_ses_knows_it_by(store: Store) -> None:
    attempts = (Attempt(at=NOW, outcome="sent", ses_message_id="ses-1"),)
    store.add(record(attempts=attempts), "content")
    store.add(record(IDS[1]), "content")

    assert store.id_of("ses-1") == IDS[0]
    assert store.id_of("ses-2") == ""


def test_every_shard_is_looked_at_and_what_is_due_first_comes_first(store: Store) -> None:
    for number, message_id in enumerate(IDS):
        store.add(record(message_id, next_attempt_at=NOW - number), "content")
    pickup = 15 * 60

    assert set(store.due(NOW + pickup)) == set(IDS)
    assert set(store.due(NOW + pickup - 1)) == set(IDS[1:])
    assert list(store.due(NOW + pickup - len(IDS) + 1)) == IDS[-1:]
    assert list(store.due(NOW)) == []
    place = {message_id: place for place, message_id in enumerate(store.due(NOW + pickup))}
    assert place[IDS[11]] < place[IDS[0]]  # They share a shard.
    assert store.oldest_due_at() == NOW + pickup - len(IDS) + 1


def test_messages_that_wait_in_the_queue_come_last(store: Store) -> None:
    """They may be very many after an outage, and most of them need no repair."""
    for message_id in IDS[:4]:
        store.add(record(message_id), "")
    sending = {"state": Status.SENDING, "attempts": (Attempt(at=NOW),), "claimed_until": NOW}
    for message_id in IDS[4:8]:
        store.add(record(message_id, **sending), "")

    due = list(store.due(NOW + HOUR))

    assert (set(due[:4]), set(due[4:])) == (set(IDS[4:8]), set(IDS[:4]))


def test_each_minute_another_shard_comes_first(store: Store) -> None:
    """More may be due than a sweep has time for: none of the shards may always be the last."""
    for message_id in IDS[:4]:
        store.add(record(message_id), "")

    orders = [list(store.due(NOW + HOUR + 60 * minute)) for minute in range(17)]

    assert {order[0] for order in orders} == set(IDS[:4])
    assert all(set(order) == set(IDS[:4]) for order in orders)
    assert orders[16] == orders[0]


def test_without_unfinished_messages_nothing_is_due(store: Store) -> None:
    store.add(record(state=Status.FAILED, next_attempt_at=0), "content")

    assert list(store.due(NOW + 10**6)) == []
    assert store.oldest_due_at() is None


def test_more_than_a_page_of_messages_is_due(store: Store) -> None:
    for number in range(105):
        store.add(record(f"01JD9ZK4M6T0V3Q8W2X5Y7{number:03d}0"), "content")

    with asked("Query") as requests:
        assert len(set(store.due(NOW + HOUR))) == 105

    assert {request["Limit"] for request in requests} == {100}
    with asked("Query") as requests:
        store.oldest_due_at()
    assert {request["Limit"] for request in requests} == {1}


def test_what_dynamodb_fails_to_do_is_an_outage(store: Store) -> None:
    broken = Store(clients.dynamodb(), "no-such-table")
    calls: list[Callable[[], Any]] = [
        lambda: broken.add(record(), "", KEY),
        lambda: broken.withdraw(record()),
        lambda: broken.get("x"),
        lambda: broken.get_content("x"),
        lambda: broken.revise(record(), lambda seen: seen.model_copy(update={"error": "e"})),
        lambda: broken.look_up("x"),
        lambda: broken.release(KEY, "x"),
        lambda: broken.require_free(KEY),
        lambda: broken.confirm(record(revision="r")),
        lambda: broken.id_of("x"),
        lambda: list(broken.due(NOW)),
        broken.oldest_due_at,
    ]
    for call in calls:
        with pytest.raises(Outage, match=r"ResourceNotFound|TransactionCanceled"):
            call()
