"""The functions that API Gateway calls, with events as it was recorded to send them.

The recorded events are about another API; path, query and body here are ours in their place.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.apigateway_events import EVENTS, recorded
from support.gateway import Context
from support.mails import MAIL, NAMESPACE
from support.ses import Ses

from core.config import CONFIG
from handlers import api, metadata, preflight

JSON, XML = "application/json", "application/xml"
Ask = Callable[..., tuple[int, Any]]
ANY_NAMES = [*EVENTS]


@pytest.fixture
def ask(context: Context) -> Ask:
    """Hand a recorded event, changed, to the API's function; return status and JSON answered."""

    def _ask(name: str, **changes: Any) -> tuple[int, Any]:
        reply = api.handler(recorded(name, **changes), context)
        body = reply["body"]
        return reply["statusCode"], json.loads(body) if body.startswith(("{", "[")) else body

    return _ask


def post(path: str, body: str = json.dumps(MAIL), kind: str = JSON, **more: Any) -> dict[str, Any]:
    return {
        "path": path,
        "httpMethod": "POST",
        "body": body,
        "headers": {"content-type": kind, "aCCept": JSON},
    } | more


@pytest.mark.parametrize("name", ANY_NAMES)
@pytest.mark.parametrize("path", ["/Mail/Send", "/Mail//Send", "/Mail/Send/", "/mail/send"])
def test_a_mail_is_sent_from_any_event(ask: Ask, ses: Ses, name: str, path: str) -> None:
    query = {"queryStringParameters": None, "multiValueQueryStringParameters": None}

    status, answer = ask(name, **post(path, **query))

    assert (status, answer["Status"]) == (200, "sent")
    assert len(ses.taken) == 1


@pytest.mark.parametrize("name", ANY_NAMES)
def test_a_path_that_is_not_decoded_is_understood(ask: Ask, ses: Ses, name: str) -> None:
    query = {"queryStringParameters": None, "multiValueQueryStringParameters": None}

    status, answer = ask(name, **post("/json/reply/SendMail%5B%5D", json.dumps([MAIL]), **query))

    assert (status, [mail["Status"] for mail in answer]) == (200, ["queued"])


def test_a_path_is_decoded_once_and_its_plus_is_no_space(ask: Ask) -> None:
    assert ask("path-encoded-email", path="/Status/a%252Bb+c")[0] == 404
    sent = ask("trailing-slash", **post("/Mail/Send"))[1]["MessageId"]

    assert ask("path-encoded-email", path=f"/Status/%22{sent}%22")[1]["MessageId"] == sent
    assert ask("path-encoded-email", path=f"/Status/{sent}+")[0] == 404


def test_a_query_is_taken_as_api_gateway_has_decoded_it(ask: Ask, ses: Ses) -> None:
    query = {"Subject": "two words", "email": "test+alias@gmail.com", "To": "a+b@recipient.example"}
    event = post("/Mail/Send", '{"Text": "t"}', queryStringParameters=query)
    event["multiValueQueryStringParameters"] = {name: [text] for name, text in query.items()}

    status, answer = ask("params-encoding", **event)

    assert (status, answer["Receiver"]) == (200, "a+b@recipient.example")
    assert ses.taken[0]["Content"]["Simple"]["Subject"]["Data"] == "two words"


def test_of_repeated_values_all_count_and_not_the_last_alone(ask: Ask) -> None:
    event = post("/Mail/Send", '{"Text": "t"}')
    event["queryStringParameters"] = {"To": "b@recipient.example"}
    both = ["a@recipient.example", "b@recipient.example"]
    event["multiValueQueryStringParameters"] = {"To": both}

    assert ask("params-encoding-multi", **event)[1]["Receiver"] == ",".join(both)


def test_a_binary_body_comes_in_base64(ask: Ask, ses: Ses) -> None:
    xml = f'<SendMail xmlns="{NAMESPACE}"><Subject>ü</Subject><To>{MAIL["To"]}</To></SendMail>'
    body = base64.b64encode(xml.encode("utf-8")).decode()

    status, _ = ask("trailing-slash", **post("/Mail/Send", body, XML, isBase64Encoded=True))

    assert status == 200
    assert ses.taken[0]["Content"]["Simple"]["Subject"]["Data"] == "ü"


@pytest.mark.parametrize(
    "missing",
    [
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "pathParameters",
        "stageVariables",
        "isBase64Encoded",
        "resource",
    ],
)
def test_a_member_that_is_missing_or_null_does_no_harm(
    context: Context, ses: Ses, missing: str
) -> None:
    event = recorded("trailing-slash", **post("/Mail/Send"))

    for changed in (event | {missing: None}, {n: v for n, v in event.items() if n != missing}):
        reply = api.handler(changed, context)
        assert reply["statusCode"] == 200, reply["body"]


@pytest.mark.parametrize("name", ANY_NAMES)
def test_what_came_without_a_key_is_refused_whatever_its_method(
    ask: Ask, ses: Ses, name: str
) -> None:
    """With `X-HTTP-Method-Override` it may have passed as a method that needs no key."""
    for method in ("POST", "OPTIONS", "GET"):
        for override in ({}, {"X-HTTP-Method-Override": "POST"}):
            event = post("/Mail/Send", httpMethod=method, key=None)
            event["headers"] |= override | {"x-api-key": "made-up"}
            assert ask(name, **event)[0] in (403, 404)

    assert ses.taken == []


@pytest.mark.parametrize("name", ANY_NAMES)
@pytest.mark.parametrize(
    "path", ["/metadata", "/json/metadata", "/types/python", "/openapi.json", "/nothing%2Bhere"]
)
def test_the_documentation_answers_any_event(context: Context, name: str, path: str) -> None:
    event = recorded(name, path=path, httpMethod="GET", key=None)

    reply = metadata.handler(event, context)

    assert reply["statusCode"] == (404 if "nothing" in path else 200)


def test_the_documentation_is_told_its_tab_in_any_case_of_letters(context: Context) -> None:
    event = recorded("params-encoding-multi", path="/json/metadata", httpMethod="GET", key=None)
    event["queryStringParameters"] = {"op": "GetStatus"}
    event["multiValueQueryStringParameters"] = {"op": ["GetStatus"]}

    assert "GetStatus" in metadata.handler(event, context)["body"]


@pytest.mark.parametrize("name", ANY_NAMES)
@pytest.mark.parametrize("header", ["Origin", "origin", "oRiGiN"])
def test_a_preflight_is_answered_from_any_event(
    context: Context, monkeypatch: pytest.MonkeyPatch, name: str, header: str
) -> None:
    origin = "https://app.example.com"
    monkeypatch.setattr(preflight, "CONFIG", CONFIG._replace(cors_origins=frozenset([origin])))
    event = recorded(
        name, path="/Mail/Send", httpMethod="OPTIONS", headers={header: origin}, key=None
    )

    reply = preflight.handler(event, context)

    assert reply["headers"]["Access-Control-Allow-Origin"] == origin
