"""What a first deployment finds in an account, and what it takes from there."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.ses.models import ses_backends
from support.account import ACCOUNT, REGION
from support.aws_answers import Answers

from ops import deployment
from ops.deploy.account import Account
from ops.deployment import Deployment

DOMAIN = {"SenderDomain": "mg.customer.example"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("AWS_REGION", REGION)
    return Account.of_environment("mail", None)


def verified(domain: str, *, is_verified: bool = True) -> None:
    """Make an identity; moto has none that waits for its records, so its answer is set."""
    boto3.client("sesv2").create_email_identity(EmailIdentity=domain)
    identity = ses_backends[ACCOUNT][REGION].email_identities[domain]
    identity.verified_for_sending_status = is_verified


def log_role(name: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/service/{name}"
    boto3.client("apigateway").update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    )


def test_an_empty_account_decides_nothing(account: Account) -> None:
    assert (account.id, account.region) == (ACCOUNT, REGION)
    assert account.first_choices(DOMAIN) == ({}, [])


def test_a_log_role_that_is_there_is_used(account: Account) -> None:
    boto3.client("iam").create_role(
        RoleName="logs", Path="/service/", AssumeRolePolicyDocument="{}"
    )
    log_role("logs")

    assert account.first_choices(DOMAIN)[0] == {"ApiGatewayLogRole": "existing"}
    assert account.first_choices(DOMAIN | {"ApiGatewayLogRole": "create"})[0] == {}


def test_a_log_role_that_is_gone_is_made_anew_and_refused_if_it_was_chosen(
    account: Account,
) -> None:
    log_role("gone")

    assert account.first_choices(DOMAIN) == ({}, [])

    with pytest.raises(ValueError, match=r"no such role in.*PARAMETERS='ApiGatewayLogRole=create'"):
        account.first_choices(DOMAIN | {"ApiGatewayLogRole": "existing"})


def test_what_may_not_be_looked_at_is_told_and_decides_nothing() -> None:
    """An operator who may deploy need not be allowed to read all the rest."""
    denied = ("apigateway.GetAccount", "sesv2.GetEmailIdentity")
    refusing: Any = Answers(dict.fromkeys(denied, "AccessDeniedException"))

    choices, notes = Account(refusing, ACCOUNT, REGION).first_choices(DOMAIN)

    assert choices == {}
    of_role, of_identity = notes
    assert of_role.startswith("API Gateway's log role (ApiGatewayLogRole) could not be looked at")
    assert of_role.endswith(": GetAccount answered AccessDeniedException.")
    assert of_identity.endswith(": GetEmailIdentity answered AccessDeniedException.")
    assert not Account(refusing, ACCOUNT, REGION).has_verified("example.com")


def test_the_nearest_verified_parent_is_the_identity(account: Account) -> None:
    verified("customer.example")

    assert account.first_choices(DOMAIN)[0] == {"SenderIdentity": "customer.example"}
    deeper = {"SenderDomain": "a.mg.customer.example"}
    assert account.first_choices(deeper)[0] == {"SenderIdentity": "customer.example"}


def test_an_identity_of_its_own_goes_before_a_parent_and_a_choice_before_both(
    account: Account,
) -> None:
    verified("customer.example")

    assert account.first_choices(DOMAIN | {"SenderIdentity": ""})[0] == {}
    verified("mg.customer.example", is_verified=False)
    assert account.first_choices(DOMAIN) == ({}, [])


def test_a_parent_that_is_not_verified_is_none(account: Account) -> None:
    verified("customer.example", is_verified=False)

    assert account.first_choices(DOMAIN) == ({}, [])


def test_without_a_region_the_line_to_type_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(deployment, "FOLDER", tmp_path)  # Whoever runs the tests may have files.
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ValueError, match=r"\n  export AWS_REGION=eu-central-1$"):
        Account.of_environment("mail", None)


def test_a_stack_of_another_region_is_not_made_again_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)

    with pytest.raises(ValueError, match="the stack mail is in eu-west-1"):
        Account.of_environment("mail", Deployment("mail", "eu-west-1"))
    assert Account.of_environment("mail", Deployment("mail", REGION)).region == REGION


def test_a_stack_of_another_account_is_not_made_again_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    held = Deployment("mail", REGION, account="999999999999")

    with pytest.raises(ValueError, match=f"of the account {ACCOUNT}, and .* in 999999999999"):
        Account.of_environment("mail", held)
    assert Account.of_environment("mail", Deployment("mail", REGION, account=ACCOUNT)) is not None
