"""The roles are enforced: what is taken away from one is denied, and the way that needs it fails.

The other tests here show that the roles allow enough; these that they are looked at. They have a
stack of their own, because they take permissions away, and it has further domains and lets pages
call it.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from support import mails
from support.deployed import caller_of, deployed

from local.stack import Stack

ORIGIN = "https://app.example.com"
Until = Callable[..., dict[str, Any]]
MAIL = mails.MAIL | {"To": "success@simulator.amazonses.com"}
FILE = MAIL | {"Attachments": [{"Name": "a.txt", "Bytes": base64.b64encode(b"abc").decode()}]}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    parameters = {"MoreSenderDomains": "other.example,third.example", "CorsOrigins": ORIGIN}
    with deployed(parameters) as running:
        yield running


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx.Client]:
    with caller_of(stack) as client:
        yield client


class Roles:
    """The roles of a stack, as IAM has them."""

    def __init__(self, stack: Stack) -> None:
        self.iam = stack.client("iam")
        held = stack.client("cloudformation").describe_stack_resources(StackName="mail")
        self.names = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in held["StackResources"]
            if resource["ResourceType"] == "AWS::IAM::Role"
        }

    def policies(self, role: str) -> dict[str, dict[str, Any]]:
        names = self.iam.list_role_policies(RoleName=self.names[role])["PolicyNames"]
        return {name: self._policy(role, name) for name in names}

    def _policy(self, role: str, name: str) -> dict[str, Any]:
        held = self.iam.get_role_policy(RoleName=self.names[role], PolicyName=name)
        document = held["PolicyDocument"]
        return dict(json.loads(document) if isinstance(document, str) else document)

    @contextmanager
    def without(self, role: str, action: str) -> Iterator[None]:
        """Take an action away from a role while the block lasts."""
        before = self.policies(role)
        assert any(action in actions(policy) for policy in before.values())
        try:
            for name, policy in before.items():
                self._put(role, name, reduced(policy, action))
            yield
        finally:
            for name, policy in before.items():
                self._put(role, name, policy)

    def _put(self, role: str, name: str, policy: dict[str, Any]) -> None:
        self.iam.put_role_policy(
            RoleName=self.names[role], PolicyName=name, PolicyDocument=json.dumps(policy)
        )


def actions(policy: dict[str, Any]) -> list[str]:
    return [action for statement in policy["Statement"] for action in listed(statement["Action"])]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def reduced(policy: dict[str, Any], action: str) -> dict[str, Any]:
    kept = [
        statement | {"Action": [one for one in listed(statement["Action"]) if one != action]}
        for statement in policy["Statement"]
    ]
    return policy | {"Statement": [statement for statement in kept if statement["Action"]]}


@pytest.fixture(scope="module")
def roles(stack: Stack) -> Roles:
    return Roles(stack)


@pytest.fixture
def logged(stack: Stack) -> Callable[[str, str], None]:
    """Wait until a function has logged a text that it had not logged before."""
    logs = stack.client("logs")

    def count(function: str, text: str) -> int:
        group = f"/aws/lambda/{stack.deployed.functions[function]}"
        events = logs.filter_log_events(logGroupName=group)["events"]
        return sum(text in event["message"] for event in events)

    known = {f: count(f, "left in the queue") for f in ("ResendFunction", "SesEventsFunction")}

    def _logged(function: str, text: str) -> None:
        deadline = time.monotonic() + 30
        while count(function, text) <= known[function]:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    return _logged


def post(api: httpx.Client, mail: dict[str, Any], path: str = "/Mail/Send") -> httpx.Response:
    return api.post(path, json=mail)


@pytest.mark.parametrize(
    ("action", "mail", "path"),
    [
        ("dynamodb:PutItem", MAIL, "/Mail/Send"),
        ("dynamodb:PutItem", MAIL, "/json/oneway/SendMail"),
        ("s3:PutObject", FILE, "/Mail/Send"),
        ("s3:PutObject", MAIL | {"Text": "t" * 100_001}, "/Mail/Send"),
    ],
)
def test_a_mail_is_not_taken_without_the_permission_to_keep_it(
    api: httpx.Client, roles: Roles, ses: httpx.Client, action: str, mail: Any, path: str
) -> None:
    assert post(api, mail, path).status_code == 200
    ses.delete("/messages")

    with roles.without("ApiRole", action):
        refused = post(api, mail, path)

    assert refused.status_code >= 500
    assert refused.json()["Status"] != "sent"


def test_a_permission_that_a_mail_does_not_need_is_not_missed(
    api: httpx.Client, roles: Roles
) -> None:
    with roles.without("ApiRole", "s3:PutObject"):
        assert post(api, MAIL).json()["Status"] == "sent"


def test_a_status_is_not_told_without_the_permission_to_read_it(
    api: httpx.Client, roles: Roles
) -> None:
    message_id = post(api, MAIL).json()["MessageId"]

    with roles.without("ApiRole", "dynamodb:GetItem"):
        assert api.get(f"/Status/{message_id}").status_code >= 500

    assert api.get(f"/Status/{message_id}").status_code == 200


def test_an_event_waits_without_the_permission_to_write_it_down(
    api: httpx.Client, roles: Roles, logged: Callable[[str, str], None]
) -> None:
    with roles.without("SesEventsRole", "dynamodb:PutItem"):
        message_id = post(api, MAIL).json()["MessageId"]
        logged("SesEventsFunction", "left in the queue")

        assert api.get(f"/Status/{message_id}").json()["Status"] == "sent"


@pytest.mark.parametrize("action", ["dynamodb:BatchGetItem", "s3:GetObject"])
def test_a_retry_waits_without_the_permission_to_read_its_mail(
    api: httpx.Client,
    roles: Roles,
    ses: httpx.Client,
    logged: Callable[[str, str], None],
    action: str,
) -> None:
    with roles.without("ResendRole", action):
        mail = FILE | {"Subject": f"kept by {action}"}
        message_id = post(api, mail, "/json/oneway/SendMail").json()["MessageId"]
        logged("ResendFunction", "left in the queue")

        assert api.get(f"/Status/{message_id}").json()["Status"] == "queued"
        # One-way mails of the tests before may still come.
        assert mail["Subject"] not in [taken["Subject"] for taken in ses.get("/messages").json()]


def test_a_sweep_fails_without_the_permission_to_look_for_what_is_due(
    stack: Stack, roles: Roles
) -> None:
    function = stack.deployed.functions["SweepFunction"]
    client = stack.client("lambda")

    def sweep() -> dict[str, Any]:
        return dict(client.invoke(FunctionName=function, Payload=b"{}"))

    assert "FunctionError" not in sweep()
    with roles.without("SweepRole", "dynamodb:Query"):
        assert "FunctionError" in sweep()


def test_the_documentation_needs_no_permission(api: httpx.Client, roles: Roles) -> None:
    assert {
        action.partition(":")[0]
        for p in roles.policies("MetadataRole").values()
        for action in actions(p)
    } == {"logs"}
    assert api.get("/metadata").status_code == 200


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/reply/SendMail", "/csv/oneway/SendMail"])
def test_a_page_hears_that_it_may_call_and_nobody_sends_by_asking(
    stack: Stack, ses: httpx.Client, path: str
) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "x-api-key": "made-up"}
    meant = {"X-Http-Method-Override": "POST"}

    for headers in (asked, asked | meant):
        content = json.dumps(MAIL)
        reply = httpx.request("OPTIONS", stack.url + path, headers=headers, content=content)
        assert (reply.status_code, reply.text) == (200, "")
        assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert httpx.post(stack.url + path, headers=asked, json=MAIL).status_code == 403
    assert ses.get("/messages").json() == []


def test_a_page_may_read_why_it_was_refused(stack: Stack) -> None:
    """Without these headers its program sees "Failed to fetch" instead of the missing key."""
    refused = httpx.post(stack.url + "/Mail/Send", headers={"Origin": ORIGIN}, json=MAIL)

    assert refused.status_code == 403
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    assert refused.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("role", ["ApiRole", "ResendRole"])
def test_cloudformation_makes_a_list_of_the_domains(roles: Roles, role: str) -> None:
    """The simulator asks for no permission, so this is as near to `ses:FromAddress` as one gets."""
    sending = [
        statement
        for policy in roles.policies(role).values()
        for statement in policy["Statement"]
        if statement["Action"] == "ses:SendEmail"
    ]

    assert [statement["Condition"] for statement in sending] == [
        {"StringLike": {"ses:FromAddress": ["*@example.com", "*@other.example", "*@third.example"]}}
    ]
    assert all(":ses:" in resource for resource in sending[0]["Resource"])


def test_after_a_bounce_an_address_is_suppressed(
    api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    """The one way through the roles that the other tests here do not go."""
    mail = MAIL | {"To": "ada@recipient.example"}
    sent = post(api, mail).json()
    until(sent["MessageId"])
    (taken,) = ses.get("/messages").json()
    event = {
        "MessageId": taken["MessageId"],
        "eventType": "Bounce",
        "recipients": ["ada@recipient.example"],
    }
    assert ses.post("/events", json=event).json()["published"] == 1
    until(sent["MessageId"], "undelivered")

    deadline = time.monotonic() + 20
    while (status := post(api, mail).json()["Status"]) != "undelivered":
        assert time.monotonic() < deadline, status
        time.sleep(0.5)
