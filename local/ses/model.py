"""Checks JSON by the service model of the SDK: requests to SES, and states of its account."""

import base64
import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, cast

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.session import get_session

from local.ses.errors import FieldError, bad_request

type Json = dict[str, Any]


@cache
def _service() -> ServiceModel:
    return get_session().get_service_model("sesv2")


def warm_up() -> None:
    """Load the service model before the first request, which would have to wait for it."""
    _input_of("SendEmail")


def operations() -> dict[str, tuple[str, str]]:
    """Return the HTTP method and the path of every operation; `{Name}` is a variable part."""
    service = _service()
    found = {name: service.operation_model(name).http for name in service.operation_names}
    return {name: (http["method"], http["requestUri"]) for name, http in found.items()}


def parse(operation: str, body: bytes, **of_url: object) -> Json:
    """Return the request in a JSON `body`, with its blobs as bytes, or raise `SesError`.

    `of_url` are the members of the request that are parts of its path or query.
    """
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise bad_request("The request is not JSON.") from None
    if isinstance(value, dict):
        value |= of_url
    try:
        return cast("Json", _checked(_input_of(operation), value, ""))
    except FieldError as error:
        said = error.message[0].lower() + error.message[1:]
        raise bad_request(f"{error.field or 'The request'} {said}") from None


def check_state(operation: str, state: object) -> Json:
    """Return `state` as the answer of `operation` that it will be; numbers have their types.

    Raises `FieldError` for a member that such an answer does not have, or of another type.
    """
    shape = _service().operation_model(operation).output_shape
    return cast("Json", _checked(cast("StructureShape", shape), state, ""))


def _input_of(operation: str) -> StructureShape:
    return cast("StructureShape", _service().operation_model(operation).input_shape)


def _checked(shape: Shape, value: object, path: str) -> object:
    match shape:
        case StructureShape():
            return _structure(shape, value, path)
        case ListShape():
            return _list(shape, value, path)
        case MapShape():
            return _map(shape, value, path)
        case StringShape():
            return _string(shape, value, path)
    if not (check := _SIMPLE.get(shape.type_name)):
        raise FieldError(path, f"Has the type {shape.type_name}, unknown to the simulator.")
    return check(value, path)


def _structure(shape: StructureShape, value: object, path: str) -> Json:
    if not isinstance(value, dict):
        raise FieldError(path, "Must be an object.")
    prefix = f"{path}." if path else ""
    # AWS's JSON protocols read a null as an absent member.
    given = {name: member for name, member in value.items() if member is not None}
    if unknown := given.keys() - shape.members.keys():
        raise FieldError(f"{prefix}{min(unknown)}", f"Is not a member of {shape.name}.")
    for name in shape.required_members:
        if name not in given:
            raise FieldError(f"{prefix}{name}", "Is required.")
    return {name: _checked(shape.members[name], given[name], prefix + name) for name in given}


def _list(shape: ListShape, value: object, path: str) -> list[object]:
    if not isinstance(value, list):
        raise FieldError(path, "Must be a list.")
    _check_length(shape, len(value), path)
    return [_checked(shape.member, item, f"{path}[{at}]") for at, item in enumerate(value)]


def _map(shape: MapShape, value: object, path: str) -> Json:
    if not isinstance(value, dict):
        raise FieldError(path, "Must be an object.")
    return {name: _checked(shape.value, item, f"{path}.{name}") for name, item in value.items()}


def _string(shape: StringShape, value: object, path: str) -> str:
    if not isinstance(value, str):
        raise FieldError(path, "Must be a string.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FieldError(path, "Holds half of a surrogate pair.") from None
    _check_length(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        raise FieldError(path, f"Must be one of {', '.join(shape.enum)}.")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise FieldError(path, f"Must match {pattern}.")
    return value


def _blob(value: object, path: str) -> bytes:
    try:
        return base64.b64decode(cast("str", value), validate=True)
    except (TypeError, ValueError):
        raise FieldError(path, "Must be base64.") from None


def _boolean(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise FieldError(path, "Must be true or false.")
    return value


def _whole(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError(path, "Must be a whole number.")
    return value


def _number(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError(path, "Must be a number.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):  # `json` reads NaN, Infinity and numbers of any length.
        raise FieldError(path, "Must be a finite number.")
    return number


def _check_length(shape: Shape, length: int, path: str) -> None:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", length)
    if not least <= length <= most:
        raise FieldError(path, f"Must have a length of {least} to {most}.")


_SIMPLE: Final[dict[str, Callable[[object, str], object]]] = {
    "blob": _blob,
    "boolean": _boolean,
    "integer": _whole,
    "long": _whole,
    "double": _number,
    "timestamp": _number,
}
