"""A table with its indexes in memory, sorted as DynamoDB sorts them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
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


class Page(NamedTuple):
    """Which part of a sorted partition is read."""

    least: Any
    """The range key from which on; None: from the first on."""
    most: Any
    """The last one; None: to the end."""
    limit: int
    """How many items at most."""
    after: tuple[Any, ...] | None
    """The range key and the table's keys of the item behind which it begins."""
    is_backwards: bool = False
    """Whether the last one comes first."""

    def of(self, held: Sequence[Any], entry: Callable[[Any], Any], last: Any) -> Sequence[Any]:
        """Return the page of a sorted partition.

        `entry` makes of a range key what sorts before all entries with it; `last` is the entry of
        the item behind which the page begins, if there is one.
        """
        begin = 0 if self.least is None else bisect_left(held, entry(self.least))
        end = len(held)
        if self.most is not None:
            end = bisect_left(held, entry(_next(self.most)))
        if self.is_backwards:
            end = end if last is None else min(end, bisect_left(held, last))
            return held[max(begin, end - self.limit) : end][::-1]
        begin = begin if last is None else max(begin, bisect_right(held, last))
        return held[begin : min(end, begin + self.limit)]


def indexes(properties: Mapping[str, Any]) -> Sequence[Index]:
    """Return the indexes of a table, as CloudFormation describes it, that have two keys."""
    described = properties["GlobalSecondaryIndexes"]
    keys = {
        each["IndexName"]: [key["AttributeName"] for key in each["KeySchema"]] for each in described
    }
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

    def within(self, partition: str, page: Page) -> list[Item]:
        """Return a page of a partition."""
        held = self._sorted.get(partition, [])
        found = page.of(held, str, page.after[0] if page.after else None)
        return [self._items[partition, sort_key] for sort_key in found]

    def within_index(self, index: Index, partition: str, page: Page) -> list[Item]:
        """Return a page of the keys in a partition of an index."""
        self._catch_up()
        held = self._entries[index.name].get(partition, [])
        found = page.of(held, lambda value: (value,), page.after)
        return [
            {
                HASH: {"S": pk},
                RANGE: {"S": sk},
                index.hash_key: {"S": partition},
                index.range_key: {"N": str(value)} if isinstance(value, int) else {"S": value},
            }
            for value, pk, sk in found
        ]

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


def _next(value: Any) -> Any:
    """Return the smallest range key behind this one."""
    return value + 1 if isinstance(value, int) else f"{value}\0"


def _place(index: Index, item: Item) -> tuple[Any, _Entry] | None:
    """Return where an item is in an index; None if it has not both of the index's keys."""
    if index.hash_key not in item or index.range_key not in item:
        return None
    pk, sk = key_of(item)
    return plain(item[index.hash_key]), (plain(item[index.range_key]), pk, sk)
