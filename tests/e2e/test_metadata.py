"""What needs no key, what does, and whether the service keeps to its own OpenAPI document."""

import json
import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from core.metadata import openapi
from local.stack import Stack

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "20"))
CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
"""Schemathesis's checks of answers. The others expect a service that reads less leniently, or
send keys of their own, over which goes the one that is set here."""


OPERATIONS = [
    (path, verb)
    for path, verbs in json.loads(openapi.document())["paths"].items()
    for verb in verbs
]


def some(examples: int, **more: Any) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )


@pytest.fixture(scope="module")
def document(stack: Stack) -> Any:
    load_all_checks()
    config = schemathesis.Config.from_dict(
        {
            "base-url": stack.url,
            "headers": {"x-api-key": stack.api_key},
            "checks": {name: {"enabled": name in CHECKED} for name in CHECKS.get_all_names()},
        }
    )
    return schemathesis.openapi.from_url(f"{stack.url}/openapi.json", config=config)


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
@pytest.mark.parametrize(("path", "verb"), OPERATIONS)
def test_the_service_does_what_its_document_says(
    document: Any, path: str, verb: str, mode: schemathesis.GenerationMode
) -> None:
    @given(case=document[path][verb].as_strategy(generation_mode=mode))
    @some(EXAMPLES)
    def ask(case: Any) -> None:
        case.call_and_validate(timeout=40)

    ask()


def test_a_mail_and_its_status_do_what_the_document_says(document: Any) -> None:
    """Follow the document's links, so that some messages exist."""
    machine = document.as_state_machine()

    machine.run(settings=some(max(2, EXAMPLES // 10), stateful_step_count=4))


@pytest.mark.parametrize(
    "path",
    [
        "/metadata", "/xml/metadata?op=SendMail", "/json/metadata", "/jsv/metadata?op=GetStatus",
        "/csv/metadata?op=SendMail", "/types", "/types/csharp", "/types/metadata.json",
        "/openapi.json",
    ],
)  # fmt: skip
def test_the_documentation_needs_no_key(stack: Stack, path: str) -> None:
    assert httpx.get(stack.url + path).status_code == 200


def test_the_root_leads_to_the_documentation(stack: Stack) -> None:
    reply = httpx.get(stack.url, follow_redirects=True)

    assert (reply.status_code, str(reply.url)) == (200, f"{stack.url}/metadata")


@pytest.mark.parametrize("format_", ["json", "xml", "jsv", "csv"])
def test_beside_the_documentation_of_a_format_the_key_is_needed(
    stack: Stack, api: httpx.Client, format_: str
) -> None:
    path = f"/{format_}/reply/SendMail"

    assert httpx.post(stack.url + path).status_code == 403
    assert api.post(path).status_code != 403


def test_unknown_documents_are_not_found(stack: Stack) -> None:
    for path in ("/types/cobol", "/xml/metadata?op=Nope"):
        reply = httpx.get(stack.url + path)
        assert (reply.status_code, reply.text) == (404, "404")
