"""The template is sound whichever way its switches stand, each alone and all together."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.template import TEMPLATE, Evaluation

ON = {
    "DefaultSender": "hello@example.com",
    "SenderIdentity": "example.com",
    "MoreSenderDomains": "other.example,third.example",
    "ApiKeyValue": "abcdefghijklmnopqrstuvwxyz",
    "ApiConcurrency": "50",
    "CorsOrigins": "https://app.example.com",
    "DomainName": "mail.example.com",
    "TruststoreUri": "s3://certificates/authorities.pem",
    "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-4000-8000-000000000000",
    "AllowedCidrs": "192.0.2.0/24,2001:db8::/32",
    "RequestsPer5MinutesPerAddress": "1000",
    "AlarmAddress": "ops@example.com",
    "Tracing": "Active",
    "ApiGatewayLogRole": "existing",
    "SesSandbox": "true",
    "TrackOpens": "true",
}
"""The other position of every parameter that a condition looks at."""
NEEDS = {
    "DomainName": {"CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/abc"},
    "TruststoreUri": {"DomainName": ON["DomainName"]},
}
"""What a parameter is not allowed without (`Rules`)."""
CERTIFICATE = NEEDS["DomainName"]
OFF = Evaluation()
ALONE = {
    name: Evaluation({name: value, **CERTIFICATE, **NEEDS.get(name, {})})
    for name, value in ON.items()
}
TOGETHER = Evaluation(ON | CERTIFICATE)


def names_in(node):
    """Name everything that is referred to."""
    if isinstance(node, dict):
        if isinstance(node.get("Ref"), str):
            yield node["Ref"]
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from names_in(inner)


def test_every_parameter_that_a_condition_looks_at_is_tried_in_both_positions():
    assert set(names_in(TEMPLATE["Conditions"])) == set(ON)
    for condition in TEMPLATE["Conditions"]:
        # What is created unless it exists stands the other way round.
        assert OFF.holds(condition) is not TOGETHER.holds(condition), condition


@pytest.mark.parametrize("name", ON)
def test_a_position_is_one_that_the_template_takes(name):
    parameter = TEMPLATE["Parameters"][name]

    assert ON[name] in parameter.get("AllowedValues", [ON[name]])
    assert ON[name] != parameter["Default"]


@pytest.mark.slow
def test_the_linter_accepts_every_position(tmp_path: Path):
    positions = {"Off": OFF, "Together": TOGETHER, **ALONE}
    for name, evaluation in positions.items():
        (tmp_path / f"{name}.json").write_text(evaluation.template())

    run = subprocess.run(
        [
            Path(sys.executable).with_name("cfn-lint"),
            *["--ignore-checks", "W2001", "W1020"],  # Decided copies use fewer parameters.
            *["--regions", "eu-central-1", "--format", "parseable", "--"],
            *sorted(tmp_path.iterdir()),
        ],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stdout) == (0, "")


def routes(evaluation):
    functions = evaluation.resources("AWS::Serverless::Function").values()
    events = [e["Properties"] for f in functions for e in f["Properties"]["Events"].values()]
    return {(e.get("Method"), e["Path"]) for e in events if "Path" in e}


def test_a_preflight_is_answered_only_where_pages_may_call():
    on = ALONE["CorsOrigins"]
    preflights = {
        (held["HttpMethod"], held["ResourcePath"].replace("~1", "/").removeprefix("/"))
        for held in on.resources()["Api"]["Properties"]["MethodSettings"]
        if held["HttpMethod"] == "OPTIONS"
    }

    assert set(on.resources()) - set(OFF.resources()) == {
        *("PreflightFunction", "PreflightRole", "PreflightLog", "PreflightErrorsAlarm")
    }
    assert routes(on) - routes(OFF) == preflights
    assert {path for _, path in preflights} == {p for verb, p in routes(OFF) if verb == "ANY"}
    settings = OFF.resources()["Api"]["Properties"]["MethodSettings"]
    assert not [held for held in settings if held["HttpMethod"] == "OPTIONS"]


def test_callers_can_be_kept_from_taking_the_workers_room():
    def reserved(evaluation):
        functions = evaluation.resources("AWS::Serverless::Function").items()
        return {
            name: evaluation.value(held["Properties"]["ReservedConcurrentExecutions"])
            for name, held in functions
            if "ReservedConcurrentExecutions" in held["Properties"]
        }

    assert reserved(OFF) == {}
    assert reserved(ALONE["ApiConcurrency"]) == {"ApiFunction": "50"}


PROTECTION = {
    "KmsKeyArn": {"KeyReadingPolicy", "KeyWritingPolicy"},
    "RequestsPer5MinutesPerAddress": {"RequestLimit", "RequestLimitAssociation"},
    "AllowedCidrs": set(),
    "TruststoreUri": {"ApiDomain", "ApiDomainMapping"},
}


@pytest.mark.parametrize("name", PROTECTION)
def test_protection_is_off_by_default_and_on_by_one_parameter(name):
    assert set(ALONE[name].resources()) - set(OFF.resources()) == PROTECTION[name]


def test_a_key_of_ones_own_encrypts_all_that_is_kept():
    resources = ALONE["KmsKeyArn"].resources()
    kept = {
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::Logs::LogGroup",
    }
    for name, resource in resources.items():
        if resource["Type"] in kept - {name == "AlarmTopic" and "AWS::SNS::Topic"}:
            assert {"Ref": "KmsKeyArn"} in encryption(resource["Properties"]), name
    assert "KmsKeyArn" not in set(names_in(OFF.resources()))


def encryption(node):
    """Collect what stands where a key is named."""
    if isinstance(node, dict):
        keys = {"KMSMasterKeyId", "KMSMasterKeyID", "KmsMasterKeyId", "KmsKeyId"} & set(node)
        return [node[key] for key in keys] + [k for each in node.values() for k in encryption(each)]
    return [key for each in node for key in encryption(each)] if isinstance(node, list) else []


def test_only_named_networks_come_in():
    def allowed(evaluation):
        api = evaluation.resources()["Api"]["Properties"]
        (statement,) = api["Auth"]["ResourcePolicy"]["CustomStatements"]
        return evaluation.value(statement).get("Condition")

    assert allowed(OFF) is None
    assert allowed(ALONE["AllowedCidrs"]) == {
        "IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}
    }


def test_with_mutual_tls_no_door_is_left_that_asks_for_no_certificate():
    resources = ALONE["TruststoreUri"].resources()

    assert resources["Api"]["Properties"]["DisableExecuteApiEndpoint"] is True
    assert resources["ApiDomain"]["Properties"]["MutualTlsAuthentication"]
    assert OFF.resources()["Api"]["Properties"]["DisableExecuteApiEndpoint"] is False
    assert (
        "MutualTlsAuthentication" not in ALONE["DomainName"].resources()["ApiDomain"]["Properties"]
    )
