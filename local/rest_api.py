"""Where MiniStack's REST APIs are unlike AWS's, and how they are made alike.

MiniStack has no hooks for it, so each function here replaces some of its own functions by others
that call those (ministack/services/apigateway_v1.py). Should a later MiniStack have no functions of
these names, that fails at the start.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway_v1

from local.api_gateway import EVENT_TOO_LONG
from local.payloads import MOST_EVENT_BYTES, event_bytes, is_answer


def name_keys() -> None:
    """Let the API's events name the key that was checked (`requestContext.identity`), as AWS's do.

    MiniStack leaves it out. It checks the key, then builds the event, both for one request in one
    task, so what the first found is held in between.
    """
    check, build = apigateway_v1._check_api_key, apigateway_v1._build_lambda_event_v1  # noqa: SLF001
    checked: ContextVar[dict[str, Any] | None] = ContextVar("checked", default=None)

    def check_and_note(*arguments: Any) -> Any:
        error, key = check(*arguments)
        checked.set(key)
        return error, key

    def build_with_key(*arguments: Any, **named: Any) -> Any:
        event, key = build(*arguments, **named), checked.get()
        if key:  # AWS's have neither for a method that needs no key.
            named_by = {"apiKey": key["value"], "apiKeyId": key["id"]}
            event["requestContext"]["identity"] |= named_by
        return event

    apigateway_v1._check_api_key = check_and_note  # noqa: SLF001
    apigateway_v1._build_lambda_event_v1 = build_with_key  # noqa: SLF001


def name_requests() -> None:
    """Let an answer have the id of the request that the function was told (`x-amzn-RequestId`).

    MiniStack makes one for the function, one for the answer, and one for an answer of the API's
    own.
    """
    build, invoke = apigateway_v1._build_lambda_event_v1, apigateway_v1._invoke_lambda_proxy_v1  # noqa: SLF001
    render = apigateway_v1._gateway_error_response  # noqa: SLF001
    told: ContextVar[str] = ContextVar("told", default="")

    def build_and_note(*arguments: Any, **named: Any) -> Any:
        event = build(*arguments, **named)
        told.set(event["requestContext"]["requestId"])
        return event

    async def invoke_and_name(*arguments: Any, **named: Any) -> Any:
        answer = await invoke(*arguments, **named)
        if not isinstance(answer, tuple):  # One of the API's own, which is rendered later.
            return answer
        status, headers, body = answer
        return status, headers | {"x-amzn-requestid": told.get()}, body

    def render_with_id(error: Any, request: Any) -> Any:
        return render(error, request | ({"request_id": told.get()} if told.get() else {}))

    apigateway_v1._build_lambda_event_v1 = build_and_note  # noqa: SLF001
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_and_name  # noqa: SLF001
    apigateway_v1._gateway_error_response = render_with_id  # noqa: SLF001


def switch_keys() -> None:
    """Let a key that was switched off open nothing.

    The values of a patch are texts (API reference, PatchOperation). MiniStack keeps the text
    `false` as the state of a key, and takes it for a true one.
    """
    update = apigateway_v1._update_api_key  # noqa: SLF001

    def update_with_types(key_id: str, data: dict[str, Any]) -> Any:
        operations = [_with_type(each) for each in data.get("patchOperations", [])]
        return update(key_id, {**data, "patchOperations": operations})

    apigateway_v1._update_api_key = update_with_types  # noqa: SLF001


def _with_type(operation: dict[str, Any]) -> dict[str, Any]:
    if operation.get("path") != "/enabled":
        return operation
    return {**operation, "value": str(operation.get("value")).lower() == "true"}


class _Unfit(Exception):
    """What goes between API Gateway and Lambda does not fit; `answer` is for the caller."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


def limit_payloads() -> None:
    """Let the API call a function only with an event, and take only an answer, as AWS would.

    MiniStack limits neither, and makes an answer of everything, also of a function's error, whose
    text it shows to the caller. As recorded from AWS, what is wrong on the way back is a 502 of the
    kind INTEGRATION_FAILURE, in the words of the template's DEFAULT_5XX
    (github.com/DataBiosphere/azul/issues/8258).
    """
    invoke, call = apigateway_v1._invoke_lambda_proxy_v1, apigateway_v1._call_lambda_raw  # noqa: SLF001
    render = apigateway_v1._gateway_error_response  # noqa: SLF001
    broken = apigateway_v1._gw_error("INTEGRATION_FAILURE", "Internal server error")  # noqa: SLF001

    async def call_within_limits(function: Any, event: dict[str, Any], **scope: Any) -> Any:
        if event_bytes(event) > MOST_EVENT_BYTES:
            answer = EVENT_TOO_LONG
            raise _Unfit((answer.status, dict(answer.headers), answer.body))
        result, error = await call(function, event, **scope)
        is_broken = result and (result.get("error") or not is_answer(result.get("body")))
        if is_broken and not result.get("throttle"):
            raise _Unfit(broken)
        return result, error

    async def invoke_within_limits(*arguments: Any, **named: Any) -> Any:
        try:
            return await invoke(*arguments, **named)
        except _Unfit as unfit:
            return unfit.answer

    def render_with_status(error: Any, request: Any) -> Any:
        status, headers, body = render(error, request)
        return 502 if error is broken else status, headers, body

    apigateway_v1._call_lambda_raw = call_within_limits  # noqa: SLF001
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_within_limits  # noqa: SLF001
    apigateway_v1._gateway_error_response = render_with_status  # noqa: SLF001
