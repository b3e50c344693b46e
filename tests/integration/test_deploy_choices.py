"""The values of a deployment, with what the account says of the domain."""

import json
from pathlib import Path

import boto3
import pytest
from moto.ses.models import ses_backends
from support.account import ACCOUNT, REGION

from ops import deployment
from ops.deploy.account import Account
from ops.deploy.chosen import Chosen, choose
from ops.deploy.ending import created_identity
from ops.deploy.given import Given
from ops.deploy.parameters import Parameters
from ops.deploy.stack_state import StackState
from ops.deployment import Deployment

DECLARED = Parameters.of_this_checkout()
COVERED = {"SenderDomain": "mg.customer.example", "SenderIdentity": "customer.example"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    monkeypatch.setattr(deployment, "FOLDER", tmp_path / "deploy")
    monkeypatch.setenv("AWS_REGION", REGION)
    return Account.of_environment("mail", None)


def chosen(account: Account, given: dict[str, str], whole: dict[str, str] | None = None) -> Chosen:
    """Choose for a new stack, or for one that was deployed with the values `whole`."""
    cloudformation = account.client("cloudformation")
    if whole and not StackState.of(cloudformation, "mail"):
        template = {
            "Parameters": {name: dict(each.declared) for name, each in DECLARED.items()},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        }
        cloudformation.create_stack(
            StackName="mail",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in whole.items()],
        )
    state = StackState.of(cloudformation, "mail")
    return choose(account, Given("mail", DECLARED, given), Deployment.of("mail"), state)


def verified(domain: str) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity=domain)
    ses_backends[ACCOUNT][REGION].email_identities[domain].verified_for_sending_status = True


def test_an_identity_of_its_own_makes_mails_wait_until_it_is_verified(account: Account) -> None:
    verified("customer.example")
    waits = "until SES has verified the identity mg.customer.example by its DKIM records"

    assert any(waits in note for note in chosen(account, {"SenderIdentity": ""}, COVERED).notes)
    verified("mg.customer.example")
    assert chosen(account, {"SenderIdentity": ""}, COVERED).notes == []


def test_what_keeps_its_identity_waits_for_nothing(account: Account) -> None:
    assert chosen(account, {"RetryHours": "12"}, COVERED).notes == []


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "\n  make deploy STACK=mail SENDER_DOMAIN=example.com$"),
        ({"SenderDomain": "a.example", "SenderIdentity": "b.example"}, "^SenderIdentity must be"),
        ({"SenderDomain": "com.au"}, "^SenderDomain must be a domain of your own"),
    ],
)
def test_what_cannot_work_is_refused_for_a_new_stack(
    account: Account, given: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        chosen(account, given)


def test_a_wrong_line_of_the_file_is_named_and_an_old_parameter_goes(account: Account) -> None:
    values = {"SenderDomain": "example.com", "LogLevel": "INFO"}
    Deployment("mail", REGION, values).write()

    result = chosen(account, {})

    assert result.kept == {"SenderDomain": "example.com"}
    assert result.notes == ["LogLevel is no parameter any more, and goes from deploy/mail.env."]
    with (deployment.FOLDER / "mail.env").open("a") as file:
        file.write("retryhours=1\n")
    with pytest.raises(ValueError, match=r"^deploy/mail\.env, line 5: .*Did you mean RetryHours"):
        chosen(account, {})


def test_a_domain_is_made_known_to_ses_and_an_address_is_left_to_its_owner(
    account: Account,
) -> None:
    by_address = {"SenderDomain": "new.example", "SenderIdentity": "Ops@new.example"}

    told = created_identity(account, by_address)

    command = "aws sesv2 create-email-identity --email-identity Ops@new.example"
    assert told.endswith(f"\n           {command} --region {REGION}")
    assert boto3.client("sesv2").list_email_identities()["EmailIdentities"] == []
    assert "is new to SES" in created_identity(account, {"SenderDomain": "new.example"})
    assert created_identity(account, {"SenderDomain": "new.example"}) == ""
