"""`domains` and `suppressions` on the table: what they write, what they refuse, what they say."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from core.config import CONFIG
from ops import domains, suppressions
from ops.api_keys import hash_of
from ops.domain_records import DomainRecords
from ops.stack import Stack

SHOP = "shop.example"
Run = Callable[..., list[str]]


@pytest.fixture
def stack() -> Stack:
    gateway = boto3.client("apigateway")
    key = gateway.create_api_key(name="of the stack", enabled=True)["id"]
    plan = gateway.create_usage_plan(name="plan")["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    outputs = {
        "TableName": CONFIG.table_name,
        "ConfigurationSet": CONFIG.default_domain.configuration_set,
        "UsagePlanId": plan,
        "ApiKeyId": key,
    }
    parameters = {
        "SenderDomain": "example.com",
        "SenderIdentity": "example.com",
        "MoreSenderDomains": SHOP,
        "ConfigurationName": "default",
    }
    return Stack(boto3.Session(), CONFIG.stack_id, outputs, parameters)


@pytest.fixture
def run(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; the lines that it prints."""
    parser = ArgumentParser()
    commands = parser.add_subparsers(required=True)
    domains.add_to(commands)
    suppressions.add_to(commands)

    def _run(*arguments: str) -> list[str]:
        capsys.readouterr()
        asked = parser.parse_args(arguments)
        asked.run(asked, stack)
        return capsys.readouterr().out.splitlines()

    return _run


def test_a_quoted_setting_is_one_setting(run: Run, table: Any) -> None:
    run("domains", "--words", f'add {SHOP} default_sender_name="A & B" --open')

    item = table.get_item(Key={"pk": "DOMAIN", "sk": SHOP})["Item"]
    assert item == {"pk": "DOMAIN", "sk": SHOP, "default_sender_name": "A & B"}
    assert "  default_sender_name=A & B" in run("domains", "show", SHOP)


def test_a_name_that_answers_cannot_have_is_refused_by_the_models_rule(run: Run) -> None:
    with pytest.raises(ValueError, match=r"^name: "):
        run("domains", "--words", f'add {SHOP} name="A & B"')

    assert run("domains") == ["example.com  sends"]


def test_keys_are_made_rotated_revoked_and_removed(run: Run, table: Any, stack: Stack) -> None:
    added, said, first = run("domains", "add", SHOP)
    rotated = run("domains", "rotate-key", SHOP)
    second, (old_id,) = rotated[1], [line.strip() for line in rotated[3:]]

    item = table.get_item(Key={"pk": "DOMAIN", "sk": SHOP})["Item"]
    assert added == f"{SHOP} is added."
    assert old_id in said
    assert item["api_keys"] == [hash_of(first), hash_of(second)]
    assert run("domains", "revoke-key", SHOP, old_id) == [f"Key {old_id} is revoked."]
    (new_line,) = [line for line in run("domains", "show", SHOP) if line.startswith("  key ")]
    new_id = new_line.removeprefix("  key ")
    with pytest.raises(ValueError, match="the domain's only key"):
        run("domains", "revoke-key", SHOP, new_id)
    assert run("domains", "remove", SHOP) == [f"Key {new_id} is revoked.", f"{SHOP} is removed."]
    assert DomainRecords.of(stack).all() == {"example.com": {}}


def test_settings_are_changed_shown_and_taken_back(run: Run, table: Any) -> None:
    changed = run("domains", "change", "example.com", "retry_hours=12", "reply_to=A@EXAMPLE.com")
    shown = run("domains", "show", "example.com")
    run("domains", "change", "example.com", "retry_hours=", "reply_to=", "track_opens=true")

    assert changed == ["example.com: retry_hours is 12.", "example.com: reply_to is A@example.com."]
    assert "  retry_hours=12" in shown
    assert "  unknown_outcome=resend  (parameters)" in shown
    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert item == {"pk": "DOMAIN", "sk": "example.com", "track_opens": True}


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    stack: Stack, table: Any
) -> None:
    records = DomainRecords.of(stack)
    records.set("example.com", {}, retry_hours=12)

    for was, changes in (
        ({}, {"retry_hours": 3}),  # It was read before it was there,
        ({"retry_hours": 11}, {"retry_hours": None}),  # or when it was another.
    ):
        with pytest.raises(ValueError, match="Somebody else is changing this domain"):
            records.set("example.com", was, **changes)

    records.set("example.com", {"retry_hours": 12}, retry_hours=None, daily_cap=None)
    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert item == {"pk": "DOMAIN", "sk": "example.com"}
    records.set("example.com", {}, daily_cap=None)  # To take back what is not there is no fault.


def test_a_paused_domain_is_resumed_with_a_clean_slate(run: Run, table: Any) -> None:
    run("domains", "pause", "example.com")
    assert run("domains") == ["example.com  paused (manual)"]
    run("domains", "resume", "example.com")

    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert "paused" not in item
    assert item["judged_from"] > 1_700_000_000


def test_senders_that_the_roles_do_not_allow_are_warned_about(run: Run) -> None:
    printed = run(
        "domains", "change", "example.com", "allowed_senders=*@else.example,*@example.com"
    )

    assert printed[1:] == [
        "Warning: the stack does not allow mails from else.example yet (docs/operations.md)."
    ]


@pytest.mark.parametrize(
    ("domain", "complaint"),
    [("nonsense", "This is no domain name."), ("a.example", "does not send for this domain")],
)
def test_suppressions_are_of_a_domain_that_the_stack_sends_for(
    run: Run, domain: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        run("suppressions", domain, "--add", "ada@recipient.example")


def test_suppressions_are_added_listed_and_removed(run: Run) -> None:
    run("domains", "add", SHOP, "--open")
    address = "ada@recipient.example"

    assert run("suppressions", SHOP, "--add", address) == [f"{address} is mailed no more."]
    (entry,) = run("suppressions", SHOP.upper())
    assert entry.endswith(f"  manual     {address}")
    assert run("suppressions", SHOP, "--remove", address) == [f"{address} is mailed again."]
    assert run("suppressions", SHOP) == []
