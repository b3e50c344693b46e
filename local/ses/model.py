"""Parses a SendEmail request, and checks its shape by the service model of the SDK."""

import base64
import json
import re
from functools import cache
from typing import Any, cast

from botocore.model import ListShape, Shape, StringShape, StructureShape
from botocore.session import get_session

from local.ses.errors import bad_request

type Json = dict[str, Any]


@cache
def _send_email() -> StructureShape:
    model = get_session().get_service_model("sesv2")
    return cast("StructureShape", model.operation_model("SendEmail").input_shape)


def warm_up() -> None:
    """Load the service model before the first request, which would have to wait for it."""
    _send_email()


def parse(body: bytes) -> Json:
    """Return the request in a JSON `body`, with its blobs as bytes, or raise `SesError`."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("The request is not JSON.") from None
    return cast("Json", _checked(_send_email(), value, ""))


def _checked(shape: Shape, value: object, path: str) -> object:
    match shape:
        case StructureShape():
            return _structure(shape, value, path)
        case ListShape():
            return _list(shape, value, path)
        case StringShape():
            return _string(shape, value, path)
    if shape.type_name == "blob":
        return _blob(value, path)
    raise bad_request(f"{path} has the type {shape.type_name}, which the simulator does not know.")


def _structure(shape: StructureShape, value: object, path: str) -> Json:
    if not isinstance(value, dict):
        raise bad_request(f"{path or 'The request'} must be an object.")
    prefix = f"{path}." if path else ""
    # AWS's JSON protocols read a null as an absent member.
    given = {name: member for name, member in value.items() if member is not None}
    if unknown := given.keys() - shape.members.keys():
        raise bad_request(f"{prefix}{min(unknown)} is not a member of {shape.name}.")
    for name in shape.required_members:
        if name not in given:
            raise bad_request(f"{prefix}{name} is required.")
    return {name: _checked(shape.members[name], given[name], prefix + name) for name in given}


def _list(shape: ListShape, value: object, path: str) -> list[object]:
    if not isinstance(value, list):
        raise bad_request(f"{path} must be a list.")
    _check_length(shape, len(value), path)
    return [_checked(shape.member, item, f"{path}[{at}]") for at, item in enumerate(value)]


def _string(shape: StringShape, value: object, path: str) -> str:
    if not isinstance(value, str):
        raise bad_request(f"{path} must be a string.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise bad_request(f"{path} holds half of a surrogate pair.") from None
    _check_length(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        raise bad_request(f"{path} must be one of {', '.join(shape.enum)}.")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise bad_request(f"{path} must match {pattern}.")
    return value


def _blob(value: object, path: str) -> bytes:
    try:
        return base64.b64decode(cast("str", value), validate=True)
    except (TypeError, ValueError):
        raise bad_request(f"{path} must be base64.") from None


def _check_length(shape: Shape, length: int, path: str) -> None:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", length)
    if not least <= length <= most:
        raise bad_request(f"{path} must have a length of {least} to {most}.")
