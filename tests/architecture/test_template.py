"""What the template says twice, or says about itself, is true."""

import ast
import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest

from core.aws.content_store import CLASSES
from core.config import CONFIG
from core.contract.contract import ErrorResponse, ResponseStatus
from core.contract.errors import KeyMissing
from core.contract.limits import GATEWAY_BYTES
from core.formats import json as json_format
from core.formats import xml as xml_format
from core.http import gateway
from tooling.template import parse

ROOT = Path(__file__).parents[2]
TEMPLATE = parse((ROOT / "template.yaml").read_text())
RESOURCES = TEMPLATE["Resources"]
NOT_OURS = re.compile(r"POWERTOOLS_|PYDANTIC_")  # Read by those, not by core/config.py.


def of_type(kind):
    return {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
ROLES = of_type("AWS::IAM::Role")
API = RESOURCES["Api"]["Properties"]
ALARMS = of_type("AWS::CloudWatch::Alarm")
SQS_EVENTS = [
    (name, event["Properties"])
    for name, function in FUNCTIONS.items()
    for event in function["Events"].values()
    if event["Type"] == "SQS"
]


def named_by(arn):
    """Return the name of the resource whose attribute `arn` is."""
    return arn["Fn::GetAtt"][0]


def dead_letters(queue):
    return named_by(queue["RedrivePolicy"]["deadLetterTargetArn"])


TRACING = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
DEAD_LETTERS = {dead_letters(queue) for queue in QUEUES.values() if "RedrivePolicy" in queue}


def roles_of(policy):
    """Return the roles that a policy is for, under whatever condition."""
    return [each.get("Fn::If", [None, each])[1]["Ref"] for each in policy["Roles"]]


def statements(function):
    role = named_by(FUNCTIONS[function]["Role"])
    shared = [p for p in of_type("AWS::IAM::Policy").values() if role in roles_of(p)]
    policies = [*ROLES[role]["Policies"], *shared]
    return [s for p in policies for s in p["PolicyDocument"]["Statement"]]


def as_list(value):
    return value if isinstance(value, list) else [value]


def test_every_handler_is_deployed_and_every_function_has_a_handler():
    shared = {"__init__", "mail_operations", "telemetry", "webhook_operations"}
    modules = {path.stem for path in (ROOT / "src/handlers").glob("*.py")} - shared

    assert {f["Handler"] for f in FUNCTIONS.values()} == {f"handlers.{m}.handler" for m in modules}


def test_functions_are_told_exactly_what_the_configuration_reads():
    told = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    tree = ast.parse((ROOT / "src/core/config.py").read_text())
    read = {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and ast.unparse(node.value).endswith("environ")
    }

    assert {name for name in told if not NOT_OURS.match(name)} == read
    own = {
        name: function["Environment"]
        for name, function in FUNCTIONS.items()
        if "Environment" in function
    }
    assert {name: {*each["Variables"]} for name, each in own.items()} == {
        "ApiFunction": {"RECIPIENT_SECRET", "WEBHOOK_SECRET"},
        "WebhookFunction": {"WEBHOOK_SECRET"},
    }


def test_no_function_is_called_through_a_version_or_an_alias():
    """A version keeps the environment that it was published with (docs/adr/0005).

    Every event is an event of its function, which SAM then calls by itself unless one of these is
    set; nothing else makes a version, an alias, a permission or an event source.
    """
    publishing = {
        "AutoPublishAlias",
        "AutoPublishAliasAllProperties",
        "AutoPublishCodeSha256",
        "DeploymentPreference",
        "FunctionScalingConfig",
        "ProvisionedConcurrencyConfig",
        "PublishToLatestPublished",
        "SnapStart",
        "VersionDeletionPolicy",
        "VersionDescription",
    }
    for function in (TEMPLATE["Globals"]["Function"], *FUNCTIONS.values()):
        assert not publishing & set(function)
    assert not [r["Type"] for r in RESOURCES.values() if r["Type"].startswith("AWS::Lambda::")]
    assert "DefinitionBody" not in RESOURCES["Api"]["Properties"]


@pytest.mark.parametrize("name", ["Refused", "CutOff"])
def test_the_gateway_answers_in_the_form_of_our_own_errors(name):
    body = TEMPLATE["Mappings"]["ErrorBody"][name]
    status = ResponseStatus(error_code="SOME_TYPE", message="some text", errors=())
    own = ErrorResponse(response_status=status)
    filled = {kind: filled_in(template) for kind, template in body.items()}

    written = json.loads(json_format.write(own))
    outcome = "failed" if name == "Refused" else "unknown"
    assert json.loads(filled["Json"]) == written | {"Status": outcome, "ErrorMessage": "some text"}
    assert filled["Xml"] == xml_format.write(own)


def filled_in(template):
    """Put text in place of API Gateway's variables, of which one brings its quotes along."""
    for variable, value in {
        "$context.error.responseType": "SOME_TYPE",
        "$context.error.messageString": '"some text"',
        "$context.error.message": "some text",
        " (request $context.requestId)": "",
    }.items():
        template = template.replace(variable, value)
    return template


def keyless_routes():
    """Return function, verb and path of what anybody may call."""
    return [
        (name, event["Properties"]["Method"], event["Properties"]["Path"])
        for name, function in FUNCTIONS.items()
        for event in function["Events"].values()
        if event["Type"] == "Api" and "Auth" in event["Properties"]
    ]


def stage_limits():
    """Return what the stage sets for each verb and path, under whatever condition."""
    settings = [held.get("Fn::If", [None, held])[1] for held in API["MethodSettings"]]
    paths = [each["ResourcePath"].replace("~1", "/").replace("//", "/") for each in settings]
    return {(each["HttpMethod"], path): each for each, path in zip(settings, paths, strict=True)}


def test_what_anybody_may_call_can_neither_send_nor_read_a_mail():
    assert {name for name, _, _ in keyless_routes()} == {"MetadataFunction", "PreflightFunction"}
    for name, verb, _ in keyless_routes():
        allowed = {action for s in statements(name) for action in as_list(s["Action"])}
        assert {action.partition(":")[0] for action in allowed - {*TRACING}} == {"logs"}
        assert verb in (("OPTIONS",) if name == "PreflightFunction" else ("GET", "HEAD"))


def test_no_caller_can_use_up_the_rate_of_another():
    """A stage's limit is one for all callers of a method; only a key's is the caller's own."""
    limits = stage_limits()
    limited = {at for at, each in limits.items() if "ThrottlingRateLimit" in each}

    assert ("*", "/*") in limits
    assert limited == {(verb, path) for _, verb, path in keyless_routes()}
    assert len({(limits[at]["ThrottlingRateLimit"]) for at in limited}) == 1
    plan = of_type("AWS::ApiGateway::UsagePlan")["UsagePlan"]
    assert plan["Throttle"]["RateLimit"] == {"Ref": "ThrottleRate"}


SPOKEN = {
    kind: response["ResponseTemplates"]
    for kind, response in API["GatewayResponses"].items()
    if "Fn::Join" in response["ResponseTemplates"]["application/json"]
}
"""The gateway's answers that have words of ours."""


@pytest.mark.parametrize("kind", SPOKEN)
def test_what_the_gateway_says_in_our_words_has_the_form_of_our_errors(kind):
    words = {each["Fn::Join"][0] for each in SPOKEN[kind].values()}
    (text,) = words
    own = ErrorResponse(response_status=ResponseStatus(error_code=kind, message=text, errors=()))

    written = {
        media_type: text.join(TEMPLATE["Mappings"]["ErrorBody"]["Around"][name]).replace(
            "$context.error.responseType", kind
        )
        for media_type, name in (("application/json", "Json"), ("application/xml", "Xml"))
    }

    assert written["application/json"] == json_format.write(own)
    assert written["application/xml"] == xml_format.write(own)
    assert SPOKEN[kind].keys() == written.keys()
    assert not re.search(r"[<>&\"\\$]", text)
    assert text.count(". ") >= 1, "what is wrong, and what to do"


def test_the_gateway_says_of_a_missing_key_what_we_say():
    assert SPOKEN["INVALID_API_KEY"]["application/json"]["Fn::Join"][0] == KeyMissing.text


def test_what_the_gateway_routes_nowhere_is_answered_as_what_we_do_not():
    response = API["GatewayResponses"]["MISSING_AUTHENTICATION_TOKEN"]
    headers = response["ResponseParameters"]["Headers"]

    assert (response["StatusCode"], response["ResponseTemplates"]) == (
        404,
        {"application/json": "404"},
    )
    assert headers["Link"] == f"'{gateway.help_link('/')['Link']}'"


@pytest.mark.parametrize("kind", API["GatewayResponses"])
def test_answers_of_the_gateway_are_kept_by_nobody_as_ours_are_not(kind):
    headers = API["GatewayResponses"][kind]["ResponseParameters"]["Headers"]
    ours = gateway.write(gateway.Response(HTTPStatus.OK, "text/plain", ""))["headers"]

    for name in ("Cache-Control", "X-Content-Type-Options"):
        assert headers[name] == f"'{ours[name]}'"


def test_no_two_functions_share_a_role():
    roles = [named_by(function["Role"]) for function in FUNCTIONS.values()]

    assert len(set(roles)) == len(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_to_its_own_group_only(function):
    group = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"]
    allowed = [s["Resource"] for s in statements(function) if "logs:" in str(s["Action"])]

    assert [named_by(resource) for resource in allowed] == [group]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_names_every_action_and_every_resource(function):
    for statement in statements(function):
        actions = as_list(statement["Action"])
        assert not any("*" in action for action in actions)
        if actions not in (["ses:GetAccount"], TRACING):  # IAM knows no smaller resource.
            assert "*" not in as_list(statement["Resource"])


def test_only_those_who_send_may_send():
    senders = {
        function
        for function in FUNCTIONS
        if any("ses:SendEmail" in as_list(s["Action"]) for s in statements(function))
    }

    assert senders == {"ApiFunction", "ResendFunction"}


def test_every_queue_has_dead_letters_or_holds_them():
    assert {name for name, queue in QUEUES.items() if "RedrivePolicy" not in queue} == DEAD_LETTERS


def test_dead_letters_outlive_the_queue_that_they_come_from():
    for queue in QUEUES.values():
        if "RedrivePolicy" in queue:
            kept = QUEUES[dead_letters(queue)]["MessageRetentionPeriod"]

            assert kept > queue["MessageRetentionPeriod"]


def test_every_dead_letter_rings_an_alarm():
    watched = {
        named_by(dimension["Value"])
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Dimensions"]
    }

    assert watched == DEAD_LETTERS


def test_every_function_rings_an_alarm_when_it_fails():
    watched = {
        dimension["Value"]["Ref"]
        for alarm in ALARMS.values()
        if (alarm.get("Namespace"), alarm.get("MetricName")) == ("AWS/Lambda", "Errors")
        for dimension in alarm["Dimensions"]
    }

    assert watched == set(FUNCTIONS)


COUNTED = of_type("AWS::Logs::MetricFilter")
"""What is counted from the logs."""


SOURCES = {
    "AcceptedMails": ("ApiFunction", "accepted", "Accepted", "1"),
    "SentAtOnce": ("ApiFunction", "accepted", "Sent", "$.recipients"),
    "SentLater": ("ResendFunction", "tried", "Sent", "$.recipients"),
    "SentUnheard": ("SesEventsFunction", "noted", "Sent", "$.recipients"),
    "TimeToSendAtOnce": ("ApiFunction", "accepted", "SecondsToSent", "$.sent_after"),
    "TimeToSendLater": ("ResendFunction", "tried", "SecondsToSent", "$.sent_after"),
    "TimeToSendUnheard": ("SesEventsFunction", "noted", "SecondsToSent", "$.sent_after"),
    "DeliveredToRecipients": ("SesEventsFunction", "noted", "Delivered", "$.delivered"),
    "TimeToDeliver": ("SesEventsFunction", "noted", "SecondsToDelivered", "$.delivered_after"),
    "BouncedFromRecipients": ("SesEventsFunction", "noted", "Bounced", "$.bounced"),
    "ComplaintsOfRecipients": ("SesEventsFunction", "noted", "Complained", "$.complained"),
    "FailedAtOnce": ("ApiFunction", "accepted", "Failed", "1"),
    "FailedLater": ("ResendFunction", "tried", "Failed", "$.failed"),
    "FailedInLine": ("DispatchFunction", "gave out turns", "Failed", "$.given_up"),
    "FailedInTheSweep": ("SweepFunction", "swept", "Failed", "$.failed"),
    "FailedAtSes": ("SesEventsFunction", "noted", "Failed", "$.failed"),
}
"""What is counted from the logs: whose line it is, the metric, and its value."""


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_counted_from_the_log_is_a_line_of_the_log(name):
    """That lines have the number, tests/integration/test_telemetry.py shows."""
    function, message, metric, value = SOURCES[name]
    counting, handler = COUNTED[name], FUNCTIONS[function]
    (transformation,) = counting["MetricTransformations"]
    condition = f'$.message = "{message}"'
    also = {"AcceptedMails": "", "FailedAtOnce": '$.state = "failed"'}.get(name, f"{value} > 0")

    whole = f"({condition}) && ({also})" if also else condition
    assert counting["FilterPattern"] == f"{{ {whole} }}"
    assert (transformation["MetricName"], transformation["MetricValue"]) == (metric, value)
    assert transformation["Unit"] == ("Seconds" if "Seconds" in metric else "Count")
    module = handler["Handler"].removesuffix(".handler").replace(".", "/")
    assert f'"{message}"' in (ROOT / f"src/{module}.py").read_text()
    assert counting["LogGroupName"] == handler["LoggingConfig"]["LogGroup"]


def test_nothing_else_is_counted_from_the_log():
    assert COUNTED.keys() == SOURCES.keys()


QUERIES = of_type("AWS::Logs::QueryDefinition")
"""What is saved in CloudWatch Logs Insights."""
ACCESS_LOG = set(json.loads(API["AccessLogSetting"]["Format"]))
"""The fields of API Gateway's lines."""
WORDS = {"fields", "filter", "sort", "desc", "limit", "like", "or", "and", "in", "ispresent"}


def fields_of(query):
    """Return the fields that a query looks at, those of a list by the list's name."""
    text = "\n".join(line for line in query.splitlines() if not line.startswith("#"))
    text = re.sub(r'"[^"]*"|/(\\/|[^/])+/|@\w+|\.\d+', " ", text)
    return set(re.findall(r"[a-z]\w*", text)) - WORDS


def test_api_gateways_lines_are_joined_with_the_functions_by_the_same_names():
    ours = gateway.read({"path": "/", "httpMethod": "GET"}).log_keys

    assert ours.keys() - ACCESS_LOG == {"traceparent"}, "API Gateway knows no header."
    assert "$context.identity.apiKeyId" in API["AccessLogSetting"]["Format"]
    assert "apiKey}" not in API["AccessLogSetting"]["Format"].replace('"', "}")


@pytest.mark.parametrize("name", QUERIES)
def test_a_saved_query_looks_into_every_log_and_at_what_is_in_them(name):
    """That lines have these names, tests/integration/test_joined_logs.py shows."""
    query = QUERIES[name]
    looked_into = [each.get("Fn::If", [None, each])[1]["Ref"] for each in query["LogGroupNames"]]
    handlers = "".join(path.read_text() for path in (ROOT / "src/handlers").glob("*.py"))
    record = (ROOT / "src/core/message/record.py").read_text()
    named = {*re.findall(r"(\w+)=", handlers), *re.findall(r'"(\w+)":', handlers + record)}

    assert sorted(looked_into) == sorted(of_type("AWS::Logs::LogGroup"))
    unknown = fields_of(query["QueryString"]) - named - ACCESS_LOG - {*gateway_keys()}
    assert unknown - {"level", "error", "message"} == set()
    assert len(query["QueryString"]) <= 10_000
    assert query["Name"]["Fn::Sub"].startswith("${AWS::StackName}/"), "Two stacks in one account."


def gateway_keys():
    return gateway.read({"path": "/", "httpMethod": "GET"}).log_keys


def test_a_mail_is_found_by_each_of_its_ids_and_what_went_wrong_without_any():
    searched = {
        field
        for query in QUERIES.values()
        for line in query["QueryString"].splitlines()
        if line.startswith("| filter") and "_ID" in line
        for field in fields_of(line)
    }

    by_its_ids = {"ses_message_id", "request_id", "extended_request_id", "key_id", "traceparent"}
    assert searched == by_its_ids
    assert '@message like "MESSAGE_ID"' in QUERIES["MailByMessageId"]["QueryString"]
    assert {"Errors", "Refusals"} < {*QUERIES}


def test_the_runbook_has_a_step_for_every_saved_query_and_every_field_that_joins():
    text = (ROOT / "docs/operations.md").read_text()
    titles = [query["Name"]["Fn::Sub"].partition("/")[2] for query in QUERIES.values()]
    joined = {*gateway_keys(), "message_id", "ses_message_id", "extended_request_id"}

    assert [title for title in titles if f"*{title}*" not in text] == []
    assert [name for name in joined if f"| `{name}` |" not in text] == []


def test_every_function_and_the_api_are_traced_when_that_is_chosen_and_not_otherwise():
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == {"Ref": "Tracing"}
    assert API["TracingEnabled"] == {"Fn::If": ["TracesActively", True, False]}
    assert TEMPLATE["Parameters"]["Tracing"]["Default"] == "PassThrough"
    policy = RESOURCES["TracingPolicy"]
    assert policy["Condition"] == "TracesActively"
    assert sorted(roles_of(policy["Properties"])) == sorted(
        named_by(function["Role"]) for function in FUNCTIONS.values()
    )


def test_every_alarm_reaches_somebody():
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in ALARMS.values())


@pytest.mark.parametrize(("function", "event"), SQS_EVENTS)
def test_a_queue_waits_long_enough_for_its_function(function, event):
    queue = QUEUES[named_by(event["Queue"])]

    assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS[function]["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_whatever_is_kept_is_kept_for_a_known_time():
    assert all("MessageRetentionPeriod" in queue for queue in QUEUES.values())
    assert all("RetentionInDays" in group for group in of_type("AWS::Logs::LogGroup").values())
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["TimeToLiveSpecification"]["Enabled"]
    for bucket in of_type("AWS::S3::Bucket").values():
        assert all("ExpirationInDays" in r for r in bucket["LifecycleConfiguration"]["Rules"])


def test_the_bucket_deletes_each_class_of_content_after_its_days():
    (bucket,) = of_type("AWS::S3::Bucket").values()
    rules = {r.get("Prefix", ""): r for r in bucket["LifecycleConfiguration"]["Rules"]}
    days = {name: rule["ExpirationInDays"] for name, rule in rules.items()}
    bounds = TEMPLATE["Parameters"]["ContentRetentionDays"]

    assert all(rule["Status"] == "Enabled" for rule in rules.values())
    assert days == {f"messages/{days}/": days for days in CLASSES} | {"": max(CLASSES)}
    assert (bounds["MinValue"], bounds["MaxValue"]) == (min(CLASSES), max(CLASSES))


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::S3::Bucket"])
def test_data_outlives_its_stack(kind):
    for name in of_type(kind):
        assert RESOURCES[name]["DeletionPolicy"].startswith("Retain")
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_a_retry_never_outlives_its_content():
    parameters = TEMPLATE["Parameters"]

    assert (
        parameters["RetryHours"]["MaxValue"] < 24 * parameters["ContentRetentionDays"]["MinValue"]
    )
    assert parameters["RetryHours"]["MaxValue"] < 24 * parameters["RecordRetentionDays"]["MinValue"]


def test_the_console_shows_every_parameter_in_a_group():
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]

    assert sorted(shown) == sorted(TEMPLATE["Parameters"])


def test_a_bad_parameter_is_explained():
    constraints = {"AllowedPattern", "AllowedValues", "MinValue", "MaxValue"}
    for parameter in TEMPLATE["Parameters"].values():
        assert constraints & set(parameter)
        assert parameter["Description"]
        assert parameter["ConstraintDescription"]


def test_every_alarm_has_its_runbook():
    text = (ROOT / "docs/operations.md").read_text().partition("## Alarms")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    patterns = [name.strip().replace("…", r"\w+") for row in rows for name in row.split(",")]

    assert [n for n in ALARMS if not any(re.fullmatch(p, n) for p in patterns)] == []


def test_every_parameter_is_explained():
    texts = [(ROOT / name).read_text() for name in ("README.md", "docs/operations.md")]

    assert [
        name for name in TEMPLATE["Parameters"] if not any(name in text for text in texts)
    ] == []


def test_limits_that_an_operator_sets_are_the_templates_everywhere():
    told = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    declared = {
        name.removeprefix("MAX_").lower(): TEMPLATE["Parameters"][value["Ref"]]
        for name, value in told.items()
        if name.startswith("MAX_")
    }

    assert {name: each["Default"] for name, each in declared.items()} == CONFIG.limits._asdict()
    assert declared["body_bytes"]["MaxValue"] == GATEWAY_BYTES
