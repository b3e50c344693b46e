"""The mail that the doctor sends: what each answer of an API means for its operator."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support.aws_answers import Answers
from support.healthy import HEALTHY, KEY, OUTPUTS, PARAMETERS, records
from support.http_servers import serving

from ops.api_keys import hash_of
from ops.doctor import probe
from ops.doctor.findings import Finding
from ops.doctor.resolver import Resolver
from ops.doctor.subject import Subject
from ops.stack import Stack

_AWS = Answers({})
ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


@contextmanager
def api(*answers: tuple[int, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Serve answers in their order, the last one again and again; its URL and what it was sent."""
    left, requests = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.path, self.headers["x-api-key"], json.loads(body)))
            self.answer()

        def do_GET(self) -> None:
            requests.append((self.path, self.headers["x-api-key"], None))
            self.answer()

        def answer(self) -> None:
            status, members = left.pop(0) if len(left) > 1 else left[0]
            body = members if isinstance(members, bytes) else json.dumps(members).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as url:
        yield url, requests


def probed(
    monkeypatch: pytest.MonkeyPatch, url: str, answers: Any = None, **parameters: str
) -> Finding:
    monkeypatch.setattr(probe, "_SECONDS", 0.3)
    _AWS.table = HEALTHY | (answers or {})
    stack = Stack(
        _AWS,
        "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/1",
        OUTPUTS | {"ApiUrl": f"{url}/Mail/Send"},
        PARAMETERS | {"SenderIdentity": "", "ConfigurationName": "default"} | parameters,
    )
    (found,) = probe.probe_mail(Subject(stack, Resolver(None)))
    return found


def status(name: str, **more: str) -> tuple[int, Any]:
    return 200, {"MessageId": ID, "Status": name} | more


def test_a_delivered_mail_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    with api(status("sent"), status("sent"), status("delivered")) as (url, requests):
        found = probed(monkeypatch, url)

    mail = {"Domain": "example.com", "To": "success+doctor@simulator.amazonses.com"}
    assert found.level == "ok"
    assert "is delivered after 0." in found.what
    (path, key, sent), *asked = requests
    assert (path, key, sent.items() >= mail.items()) == ("/Mail/Send", KEY, True)
    assert asked == [(f"/Status?MessageId={ID}", KEY, None)] * 2


@pytest.mark.parametrize(
    ("answer", "what", "remedy"),
    [
        (status("sent"), "SES has taken it, and no event says", "event destination"),
        (status("queued", ErrorMessage="Busy."), "tried again. SES's answer: Busy.", "why-a-mail"),
        (status("unknown"), "did not say whether", "why-a-mail"),
        (status("failed", ErrorMessage="No."), "was refused. SES's answer: No.", "why-a-mail"),
        ((403, {"message": "Forbidden"}), "with 403: Forbidden", "AllowedCidrs"),
        ((429, {"ErrorMessage": "Too many."}), "with 429: Too many.", "QuotaPerDay"),
        ((502, b"<html>"), "with 502: without a reason", "#logs"),
        ((200, {}), "with 200: without a reason", "#logs"),
    ],
)
def test_everything_else_is_a_failure_that_says_what_it_means(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, Any], what: str, remedy: str
) -> None:
    with api(answer) as (url, _):
        found = probed(monkeypatch, url)

    assert found.level == "failure"
    assert what in found.what
    assert remedy in "\n".join(found.remedy)


def test_an_api_that_is_not_there_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    found = probed(monkeypatch, "http://127.0.0.1:9")

    assert found.level == "failure"
    assert "cannot be reached at http://127.0.0.1:9 (ConnectError)" in found.what


def test_without_a_key_or_with_client_certificates_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = {"dynamodb.Query": records(example_com={"api_keys": [hash_of("another")]})}

    assert probed(monkeypatch, "http://127.0.0.1:9", closed).level == "failure"
    assert probed(monkeypatch, "http://x.invalid", TruststoreUri="s3://a/b").level == "warning"


def test_it_is_of_a_domain_that_a_key_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    of_shop = records(shop_example={"api_keys": [hash_of(KEY)]})

    with api(status("delivered")) as (url, requests):
        found = probed(monkeypatch, url, {"dynamodb.Query": of_shop})

    assert found.level == "ok"
    assert requests[0][2]["Domain"] == "shop.example"
