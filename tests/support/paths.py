"""Where the repository keeps what tests read."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
CONFORMANCE = TESTS / "conformance"
"""Requests, answers and serialized texts recorded from the original."""
APIGATEWAY_EVENTS = TESTS / "support/data/apigateway_events"
"""Proxy events as API Gateway has handed them to functions."""
SES_EVENTS = TESTS / "support/data/ses_events"
"""Events as SES publishes them, about the message `01JD9ZK4M6T0V3Q8W2X5Y7B1CD`."""
