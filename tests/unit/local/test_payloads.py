"""How large an event is on AWS, and what API Gateway takes for an answer."""

import base64
import json

import pytest
from support.apigateway_events import EVENTS

from core.http import gateway
from local.payloads import MOST_ANSWER_BYTES, MOST_EVENT_BYTES, event_bytes, is_answer

ANSWER = {"statusCode": 200, "headers": {"A": "b"}, "body": "c", "isBase64Encoded": False}


def emulated(event):
    """Return an event of AWS's as MiniStack would have made it."""
    proxied = ("CloudFront", "Via", "X-Amz")  # The recorded ones came through an edge location.
    own = {
        name: value
        for name, value in event["headers"].items()
        if not name.startswith((*proxied, "X-Forwarded"))
    }
    context = {
        name: value
        for name, value in event["requestContext"].items()
        if name not in ("deploymentId", "domainName", "domainPrefix")
    }
    identity = {"sourceIp": "192.0.2.123", "userAgent": own["User-Agent"]}
    return event | {
        "version": "1.0",
        "headers": own,
        "multiValueHeaders": {name: [value] for name, value in own.items()},
        "requestContext": context | {"identity": identity},
    }


def regional(event):
    """Return an event of AWS's without what an edge location adds."""
    return event | {
        name: {
            header: value
            for header, value in event[name].items()
            if not header.startswith(("CloudFront", "Via", "X-Amz-Cf"))
        }
        for name in ("headers", "multiValueHeaders")
    }


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_as_large_as_aws_made_it(name):
    event = EVENTS[name]
    written = json.dumps(regional(event), ensure_ascii=False, separators=(",", ":"))
    placeholders = written.count("<") * 20  # Each stands for a value that is not known.

    assert len(written) - 50 <= event_bytes(emulated(event)) <= len(written) + placeholders + 50


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("x" * 1000, 1000),
        ('"' * 1000, 2000),
        ("\n" * 1000, 2000),
        ("\x01" * 1000, 6000),
        ("ä" * 1000, 2000),
        ("\ufffd" * 1000, 3000),
        ("\U0001f600" * 1000, 4000),
        (base64.b64encode(bytes(3000)).decode(), 4000),
    ],
)
def test_a_body_counts_as_it_travels(body, size):
    event = emulated(next(iter(EVENTS.values())))

    grown = event_bytes(event | {"body": body}) - event_bytes(event | {"body": ""})

    assert grown == size


def test_the_limits_are_lambdas():
    assert (MOST_EVENT_BYTES, MOST_ANSWER_BYTES) == (6 * 1024 * 1024, 6 * 1024 * 1024 + 100)


def test_our_own_answers_are_answers():
    response = gateway.Response(200, "text/plain", "ok", {"X": "y"})

    assert is_answer(gateway.write(response))
    assert is_answer({})


@pytest.mark.parametrize(
    "payload", [None, "ok", [], ANSWER | {"foo": 1}, ANSWER | {"body": {"a": 1}}]
)
def test_what_api_gateway_cannot_read_is_no_answer(payload):
    assert not is_answer(payload)


def test_an_answer_may_be_as_large_as_lambda_gives_it():
    rest = len(json.dumps(ANSWER, separators=(",", ":"))) - len(ANSWER["body"])

    assert is_answer(ANSWER | {"body": "x" * (MOST_ANSWER_BYTES - rest)})
    assert not is_answer(ANSWER | {"body": "x" * (MOST_ANSWER_BYTES - rest + 1)})
