"""`make deploy` as docs/run-it.md has it, command by command, on an AWS of its own: MiniStack.

It answers everything that SAM CLI and we ask: S3, CloudFormation with the SAM transform and its
change sets, STS, API Gateway, IAM and SES. The real template gets there as far as the change set
and its first resources: MiniStack has no alarms of metric math, so the creation is rolled back,
which is what a failed first deployment looks like. For what comes after a success the template is
changed as `make run` changes it (`local.localize`).
"""

import json
import shlex
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from support.checkout import Typed, checkout, make_deployable, typed, typed_in_a_terminal
from support.deployed import free_port
from support.documents import DOCS, text_below, typed_in

from tooling.aws_here import REGION, clean_environment
from tooling.paths import ROOT
from tooling.programs import Program
from tooling.template import parse

DOCUMENTED = typed_in(text_below(DOCS / "run-it.md", "## Deploy it"))
"""What the reader types, in this order."""
EXPORT, FIRST = DOCUMENTED[:2]
TEMPLATE = parse((ROOT / "template.yaml").read_text())
DEFAULTS = {
    name: str(each.get("Default"))
    for name, each in TEMPLATE["Parameters"].items()
    if not each.get("NoEcho")
}
CHOSEN = {"SenderDomain": "example.com", "SesSandbox": "true", "AlarmAddress": "ops@example.com"}


NAME = 'Our "Shop", $A \\ B'
"""What a shell, make, YAML and SAM CLI could each read as something else."""
KEY = "a-key-that-is-shown-to-nobody"


class Here(NamedTuple):
    """An account of MiniStack's, and a checkout that is deployed to it."""

    folder: Path
    variables: Mapping[str, str]

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key="any",
        )

    def stack(self, name: str = "mail") -> Any:
        return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]

    def parameters(self, name: str = "mail") -> dict[str, str]:
        """Return what CloudFormation has, but for the key, which it never shows."""
        listed = self.stack(name)["Parameters"]
        held = {each["ParameterKey"]: each["ParameterValue"] for each in listed}
        assert held.pop("ApiKeyValue") in ("", "****")
        return held

    def key(self) -> str:
        """Return the key of the first client."""
        (key,) = self.client("apigateway").get_api_keys(includeValues=True)["items"]
        return str(key["value"])

    def type(self, command: str) -> Typed:
        return typed(command, self.folder, self.variables)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("aws"), free_port()
    url = f"http://localhost:{port}"
    own = {
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        "STATE_DIR": f"{folder}/state",
        "S3_DATA_DIR": f"{folder}/s3",
        "TMPDIR": str(folder),
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SESV2": url,
    }
    program = Program.start(
        [ROOT / ".venv-local/bin/python", "-m", "local.server", folder],
        env=clean_environment() | own,
        log=folder / "ministack.log",
        cwd=ROOT,
    )
    try:
        program.await_answer(f"{url}/_ministack/health")
        yield url
    finally:
        program.stop()


def here(endpoint: str, folder: Path, account: str) -> Here:
    """Return a newcomer's place: credentials, and no region but that of the documented command."""
    variables = clean_environment() | {
        "AWS_ACCESS_KEY_ID": account,  # MiniStack takes twelve digits for an account.
        "AWS_ENDPOINT_URL": endpoint,
        "SAM_CLI_TELEMETRY": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        del variables[name]
    return Here(checkout(folder), variables)


@pytest.fixture(scope="module")
def newcomer(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Here:
    """Somebody with a template that MiniStack deploys to the end."""
    place = here(endpoint, tmp_path_factory.mktemp("newcomer") / "checkout", "111111111111")
    make_deployable(place.folder)
    return place


def kept(place: Here, stack: str = "mail") -> dict[str, str]:
    lines = (place.folder / f"deploy/{stack}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_the_documented_commands_are_those_that_are_tried_here() -> None:
    deployments = [line for line in DOCUMENTED if line.startswith("make deploy")]

    assert f"export AWS_REGION={REGION}" == EXPORT
    assert deployments[0] == FIRST
    assert all("STACK=mail" in line for line in deployments)


@pytest.mark.parametrize(
    ("type_in", "account"),
    [
        pytest.param(typed, "222222222222", id="no_terminal"),
        pytest.param(typed_in_a_terminal, "333333333333", id="terminal"),
    ],
)
def test_the_first_command_asks_nothing_and_reaches_the_change_set(
    endpoint: str, tmp_path: Path, type_in: Any, account: str
) -> None:
    place = here(endpoint, tmp_path / "checkout", account)

    first = type_in(f"{EXPORT}; {FIRST}", place.folder, place.variables)

    shown = first.shown
    assert "Waiting for changeset to be created" in shown, shown[-3_000:]
    assert not [line for line in shown.splitlines() if line.rstrip().endswith(("]:", "[y/N]:"))]
    assert f"Stack mail in {REGION}, account {account}" in shown
    assert place.parameters() == DEFAULTS | CHOSEN
    assert place.stack().get("Capabilities", ["CAPABILITY_IAM"]) == ["CAPABILITY_IAM"]
    sent = place.client("cloudformation").get_template(StackName="mail")["TemplateBody"]
    sent = parse(sent) if isinstance(sent, str) else sent
    assert sent["Parameters"].keys() == TEMPLATE["Parameters"].keys()
    assert sent["Resources"].keys() == TEMPLATE["Resources"].keys()
    assert not (place.folder / "deploy/mail.env").exists(), "Nothing is kept of what failed."
    # MiniStack rolls it back: what a first deployment leaves that fails.
    assert first.status != 0
    assert "The deployment failed (ROLLBACK_COMPLETE)." in shown
    assert "RefusedAlarm (AWS::CloudWatch::Alarm): " in shown.partition("deployment failed")[2]
    if type_in is typed:  # Once is enough.
        before = place.stack()["StackId"]
        again = place.type(f"{EXPORT}; {FIRST}")
        assert "An earlier try left the empty stack mail (ROLLBACK_COMPLETE)" in again.shown
        assert place.stack()["StackId"] != before
        assert place.parameters() == DEFAULTS | CHOSEN


def test_the_walk_of_the_readme(newcomer: Here) -> None:
    """One test, as each step builds on the one before: four deployments."""
    role = newcomer.client("iam").create_role(RoleName="logs", AssumeRolePolicyDocument="{}")
    newcomer.client("apigateway").update_account(
        patchOperations=[
            {"op": "replace", "path": "/cloudwatchRoleArn", "value": role["Role"]["Arn"]}
        ]
    )

    words = shlex.join([f"DefaultSenderName={NAME}", f"ApiKeyValue={KEY}"])
    first = newcomer.type(f"{EXPORT}; {FIRST} PARAMETERS={shlex.quote(words)}")

    chosen = CHOSEN | {"DefaultSenderName": NAME, "ApiGatewayLogRole": "existing"}
    assert first.status == 0, first.shown[-3_000:]
    assert newcomer.parameters() == DEFAULTS | chosen
    here = {"AWS_REGION": REGION, "AWS_ACCOUNT_ID": "111111111111"}
    assert kept(newcomer) == {**here, "ApiKeyValue": KEY, **chosen}
    assert "Parameter overrides" not in first.shown
    assert "CloudFormation outputs" not in first.shown
    assert newcomer.key() == KEY
    assert KEY not in first.shown
    _assert_the_end(newcomer, first.shown)

    again = newcomer.type("make deploy")

    assert again.status == 0, again.shown[-3_000:]
    assert "Change: " not in again.shown
    assert newcomer.parameters() == DEFAULTS | chosen
    assert "is new to SES" not in again.shown

    # A colleague changes one, and the key; from here somebody edits the file.
    change(newcomer, {"RetryHours": "12", "ApiKeyValue": KEY[::-1]})
    with (newcomer.folder / "deploy/mail.env").open("a") as file:
        file.write("MaxRecipients=5\n")
    merged = newcomer.type("make deploy")

    assert merged.status == 0, merged.shown[-3_000:]
    chosen |= {"RetryHours": "12", "MaxRecipients": "5"}
    assert newcomer.parameters() == DEFAULTS | chosen
    assert newcomer.key() == KEY[::-1]
    assert "  Note: RetryHours is kept as the stack has it (12)" in merged.shown
    assert "  Change: MaxRecipients: 50 -> 5\n" in merged.shown
    assert kept(newcomer) == {**here, "ApiKeyValue": KEY, **chosen}

    # What fails before CloudFormation is asked is not explained by what was before it.
    refused = newcomer.type(
        "AWS_ENDPOINT_URL_S3=http://127.0.0.1:9 make deploy STACK=mail SANDBOX=0"
    )

    assert refused.status != 0
    assert "failed before CloudFormation changed anything: the reason is above" in refused.shown
    assert kept(newcomer)["SesSandbox"] == "true"

    # A colleague's clone has no file: it is made from the stack.
    (newcomer.folder / "deploy/mail.env").unlink()
    out_of_it = newcomer.type(f"{EXPORT}; {sandbox_left()}")

    assert out_of_it.status == 0, out_of_it.shown[-3_000:]
    assert "  Change: SesSandbox: true -> false\n" in out_of_it.shown
    del chosen["SesSandbox"]  # Its default is "false".
    assert newcomer.parameters() == DEFAULTS | chosen
    assert kept(newcomer) == here | chosen
    assert newcomer.key() == KEY[::-1], (
        "Nobody can read it, so the stack keeps the one that it has."
    )

    second = newcomer.type(f"{EXPORT}; {second_stack()}")

    assert second.status == 0, second.shown[-3_000:]
    assert newcomer.parameters("mail-test")["SenderDomain"] == "test.example.com"
    assert newcomer.parameters("mail-test")["SesSandbox"] == "false"
    ours, theirs = (physical_names(newcomer, name) for name in ("mail", "mail-test"))
    assert ours & theirs == set()


def change(place: Here, values: Mapping[str, str]) -> None:
    """Deploy other values from elsewhere: the same code, and a change set as SAM CLI makes one."""
    client = place.client("cloudformation")
    parameters = [
        {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
        for each in place.stack()["Parameters"]
        if each["ParameterKey"] not in values
    ]
    parameters += [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
    client.create_change_set(
        StackName="mail",
        ChangeSetName="colleagues",
        ChangeSetType="UPDATE",
        UsePreviousTemplate=True,
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    named = {"StackName": "mail", "ChangeSetName": "colleagues"}
    client.get_waiter("change_set_create_complete").wait(**named, WaiterConfig={"Delay": 1})
    client.execute_change_set(**named)
    client.get_waiter("stack_update_complete").wait(StackName="mail", WaiterConfig={"Delay": 1})


def sandbox_left() -> str:
    (command,) = (line for line in DOCUMENTED if line.endswith("SANDBOX=0"))
    return command


def second_stack() -> str:
    (command,) = (line for line in DOCUMENTED if "STACK=mail-test" in line)
    return command


def _assert_the_end(place: Here, shown: str) -> None:
    """What the operator needs next stands at the end, and what it says is there is there."""
    end = shown[shown.index("\nDeployed: mail in ") :]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in place.stack()["Outputs"]}
    identity = place.client("sesv2").get_email_identity(EmailIdentity="example.com")
    token = identity["DkimAttributes"]["Tokens"][0]

    assert f"  API      {outputs['ApiUrl']}\n" in end
    assert f"  Key      {outputs['ApiKeyCommand']}\n" in end
    assert "  SES      example.com is new to SES, and waits for the DNS records below." in end
    assert f"{token}._domainkey.example.com CNAME {token}.dkim.amazonses.com\n" in end
    assert "--mail-from-domain bounce.example.com" in end
    assert "\n  ./mailctl --stack mail doctor " in end
    assert "\n  ./mailctl --stack mail smoke " in end


def physical_names(place: Here, stack: str) -> set[tuple[str, str]]:
    """Return kind and id of a stack's resources that are its own for sure."""
    pages = place.client("cloudformation").get_paginator("list_stack_resources")
    held = [r for page in pages.paginate(StackName=stack) for r in page["StackResourceSummaries"]]
    assert len(held) > 50
    shared = ("AWS::ApiGateway::Account", "AWS::Lambda::Permission", "AWS::ApiGateway::Stage")
    return {
        (each["ResourceType"], each["PhysicalResourceId"])
        for each in held
        if each["ResourceType"] not in shared and "GatewayResponse" not in each["ResourceType"]
    }


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("make deploy SENDER_DOMAIN=example.com STACK=other", "export AWS_REGION=eu-central-1"),
        (f"{EXPORT}; make deploy STACK=other", "make deploy STACK=other SENDER_DOMAIN=example.com"),
        (f"{EXPORT}; make deploy PARAMETERS='RetryHours=99'", "RetryHours must be 1 to 36 hours."),
        (f"{EXPORT}; make deploy PARAMETERS='RetryHour=9'", "Did you mean RetryHours?"),
        (f"{EXPORT}; make deploy STACK=../x SENDER_DOMAIN=a.example", "name must be a letter"),
        (f"{EXPORT}; ./mailctl deploy --parameter RetryHour=9", "Did you mean RetryHours?"),
        (
            f"{EXPORT}; ./mailctl --stack other deploy",
            "deploy STACK=other SENDER_DOMAIN=example.com",
        ),
        (
            f"{EXPORT}; env -u AWS_ACCESS_KEY_ID make deploy SENDER_DOMAIN=example.com STACK=other",
            "No credentials for AWS are in this shell.",
        ),
    ],
)
def test_what_cannot_succeed_is_said_before_anything_is_built(
    endpoint: str, tmp_path: Path, command: str, said: str
) -> None:
    place = here(endpoint, tmp_path / "checkout", "444444444444")

    refused = place.type(command)

    assert refused.status != 0
    assert said in refused.shown
    assert "Traceback" not in refused.shown
    assert not (place.folder / ".aws-sam").exists()
    assert not (place.folder / "deploy").exists()


@pytest.mark.parametrize("is_leftover", [False, True])
def test_a_stack_of_something_else_is_left_as_it_is(
    endpoint: str, tmp_path: Path, *, is_leftover: bool
) -> None:
    place = here(endpoint, tmp_path / "checkout", f"55555555555{is_leftover:d}")
    table = (
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "pk", "KeyType": "HASH"},
    )
    properties = {
        "TableName": "theirs",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": table[:1],
        "KeySchema": table[1:],
    }
    resources: dict[str, Any] = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    }
    if is_leftover:
        resources["Alarm"] = {  # Of metric math, which MiniStack has not.
            "Type": "AWS::CloudWatch::Alarm",
            "DependsOn": "Table",
            "Properties": {
                "Metrics": [{"Id": "sum", "Expression": "1 + 1"}],
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": 1,
                "Threshold": 1,
            },
        }
    cloudformation = place.client("cloudformation")
    made = cloudformation.create_stack(
        StackName="mail", TemplateBody=json.dumps({"Resources": resources})
    )
    done = "ROLLBACK_COMPLETE" if is_leftover else "CREATE_COMPLETE"
    await_status(place, done)

    refused = place.type(f"{EXPORT}; {FIRST}")

    assert refused.status != 0
    assert "The stack mail is none of this service" in refused.shown
    assert not (place.folder / ".aws-sam").exists()
    assert (place.stack()["StackId"], place.stack()["StackStatus"]) == (made["StackId"], done)
    assert is_leftover or place.client("dynamodb").list_tables()["TableNames"] == ["theirs"]


def await_status(place: Here, status: str) -> None:
    deadline = time.monotonic() + 30
    while place.stack()["StackStatus"] != status:
        assert time.monotonic() < deadline, place.stack()["StackStatus"]
        time.sleep(0.2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_is_stopped_leaves_no_key_and_no_process_and_keeps_nothing(
    endpoint: str, tmp_path: Path, number: signal.Signals
) -> None:
    place = here(endpoint, tmp_path / "checkout", f"6666666666{number.value:02d}")
    (place.folder / "deploy").mkdir()
    file = place.folder / "deploy/mail.samconfig.yaml"
    file.write_text("What a machine that went down has left.")
    file.chmod(0o644)
    variables = {
        **place.variables,
        "AWS_REGION": REGION,
        "OPS_SENDER_DOMAIN": "example.com",
        "OPS_PARAMETERS": f"ApiKeyValue={KEY}",
        "PYTHONPATH": "src",
    }
    with subprocess.Popen(
        ["env", "--default-signal=HUP", ".venv/bin/python", "-m", "ops.deploy"],
        cwd=place.folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 120
        while KEY not in (file.read_text() if file.exists() else ""):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        mode = stat.S_IMODE(file.stat().st_mode)
        process.send_signal(number)
        shown, _ = process.communicate(timeout=60)

    assert mode == 0o600
    assert process.returncode == 1
    assert "Stopped. What CloudFormation has begun goes on." in shown
    assert "aws cloudformation describe-stacks --stack-name mail --region" in shown
    assert [*(place.folder / "deploy").iterdir()] == []
    assert not running_in(process.pid), "SAM CLI has ended too."


def running_in(session: int) -> list[str]:
    """List the processes of a session, which began with a process of this id."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = path.read_text().rsplit(")", 1)
        except OSError:  # It has ended meanwhile.
            continue
        if int(fields.split()[3]) == session and fields.split()[0] != "Z":
            found.append(name)
    return found


def test_another_account_by_mistake_makes_no_second_stack(endpoint: str, tmp_path: Path) -> None:
    place = here(endpoint, tmp_path / "checkout", "444444444444")
    (place.folder / "deploy").mkdir()
    file = place.folder / "deploy/mail.env"
    file.write_text(
        "AWS_REGION=eu-central-1\nAWS_ACCOUNT_ID=555555555555\nSenderDomain=a.example\n"
    )

    refused = place.type("make deploy")

    assert refused.status != 0
    assert "account 444444444444, and deploy/mail.env says that" in refused.shown


def test_another_region_by_mistake_makes_no_second_stack(endpoint: str, tmp_path: Path) -> None:
    place = here(endpoint, tmp_path / "checkout", "444444444444")
    (place.folder / "deploy").mkdir()
    (place.folder / "deploy/mail.env").write_text("AWS_REGION=eu-west-1\nSenderDomain=a.example\n")

    refused = place.type(f"{EXPORT}; make deploy")

    assert refused.status != 0
    assert "deploy/mail.env says that the stack mail is in eu-west-1" in refused.shown
    assert "  export AWS_REGION=eu-west-1\n" in refused.shown


_TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class NoPolicies:
    def load(self):
        return {}

template = yaml_parse(sys.stdin.read())
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
print(json.dumps(transform(template, {"SenderDomain": "example.com"}, NoPolicies())))
"""


def test_no_resource_has_a_name_that_two_stacks_would_share() -> None:
    """As AWS's own transform writes the template: SAM gives names where the template has none."""
    done = subprocess.run(
        [ROOT / ".venv-sam/bin/python", "-c", _TRANSFORM],
        input=(ROOT / "template.yaml").read_text(),
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    resources = json.loads(done.stdout)["Resources"]
    within = {"MetricName", "PolicyName", "StageName"}  # Names within a namespace, a role, an API.

    fixed = [
        (logical, name, value)
        for logical, resource in resources.items()
        for name, value in resource.get("Properties", {}).items()
        if name.endswith("Name") and name not in within and isinstance(value, str)
    ]

    assert len(resources) > 100
    assert fixed == []
