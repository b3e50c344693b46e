"""How a SAM template gets into MiniStack, and what must be set by hand afterwards."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from tooling.aws_here import REGION, STACK
from tooling.programs import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tooling.aws_here import Aws

_CODE_BUCKET = "code"


def deploy(aws: Aws, template: Any, parameters: Mapping[str, str]) -> dict[str, str]:
    """Deploy the localized `template`; return its resources' physical ids by their names in it."""
    _create(aws, template, parameters)
    resources = aws.client("cloudformation").describe_stack_resources(StackName=STACK)
    ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources["StackResources"]}
    _complete(aws, template, ids)
    return ids


def outputs(aws: Aws) -> dict[str, str]:
    described = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def upload(aws: Aws, package: Path) -> str:
    """Put the zipped `package` where CloudFormation finds it; return its `CodeUri`."""
    location: Any = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket=_CODE_BUCKET, CreateBucketConfiguration=location)
    return f"s3://{_CODE_BUCKET}/{_put(aws, package.read_bytes(), '.zip')}"


def _put(aws: Aws, content: bytes, suffix: str) -> str:
    key = hashlib.sha256(content).hexdigest()[:16] + suffix
    aws.client("s3").put_object(Bucket=_CODE_BUCKET, Key=key, Body=content)
    return key


def _create(aws: Aws, template: Any, parameters: Mapping[str, str]) -> None:
    cloudformation = aws.client("cloudformation")
    # From S3, as `sam deploy` does: in the request itself a template has 51,200 bytes at most.
    key = _put(aws, json.dumps(template).encode(), ".json")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{aws.endpoint}/{_CODE_BUCKET}/{key}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )
    status = "CREATE_IN_PROGRESS"
    while status.endswith("IN_PROGRESS"):
        time.sleep(0.05)
        status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    if status != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise StackError("\n  ".join([f"The template cannot be deployed ({status}).", *reasons]))


def _complete(aws: Aws, template: Any, ids: Mapping[str, str]) -> None:
    """Set what MiniStack's CloudFormation passes over in silence."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::DynamoDB::Table":
                aws.client("dynamodb").update_time_to_live(
                    TableName=ids[name],
                    TimeToLiveSpecification=properties["TimeToLiveSpecification"],
                )
            case "AWS::S3::Bucket":
                rules = properties["LifecycleConfiguration"]["Rules"]
                aws.client("s3").put_bucket_lifecycle_configuration(
                    Bucket=ids[name],
                    LifecycleConfiguration={"Rules": [_lifecycle_rule(rule) for rule in rules]},
                )
            case "AWS::Serverless::Api":  # A deployment keeps the gateway responses of its time.
                aws.client("apigateway").create_deployment(
                    restApiId=ids[name], stageName=properties["StageName"]
                )


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Translate a rule from CloudFormation's words into S3's."""
    abort = "AbortIncompleteMultipartUpload"
    return {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        "Expiration": {"Days": rule["ExpirationInDays"]},
        **({abort: rule[abort]} if abort in rule else {}),
    }
