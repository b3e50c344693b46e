"""The events of `events/` are what AWS sends, fit the functions, and are all tried by tests/sam."""

import ast
import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from core.aws import items, retry_queue, webhook_queue
from core.config import CONFIG
from core.contract.contract import GetStatus, SendMail
from core.http import binding, gateway, routing
from core.message import ids, reputation, ses_event
from core.message.event import EventType
from core.message.history import rfc3339
from core.submission import submission
from core.webhooks import changes, endpoint
from local.sam import EVENTS, EXAMPLE_ID, function_for
from local.stack import API_KEY, SENDER_DOMAIN
from tooling.template import parse

ROOT = Path(__file__).parents[2]
TEMPLATE = parse((ROOT / "template.yaml").read_text())
TEXTS = {file.stem: file.read_text() for file in sorted(EVENTS.iterdir())}
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}


def events_from(source):
    """Return the events whose function is fed by such a source, as `pytest.param`s."""
    return [
        pytest.param(json.loads(text), id=name)
        for name, text in TEXTS.items()
        if any(e["Type"] == source for e in FUNCTIONS[function_for(name)]["Events"].values())
    ]


def named(prefix):
    return [
        pytest.param(json.loads(text), id=name)
        for name, text in TEXTS.items()
        if name.startswith(prefix)
    ]


def is_open(event):
    """Say whether the event's route needs no key."""
    routes = {
        (route["Properties"]["Path"], route["Properties"]["Method"]): route["Properties"]
        for function in FUNCTIONS.values()
        for route in function["Events"].values()
        if route["Type"] == "Api"
    }
    path, method = event["resource"], event["httpMethod"]
    route = routes.get((path, method)) or routes[path, "ANY"]
    return route.get("Auth", {}).get("ApiKeyRequired") is False


def each(events):
    return pytest.mark.parametrize("event", events)


# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
API_KEYS = {
    "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
    "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body",
    "isBase64Encoded",
}  # fmt: skip
CONTEXT_KEYS = {
    "accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId",
    "httpMethod", "identity", "path", "protocol", "requestId", "requestTime", "requestTimeEpoch",
    "resourceId", "resourcePath", "stage",
}  # fmt: skip
IDENTITY_KEYS = {
    "accessKey", "accountId", "apiKey", "apiKeyId", "caller", "cognitoAuthenticationProvider",
    "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId",
    "sourceIp", "user", "userAgent", "userArn",
}  # fmt: skip
KEY_KEYS = {"apiKey", "apiKeyId"}  # Not there for a route that needs no key.
ADDED_HEADERS = {
    "Host", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto",
}  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
RECORD_KEYS = {
    "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody",
    "eventSource", "eventSourceARN", "awsRegion",
}  # fmt: skip
ATTRIBUTE_KEYS = {
    "ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp",
}  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
CHANGE_KEYS = {
    "eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb",
    "eventSourceARN",
}  # fmt: skip
STREAMED_KEYS = {
    "ApproximateCreationDateTime", "Keys", "NewImage", "OldImage", "SequenceNumber", "SizeBytes",
    "StreamViewType",
}  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
SCHEDULE_KEYS = {
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
}  # fmt: skip


def asked_by(request):
    route = routing.find(request.method, request.path)
    return binding.read(request, route.operation, route, CONFIG.limits)


def test_every_function_has_an_event_and_every_event_a_function():
    functions = {function_for(name) for name in TEXTS}

    assert functions == set(FUNCTIONS)


def test_every_event_is_tried_by_sam_local_and_no_other_is_named():
    tree = ast.parse((ROOT / "tests/sam/test_sam_local.py").read_text())
    invoked = {
        node.args[1].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "invoke"
    }

    assert invoked == set(TEXTS)


def test_everything_in_the_folder_is_an_event():
    assert {file.suffix for file in EVENTS.iterdir()} == {".json"}


@each(events_from("Api"))
def test_requests_are_whole_proxy_events(event):
    context, identity = event["requestContext"], event["requestContext"]["identity"]

    assert event.keys() == API_KEYS
    assert context.keys() == CONTEXT_KEYS
    assert identity.keys() == IDENTITY_KEYS - (KEY_KEYS if is_open(event) else set())
    assert event["headers"].keys() >= ADDED_HEADERS
    assert event["multiValueHeaders"] == {n: [v] for n, v in event["headers"].items()}


@each(events_from("Api"))
def test_requests_do_not_contradict_themselves(event):
    context = event["requestContext"]
    at = datetime.fromtimestamp(context["requestTimeEpoch"] / 1000, UTC)

    assert context["requestTime"] == at.strftime("%d/%b/%Y:%H:%M:%S +0000")
    assert context["path"] == f"/{context['stage']}{event['path']}"
    assert context["stage"] == TEMPLATE["Resources"]["Api"]["Properties"]["StageName"]
    assert context["httpMethod"] == event["httpMethod"]
    assert event["resource"] == context["resourcePath"]
    proxy = (event["pathParameters"] or {}).get("proxy")
    assert event["path"] == event["resource"].replace("{proxy+}", proxy or "")
    assert event["headers"]["Host"] == context["domainName"]
    assert context["domainName"].startswith(context["domainPrefix"] + ".")
    assert event["headers"]["X-Forwarded-For"] == context["identity"]["sourceIp"]
    assert event["headers"]["User-Agent"] == context["identity"]["userAgent"]
    key = None if is_open(event) else API_KEY
    assert event["headers"].get("x-api-key") == context["identity"].get("apiKey") == key


@each(events_from("Api"))
def test_bodies_are_base64_exactly_where_the_template_says_binary(event):
    api = TEMPLATE["Resources"]["Api"]["Properties"]
    binary = {kind.replace("~1", "/") for kind in api["BinaryMediaTypes"]}

    assert event["isBase64Encoded"] == (event["headers"].get("Content-Type") in binary)


@each(named("api_send_mail"))
def test_mails_are_understood_and_allowed(event):
    request = gateway.read(event)
    asked = asked_by(request)
    domains = {SENDER_DOMAIN: CONFIG.default_domain}
    submitted = submission.read(asked, domains, request.caller, CONFIG.limits)

    assert isinstance(asked, SendMail)
    assert submitted.mail.sender.address.endswith(f"@{SENDER_DOMAIN}")
    assert not asked.subject.isascii()


def test_mails_come_as_json_as_xml_and_with_attachments():
    requests = [gateway.read(param.values[0]) for param in named("api_send_mail")]
    types = [request.body.media_type for request in requests]
    mails = [asked_by(request) for request in requests]

    assert set(types) == {"application/json", "application/xml"}
    assert [bool(mail.attachments) for mail in mails].count(True) == 2


def test_the_mail_as_xml_is_the_sample_of_the_original_with_other_values():
    sample = (ROOT / "tests/conformance/xml_cases/seed.xml").read_bytes()
    body = gateway.read(json.loads(TEXTS["api_send_mail_xml"])).body.data

    assert markup(body) == markup(sample)


def markup(document):
    """Return the document without its values: these begin right after a tag, layout does not."""
    return re.sub(rb">[^<\s][^<]*</", b"></", document.strip())


def test_the_status_asked_for_is_that_of_the_example():
    request = gateway.read(json.loads(TEXTS["api_get_status"]))
    asked = asked_by(request)

    assert asked == GetStatus(message_id=EXAMPLE_ID)
    assert ids.is_id(EXAMPLE_ID)


@each(events_from("SQS"))
def test_queues_hand_over_whole_records(event):
    assert event.keys() == {"Records"}
    for record in event["Records"]:
        assert record.keys() == RECORD_KEYS
        assert record["attributes"].keys() == ATTRIBUTE_KEYS
        assert record["eventSource"] == "aws:sqs"
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()  # noqa: S324 - SQS's own.


def test_no_two_records_are_the_same():
    records = [record for param in events_from("SQS") for record in param.values[0]["Records"]]
    names = sorted(record["messageId"] for record in records)

    assert all(one != other for one, other in pairwise(names))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("delivery", EventType.DELIVERY),
        ("bounce", EventType.BOUNCE),
        ("complaint", EventType.COMPLAINT),
    ],
)
def test_what_ses_tells_is_understood_and_about_the_example(name, kind):
    (record,) = json.loads(TEXTS[f"ses_events_{name}"])["Records"]
    mail = json.loads(json.loads(TEXTS["api_send_mail_json"])["body"])

    event = ses_event.parse(record["body"])

    assert (event.kind, event.message_id, event.attempt) == (kind, EXAMPLE_ID, 1)
    assert [report.address for report in event.reports] == [mail["To"]]
    assert event.at


@each(named("ses_events"))
def test_what_ses_tells_suppresses_nobody(event):
    """Or no example could be mailed any more after that of a bounce or of a complaint."""
    (record,) = event["Records"]

    reports = ses_event.parse(record["body"]).reports

    assert reports
    assert all(report.address.endswith(reputation.SIMULATOR) for report in reports)


def test_the_retry_is_one_of_the_example():
    (record,) = json.loads(TEXTS["resend_retry"])["Records"]

    assert retry_queue.parse(record["body"]).message_id == EXAMPLE_ID


@each(events_from("DynamoDB"))
def test_the_stream_hands_over_whole_changes(event):
    table = TEMPLATE["Resources"]["MessageTable"]["Properties"]
    (record,) = event["Records"]
    change = record["dynamodb"]

    assert record.keys() == CHANGE_KEYS
    assert change.keys() == STREAMED_KEYS
    assert (record["eventSource"], record["eventName"]) == ("aws:dynamodb", "MODIFY")
    assert change["StreamViewType"] == table["StreamSpecification"]["StreamViewType"]
    for image in (change["OldImage"], change["NewImage"]):
        assert image.items() >= change["Keys"].items()


@each(events_from("DynamoDB"))
def test_the_stream_hands_over_what_the_filter_lets_through(event):
    source = FUNCTIONS["WebhooksOutFunction"]["Events"]["RecordChanged"]["Properties"]
    (found,) = source["FilterCriteria"]["Filters"]
    wanted = json.loads(found["Pattern"])["dynamodb"]["Keys"]
    keys = event["Records"][0]["dynamodb"]["Keys"]

    assert keys["pk"]["S"].startswith(wanted["pk"]["S"][0]["prefix"])
    assert keys["sk"]["S"] in wanted["sk"]["S"]


def test_the_change_is_what_the_service_writes_when_the_example_is_delivered():
    change = json.loads(TEXTS["webhooks_out_record_changed"])["Records"][0]["dynamodb"]
    old, new = (items.record_in(change[name]) for name in ("OldImage", "NewImage"))

    (found,) = changes.between(old, new)

    assert (found.type, found.message_id) == (changes.DELIVERED, EXAMPLE_ID)
    assert new.sequence == old.sequence + 1
    for image, record in ((change["OldImage"], old), (change["NewImage"], new)):
        assert image == items.attributes(items.laid_out(record))


def test_the_delivery_is_that_of_the_change():
    change = json.loads(TEXTS["webhooks_out_record_changed"])["Records"][0]["dynamodb"]
    old, new = (items.record_in(change[name]) for name in ("OldImage", "NewImage"))
    (found,) = changes.between(old, new)
    (record,) = json.loads(TEXTS["webhook_delivery"])["Records"]

    key = webhook_queue.parse(record["body"])

    at = rfc3339(round(change["ApproximateCreationDateTime"] * 1000))
    assert key.name == f"{at}#{found.id}"
    assert endpoint.is_endpoint_id(key.endpoint)


@each(events_from("ScheduleV2"))
def test_the_schedule_says_what_a_schedule_without_input_says(event):
    assert event.keys() == SCHEDULE_KEYS
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["detail"] == "{}"


def test_addresses_are_nobodys():
    domains = re.findall(r"@([\w-]+(?:\.[\w-]+)+)", "".join(map(readable, TEXTS.values())))

    assert set(domains) <= {SENDER_DOMAIN, "recipient.example", "simulator.amazonses.com"}


def readable(text):
    event = json.loads(text)
    if event.get("isBase64Encoded"):
        text += base64.b64decode(event["body"]).decode()
    return text
