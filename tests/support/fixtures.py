"""Fixtures of the suites that call a handler: a conftest imports those that its folder needs.

They need a fixture `aws`, which is moto or another stand-in for AWS.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.aws import clients
from handlers import api, dispatch, resend
from support.clock import Clock
from support.domains import forget_domains, forget_pace
from support.gateway import ONE_ROUND, Context, proxy_event
from support.ses import Ses
from support.ses_events import batch, failed


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture(autouse=True)
def ses(aws: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ses]:
    """Play SES for every test of the folder, but for those where `World` does (`service`)."""
    stand_in = Ses()
    if "service" in request.fixturenames:
        yield stand_in
        return
    forget_pace(monkeypatch, api, resend)
    played = {"SendEmail": stand_in.send, "GetAccount": stand_in.tell_account}
    events = clients.ses().meta.events
    for operation, answer_with in played.items():
        events.register_first(f"before-send.sesv2.{operation}", answer_with)
    yield stand_in
    for operation, answer_with in played.items():
        events.unregister(f"before-send.sesv2.{operation}", answer_with)


@pytest.fixture
def call(context: Context, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Call the API as API Gateway does; the answer has its body parsed if it is JSON."""
    forget_domains(monkeypatch, api)
    numbers = itertools.count(1)

    def _call(
        method: str,
        path: str,
        body: str | bytes | dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        key: str | None = "a-key",
    ) -> dict[str, Any]:
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        number = f"request-{next(numbers)}"
        event = proxy_event(
            method, path, body, headers=headers, query=query, key=key, request_id=number
        )
        reply: dict[str, Any] = api.handler(event, context)
        if reply["headers"]["Content-Type"].startswith("application/json"):
            reply["json"] = json.loads(reply["body"])
        return reply

    return _call


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop the time."""
    stopped = Clock(time.time())
    monkeypatch.setattr(time, "time", lambda: stopped.now)
    return stopped


@pytest.fixture
def give_turns(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the dispatcher give out the turns of one round."""
    forget_domains(monkeypatch, dispatch)
    fresh = replace(dispatch.dispatcher, domain_table=dispatch.domain_table)
    monkeypatch.setattr(dispatch, "dispatcher", fresh)
    return lambda: dispatch.handler({}, Context(milliseconds=ONE_ROUND))  # type: ignore[arg-type]


@pytest.fixture
def work(context: Context) -> Callable[..., list[str]]:
    """Hand messages to the retry function, as the queue would."""

    def _work(*message_ids: str) -> list[str]:
        bodies = [json.dumps({"MessageId": message_id}) for message_id in message_ids]
        return failed(resend.handler(batch(*bodies), context))

    return _work
