"""The floor is fair: it asks of AWS what the service asks, with the same data and settings."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, override

import pytest

from benchmarks.aws import scene
from benchmarks.aws.server import CONTROL, Connection, Server
from benchmarks.subjects import payloads

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow  # Each test starts several interpreters.
CALL = """
import json, sys
from {module} import handler
class Context:
    aws_request_id = "request-1"
    function_name = invoked_function_arn = "mail"
    memory_limit_in_mb = 1024
    def get_remaining_time_in_millis(self):
        return 29_000
answer = handler(json.load(sys.stdin), Context())
print("ANSWER", json.dumps(answer))
"""
SETTINGS = """
import json
from botocore.config import Config
from {module}
found = {{c.meta.service_model.service_name: c.meta.config for c in {clients}}}
print(json.dumps({{name: {{o: getattr(config, o) for o in Config.OPTION_DEFAULTS}}
                  for name, config in found.items()}}, default=str))
"""
WHATEVER = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "an id"),
    (re.compile(r"\b[0-9a-f]{24}\b"), "a revision"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "a token"),
    (re.compile(r"\b1[789]\d{8}\b"), "a time"),
    (re.compile(r'"(listed|problem)": {"S": "example.com#[0-3]"}'), r'"\1": {"S": "a shard"}'),
    (re.compile(r'"unfinished": {"S": "[0-9a-f]"}'), '"unfinished": {"S": "a shard"}'),
)


@pytest.fixture
def asked() -> Iterator[list[tuple[str, str, Any]]]:
    """Listen as AWS does, and keep what comes: operation, path and body."""
    calls: list[tuple[str, str, Any]] = []

    class Listening(Connection):
        @override
        def _answer(self, operation: str, path: str, body: bytes, *rest: Any) -> None:
            calls.append((operation, _told(path), _told(body.decode("latin-1"))))
            super()._answer(operation, path, body, *rest)

    with Server(("127.0.0.1", 0), Listening) as server:
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield calls
        server.shutdown()
        thread.join()
        del os.environ["AWS_ENDPOINT_URL"]


def _told(text: str) -> Any:
    for pattern, name in WHATEVER:
        text = pattern.sub(name, text)
    return json.loads(text) if text.startswith("{") else text


def call(module: str, path: str, event: bytes) -> Any:
    """Run a handler in a process of its own and return its answer."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / path)}
    command = [sys.executable, "-c", CALL.format(module=module)]
    run = subprocess.run(command, input=event, env=environment, capture_output=True, check=True)
    return json.loads(run.stdout.rpartition(b"ANSWER")[2])


def settings(path: str, module: str, clients: str) -> Any:
    """Return every option of the clients of a program of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / path)}
    command = [sys.executable, "-c", SETTINGS.format(module=module, clients=clients)]
    return json.loads(subprocess.run(command, env=environment, stdout=-1, check=True).stdout)


def put_on(items: dict[str, Any]) -> None:
    port = int(os.environ["AWS_ENDPOINT_URL"].rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", CONTROL, json.dumps({"latency": 0, "scene": {"items": items}}))
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("sizes", [(), (3000, 3000, 3000)])
def test_a_mail_takes_the_same_calls_with_the_same_data(
    asked: list[Any], sizes: tuple[int, ...]
) -> None:
    event = payloads.in_json(payloads.mail(*sizes))

    ours = call("handlers.api", "src", event)
    by_us = sorted(asked, key=str)
    asked.clear()
    floors = call("mail", "benchmarks/subjects/floor", event)

    assert by_us == sorted(asked, key=str)
    assert _told(ours["body"]) == _told(floors["body"])


def test_an_event_takes_the_same_calls_with_the_same_data(asked: list[Any]) -> None:
    put_on(scene.sent())
    event = payloads.deliveries(2)

    ours = call("handlers.ses_events", "src", event)
    by_us = sorted(asked, key=str)
    asked.clear()
    floors = call("events", "benchmarks/subjects/floor", event)

    assert len(by_us) == 8  # Three of each, one count for both, and once a minute who was heard.
    assert by_us == sorted(asked, key=str)
    assert ours == floors == {"batchItemFailures": []}


def test_the_clients_have_the_same_settings() -> None:
    made = "(clients.dynamodb(), clients.ses(), clients.s3())"
    ours = settings("src", "core.aws import clients", made)

    assert ours == settings("benchmarks/subjects/floor", "mail import *", "(dynamodb, ses, s3())")
    assert (
        ours["dynamodb"]
        == settings("benchmarks/subjects/floor", "events import *", "(dynamodb,)")["dynamodb"]
    )


@pytest.mark.parametrize("other", ["floor", "typical"])
def test_what_is_compared_has_the_same_versions(other: str) -> None:
    ours, theirs = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE))
        for path in (
            ROOT / "src/requirements.txt",
            ROOT / f"benchmarks/subjects/{other}/requirements.txt",
        )
    )
    shared = ours.keys() & theirs.keys()

    assert "botocore" in shared
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
