"""A table with its indexes in memory, sorted as DynamoDB sorts them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.drain.expressions import Unknown, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    type Item = dict[str, Any]
    type Key = tuple[str, str]
    type _Entry = tuple[Any, ...]

HASH, RANGE = "pk", "sk"


def key_of(item: Mapping[str, Any]) -> Key:
    """Return an item's key."""
    return item[HASH]["S"], item[RANGE]["S"]


class Index(NamedTuple):
    """An index of the table with the keys only: what it is called, and which attributes sort it."""

    name: str
    hash_key: str
    range_key: str


def indexes(properties: Mapping[str, Any]) -> Sequence[Index]:
    """Return the indexes of a table, as CloudFormation describes it, that have two keys."""
    described = properties["GlobalSecondaryIndexes"]
    keys = {each["IndexName"]: [key["AttributeName"] for key in each["KeySchema"]] for each in described}
    if any(each["Projection"] != {"ProjectionType": "KEYS_ONLY"} for each in described):
        raise Unknown("An index with more than keys")
    return [Index(name, *names) for name, names in keys.items() if len(names) == 2]


class Table:
    """Items by their keys. An index knows of a change `lag` seconds later, by the clock `now`."""

    def __init__(
        self, indexes: Iterable[Index], now: Callable[[], float] = float, lag: float = 0.0
    ) -> None:
        """Begin with no items."""
        self._items: dict[Key, Item] = {}
        self._sorted: defaultdict[str, list[str]] = defaultdict(list)
        self._indexes = {index.name: index for index in indexes}
        self._entries: dict[str, defaultdict[Any, list[_Entry]]] = {
            name: defaultdict(list) for name in self._indexes
        }
        self._now, self._lag = now, lag
        self._late: deque[tuple[float, list[_Entry], Any, bool]] = deque()

    def __len__(self) -> int:
        """Return how many items it has."""
        return len(self._items)

    def get(self, key: Key) -> Item | None:
        """Return an item, if there is one."""
        return self._items.get(key)

    def put(self, item: Item) -> None:
        """Write an item, in place of one that is there."""
        key = key_of(item)
        before = self._items.get(key)
        if before is None:
            insort(self._sorted[key[0]], key[1])
        self._items[key] = item
        self._index(before or {}, item)

    def delete(self, key: Key) -> None:
        """Delete an item, if there is one."""
        before = self._items.pop(key, None)
        if before is not None:
            partition = self._sorted[key[0]]
            del partition[bisect_left(partition, key[1])]
            self._index(before, {})

    def within(
        self, partition: str, least: str, most: str | None, limit: int, after: str | None = None
    ) -> list[Item]:
        """Return the first items of a partition from `least` to `most` (None: to its end)."""
        held = self._sorted.get(partition, [])
        place = bisect_left(held, least if after is None else f"{after}\0")
        found = []
        for sort_key in held[place : place + limit]:
            if most is not None and sort_key > most:
                break
            found.append(self._items[partition, sort_key])
        return found

    def within_index(
        self, name: str, partition: Any, least: Any, most: Any, limit: int, after: _Entry | None
    ) -> list[Item]:
        """Return the first keys of a partition of an index from `least` (None: the first) on."""
        self._catch_up()
        index, held = self._indexes[name], self._entries[name].get(partition, [])
        place = bisect_left(held, () if least is None else (least,))
        if after is not None:
            place = bisect_left(held, (*after, ""))
        found: list[Item] = []
        for entry in held[place : place + limit]:
            if entry[0] > most:
                break
            kind = "N" if isinstance(entry[0], int) else "S"
            found.append(
                {
                    HASH: {"S": entry[1]},
                    RANGE: {"S": entry[2]},
                    index.hash_key: {"S": partition},
                    index.range_key: {kind: str(entry[0])},
                }
            )
        return found

    def index(self, name: str) -> Index:
        """Return an index by its name."""
        if name not in self._indexes:
            raise Unknown(f"the index {name}")
        return self._indexes[name]

    def _index(self, before: Item, after: Item) -> None:
        for name, index in self._indexes.items():
            was, is_ = _place(index, before), _place(index, after)
            if was == is_:
                continue
            for place, is_there in ((was, False), (is_, True)):
                if place:
                    entries = self._entries[name][place[0]]
                    self._late.append((self._now() + self._lag, entries, place[1], is_there))

    def _catch_up(self) -> None:
        while self._late and self._late[0][0] <= self._now():
            _, entries, entry, is_there = self._late.popleft()
            if is_there:
                insort(entries, entry)
            else:
                del entries[bisect_left(entries, entry)]


def _place(index: Index, item: Item) -> tuple[Any, _Entry] | None:
    """Return where an item is in an index; None if it has not both of the index's keys."""
    if index.hash_key not in item or index.range_key not in item:
        return None
    pk, sk = key_of(item)
    return plain(item[index.hash_key]), (plain(item[index.range_key]), pk, sk)
