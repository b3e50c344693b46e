"""What a handler loads before its first request: modules, which are the same everywhere."""

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDLERS = ("api", "metadata", "resend", "ses_events", "sweep")
TOO_HEAVY = {
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.parser",
    "aws_xray_sdk",
    "awscrt",
    "boto3",
    "email_validator",
    "idna",
    "moto",
    "pydantic_settings",
    "requests",
    "s3transfer",
}


@cache
def loaded(handler: str) -> set[str]:
    """Return the modules that an interpreter has once it has imported the handler."""
    program = f"import handlers.{handler}, sys; print(*sys.modules)"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PYDANTIC_DISABLE_PLUGINS": "true",  # As in the template.
    }
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_loads_nothing_heavy(handler: str) -> None:
    assert TOO_HEAVY & loaded(handler) == set()


@pytest.mark.parametrize(
    ("handler", "unused"),
    [
        ("api", {"core.metadata.page", "core.formats.xml_document", "defusedxml"}),
        ("api", {"core.failures", "handlers.telemetry"}),
        (
            "api",
            {"core.message.pasted", "core.message.shortening", "core.submission.encoded_words"},
        ),
        ("ses_events", {"core.contract.contract", "core.aws.ses", "core.aws.content_store"}),
        ("sweep", {"core.contract.contract", "core.aws.ses", "core.aws.content_store"}),
        ("resend", {"core.contract.contract", "core.formats.table"}),
        ("metadata", {"botocore.session", "core.config", "core.aws.store", "core.aws.clients"}),
    ],
)
def test_a_handler_loads_only_what_it_uses(handler: str, unused: set[str]) -> None:
    assert all(map(find_spec, unused)), "A module was renamed: the next line would hold for ever."
    assert unused & loaded(handler) == set()
