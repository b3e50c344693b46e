"""`make smoke` against the deployed stack: all is well, and what is not is found."""

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tooling.aws_here import STACK
from tooling.paths import ROOT


def smoke(stack: Stack) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does, for the stack of the tests as for that of `make run`."""
    return subprocess.run(
        ["make", "--silent", "smoke"],
        cwd=ROOT,
        env=os.environ | {"API_PORT": str(stack.api_port), "SES_PORT": str(stack.ses_port)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def different(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("  DIFFERENT")]


def test_this_stack_does_what_it_should(stack: Stack) -> None:
    done = smoke(stack)

    assert (done.returncode, different(done.stdout)) == (0, []), done.stdout
    assert done.stdout.count("\n  skipped ") == 1  # MiniStack refuses in JSON alone.
    assert "0 different, 1 skipped" in done.stdout


def test_a_sandbox_with_one_mail_a_second_is_enough(stack: Stack, ses: httpx.Client) -> None:
    ses.put("/account", json={"SendQuota": {"MaxSendRate": 1.0}}).raise_for_status()
    try:
        done = smoke(stack)
    finally:
        ses.delete("/account")

    assert (done.returncode, different(done.stdout)) == (0, []), done.stdout
    assert "0 different, 1 skipped" in done.stdout


def test_a_stack_whose_mails_all_wait_is_not_called_well(stack: Stack, ses: httpx.Client) -> None:
    ses.put("/account", json={"SendingEnabled": False}).raise_for_status()
    try:
        done = smoke(stack)
    finally:
        ses.delete("/account")

    assert done.returncode != 0
    assert different(done.stdout) == ["  DIFFERENT  SES takes a mail to its mailbox simulator"]
    assert "next      run `./mailctl doctor`: it names the cause" in done.stdout
    assert "  skipped    A mail to bounce@ is undelivered" in done.stdout


@pytest.fixture
def without_words(stack: Stack) -> Iterator[None]:
    """Take the words from the answer to a missing key, and give them back."""
    gateway = stack.client("apigateway")
    (api_id,) = [api["id"] for api in gateway.get_rest_apis()["items"] if api["name"] == STACK]
    kind: dict[str, Any] = {"restApiId": api_id, "responseType": "INVALID_API_KEY"}
    held = gateway.get_gateway_response(**kind)
    gateway.put_gateway_response(**kind, responseTemplates={"application/json": "{}"})
    gateway.create_deployment(restApiId=api_id, stageName="live")
    yield
    gateway.put_gateway_response(
        **kind,
        responseTemplates=held["responseTemplates"],
        responseParameters=held["responseParameters"],
    )
    gateway.create_deployment(restApiId=api_id, stageName="live")


@pytest.mark.usefixtures("without_words")
def test_what_is_different_is_found_and_where_to_look(stack: Stack) -> None:
    done = smoke(stack)

    assert done.returncode != 0
    assert different(done.stdout) == ["  DIFFERENT  Without a key the answer is in our words"]
    assert "expected  403 INVALID_API_KEY\n" in done.stdout
    assert "came      403 (application/json) {}\n" in done.stdout
    assert "change    template.yaml: INVALID_API_KEY; docs/api.md: What an answer" in done.stdout
    assert "see       docs/first-day-on-aws.md#f2-refusals-in-xml\n" in done.stdout
    assert "1 different" in done.stderr
