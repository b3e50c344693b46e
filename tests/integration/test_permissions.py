"""Every role allows what its function asks of AWS on any of its ways, and nothing else.

The ways are walked here, with a service that fails where it can. Beyond that every test of this
folder is watched (`conftest`): none may make a call that its function's role does not allow.
"""

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from moto import mock_aws
from support.account import create_resources
from support.faults import Fault
from support.gateway import Context, proxy_event
from support.mails import MAIL
from support.permissions import FUNCTIONS, Grant, Watch, grants, watch
from support.ses_events import batch
from support.template import ROOT, Evaluation
from support.world import BOUNCED, FORGIVEN, World, world

from core.aws import clients
from core.aws.endpoints import Endpoints
from core.config import CONFIG
from core.message.reputation import Tally
from core.webhooks.endpoint import Endpoint
from handlers import metadata, preflight, resend, sweep, webhook, webhooks_out
from local.sam import EXAMPLE_ID

UNCALLED = {
    # What Lambda does in the role's name, and we never do ourselves.
    "logs:CreateLogStream": "every function's log",
    "logs:PutLogEvents": "every function's log",
    "sqs:ReceiveMessage": "Lambda reads the queue for the function",
    "sqs:DeleteMessage": "Lambda deletes what the function is done with",
    "sqs:GetQueueAttributes": "Lambda asks how much there is to do",
    "sqs:ChangeMessageVisibility": "Lambda gives back what it could not hand over",
    "dynamodb:DescribeStream": "Lambda reads the table's stream for the function",
    "dynamodb:GetRecords": "Lambda reads the table's stream for the function",
    "dynamodb:GetShardIterator": "Lambda reads the table's stream for the function",
    "dynamodb:ListStreams": "Lambda reads the table's stream for the function",
}
LARGE = MAIL | {"Text": "t" * 100_001}
FILE = MAIL | {"Attachments": [{"Bytes": base64.b64encode(b"abc").decode(), "Name": "a.txt"}]}
CORS = {"CorsOrigins": "*"}
"""With it every function is there."""
THROTTLED = Fault("sesv2.SendEmail#1", "throttled")


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


def send(service: World) -> None:
    for mail in (MAIL, LARGE, FILE):
        service.post(mail)
    for _ in range(2):
        service.post(MAIL, key="the same")
    service.status(next(iter(service.records())))
    service.post(MAIL, oneway=True)
    service.post(MAIL, fault=THROTTLED)
    for fault in (Fault("s3.PutObject/1#1", "broken", lasting=True), None):
        service.post(FILE, key="taken back", fault=fault)


def retry(service: World) -> None:
    for mail in (LARGE, FILE):
        service.post(mail, fault=THROTTLED)
    service.run_on()


def give_up(service: World) -> None:
    service.outage = replace(THROTTLED, lasting=True)
    service.post(MAIL)
    service.run_on()
    assert service.all_letters()


def fail_unheard(service: World) -> None:
    """Fail in the sweep, which leaves the letter: nobody says what became of a try."""
    service.set_policy("fail")
    service.post(MAIL, fault=Fault("sesv2.SendEmail#1", "timeout"))
    service.run_on()


def lose_a_function(service: World) -> None:
    """Die in the middle: the sweep puts the message back into the queue."""
    service.post(MAIL, fault=Fault("sesv2.SendEmail#1", "killed"))
    service.run_on()


def try_blindly(service: World) -> None:
    """Let the sweep hear of others' mails while one has no answer: it waits a little longer."""
    service.outage = Fault("sesv2.SendEmail#1", "timeout")
    service.post(MAIL)
    service.run_on(until=service.clock.now + 3000)
    service.outage = None
    service.post(MAIL)
    service.run_on()


def hear(service: World) -> None:
    for fate in (FORGIVEN, BOUNCED):
        service.fate = fate
        service.post(MAIL)  # To the one whom the events name.
        service.tell_all()
    service.post(MAIL | {"To": "bob@recipient.example"})
    event = service.events[-1]
    event["mail"]["tags"] = {}
    service.tell(event)


def count(service: World) -> None:
    """Send what is counted, and read the domains where another try would."""
    service.set_cap(9)
    service.post(MAIL, fault=THROTTLED)
    service.clock.now += 60
    resend.domain_table._read_at = float("-inf")
    service.work_off()
    service.set_cap(1)
    service.post(MAIL, key="k")


def pause(service: World) -> None:
    service.configure(on_bad_rates="pause")
    with service.aside():
        bad = Tally(outcomes=100, bounces=50)
        sweep.counters.add(CONFIG.default_domain.domain, bad, int(service.clock.now))
    service.sweep()


def wait_in_line(service: World) -> None:
    """Line up behind a single mail of a slow account; then wait for the next day, and too long."""
    service.quota["MaxSendRate"] = 0.02
    service.dispatch()
    for _ in range(3):
        service.post(MAIL, oneway=True)
    service.post(MAIL, fault=THROTTLED)
    reply = service.post(MAIL, oneway=True)
    assert reply
    service.status(json.loads(reply["body"])["MessageId"])
    service.outage = Fault("sesv2.SendEmail#1", "used up")
    service.post(MAIL)
    service.clock.now += 10
    service.quota["SentLast24Hours"] = service.quota["Max24HourSend"]
    service.run_on(until=service.clock.now + 600)
    service.configure(paused="manual")
    service.forget_domains()
    service.run_on()
    assert service.all_letters()


def find(service: World) -> None:
    """Find mails by each index, show one with its content, send it again, and cancel one."""
    reply = service.post(FILE | {"Reference": "r"})
    assert reply
    message_id = json.loads(reply["body"])["MessageId"]
    for query in ({}, {"Reference": "r"}, {"Recipient": MAIL["To"]}, {"Status": "failed"}):
        service.get("/Mail", **query)
    service.get(f"/Mail/{message_id}")
    service.configure(show_content=True)
    service.forget_domains()
    assert service.get(f"/Mail/{message_id}/Content")["statusCode"] == HTTPStatus.OK
    service.ask(f"/Mail/{message_id}/Resend", {})
    with service.aside():
        for held in clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name)["Contents"]:
            clients.s3().delete_object(Bucket=CONFIG.bucket_name, Key=held["Key"])
    service.ask(f"/Mail/{message_id}/Resend", {})
    reply = service.post(MAIL, oneway=True)
    assert reply
    service.ask(f"/Mail/{json.loads(reply['body'])['MessageId']}/Cancel", {})


def tell(service: World) -> None:
    """Make a webhook, change it, give it another secret, test it, play that again, delete it."""
    url = "https://orders.example.com/mail-events"

    def done(path: str, **asked: str) -> dict[str, str]:
        reply = service.ask(path, asked)
        assert reply
        assert reply["statusCode"] == HTTPStatus.OK, reply["body"]
        return dict(json.loads(reply["body"]))

    webhook_id = done("/Webhook", Name="Orders", Url=url)["Id"]
    done("/Webhook", Id=webhook_id, Name="Other")
    service.get("/Webhook")
    done(f"/Webhook/{webhook_id}/Secret")
    told = done(f"/Webhook/{webhook_id}/Test")
    service.get(f"/Webhook/{webhook_id}/Deliveries")
    done(f"/Webhook/{webhook_id}/Replay", DeliveryId=told["Id"], Since=told["At"])
    done(f"/Webhook/{webhook_id}/Replay", State="pending")
    done(f"/Webhook/{webhook_id}/Delete")


ENDPOINT = Endpoint(
    id="wh_01jd9zk4m6t0v3q8w2x5y7b1cd",
    domain=CONFIG.default_domain.domain,
    name="all",
    url="https://127.0.0.1/",  # Which the guard does not call.
    created_at=1,
)


def tell_a_receiver(service: World) -> None:
    """Tell a receiver that fails until the sweep wakes it, and then is gone; bury what is odd."""
    endpoints = Endpoints(clients.dynamodb(), CONFIG.table_name)
    service.post(MAIL)
    changes = [changed(message_id, state) for message_id in service.records() for state in ODD]
    with service.aside():
        endpoints.add(ENDPOINT)
    service.invoke(lambda: webhooks_out.handler({"Records": changes}, Context()))  # type: ignore[arg-type]
    call_receivers(service)
    service.clock.now += 1000
    service.sweep()
    with service.aside():
        endpoints.delete(ENDPOINT.id)
    call_receivers(service)
    with service.aside():
        endpoints.add(ENDPOINT)
    for change in changes:  # As an operator plays them again.
        hand_over(service, json.dumps({"Change": change}))


ODD = ({}, {"state": {"S": "one that only a later version knows"}})
"""What is other than usual in a record: nothing, or something that nobody can read."""


def changed(message_id: str, other: dict[str, Any]) -> dict[str, Any]:
    """Return the example of what the stream tells, about a message of this account."""
    text = (ROOT / "events/webhooks_out_record_changed.json").read_text()
    (change,) = json.loads(text.replace(EXAMPLE_ID, message_id))["Records"]
    change["dynamodb"]["NewImage"] |= other
    return dict(change)


def call_receivers(service: World) -> None:
    """Let the function call all that can be received."""
    with service.aside():
        reply = clients.sqs().receive_message(
            QueueUrl=CONFIG.webhook_queue_url, MaxNumberOfMessages=10
        )
    bodies = [message["Body"] for message in reply["Messages"]]
    for body in bodies:
        hand_over(service, body)


def hand_over(service: World, body: str) -> None:
    service.invoke(lambda: webhook.handler(batch(body), Context()))  # type: ignore[arg-type]


def look(_service: World) -> None:
    for path in ("/", "/metadata", "/openapi.json", "/types/csharp"):
        event = {"httpMethod": "GET", "path": path, "headers": {}}
        metadata.handler(event, Context())  # type: ignore[arg-type]
    preflight.handler(proxy_event("OPTIONS", "/Mail/Send", key=None), Context())  # type: ignore[arg-type]


WAYS = (
    *(send, retry, give_up, fail_unheard, lose_a_function, try_blindly, hear, count, pause),
    *(wait_in_line, find, tell, tell_a_receiver, look),
)


@pytest.fixture(scope="module")
def walked() -> Watch:
    """Walk all ways, each in an empty account."""
    with mock_aws(), watch() as made:
        create_resources()
        for way in WAYS:
            with world() as service:
                way(service)
    return made


@pytest.fixture
def needed(walked: Watch) -> dict[str, set[Grant]]:
    return walked.needed


def test_every_role_allows_what_its_function_needs(needed: dict[str, set[Grant]], walked: Watch):
    assert {name for name, asked in needed.items() if asked} == set(FUNCTIONS) - {
        "metadata",
        "preflight",
    }
    assert walked.refused() == {}


def test_no_role_allows_more_than_its_function_needs(needed: dict[str, set[Grant]]):
    over = {
        (name, grant.action, grant.resource, grant.key)
        for name, asked in needed.items()
        for grant in grants(name, Evaluation(CORS))
        if grant.action not in UNCALLED and not any(grant.covers(need) for need in asked)
    }

    assert over == set()


WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


@pytest.mark.parametrize(
    ("function", "written"),
    [
        ("api", {"MSG#*", "KEY#*", "CAP#*", "PACE", "WEBHOOKS", "HOOK#*"}),
        ("dispatch", {"MSG#*", "PACE"}),
        ("resend", {"MSG#*", "PACE"}),
        ("ses_events", {"MSG#*", "SUPPRESSED#*", "RATES", "HEARD"}),
        ("sweep", {"MSG#*", "DOMAIN", "HOOK#*"}),
        ("webhook", {"WEBHOOKS", "HOOK#*"}),
        ("webhooks_out", {"HOOK#*"}),
        ("metadata", set()),
        ("preflight", set()),
    ],
)
def test_a_function_writes_its_own_kinds_of_items_only(function: str, written: set[str]):
    allowed = {g.key for g in grants(function, Evaluation(CORS)) if g.action in WRITES}

    assert allowed == written


def test_no_function_reads_the_table_without_naming_a_key():
    for function in FUNCTIONS:
        for grant in grants(function, Evaluation(CORS)):
            if grant.action in UNCALLED:
                continue
            if grant.action.startswith("dynamodb:") and "/index/" not in grant.resource:
                assert grant.key != "*"
                assert grant.action != "dynamodb:Scan"


@pytest.mark.parametrize(
    ("parameters", "sender", "may"),
    [
        ({}, "a@example.com", True),
        ({}, "a@other.example", False),
        ({}, "a@example.com.other.example", False),
        ({}, "a@sub.example.com", False),
        ({"MoreSenderDomains": "other.example,third.example"}, "a@example.com", True),
        ({"MoreSenderDomains": "other.example,third.example"}, "a@third.example", True),
        ({"MoreSenderDomains": "other.example,third.example"}, "a@fourth.example", False),
        ({"SesSandbox": "true"}, "a@other.example", False),
        (
            {"SenderDomain": "mg.example.com", "SenderIdentity": "example.com"},
            "a@example.com",
            True,
        ),
        ({"SenderDomain": "mg.example.com"}, "a@example.com", False),
        (
            {"SenderDomain": "mg.example.com", "SenderIdentity": "bill@example.com"},
            "bill@example.com",
            True,
        ),
        (
            {"SenderDomain": "mg.example.com", "SenderIdentity": "bill@example.com"},
            "a@example.com",
            False,
        ),
    ],
)
@pytest.mark.parametrize("function", ["api", "resend"])
def test_mails_come_from_configured_domains_only(
    function: str, parameters: dict[str, str], sender: str, may: bool
):
    allowed = [
        grant
        for grant in grants(function, Evaluation(parameters))
        if grant.action == "ses:SendEmail"
    ]
    domain = sender.rpartition("@")[2]
    identities = [grant for grant in allowed if ":identity/" in grant.resource]

    assert allowed
    assert all(grant.senders for grant in allowed)
    assert may is any(
        grant.covers(Grant("ses:SendEmail", grant.resource.replace("*", domain), (sender,)))
        for grant in identities
    )


KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-4000-8000-000000000000"


def test_a_key_of_ones_own_may_be_used_as_far_as_the_calls_need_it(
    needed: dict[str, set[Grant]],
):
    """What the services ask of KMS in the caller's name, from their developer guides."""
    by_call = {
        "dynamodb": {"kms:Decrypt"},
        "s3:GetObject": {"kms:Decrypt"},
        "s3:PutObject": {"kms:GenerateDataKey"},
        "sqs:SendMessage": {"kms:GenerateDataKey", "kms:Decrypt"},
        "sqs:ReceiveMessage": {"kms:Decrypt"},  # Lambda's, in the role's name.
    }
    for name, asked in needed.items():
        allowed = grants(name, Evaluation({"KmsKeyArn": KEY} | CORS))
        called = {g.action for g in asked} | {g.action for g in allowed if g.action in UNCALLED}
        due = {
            Grant(action, KEY)
            for call, actions in by_call.items()
            for action in actions
            if any(one.startswith(call) for one in called)
        }

        assert {grant for grant in allowed if grant.action.startswith("kms:")} == due
        assert not any(g.action.startswith("kms:") for g in grants(name, Evaluation(CORS)))
