"""The documentation as API Gateway asks for it: at a domain of ours, and behind a stage."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.webhooks import client
from core.webhooks.delivery import State
from handlers import metadata

ROOT = Path(__file__).parents[2]
EVENT = json.loads((ROOT / "events/metadata_page.json").read_text())
DOMAIN = "mail.example"


@pytest.fixture
def ask(context):
    def _ask(path, *, method="GET", host=DOMAIN, stage="live", op=None, **headers):
        query = {"op": op} if op else None
        event = EVENT | {
            "path": path,
            "httpMethod": method,
            "headers": {"Host": host, "X-Forwarded-Proto": "https", **headers},
            "multiValueHeaders": None,
            "queryStringParameters": query,
            "multiValueQueryStringParameters": None,
            "requestContext": {"requestId": "r", "stage": stage},
        }
        return metadata.handler(event, context)

    return _ask


def test_the_event_of_the_folder_is_answered_with_a_page(context):
    reply = metadata.handler(EVENT, context)

    assert reply["statusCode"] == 200
    assert reply["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert f"Host: {EVENT['headers']['Host']} \n" in reply["body"]
    assert "default-src 'none'" in reply["headers"]["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        ("/metadata", "text/html; charset=utf-8", "<!doctype html>"),
        ("/xml/metadata", "text/html; charset=utf-8", "<!doctype html>"),
        ("/json/metadata", "text/html; charset=utf-8", "<!doctype html>"),
        ("/jsv/metadata", "text/html; charset=utf-8", "<!doctype html>"),
        ("/csv/metadata", "text/html; charset=utf-8", "<!doctype html>"),
        ("/types", "text/html; charset=utf-8", "<!doctype html>"),
        ("/types/csharp", "text/plain; charset=utf-8", "/* Options:"),
        ("/types/csharp.plain", "text/plain; charset=utf-8", "// The types of"),
        ("/types/typescript", "text/plain; charset=utf-8", "/* Options:"),
        ("/types/typescript.d", "text/plain; charset=utf-8", "/* Options:"),
        ("/types/python", "text/plain; charset=utf-8", '""" Options:'),
        ("/types/metadata", "application/json; charset=utf-8", "{"),
        ("/types/metadata.json", "application/json; charset=utf-8", "{"),
        ("/openapi.json", "application/json; charset=utf-8", "{"),
        ("/activity", "text/html; charset=utf-8", "<!doctype html>"),
        ("/activity/style.css", "text/css; charset=utf-8", ":root {"),
        ("/activity/main.js", "text/javascript; charset=utf-8", "//"),
    ],
)
def test_documents_are_found(ask, path, content_type, start):
    reply = ask(path)

    assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (200, content_type)
    assert reply["body"].startswith(start)


@pytest.mark.parametrize("op", ["SendMail", "sendmail", "GetStatus"])
def test_an_operation_is_found_in_any_case(ask, op):
    reply = ask("/json/metadata", op=op)

    assert reply["statusCode"] == 200
    assert "<h3>HTTP + JSON</h3>" in reply["body"]


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/types/java",
        "/types/a/b",
        "/html/metadata",
        "/metadata/x",
        "/activity/files.py",
        "/activity/headers.json",
        "/activity/x.js",
        "/activity/index.html",
        "/activity/a/main.js",
    ],
)
def test_everything_else_is_not_found(ask, path):
    reply = ask(path)

    assert (reply["statusCode"], reply["body"]) == (404, "404")
    assert reply["headers"]["Content-Type"] == "text/plain; charset=utf-8"


def test_an_unknown_operation_is_not_found(ask):
    assert ask("/xml/metadata", op="Nope")["statusCode"] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_changed(ask, method):
    assert ask("/metadata", method=method)["statusCode"] == 404


def test_documentation_may_be_kept_for_minutes_and_by_its_reader_only(ask):
    page, missing = ask("/metadata")["headers"], ask("/xml/metadata", op="Nope")["headers"]

    assert page["Cache-Control"] == "private, max-age=300"
    assert missing["Cache-Control"] == "no-store"
    assert page["X-Content-Type-Options"] == missing["X-Content-Type-Options"] == "nosniff"


def test_the_activity_page_runs_its_own_scripts_only_and_asks_nobody_else(ask):
    policy = ask("/activity")["headers"]["Content-Security-Policy"].split("; ")

    for rule in ("default-src 'none'", "script-src 'self'", "connect-src 'self'"):
        assert rule in policy
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy)


def test_each_file_of_the_activity_page_is_there_and_begins_to_load_at_once(ask):
    page = ask("/activity")["body"]
    scripts = {file.name for file in (ROOT / "src/core/metadata/activity").glob("*.js")}

    assert set(re.findall(r'(?:href|src)="activity/(\w+\.js)"', page)) == scripts
    for name in scripts:
        text = ask(f"/activity/{name}")["body"]
        assert set(re.findall(r'from "\./(\w+\.js)"', text)) <= scripts
        assert "innerHTML" not in text


def test_the_activity_page_has_words_for_whatever_becomes_of_a_call_of_a_webhook(ask):
    words = ask("/activity/words.js")["body"]

    for named in (*client.ERRORS, *State):
        assert re.search(rf"\b{named}: ", words), named


def test_a_head_has_no_body(ask):
    reply = ask("/metadata", method="HEAD")

    assert (reply["statusCode"], reply["body"]) == (200, "")
    assert reply["headers"]["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("host", "base"),
    [(DOMAIN, ""), ("127.0.0.1:8080", ""), ("a1.execute-api.eu-central-1.amazonaws.com", "/live")],
)
@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/metadata"),
        ("/metadata/", "/metadata"),
        ("/types/", "/types"),
        ("/activity/", "/activity"),
    ],
)
def test_redirects_stay_behind_the_stage_if_there_is_one(ask, host, base, path, target):
    reply = ask(path, host=host)

    assert (reply["statusCode"], reply["headers"]["Location"]) == (302, base + target)


def test_a_redirect_leads_to_no_other_host(ask):
    for path in ("//metadata/", "//evil.example/", "//types//"):
        location = ask(path)["headers"].get("Location", "/")
        assert not location.startswith("//")


def test_sources_name_the_service_that_they_come_from(ask):
    assert "BaseUrl: https://mail.example\n" in ask("/types/csharp")["body"]
    behind = ask("/types/csharp", host="a1.execute-api.eu-central-1.amazonaws.com")
    assert "BaseUrl: https://a1.execute-api.eu-central-1.amazonaws.com/live\n" in behind["body"]


@pytest.mark.parametrize("host", ["x */ evil", "<b>", "a\nb", ""])
def test_a_host_that_is_none_gets_into_no_source(ask, host):
    assert "BaseUrl: https://localhost\n" in ask("/types/csharp", host=host)["body"]


def test_the_handler_does_without_awss_sdk():
    program = "import handlers.metadata, sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(run.stdout.split())
    # Powertools imports the bare package `botocore`, which is but a few lines.
    assert not [name for name in loaded if name.startswith(("boto3", "botocore."))]
    assert not {"core.config", "core.aws.store", "core.aws.clients"} & loaded
