"""The environment that the service reads once, and the figures that the proofs print at the end."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "TABLE_NAME": "mail",
    "BUCKET_NAME": "mail-content",
    "RETRY_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/retry",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    "STACK_ID": "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/of-the-tests",
    "CONFIGURATION_SET": "mail-events",
    "SENDER_DOMAIN": "example.com",
    "DEFAULT_SENDER": "no-reply@example.com",
    "DEFAULT_SENDER_NAME": "",
    "CONFIGURATION_NAME": "default",
    "RECORD_RETENTION_DAYS": "90",
    "CONTENT_RETENTION_DAYS": "7",
    "RETRY_HOURS": "24",
    "CORS_ORIGINS": "",
    "MAX_BODY_BYTES": "10000000",
    "MAX_DEPTH": "256",
    "MAX_ELEMENTS": "10000",
    "MAX_ATTACHMENTS": "500",
    "MAX_ATTACHMENT_BYTES": "10000000",
    "MAX_ATTACHMENTS_BYTES": "10000000",
    "MAX_RECIPIENTS": "50",
    "MAX_SUBJECT_LENGTH": "998",
    "MAX_NAME_LENGTH": "255",
    "MAX_REFERENCE_LENGTH": "500",
    "UNKNOWN_OUTCOME": "resend",
    "SUPPRESSION": "true",
    "POWERTOOLS_SERVICE_NAME": "mail",
    "POWERTOOLS_METRICS_NAMESPACE": "Mail",
}
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

pytest.register_assert_rewrite("support")
import moto  # noqa: E402, F401 - before any client is made, so that it can answer all of them


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Counter[str]]]:
    """Give a test something to count in, by title: the sums of all tests are printed at the end."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    yield counted.__getitem__
    for title, counter in counted.items():
        request.node.user_properties.append(("figures", (title, dict(counter))))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                for name, value in report.user_properties:
                    if name == "figures":
                        title, counted = value
                        sums[title].update(counted)
    if sums:
        terminalreporter.section("figures")
    for title, counted in sorted(sums.items()):
        said = ", ".join(f"{number:,} {what}" for what, number in counted.items())
        terminalreporter.write_line(f"{title}: {said}")
