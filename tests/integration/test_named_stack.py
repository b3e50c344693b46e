"""Which stack `--stack NAME` is, and what is said if it is none."""

import json
from pathlib import Path

import boto3
import pytest
from support.account import ACCOUNT, REGION

from ops import deployment
from ops.deployment import Deployment
from ops.stack import Stack


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own: whoever runs the tests may have files."""
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    monkeypatch.setattr(deployment, "FOLDER", tmp_path / "deploy")
    monkeypatch.setenv("AWS_REGION", REGION)
    return tmp_path / "deploy"


def made(name: str, *parameters: str) -> None:
    template = {
        "Parameters": {each: {"Type": "String", "Default": "example.com"} for each in parameters},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"ConfigurationSet": {"Value": "mail"}},
    }
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def test_a_stack_of_ours_is_found_where_its_file_says() -> None:
    made("mail", "SenderDomain")
    Deployment("mail", REGION, account=ACCOUNT).write()

    assert Stack.named("mail").parameters == {"SenderDomain": "example.com"}


def test_a_stack_that_is_not_there_is_told_with_region_and_account() -> None:
    with pytest.raises(ValueError, match=f"There is no stack mail in {REGION}, account {ACCOUNT}"):
        Stack.named("mail")


def test_a_name_that_can_be_none_is_told_before_aws_is_asked() -> None:
    with pytest.raises(ValueError, match="The stack's name must be a letter"):
        Stack.named("../mail")


def test_a_stack_of_something_else_is_none_of_ours() -> None:
    made("mail", "Name")

    with pytest.raises(ValueError, match="The stack mail is none of this service"):
        Stack.named("mail")


@pytest.mark.parametrize("is_there", [True, False])
def test_another_account_or_region_than_the_files_is_refused(
    monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    if is_there:
        made("mail", "SenderDomain")
    Deployment("mail", REGION, account="999999999999").write()

    with pytest.raises(ValueError, match=f"of the account {ACCOUNT}, and .* in 999999999999"):
        Stack.named("mail")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(ValueError, match=f"\n  export AWS_REGION={REGION}\n"):
        Stack.named("mail")


def test_without_a_region_the_line_to_type_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ValueError, match=r"\n  export AWS_REGION=eu-central-1$"):
        Stack.named("mail")
