"""Spoilt requests: each is answered in a documented form, and a refusal does nothing.

`FUZZ_REQUESTS` says how many, in all; the seeds are fixed, so that a failure can be repeated.
"""

import json
import logging
import os
import random
import re
import time
from xml.etree import ElementTree as ET

import pytest
from hostile import mutations
from support.domains import forget_domains
from support.gateway import Context, proxy_event
from support.mails import TYPES

from core.message.status import Status
from handlers import api

HANDS = 20
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "100000")) // HANDS
STATUSES = {200, 400, 403, 404, 405, 413, 422}
SECONDS = 5
"""How long one request may take: far below the 29 that API Gateway waits."""


@pytest.fixture(autouse=True)
def _ready(monkeypatch):
    forget_domains(monkeypatch, api)
    level = api.logger.log_level
    api.logger.setLevel(logging.ERROR)
    yield
    api.logger.setLevel(level)


def event_of(sent):
    body = sent.body.decode("utf-8", "surrogateescape" if len(sent.body) % 2 else "replace")
    event = proxy_event(
        sent.method,
        sent.path,
        body if sent.as_text else sent.body,
        headers=sent.headers,
        query=sent.query or None,
    )
    return {name: held for name, held in event.items() if not name.startswith("multiValue")}


def check_form(reply):
    """Check that the answer is what docs/api.md says, in its own format."""
    status, body = reply["statusCode"], reply["body"]
    assert status in STATUSES, status
    assert not reply["isBase64Encoded"]
    assert all(re.fullmatch(r"[ -~]*", held) for held in reply["headers"].values())
    body.encode()  # No half of a surrogate pair.
    match reply["headers"]["Content-Type"]:
        case "text/plain; charset=utf-8":
            assert (status, body) == (404, "404")
        case "application/json; charset=utf-8":
            check_json(status, json.loads(body))
        case "text/javascript":
            check_json(status, json.loads(re.fullmatch(r"(?s)\w*\((.*)\)", body)[1]))
        case "application/xml":
            check_xml(status, ET.fromstring(body.encode()))
        case "application/jsv" | "text/csv":
            name = "MessageId" if status == 200 else "ResponseStatus"
            assert re.match(rf"\[?\{{?{name}\b", body) or body == "[]"
        case "text/html":
            assert body.startswith(("<!doctype html>", "<!DOCTYPE html>"))
        case unknown:
            pytest.fail(unknown)


def check_json(status, document):
    answers = document if isinstance(document, list) else [document]
    for answer in answers:
        held = {name.lower(): value for name, value in answer.items()}
        if status == 200:
            # `teai` writes a status as its number, `edv` leaves out the first.
            assert held.get("status", 0) in {each.value for each in Status} | set(range(20))
            assert held["messageid"]
        else:
            assert held["status"] == "failed"
            assert held["responsestatus"]
            assert held["errormessage"]


def check_xml(status, root):
    if status == 200:
        assert root.tag.rpartition("}")[2] in ("SendResponse", "ArrayOfSendResponse")
    else:
        assert root.tag == f"{{{TYPES}}}ErrorResponse"
        assert root.findtext(f"{{{TYPES}}}ResponseStatus/{{{TYPES}}}ErrorCode")
        assert root.findtext(f"{{{TYPES}}}ResponseStatus/{{{TYPES}}}Message")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(HANDS))
def test_whatever_is_sent_is_answered_and_a_refusal_does_nothing(ses, wire, figures, seed):
    hand = random.Random(seed)
    counted = figures("mutated requests by the status of their answer")
    for number in range(REQUESTS):
        sent = mutations.mutated(hand)
        before = ses.asked, len(wire.written)
        started = time.process_time()

        reply = api.handler(event_of(sent), Context())

        told = f"seed {seed}, request {number}: {sent}"
        assert time.process_time() - started < SECONDS, told
        try:
            check_form(reply)
        except (AssertionError, ValueError, KeyError, SyntaxError) as error:
            raise AssertionError(f"{told}\n{reply}") from error
        if reply["statusCode"] != 200 and not reply["headers"].get("X-AutoBatch-Completed"):
            assert (ses.asked, len(wire.written)) == before, told
        counted[str(reply["statusCode"])] += 1
        ses.taken.clear()
        wire.written.clear()
