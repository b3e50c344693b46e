"""What MiniStack leaves out of a SAM template, and how to say it so that nothing is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tooling.template import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")


def localize(
    text: str,
    code_uri: str,
    parameters: Mapping[str, str],
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Return the SAM template `text` as MiniStack needs it, its code at `code_uri`.

    Every function gets the variables of `environment` on top of its own.
    """
    template = parse(text)
    function = template["Globals"]["Function"]
    function["CodeUri"] = code_uri
    function["Environment"]["Variables"] |= environment or {}
    numbers = _numbers(template["Parameters"], parameters)
    resources: dict[str, Any] = _with_numbers(template["Resources"], numbers)
    template["Resources"] = resources
    values = {n: p.get("Default", "") for n, p in template["Parameters"].items()} | {**parameters}
    _decide_functions(resources, template.get("Conditions", {}), values)
    routes = _routes(resources)
    for name, resource in list(resources.items()):
        match resource["Type"]:
            case "AWS::Serverless::Function":
                _spell_out_any(resource["Properties"], routes)
            case "AWS::IAM::Role":
                _forget_leading_keys(resource["Properties"])
            case "AWS::Serverless::Api":
                _unescape_binary_types(resource["Properties"])
                resources |= _gateway_responses(name, resource["Properties"])
            case "AWS::S3::BucketPolicy" | "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy":
                if not _allow_plain_http(resource["Properties"]):
                    del resources[name]
            case "AWS::CloudWatch::Alarm" if "Metrics" in resource["Properties"]:
                del resources[name]  # Metric math makes the whole stack roll back.
    _forget_missing_alarms(resources)
    return template


def _forget_missing_alarms(resources: Mapping[str, Any]) -> None:
    """Take the alarms that are not there off the dashboards: each has a line of its own.

    MiniStack rolls the stack back if a name means nothing.
    """
    alarm = re.compile(r'\s*"\$\{(\w+)\.Arn\}",?\s*')
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            body = resource["Properties"]["DashboardBody"]
            lines = body["Fn::Sub"].splitlines(keepends=True)
            found = [(line, alarm.fullmatch(line)) for line in lines]
            body["Fn::Sub"] = "".join(line for line, it in found if not it or it[1] in resources)


def _numbers(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, int]:
    """Return the values of the parameters that are numbers."""
    return {
        name: int(given.get(name, parameter.get("Default")))
        for name, parameter in declared.items()
        if parameter["Type"] == "Number"
    }


def _with_numbers(node: Any, numbers: Mapping[str, int]) -> Any:
    """Put numbers in place of their parameters: MiniStack would put text there, and choke on it."""
    match node:
        case {"Ref": name} if name in numbers:
            return numbers[name]
        case dict():
            return {key: _with_numbers(value, numbers) for key, value in node.items()}
        case list():
            return [_with_numbers(item, numbers) for item in node]
        case _:
            return node


def _decide_functions(
    resources: dict[str, Any], conditions: Mapping[str, Any], values: Mapping[str, str]
) -> None:
    """Drop the functions whose condition does not hold: MiniStack would see their routes."""
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::Serverless::Function" and "Condition" in resource:
            if _holds(resource.pop("Condition"), conditions, values):
                continue
            del resources[name]


def _routes(resources: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return path and method of every route."""
    events = [
        event["Properties"]
        for function in resources.values()
        for event in function.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    return {(event["Path"], event["Method"]) for event in events}


def _holds(condition: Any, conditions: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Decide a condition that compares one parameter with a text, or the contrary of such a one."""
    match condition:
        case str(name):
            return _holds(conditions[name], conditions, values)
        case {"Fn::Not": [inner]}:
            return not _holds(inner, conditions, values)
        case {"Fn::Equals": [{"Ref": name}, str(text)]}:
            return values[name] == text
    raise ValueError(f"No function has had such a condition so far: {condition}")


def _forget_leading_keys(role: dict[str, Any]) -> None:
    """Drop conditions on the keys of items: MiniStack never knows a key, so it would deny all."""
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "dynamodb:LeadingKeys" in statement.get("Condition", {}).get("Null", {}):
                del statement["Condition"]


def _spell_out_any(function: dict[str, Any], own: set[tuple[str, str]]) -> None:
    """Replace events for ANY method: MiniStack deploys those without any.

    A method with an event of its `own` on the same path keeps that one, as API Gateway has it, be
    it another function's.
    """
    routes = {
        name: each for name, each in function.get("Events", {}).items() if each["Type"] == "Api"
    }
    for name, event in routes.items():
        if event["Properties"]["Method"].upper() != "ANY":
            continue
        del function["Events"][name]
        for method in METHODS:
            properties = event["Properties"] | {"Method": method}
            if (properties["Path"], method) not in own:
                function["Events"][name + method.title()] = event | {"Properties": properties}


def _unescape_binary_types(api: dict[str, Any]) -> None:
    """Undo the escaping: MiniStack compares it as it stands, so that XML would come as text."""
    if "BinaryMediaTypes" in api:
        api["BinaryMediaTypes"] = [kind.replace("~1", "/") for kind in api["BinaryMediaTypes"]]


def _gateway_responses(api_name: str, api: dict[str, Any]) -> dict[str, Any]:
    """Take the gateway responses out of the API and return them as resources of their own."""
    return {
        f"{api_name}{kind.title().replace('_', '')}": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": {"Ref": api_name},
                "ResponseType": kind,
                "ResponseTemplates": response.get("ResponseTemplates", {}),
                "ResponseParameters": {
                    f"gatewayresponse.header.{header}": value
                    for header, value in _headers(response).items()
                },
            }
            | ({"StatusCode": str(response["StatusCode"])} if "StatusCode" in response else {}),
        }
        for kind, response in api.pop("GatewayResponses", {}).items()
    }


def _headers(response: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = response.get("ResponseParameters", {}).get("Headers", {})
    return headers


def _allow_plain_http(policy: dict[str, Any]) -> bool:
    """Drop what refuses requests without TLS; return whether anything is left."""
    document = policy["PolicyDocument"]
    document["Statement"] = [
        statement
        for statement in document["Statement"]
        if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
    ]
    return bool(document["Statement"])
