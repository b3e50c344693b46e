"""The real template, deployed to MiniStack with the SES simulator: one stack for all tests.

Its roles are enforced (`AUTH`): what the template does not allow, no function can do there.
"""

import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from support.browser import chromium
from support.deployed import caller_of, deployed

from core.aws.items import key
from local.stack import Stack

FINAL = {"delivered", "undelivered", "failed", "read"}


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with deployed() as running:
        yield running


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[httpx.Client]:
    with caller_of(stack) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def ses(stack: Stack) -> Iterator[httpx.Client]:
    """The simulator, with no mails, no faults and no states left from another test.

    The stack is to send again, too, if SES has just told it that the day's quota is used up.
    """
    stack.client("dynamodb").update_item(
        TableName=stack.deployed.table,
        Key=key("PACE", "CLOCK"),
        UpdateExpression="SET closed_until = :never",
        ExpressionAttributeValues={":never": {"N": "0"}},
    )
    with httpx.Client(base_url=stack.ses_url, timeout=10) as client:
        for left in ("/faults", "/messages", "/account", "/identities", "/dns"):
            client.delete(left)
        yield client


@pytest.fixture
def until(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Ask for a message's status until it is final, or one of those that are waited for."""

    def _until(message_id: str, *wanted: str, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            answer: dict[str, Any] = api.get("/Status", params={"MessageId": message_id}).json()
            if answer["Status"] in (wanted or FINAL):
                return answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.1)

    return _until


@pytest.fixture
def source(ses: httpx.Client) -> Callable[[], bytes]:
    """Return the RFC 5322 source of the newest mail that the simulator took."""
    return lambda: ses.get(f"/messages/{ses.get('/messages').json()[0]['MessageId']}").content


@pytest.fixture
def sent(ses: httpx.Client) -> Callable[[], list[EmailMessage]]:
    """Return what the simulator has taken, oldest first."""

    def _sent() -> list[EmailMessage]:
        ids = [mail["MessageId"] for mail in reversed(ses.get("/messages").json())]
        sources = (ses.get(f"/messages/{id_}").content for id_ in ids)
        return [message_from_bytes(source, policy=policy.default) for source in sources]

    return _sent


@pytest.fixture
def arrived(sent: Callable[[], list[EmailMessage]]) -> Callable[[], EmailMessage]:
    """Wait for the one mail: a way that queues it answers before it is sent."""

    def _arrived() -> EmailMessage:
        deadline = time.monotonic() + 40
        while not (mails := sent()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (mail,) = mails
        return mail

    return _arrived
