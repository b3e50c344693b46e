"""What callers see in each state of the SES account, and that waiting mails go out afterwards."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.deployed import change

from local.stack import Stack

Until = Callable[..., dict[str, Any]]
MAIL = {"To": "ada@recipient.example", "Subject": "s", "Text": "t"}
BROKEN_MAIL_FROM = {"BehaviorOnMxFailure": "REJECT_MESSAGE", "MailFromDomainStatus": "FAILED"}
WAITING = {
    "suspended": (
        ("/account", {"EnforcementStatus": "SHUTDOWN"}),
        ("AccountSuspendedException", "The SES account is suspended."),
    ),
    "paused": (
        ("/account", {"SendingEnabled": False}),
        ("SendingPausedException", "Sending is paused in SES."),
    ),
    "day used up": (
        ("/account", {"SendQuota": {"Max24HourSend": 200, "SentLast24Hours": 200}}),
        (
            "DailyQuotaExceeded",
            "The account's sending quota is used up: the mail waits until it frees.",
        ),
    ),
    "domain not verified": (
        ("/identities/example.com", {"VerifiedForSendingStatus": False}),
        ("IdentityNotVerified", "The sender's domain is not verified in SES."),
    ),
    "MAIL FROM not verified": (
        ("/identities/example.com", {"MailFromAttributes": BROKEN_MAIL_FROM}),
        (
            "MailFromDomainNotVerifiedException",
            "The custom MAIL FROM domain is not verified in SES.",
        ),
    ),
}


def send(api: httpx.Client, **changes: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.post("/Mail/Send", json=MAIL | changes).json()
    return answer


def last_code(stack: Stack, message_id: str) -> str:
    """Return the code of the last try in the message's record."""
    key = {"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}}
    found = stack.client("dynamodb").get_item(TableName=stack.deployed.table, Key=key)
    code: str = found["Item"]["attempts"]["L"][-1]["M"]["code"]["S"]
    return code


def retry_now(stack: Stack, message_id: str) -> None:
    """Let the time of the next try have come."""
    change(stack, message_id, next_attempt_at={"N": "1"})
    stack.client("sqs").send_message(
        QueueUrl=stack.deployed.retry_queue_url, MessageBody=json.dumps({"MessageId": message_id})
    )


@pytest.mark.parametrize(("state", "told"), WAITING.values(), ids=WAITING)
def test_a_mail_waits_until_the_account_is_in_order_again(
    stack: Stack,
    api: httpx.Client,
    ses: httpx.Client,
    until: Until,
    state: tuple[str, dict[str, Any]],
    told: tuple[str, str],
) -> None:
    path, members = state
    assert ses.put(path, json=members).status_code == 200

    answer = send(api)

    assert (answer["Status"], answer["Retry"]) == ("queued", True)
    assert (last_code(stack, answer["MessageId"]), answer["ErrorMessage"]) == told
    assert ses.get("/messages").json() == []
    ses.delete(f"/{path.split('/')[1]}")
    retry_now(stack, answer["MessageId"])
    assert until(answer["MessageId"])["Status"] == "delivered"
    assert len(ses.get("/messages").json()) == 1


def test_a_configuration_set_whose_sending_is_off_lets_its_mails_wait(
    stack: Stack, api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    sdk, name = stack.client("sesv2"), stack.deployed.configuration_set
    sdk.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
    try:
        answer = send(api)
        options = sdk.get_configuration_set(ConfigurationSetName=name)["SendingOptions"]
    finally:
        sdk.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)

    assert options == {"SendingEnabled": False}
    assert answer["Status"] == "queued"
    assert last_code(stack, answer["MessageId"]) == "SendingPausedException"
    retry_now(stack, answer["MessageId"])
    assert until(answer["MessageId"])["Status"] == "delivered"


def test_the_other_options_of_a_configuration_set_are_kept(stack: Stack) -> None:
    """By the emulator, whose set it is: the deployment has given it all of them."""
    sdk, name = stack.client("sesv2"), stack.deployed.configuration_set

    def options() -> dict[str, Any]:
        held: dict[str, Any] = sdk.get_configuration_set(ConfigurationSetName=name)
        return {key: held.get(key) for key in ("SuppressionOptions", "ReputationOptions")}

    def put(suppressed: list[Any], *, is_counted: bool) -> None:
        sdk.put_configuration_set_suppression_options(
            ConfigurationSetName=name, SuppressedReasons=suppressed
        )
        sdk.put_configuration_set_reputation_options(
            ConfigurationSetName=name, ReputationMetricsEnabled=is_counted
        )

    before = options()
    try:
        put(["BOUNCE"], is_counted=False)
        changed = options()
    finally:
        put(["BOUNCE", "COMPLAINT"], is_counted=True)

    assert changed["SuppressionOptions"]["SuppressedReasons"] == ["BOUNCE"]
    assert changed["ReputationOptions"]["ReputationMetricsEnabled"] is False
    assert options()["SuppressionOptions"] == before["SuppressionOptions"]
    assert sdk.list_configuration_sets()["ConfigurationSets"] == [name]


def test_the_rate_of_a_new_account_delays_a_burst_and_loses_nothing(
    api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    ses.put("/account", json={"SendQuota": {"MaxSendRate": 1, "Max24HourSend": 200}})

    answers = [send(api, To="success@simulator.amazonses.com") for _ in range(4)]

    assert {answer["Status"] for answer in answers} == {"sent", "queued"}
    assert {until(each["MessageId"])["Status"] for each in answers} == {"delivered"}
    assert len(ses.get("/messages").json()) == 4


def test_in_the_sandbox_a_mail_to_anybody_fails_and_says_why(
    api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    ses.put("/account", json={"ProductionAccessEnabled": False})

    answer = send(api)

    assert (answer["Status"], answer["Retry"]) == ("failed", False)
    assert "sandbox" in answer["ErrorMessage"]
    for verified in ("me@example.com", "success@simulator.amazonses.com"):
        assert until(send(api, To=verified)["MessageId"])["Status"] == "delivered"


def test_a_file_without_an_extension_gets_one_before_ses_asks_for_it(
    api: httpx.Client, ses: httpx.Client
) -> None:
    file = {"Name": "invoice", "Bytes": "JVBERi0xLjcK", "ContentType": "application/pdf"}

    answer = api.post("/Mail/Send", json=MAIL | {"Attachments": [file]}).json()

    assert answer["Status"] == "sent"
    (mail,) = ses.get("/messages").json()
    assert [each["FileName"] for each in mail["Attachments"]] == ["invoice.pdf"]
