"""Writes the API as an OpenAPI 3.1 document, from the same types that read its requests."""

import json
from functools import cache
from http import HTTPStatus

from core.contract.contract import ErrorResponse
from core.contract.errors import KeyReused, TooLarge
from core.contract.members import Contract, Member, members
from core.contract.operations import GET_CONTENT, OPERATIONS, RESEND_MAIL, SEND_MAIL, Operation
from core.formats import json as json_format
from core.formats import xml as xml_format
from core.formats.table import FORMATS_BY_NAME, JSON, XML, Format
from core.metadata import schemas, words
from core.metadata.schemas import EXAMPLES, Node
from core.metadata.types import TITLE

_VERSION = "1.0.0"
_REFUSALS: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read, or cannot be carried out as it is.",
    HTTPStatus.FORBIDDEN: "The API key is missing, unknown, or not allowed here.",
    HTTPStatus.NOT_FOUND: "There is no such message or webhook, or no such address in this API.",
    HTTPStatus.CONFLICT: "The first request with this Idempotency-Key is not answered yet, or what "
    "is asked for comes too late, or the webhook is disabled.",
    HTTPStatus.GONE: "The content of this mail is not kept any more.",
    TooLarge.status: "The request is larger than the service takes.",
    KeyReused.status: "This Idempotency-Key came before, with another mail.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests with this key. Wait, then ask again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service failed.",
    HTTPStatus.BAD_GATEWAY: "The service failed. The mail may have been sent.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service cannot answer now.",
    HTTPStatus.GATEWAY_TIMEOUT: "The service did not answer in time. The mail may have been sent.",
}
_ONLY_WITH_A_BODY = {HTTPStatus.CONFLICT, TooLarge.status, KeyReused.status}


@cache
def document() -> str:
    """Return the document as JSON."""
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": TITLE,
                "version": _VERSION,
                "summary": "Send mails, and learn what became of them.",
                "description": "Names of members match in any case; unknown members are ignored, "
                "and named in the header X-Ignored. "
                "The answer has the format that is asked for, else that of the request.",
            },
            "servers": [{"url": ".", "description": "Where this document comes from."}],
            "security": [{"apiKey": []}],
            "paths": _paths(),
            "components": {
                "securitySchemes": {
                    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}
                },
                "schemas": schemas.all_of_them(),
                "responses": {_component(status): _refusal(status) for status in _REFUSALS},
            },
        },
        indent=2,
    )


def _paths() -> Node:
    described: Node = {}
    for operation in OPERATIONS:
        for path in operation.paths:
            described.setdefault(path, {})[operation.verb.lower()] = _operation(operation, path)
    return described


def _operation(operation: Operation, path: str) -> Node:
    described: Node = {
        "operationId": operation.name + ("" if path == operation.paths[0] else "ById"),
        "summary": words.SUMMARIES[operation.request],
        "parameters": [_format_parameter(), _TRACEPARENT],
    }
    if operation.takes_key:
        described["parameters"] += _OF_MAILS
    described["parameters"] += [
        _parameter(operation, member, path)
        for member in members(operation.request)
        if not operation.takes_body or _is_in(path, member)
    ]
    if operation.takes_body:
        described["requestBody"] = {
            "required": not _is_whole(path, operation),
            "content": {
                _media_type(format_): _content(operation.request, format_)
                for format_ in (JSON, XML)
            },
        }
    return described | {"responses": _answers(operation)}


def _format_parameter() -> Node:
    return {
        "name": "format",
        "in": "query",
        "description": "The format of the answer; more than the Accept header.",
        "schema": {"type": "string", "enum": [*FORMATS_BY_NAME]},
    }


def _header(name: str, description: str, example: str = "", **bounds: int) -> Node:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string", **bounds},
        **({"example": example} if example else {}),
    }


_TRACEPARENT = _header(
    "traceparent",
    "Your own trace (W3C Trace Context): the operator finds it in the logs.",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
_OF_MAILS = (
    _header(
        "Idempotency-Key",
        "Your name for this request: a second one with it sends no second mail.",
        minLength=1,
        maxLength=255,
    ),
    _header(
        "Prefer",
        "respond-async: the mail is queued, and the answer does not wait for SES.",
        "respond-async",
    ),
)
"""The headers of what sends a mail."""


def _parameter(operation: Operation, member: Member, path: str) -> Node:
    example = getattr(EXAMPLES[operation.request], member.field)
    is_in_path = _is_in(path, member)
    return {
        "name": member.name,
        "in": "path" if is_in_path else "query",
        "required": is_in_path or member.name in operation.required,
        "description": words.MEMBERS[operation.request][member.name],
        "schema": {"type": schemas.plain_type(member)},
        **({"example": example} if example is not None else {}),
    }


def _is_in(path: str, member: Member) -> bool:
    return f"{{{member.name}}}" in path


def _is_whole(path: str, operation: Operation) -> bool:
    """Say whether all that a request needs is in its path."""
    named = {member.name for member in members(operation.request) if _is_in(path, member)}
    return bool(operation.required) and operation.required <= named


def _answers(operation: Operation) -> Node:
    answer: Node = {
        "description": words.TYPES[operation.response],
        "headers": {"X-Ignored": _ignored()},
        "content": {
            _media_type(format_): _content(operation.response, format_)
            for format_ in FORMATS_BY_NAME.values()
        },
    }
    if operation is SEND_MAIL:
        answer["description"] += " A mail that SES refuses is such an answer too: Status is failed."
        answer["headers"] |= {
            "Idempotent-Replayed": {
                "description": "true: the mail was sent before, with this Idempotency-Key.",
                "schema": {"type": "string", "enum": ["true"]},
            },
            "Preference-Applied": {
                "description": "respond-async: the mail is queued, as the request prefers it.",
                "schema": {"type": "string", "enum": ["respond-async"]},
            },
        }
        answer["links"] = {
            "Status": {
                "operationId": "GetStatusById",
                "parameters": {"MessageId": "$response.body#/MessageId"},
            }
        }
    return {"200": answer} | {
        str(int(status)): {"$ref": f"#/components/responses/{_component(status)}"}
        for status in _REFUSALS
        if operation.takes_body or status not in _ONLY_WITH_A_BODY
        if operation in (GET_CONTENT, RESEND_MAIL) or status is not HTTPStatus.GONE
    }


def _ignored() -> Node:
    return {
        "description": "The members of the request that nobody knows, with commas between.",
        "schema": {"type": "string"},
    }


def _component(status: HTTPStatus) -> str:
    return status.phrase.replace(" ", "")


def _refusal(status: HTTPStatus) -> Node:
    content = {
        _media_type(format_): _content(ErrorResponse, format_)
        for format_ in FORMATS_BY_NAME.values()
    }
    if status is HTTPStatus.NOT_FOUND:
        content["text/plain"] = {"schema": {"type": "string", "const": "404"}}
    refusal: Node = {
        "description": _REFUSALS[status],
        "headers": {"X-Ignored": _ignored()},
        "content": content,
    }
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        refusal["headers"]["Retry-After"] = seconds
    return refusal


def _media_type(format_: Format) -> str:
    return format_.answer_type.partition(";")[0]


def _content(contract: type[Contract], format_: Format) -> Node:
    if format_ is JSON:
        example = json.loads(json_format.write(EXAMPLES[contract]))
        return {"schema": schemas.reference(contract.__name__), "example": example}
    if format_ is XML:
        example = xml_format.write(EXAMPLES[contract])
        return {"schema": schemas.reference(contract.__name__), "example": example}
    return {"schema": {"type": "string"}}
