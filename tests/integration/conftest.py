"""An AWS account in this process (moto), with the resources of the stack, for each test."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from support.account import SESSION, create_resources
from support.fixtures import call, clock, context, give_turns, ses, work  # noqa: F401 - fixtures
from support.permissions import Watch, watch
from support.world import World, world

from core.aws import clients
from core.config import CONFIG


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        create_resources()
        yield


@pytest.fixture(autouse=True)
def watched(aws: None) -> Iterator[Watch]:
    """Look at what the functions ask of AWS: no test may need what a role does not allow."""
    with watch() as made:
        yield made
    # A stack that has domain configurations names their domains in its parameters, too.
    domains = clients.dynamodb().query(
        TableName=CONFIG.table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
    )
    assert made.refused(",".join(item["sk"]["S"] for item in domains["Items"])) == {}


@pytest.fixture
def table() -> Any:
    return SESSION.resource("dynamodb").Table(CONFIG.table_name)


@pytest.fixture
def service() -> Iterator[World]:
    """Make a whole service, whose SES and whose clock are in the test's hands."""
    with world() as made:
        yield made
        assert made.meanwhile == {}
