"""What the template says because AWS would do something else that no emulator does."""

from pathlib import Path

import pytest

from core.http import cors
from tooling.template import parse

ROOT = Path(__file__).parents[2]
TEMPLATE = parse((ROOT / "template.yaml").read_text())
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}


def references(node):
    """Yield the name of every resource that `node` speaks of."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            yield from references(value)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def events(kind):
    return [
        (name, event["Properties"])
        for name, function in FUNCTIONS.items()
        for event in function["Events"].values()
        if event["Type"] == kind
    ]


def fills(function, queue):
    """Say whether the role of `function` may put messages into `queue`."""
    (role,) = references(FUNCTIONS[function]["Role"])
    statements = [
        statement
        for policy in RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in statement["Action"]
    ]
    return queue in references(statements)


def test_whoever_fills_the_queue_that_it_is_fed_by_may_go_on():
    """Lambda takes it for a loop and ends it after 16 rounds, with the message among the dead.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    looping = {
        name for name, event in events("SQS") if fills(name, next(references(event["Queue"])))
    }

    assert looping == {"ResendFunction", "WebhookFunction"}
    allowed = {name for name, f in FUNCTIONS.items() if f.get("RecursiveLoop") == "Allow"}
    assert allowed == looping


def test_a_schedule_has_the_name_that_cloudformation_gives_it():
    """SAM would name it by its place in the template: the second stack could not be created."""
    assert {name for name, _ in events("ScheduleV2")} == {"SweepFunction", "DispatchFunction"}
    assert all(event["OmitName"] is True for _, event in events("ScheduleV2"))


def test_what_the_schedule_calls_is_not_repeated_by_lambda():
    """Scheduler calls asynchronously; `RetryPolicy` is of its own tries only.

    https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
    """
    for name, event in events("ScheduleV2"):
        again = FUNCTIONS[name]["EventInvokeConfig"]

        assert event["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert again["MaximumRetryAttempts"] == 0
        assert again["MaximumEventAgeInSeconds"] <= 60


def test_a_creation_that_fails_leaves_nothing_behind():
    """`Retain` holds for the rollback of a creation too.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    policies = {r["DeletionPolicy"] for r in RESOURCES.values() if "DeletionPolicy" in r}

    assert policies == {"RetainExceptOnCreate"}


def test_logs_are_not_filtered_by_lambda():
    """With the format JSON Lambda drops lines by a level of its own, among them metrics.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    for function in (TEMPLATE["Globals"]["Function"], *FUNCTIONS.values()):
        assert not {"LogFormat", "ApplicationLogLevel"} & {*function.get("LoggingConfig", {})}


def test_the_smallest_compressed_body_is_unpacked():
    """One that is smaller than this size is not, and decoded as text all the same.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
    """
    assert RESOURCES["Api"]["Properties"]["MinimumCompressionSize"] == 0


@pytest.mark.parametrize("kind", RESOURCES["Api"]["Properties"]["GatewayResponses"])
def test_a_page_that_may_call_the_api_may_read_a_refusal(kind):
    response = RESOURCES["Api"]["Properties"]["GatewayResponses"][kind]
    headers = response["ResponseParameters"]["Headers"]
    ours = cors.headers("https://app.example", {"https://app.example"})

    def with_cors(name):
        condition, value, otherwise = headers[name]["Fn::If"]
        assert (condition, otherwise) == ("HasCorsOrigins", {"Ref": "AWS::NoValue"})
        return value

    assert with_cors("Access-Control-Allow-Origin") == "method.request.header.Origin"
    credentials = ours["Access-Control-Allow-Credentials"]
    assert with_cors("Access-Control-Allow-Credentials") == f"'{credentials}'"
    if "Retry-After" in headers:
        assert "Retry-After" in with_cors("Access-Control-Expose-Headers")


def test_old_tls_only_for_who_asks_for_it():
    parameter = TEMPLATE["Parameters"]["MinimumTls"]

    assert parameter["Default"] == "TLS_1_2"
    assert RESOURCES["ApiDomain"]["Properties"]["SecurityPolicy"] == {"Ref": "MinimumTls"}


def test_the_host_name_has_the_tls_that_client_certificates_need():
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html"""
    asserted = [each["Assert"] for each in TEMPLATE["Rules"]["TruststoreHasDomain"]["Assertions"]]

    assert {"Fn::Equals": [{"Ref": "MinimumTls"}, "TLS_1_2"]} in asserted
