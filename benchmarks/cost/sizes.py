"""How large items are in DynamoDB, and how many units a request for them takes.

The rules are in https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/, on the pages
CapacityUnitCalculations.html (sizes) and read-write-operations.html (units).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

type Item = Mapping[str, Mapping[str, Any]]
"""In DynamoDB's own form: `{"pk": {"S": "..."}}`."""

WRITE_BYTES, READ_BYTES = 1024, 4096
STORED_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item that it stores, and to each entry of an index."""


def size_of(item: Item | None) -> int:
    """Return the size of an item in bytes; 0 for none. Raises `KeyError` for other types."""
    return sum(len(name.encode()) + _value(value) for name, value in (item or {}).items())


def _value(value: Mapping[str, Any]) -> int:
    ((kind, inner),) = value.items()
    sizes: dict[str, Callable[[Any], int]] = {
        "S": lambda text: len(text.encode()),
        "N": lambda text: math.ceil(len(text.strip("-").replace(".", "")) / 2) + 1,
        "B": len,
        "L": lambda values: 3 + sum(1 + _value(each) for each in values),
        "M": lambda values: 3 + sum(1 + len(n.encode()) + _value(v) for n, v in values.items()),
        "SS": lambda texts: sum(len(text.encode()) for text in texts),
        "BOOL": lambda _: 1,
        "NULL": lambda _: 1,
    }
    return sizes[kind](inner)


def written(before: Item | None, after: Item | None) -> int:
    """Return the units of writing an item: by the larger of what was there and what is."""
    return max(1, math.ceil(max(size_of(before), size_of(after)) / WRITE_BYTES))


def read(items: Iterable[Item | None], *, is_consistent: bool) -> float:
    """Return the units of reading items together, as a query does, or one alone."""
    units = max(1, math.ceil(sum(map(size_of, items)) / READ_BYTES))
    return units if is_consistent else units / 2


def entry(item: Item | None, table_key: Iterable[str], index: Mapping[str, Any]) -> Item | None:
    """Return what an index keeps of an item; None if the item is not in it.

    `index` is as the template declares it. Raises `ValueError` if it keeps more than the keys.
    """
    if index["Projection"] != {"ProjectionType": "KEYS_ONLY"}:
        raise ValueError(f"The entries of {index['IndexName']} are not counted right.")
    own = [part["AttributeName"] for part in index["KeySchema"]]
    if item is None or not all(name in item for name in own):
        return None
    return {name: item[name] for name in (*table_key, *own)}


def indexed(before: Item | None, after: Item | None) -> int:
    """Return the units of bringing an index up to date: a key that changes is two writes."""
    if before == after:
        return 0
    return sum(written(each, None) for each in (before, after) if each is not None)
