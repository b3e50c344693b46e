"""Less of botocore: the descriptions of what `src/` calls, and nothing of the other 400 services.

botocore reads these files at every cold start, so what is cut from them is cut from that: `bench`
measures it (`cold_ready_vs_floor`).
"""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPERATIONS = {
    "dynamodb": {
        "BatchGetItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    },
    "s3": {"GetObject", "PutObject"},
    "sesv2": {"GetAccount", "SendEmail"},
    "sqs": {"GetQueueAttributes", "SendMessage", "SendMessageBatch"},
}
"""What `src/` asks of each service; a test compares it with the code."""
_ENDPOINT_PREFIXES = {"dynamodb", "email", "s3", "sqs"}
"""What `endpoints.json` calls the same services."""
_UNUSED = ("examples-", "waiters-")
_FOR_PEOPLE = {"documentation", "documentationUrl"}


def trim(data: Path) -> None:
    """Cut botocore's `data` folder down to `OPERATIONS`; doing it again changes nothing."""
    for folder in [folder for folder in data.iterdir() if folder.is_dir()]:
        if folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    for file in sorted(data.rglob("*.json*")):
        if file.name.startswith(_UNUSED):
            file.unlink()
        else:
            _rewrite(file, data)


def _rewrite(file: Path, data: Path) -> None:
    """Write the needed part of a file, unzipped: unzipping costs more than reading."""
    packed = file.suffix == ".gz"
    document = json.loads(gzip.decompress(file.read_bytes()) if packed else file.read_bytes())
    if file.name.startswith("service-2.json"):
        document = _of_operations(document, OPERATIONS[file.relative_to(data).parts[0]])
    elif file.name == "endpoints.json":
        for partition in document["partitions"]:
            partition["services"] = _only(partition["services"], _ENDPOINT_PREFIXES)
    file.unlink()
    (file.parent / file.name.removesuffix(".gz")).write_text(
        json.dumps(document, separators=(",", ":"))
    )


def _of_operations(model: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Keep these operations of a service's model, and the shapes that they are made of."""
    operations = _only(model["operations"], names)
    needed: set[str] = set()
    found = set(_shapes_in(operations))
    while found:
        needed |= found
        found = {name for one in found for name in _shapes_in(model["shapes"][one])} - needed
    return model | {
        "operations": _without_texts(operations),
        "shapes": _without_texts(_only(model["shapes"], needed)),
    }


def _only(items: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: item for name, item in items.items() if name in names}


def _shapes_in(part: Any) -> Iterator[str]:
    """Name the shapes that a part of a model refers to."""
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _shapes_in(inner)


def _without_texts(part: Any) -> Any:
    """Leave out what botocore makes docstrings of (elsewhere in a model it insists on texts)."""
    if isinstance(part, dict):
        return {
            name: _without_texts(inner)
            for name, inner in part.items()
            if not (name in _FOR_PEOPLE and isinstance(inner, str))
        }
    return [_without_texts(inner) for inner in part] if isinstance(part, list) else part
