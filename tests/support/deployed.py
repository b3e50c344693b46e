"""The real template, deployed to MiniStack with the SES simulator, for the tests over HTTP."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from local.stack import Stack


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def deployed(parameters: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Deploy the stack and enforce its roles: what the template does not allow is denied."""
    with Stack(
        api_port=free_port(),
        ses_port=free_port(),
        parameters=parameters or {},
        server_environment={"AUTH": "true"},
        say=lambda _: None,
    ) as running:
        yield running


@contextmanager
def caller_of(stack: Stack) -> Iterator[httpx.Client]:
    """Open a client with the stack's API key; it waits longer than API Gateway would."""
    headers = {"x-api-key": stack.api_key}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=40) as client:
        yield client


def change(stack: Stack, message_id: str, **values: dict[str, str]) -> None:
    """Change a message's record, past everybody."""
    stack.client("dynamodb").update_item(
        TableName=stack.deployed.table,
        Key={"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )
