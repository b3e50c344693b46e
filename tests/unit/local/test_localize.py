"""What MiniStack would leave out of the template is in it after `localize`."""

import json
from pathlib import Path

import pytest

from local.localize import METHODS, localize
from tooling.template import parse

TEMPLATE = """
Conditions:
  HasName: !Not [!Equals [!Ref Name, ""]]
  HasOther: !Not [!Equals [!Ref Other, ""]]
Parameters:
  Other: {Type: String, Default: ""}
  Concurrency: {Type: Number, Default: 5}
  Days: {Type: Number, Default: 7}
  Name: {Type: String}
Globals:
  Function:
    CodeUri: src/
    Environment: {Variables: {KEPT: !Ref Days, CHANGED: before}}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt Role.Arn
      Events:
        Root: {Type: Api, Properties: {Path: /, Method: ANY}}
        Get: {Type: Api, Properties: {Path: /only, Method: get}}
        Queue: {Type: SQS, Properties: {ScalingConfig: {MaximumConcurrency: !Ref Concurrency}}}
  There:
    Type: AWS::Serverless::Function
    Condition: HasName
    Properties: {Events: {Own: {Type: Api, Properties: {Path: /, Method: OPTIONS}}}}
  NotThere:
    Type: AWS::Serverless::Function
    Condition: HasOther
    Properties: {Events: {Own: {Type: Api, Properties: {Path: /, Method: PUT}}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - Effect: Allow
                Action: dynamodb:PutItem
                Condition:
                  "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [A]}
                  "Null": {"dynamodb:LeadingKeys": false}
              - Effect: Allow
                Action: ses:SendEmail
                Condition: {StringLike: {"ses:FromAddress": ["*@x.example"]}}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      BinaryMediaTypes: [application~1xml, image~1png]
      GatewayResponses:
        DEFAULT_4XX: {ResponseTemplates: {application/json: "{}"}}
        THROTTLED:
          StatusCode: 429
          ResponseParameters: {Headers: {Retry-After: "'1'"}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {LifecycleConfiguration: {Rules: [{ExpirationInDays: !Ref Days}]}}
  TlsOnly:
    Type: AWS::S3::BucketPolicy
    Properties:
      PolicyDocument:
        Statement: [{Effect: Deny, Condition: {Bool: {"aws:SecureTransport": "false"}}}]
  TlsAndMore:
    Type: AWS::S3::BucketPolicy
    Properties:
      PolicyDocument:
        Statement:
          - {Effect: Deny, Condition: {Bool: {"aws:SecureTransport": "false"}}}
          - {Effect: Allow, Principal: "*"}
  QueueTlsOnly:
    Type: AWS::SQS::QueuePolicy
    Properties:
      PolicyDocument:
        Statement: [{Effect: Deny, Condition: {Bool: {"aws:SecureTransport": "false"}}}]
  TopicTlsAndMore:
    Type: AWS::SNS::TopicPolicy
    Properties:
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: "*"}
          - {Effect: Deny, Condition: {Bool: {"aws:SecureTransport": "false"}}}
  Math: {Type: "AWS::CloudWatch::Alarm", Properties: {Metrics: []}}
  Plain: {Type: "AWS::CloudWatch::Alarm", Properties: {MetricName: Errors}}
  Watched:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: !Sub |
        {"alarms": [
          "${Math.Arn}",
          "${Plain.Arn}"
        ], "title": "${Math.Arn} of ${AWS::StackName}"}
"""


@pytest.fixture
def localized():
    return localize(TEMPLATE, "s3://code/key.zip", {"Days": "3", "Name": "x"}, {"CHANGED": "after"})


@pytest.fixture
def resources(localized):
    return localized["Resources"]


def test_short_tags_become_their_long_form():
    text = "[!Ref A, !GetAtt B.C.D, !Sub '${E}', !If [F, 1, !Ref G], !Transform {Name: H}]"

    assert parse(text) == [
        {"Ref": "A"},
        {"Fn::GetAtt": ["B", "C.D"]},
        {"Fn::Sub": "${E}"},
        {"Fn::If": ["F", 1, {"Ref": "G"}]},
        {"Fn::Transform": {"Name": "H"}},
    ]


def test_every_function_runs_the_uploaded_code(localized):
    assert localized["Globals"]["Function"]["CodeUri"] == "s3://code/key.zip"


def test_given_variables_go_over_the_templates(localized):
    variables = localized["Globals"]["Function"]["Environment"]["Variables"]

    assert variables == {"KEPT": {"Ref": "Days"}, "CHANGED": "after"}


def test_any_method_is_spelled_out(resources):
    events = resources["Function"]["Properties"]["Events"]

    assert "Root" not in events
    assert {
        event["Properties"]["Method"]
        for event in events.values()
        if event["Type"] == "Api" and event["Properties"]["Path"] == "/"
    } == set(METHODS) - {"OPTIONS"}  # That is another function's, which is there.


def test_a_function_is_there_or_not_as_its_condition_says(resources):
    assert "NotThere" not in resources
    assert "Condition" not in resources["There"]
    assert ("/", "OPTIONS") in {
        (event["Properties"]["Path"], event["Properties"]["Method"])
        for event in resources["There"]["Properties"]["Events"].values()
    }


def test_conditions_that_ministack_can_never_meet_are_dropped_and_others_are_not(resources):
    (policy,) = resources["Role"]["Properties"]["Policies"]
    keys, senders = policy["PolicyDocument"]["Statement"]

    assert "Condition" not in keys
    assert senders["Condition"] == {"StringLike": {"ses:FromAddress": ["*@x.example"]}}


def test_other_events_stay_as_they_are(resources):
    events = resources["Function"]["Properties"]["Events"]

    assert events["Get"] == {"Type": "Api", "Properties": {"Path": "/only", "Method": "get"}}


def test_number_parameters_arrive_as_numbers(resources):
    events = resources["Function"]["Properties"]["Events"]
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert events["Queue"]["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 5}
    assert rules == [{"ExpirationInDays": 3}]


def test_binary_types_are_compared_as_they_stand(resources):
    types = resources["Api"]["Properties"]["BinaryMediaTypes"]

    assert types == ["application/xml", "image/png"]


def test_gateway_responses_become_resources(resources):
    assert "GatewayResponses" not in resources["Api"]["Properties"]
    assert resources["ApiThrottled"] == {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ResponseType": "THROTTLED",
            "StatusCode": "429",
            "ResponseTemplates": {},
            "ResponseParameters": {"gatewayresponse.header.Retry-After": "'1'"},
        },
    }
    assert "StatusCode" not in resources["ApiDefault4Xx"]["Properties"]


def test_plain_http_is_allowed_and_nothing_else(resources):
    assert not {"TlsOnly", "QueueTlsOnly"} & set(resources)
    for name in ("TlsAndMore", "TopicTlsAndMore"):
        statements = resources[name]["Properties"]["PolicyDocument"]["Statement"]
        assert statements == [{"Effect": "Allow", "Principal": "*"}]


def test_metric_math_is_dropped(resources):
    assert "Math" not in resources
    body = resources["Watched"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert json.loads(body)["alarms"] == ["${Plain.Arn}"], "What is gone is not named."
    assert "Plain" in resources


@pytest.mark.parametrize(
    ("parameters", "not_there"), [({}, {"PreflightFunction"}), ({"CorsOrigins": "*"}, set())]
)
def test_the_real_template_loses_nothing_but_what_ministack_refuses(parameters, not_there):
    text = (Path(__file__).parents[3] / "template.yaml").read_text()
    given = {"SenderDomain": "example.com"} | parameters

    before = parse(text)["Resources"]
    after = localize(text, "s3://code/key.zip", given)["Resources"]

    assert set(before) - set(after) - not_there == {
        "ContentBucketPolicy",
        "RefusedAlarm",
        "RetryQueuePolicy",
        "ThrottlesAlarm",
        "WebhookQueuePolicy",
    }
    assert not not_there & set(after)
    assert {after[name]["Type"] for name in set(after) - set(before)} == {
        "AWS::ApiGateway::GatewayResponse"
    }
