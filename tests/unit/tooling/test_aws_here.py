"""Where the clients for this machine's stack go."""

import pytest

from ops import stack
from tooling.aws_here import Aws

API, SES = "http://localhost:18080", "http://127.0.0.1:18025"


def goes_to(aws, service):
    return aws.client(service).meta.endpoint_url


def test_ses_is_the_simulator_and_all_else_the_emulator():
    aws = Aws.at(API, SES)

    assert (goes_to(aws, "sesv2"), goes_to(aws, "sqs")) == (SES, API)
    assert goes_to(Aws.at(API), "sesv2") == API


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SESV2"])
def test_the_commands_find_both_by_their_ports(monkeypatch, variable):
    monkeypatch.setenv(variable, "http://localhost:1")
    monkeypatch.setenv("API_PORT", "18080")
    monkeypatch.setenv("SES_PORT", "18025")

    aws = stack._on_this_machine()

    assert (goes_to(aws, "sesv2"), goes_to(aws, "sqs")) == (SES, API)
