"""What the doctor says of each state of an account, of AWS, and of the DNS."""

import datetime as dt
import json
import re
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from support import healthy
from support.aws_answers import Answers
from support.aws_cli import faults
from support.dns import Server, dns_server
from support.healthy import (
    ACCOUNT,
    CONFIGURATION_SET,
    DESTINATION,
    HEALTHY,
    IDENTITY,
    OUTPUTS,
    PARAMETERS,
    ZONE,
)
from support.template import ROOT, TEMPLATE, Evaluation

from core.aws.items import attributes
from core.webhooks.endpoint import BY_CALLER, GONE, SILENT
from ops.api_keys import hash_of
from ops.doctor.configuration_sets import EVENT_TYPES, OPEN_TYPES
from ops.doctor.findings import Finding
from ops.doctor.groups import WITHOUT_MAIL, of_group
from ops.doctor.resolver import Resolver
from ops.doctor.subject import Subject
from ops.stack import Stack

type Examined = Callable[..., Subject]
FAILING_SINCE = int(dt.datetime(2026, 11, 20, 9, 15, tzinfo=dt.UTC).timestamp())


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with dns_server() as running:
        yield running


@pytest.fixture
def dns(server: Server) -> Server:
    """A DNS in which everything is there."""
    server.zone.clear()
    server.zone |= ZONE
    server.asked.clear()
    server.refuses = False
    return server


@pytest.fixture(scope="session")
def aws() -> Answers:
    return Answers({})


@pytest.fixture
def subject(dns: Server, aws: Answers) -> Examined:
    """Make a healthy stack, with other answers, records (None: none) and parameters."""

    def _subject(
        answers: dict[str, Any] | None = None,
        zone: dict[str, Any] | None = None,
        parameters: dict[str, str] | None = None,
    ) -> Subject:
        dns.zone |= zone or {}
        values = Evaluation(PARAMETERS | (parameters or {})).values
        aws.table = HEALTHY | (answers or {})
        aws.asked.clear()
        stack_id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/1"
        given = {name: str(value) for name, value in values.items()}
        return Subject(Stack(aws, stack_id, OUTPUTS, given), Resolver.at(dns.address), pause=0)

    return _subject


def findings(subject: Subject) -> list[Finding]:
    """Examine everything but the mail."""
    return [finding for group in WITHOUT_MAIL for finding in of_group(subject, group)]


def test_a_healthy_stack_has_nothing_but_ok(subject: Examined) -> None:
    found = findings(subject())

    assert [finding for finding in found if finding.level != "ok"] == []
    assert len(found) > 25


def account(**changed: Any) -> dict[str, Any]:
    return {"sesv2.GetAccount": ACCOUNT | changed}


def quota(**changed: float) -> dict[str, Any]:
    return account(SendQuota=ACCOUNT["SendQuota"] | changed)


def identity(**changed: Any) -> dict[str, Any]:
    return {"sesv2.GetEmailIdentity": healthy.identities(example_com=IDENTITY | changed)}


def dkim(**changed: Any) -> dict[str, Any]:
    return identity(DkimAttributes=IDENTITY["DkimAttributes"] | changed)


def mail_from(**changed: Any) -> dict[str, Any]:
    return identity(MailFromAttributes=IDENTITY["MailFromAttributes"] | changed)


def events(**changed: Any) -> dict[str, Any]:
    answer = {"EventDestinations": [DESTINATION | changed]}
    return {"sesv2.GetConfigurationSetEventDestinations": answer}


def configuration_set(**changed: Any) -> dict[str, Any]:
    return {"sesv2.GetConfigurationSet": CONFIGURATION_SET | changed}


def key(**changed: Any) -> dict[str, Any]:
    return {"apigateway.GetApiKey": HEALTHY["apigateway.GetApiKey"] | changed}


def certificate(**changed: Any) -> dict[str, Any]:
    held = HEALTHY["acm.DescribeCertificate"]["Certificate"]
    return {"acm.DescribeCertificate": {"Certificate": held | changed}}


def clock(**changed: int) -> dict[str, Any]:
    """Answer with the clock of the pace, and no domains."""
    item = attributes({"pk": "PACE", "sk": "CLOCK"} | changed)
    return {
        "dynamodb.Query": lambda call: {
            "Items": [item] if call["ExpressionAttributeValues"][":pk"] == {"S": "PACE"} else []
        }
    }


class Case(NamedTuple):
    """One thing that is not well, and the words of what is found."""

    level: str
    what: str
    remedy: str
    answers: Mapping[str, Any] = {}
    zone: Mapping[str, Any] = {}
    parameters: Mapping[str, str] = {}


SANDBOX = account(ProductionAccessEnabled=False)
DMARC = "_dmarc.example.com TXT"
SPF = "bounce.example.com TXT"
PENDING = {
    "VerifiedForSendingStatus": False,
    "DkimAttributes": {"Status": "PENDING", "Tokens": ["t1"]},
}


def without(function: str) -> dict[str, Any]:
    """Answer as Lambda does for a function that somebody has deleted."""
    held = HEALTHY["lambda.GetFunctionConfiguration"]
    return {
        "lambda.GetFunctionConfiguration": lambda call: (
            "ResourceNotFoundException" if call["FunctionName"] == function else held
        )
    }


FREES_AT = int(time.time()) + 5 * 3600
SOON = dt.datetime.now(dt.UTC) + dt.timedelta(days=10.5)
QUEUE_OF_3 = {
    "Attributes": {
        "QueueArn": "EventQueue",
        "ApproximateNumberOfMessages": "2",
        "ApproximateNumberOfMessagesNotVisible": "1",
    }
}
CASES = {
    "in the sandbox, unknown to the stack": Case(
        "failure",
        "sandbox, and the stack does not know",
        "make deploy STACK=mail SANDBOX=1",
        SANDBOX,
    ),
    "in the sandbox": Case(
        "warning",
        "is in the SES sandbox: it mails to verified",
        "put-account-details --production-access-enabled",
        SANDBOX,
        parameters={"SesSandbox": "true"},
    ),
    "out of the sandbox, unknown to the stack": Case(
        "warning",
        "has left the SES sandbox",
        "make deploy STACK=mail SANDBOX=0",
        parameters={"SesSandbox": "true"},
    ),
    "reviewed": Case(
        "warning", "(PROBATION)", "https://console", account(EnforcementStatus="PROBATION")
    ),
    "suspended": Case("failure", "(SHUTDOWN)", "https://", account(EnforcementStatus="SHUTDOWN")),
    "switched off": Case(
        "failure",
        "Sending is switched off for the account",
        "sesv2 put-account-sending-attributes --sending-enabled --region eu-central-1",
        account(SendingEnabled=False),
    ),
    "more rate than workers": Case(
        "warning",
        "takes 50 recipients a second, too many for SendConcurrency=5",
        "SendConcurrency=15'",
        quota(MaxSendRate=50.0),
    ),
    "more rate than an event source has workers": Case(
        "warning", "takes 5000 rec", "SendConcurrency=1000'", quota(MaxSendRate=5000.0)
    ),
    "more of the rate than workers": Case(
        "warning",
        "of which waiting mails may use 30 (SendRate), too many for SendConcurrency=5",
        "SendConcurrency=9'",
        quota(MaxSendRate=50.0),
        parameters={"SendRate": "30"},
    ),
    "most of the day": Case(
        "warning", "800 of 1,000 mails", "Service Quotas", quota(SentLast24Hours=800.0)
    ),
    "all of the day": Case(
        "failure",
        "1,000 of 1,000 mails of the last 24 hours are used up: mails wait until the oldest are 24"
        " hours ago.",
        "Service Quotas",
        quota(SentLast24Hours=1000.0),
    ),
    "all of the day, and it is known when it frees": Case(
        "failure",
        f"24 hours ago, at about {time.strftime('%H:%M', time.gmtime(FREES_AT))} UTC.",
        "Service Quotas",
        quota(SentLast24Hours=1000.0) | clock(closed_until=FREES_AT),
    ),
    "all of the day, and SES has just said so": Case(
        "failure",
        "24 hours ago.",
        "Service Quotas",
        quota(SentLast24Hours=1000.0) | clock(closed_until=int(time.time()) + 290),
    ),
    "all of the day, and nothing else can be read": Case(
        "failure",
        "24 hours ago.",
        "Service Quotas",
        quota(SentLast24Hours=1000.0) | {"dynamodb.Query": "AccessDeniedException"},
    ),
    "a domain that SES does not know": Case(
        "failure",
        "example.com: SES does not know it",
        "create-email-identity --email-identity example.com",
        {"sesv2.GetEmailIdentity": "NotFoundException"},
    ),
    "a domain that is not verified": Case(
        "failure",
        "has not verified it yet (DKIM: PENDING)",
        "t1._domainkey.example.com CNAME t1.dkim.amazonses.com",
        identity(**PENDING),
    ),
    "an own hosted zone": Case(
        "failure",
        "has not verified it yet",
        "one._domainkey.example.com CNAME one.zone.example",
        identity(
            VerifiedForSendingStatus=False,
            DkimAttributes=IDENTITY["DkimAttributes"] | {"SigningHostedZone": "zone.example"},
        ),
    ),
    "no longer signed": Case(
        "failure",
        "does not sign its mails (DKIM: FAILED)",
        "three._domainkey.example.com CNAME three.dkim.amazonses.com\n"
        "# Once they are published, let SES look again:\n"
        "aws sesv2 put-email-identity-dkim-signing-attributes --email-identity example.com",
        dkim(Status="FAILED"),
    ),
    "signing off": Case(
        "failure", "signing (DKIM) is switched off", "--signing-enabled", dkim(SigningEnabled=False)
    ),
    "a short key": Case(
        "warning",
        "with a key of 1024 bits",
        "NextSigningKeyLength=RSA_2048_BIT",
        dkim(CurrentSigningKeyLength="RSA_1024_BIT"),
    ),
    "an alias that is gone": Case(
        "failure",
        "1 of its DKIM records is missing",
        "two._domainkey.example.com CNAME two.dkim.amazonses.com",
        zone={"two._domainkey.example.com CNAME": []},
    ),
    "an alias of something else": Case(
        "failure",
        "1 of its DKIM records is missing",
        "two._domainkey.example.com CNAME two.dkim.amazonses.com",
        zone={"two._domainkey.example.com CNAME": ["other.dkim.amazonses.com."]},
    ),
    "a key of one's own that is gone": Case(
        "failure",
        "2 of its DKIM records are missing",
        "b._domainkey.example.com TXT",
        dkim(SigningAttributesOrigin="EXTERNAL", Tokens=["a", "b"]),
    ),
    "a parent that is verified": Case(
        "failure",
        "with the identity customer.example, and the stack's roles allow mg.customer.example only",
        "SenderIdentity=customer.example'",
        {"sesv2.GetEmailIdentity": healthy.identities(customer_example=IDENTITY)},
        parameters={"SenderDomain": "mg.customer.example"},
    ),
    "an identity that the parameters do not mean": Case(
        "failure",
        "with the identity example.com, and the stack's roles allow parent.example only",
        "PARAMETERS='SenderIdentity='",
        parameters={"SenderIdentity": "parent.example"},
    ),
    "a domain that the roles do not know": Case(
        "failure",
        "shop.example: the stack's roles allow no mails",
        "PARAMETERS='MoreSenderDomains=shop.example'",
        {"dynamodb.Query": healthy.records(shop_example={})},
    ),
    "a domain whose settings are broken": Case(
        "failure",
        "example.com: its settings cannot be used",
        "./mailctl --stack mail domains show example.com",
        {"dynamodb.Query": healthy.records(example_com={"retry_hours": "99"})},
    ),
    "a paused domain": Case(
        "warning",
        "example.com: it is paused (manual)",
        "domains resume example.com",
        {"dynamodb.Query": healthy.records(example_com={"paused": "manual"})},
    ),
    "an address that is not verified": Case(
        "failure",
        "the address in SenderIdentity is not verified",
        "Click the link",
        {
            "sesv2.GetEmailIdentity": lambda call: (
                {"VerifiedForSendingStatus": False}
                if "@" in call["EmailIdentity"]
                else "NotFoundException"
            )
        },
        parameters={"SenderIdentity": "ada@example.com"},
    ),
    "no MAIL FROM domain": Case(
        "warning",
        "has no MAIL FROM domain",
        "bounce.example.com MX 10 feedback-smtp.eu-central-1.amazonses.com",
        identity(MailFromAttributes={"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}),
    ),
    "a MAIL FROM domain without records": Case(
        "warning",
        "MAIL FROM domain bounce.example.com (FAILED); meanwhile",
        'bounce.example.com TXT "v=spf1 include:amazonses.com ~all"\n'
        "# Once they are published, let SES look again:\n"
        "aws sesv2 put-email-identity-mail-from-attributes --email-identity example.com"
        " --mail-from-domain bounce.example.com --behavior-on-mx-failure USE_DEFAULT_VALUE",
        mail_from(MailFromDomainStatus="FAILED"),
    ),
    "a MAIL FROM domain that must not be without": Case(
        "failure",
        "(PENDING), and refuses its mails",
        "bounce.example.com MX 10",
        mail_from(MailFromDomainStatus="PENDING", BehaviorOnMxFailure="REJECT_MESSAGE"),
    ),
    "no MX": Case(
        "failure", "its MX record for SES is missing", "MX 10", zone={"bounce.example.com MX": []}
    ),
    "the MX of another region": Case(
        "failure",
        "its MX record for SES is missing",
        "feedback-smtp.eu-central-1.amazonses.com",
        zone={"bounce.example.com MX": ["10 feedback-smtp.us-east-1.amazonses.com."]},
    ),
    "two MX": Case(
        "failure",
        "it has 2 MX records",
        "MX 10",
        zone={
            "bounce.example.com MX": [
                *("10 feedback-smtp.eu-central-1.amazonses.com.", "20 mx.example.com.")
            ]
        },
    ),
    "no SPF": Case("failure", "its SPF record is missing", "v=spf1", zone={SPF: ['"v=spf10"']}),
    "two SPF": Case(
        "failure",
        "it has 2 SPF records",
        "v=spf1 include:amazonses.com ~all",
        zone={SPF: ['"v=spf1 include:amazonses.com ~all"', '"V=SPF1 -all"']},
    ),
    "SPF of another": Case(
        "failure",
        "its SPF record does not let SES mail in its name (fail)",
        'TXT "v=spf1 include:amazonses.com include:other.example -all"',
        zone={
            SPF: ['"v=spf1 include:other.example -all"'],
            "other.example TXT": ['"v=spf1 -all"'],
        },
    ),
    "SPF that ends before SES": Case(
        "failure",
        "does not let SES mail in its name (softfail)",
        'TXT "v=spf1 include:amazonses.com ~all"',
        zone={SPF: ['"v=spf1 ~all include:amazonses.com"']},
    ),
    "SPF of addresses": Case(
        "warning",
        "The doctor does not compare addresses",
        'TXT "v=spf1 include:amazonses.com ip4:192.0.2.1 -all"',
        zone={SPF: ['"v=spf1 ip4:192.0.2.1 -all"']},
    ),
    "SPF that is not valid": Case(
        "failure",
        "is not valid, so it does nothing: inclued:amazonses.com is no term of SPF",
        "include:amazonses.com",
        zone={SPF: ['"v=spf1 inclued:amazonses.com -all"']},
    ),
    "SPF that asks too much": Case(
        "failure",
        "needs more than 10 questions",
        "include:amazonses.com",
        zone={SPF: ['"v=spf1 a a a a a a a a a a include:amazonses.com -all"']},
    ),
    "SPF for anybody": Case(
        "warning", "lets anybody", "~all", zone={SPF: ['"v=spf1 include:amazonses.com +all"']}
    ),
    "feedback forwarding": Case(
        "warning",
        "mails every bounce and complaint to the sender",
        "--email-identity example.com --no-email-forwarding-enabled",
        identity(FeedbackForwardingStatus=True),
    ),
    "no DMARC": Case(
        "warning",
        "has no DMARC record",
        "In place of YOUR_ADDRESS goes an address at example.com, for reports:\n"
        '_dmarc.example.com TXT "v=DMARC1; p=none; rua=mailto:YOUR_ADDRESS"\n'
        "# Later, once the reports name no sender of yours that fails, in its place:\n"
        '# _dmarc.example.com TXT "v=DMARC1; p=quarantine;',
        zone={DMARC: []},
    ),
    "p=none": Case(
        "warning",
        "do nothing (p=none, by the record at _dmarc.example.com)",
        'TXT "v=DMARC1; p=quarantine; rua=mailto:a@b.c; adkim=s"',
        zone={DMARC: ['"v=DMARC1;p=none;rua=mailto:a@b.c;adkim=s"']},
    ),
    "p=none, and nobody hears of it": Case(
        "warning", "(p=none", "first add rua=mailto:", zone={DMARC: ['"v=DMARC1; p=none"']}
    ),
    "a parent's policy for those below it": Case(
        "warning",
        "mg.example.com: DMARC asks receivers to do nothing (sp=none, by the record at"
        " _dmarc.example.com)",
        '_dmarc.example.com TXT "v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@b.c"',
        zone={
            DMARC: ['"v=DMARC1; p=reject; sp=none; rua=mailto:a@b.c"'],
            "mg.example.com MX": ["10 mx.example.com."],
        },
        parameters={"SenderDomain": "mg.example.com", "SenderIdentity": "example.com"},
    ),
    "a policy that is none": Case(
        "warning",
        "do nothing (p=rejected is no policy, by",
        'TXT "v=DMARC1; p=quarantine; rua=mailto:a@b.c"',
        zone={DMARC: ['"v=DMARC1; p=rejected; rua=mailto:a@b.c"']},
    ),
    "a policy that is none for others": Case(
        "warning",
        "no policy is named by sp=rejected",
        'TXT "v=DMARC1; p=reject"',
        zone={DMARC: ['"v=DMARC1; p=reject; sp=rejected"']},
    ),
    "a record that is none": Case(
        "warning",
        "is no DMARC record, as v=DMARC1 must come first",
        'TXT "p=reject; v=DMARC1"',
        zone={DMARC: ['"p=reject; v=DMARC1"']},
    ),
    "a test": Case(
        "warning",
        "only tested (t=y",
        'TXT "v=DMARC1; p=reject; rua=mailto:a@b.c"',
        zone={DMARC: ['"v=DMARC1; p=reject; t=y; rua=mailto:a@b.c"']},
    ),
    "tags that are gone": Case(
        "warning",
        "has removed pct",
        'TXT "v=DMARC1; p=reject"',
        zone={DMARC: ['"v=DMARC1; p=reject; pct=50; ri=60"']},
    ),
    "two DMARC records": Case(
        "warning",
        "several DMARC records",
        '_dmarc.example.com TXT "v=DMARC1; p=none"',
        zone={DMARC: ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']},
    ),
    "nothing aligned": Case(
        "failure",
        "its mails fail DMARC",
        "create-email-identity --email-identity mg.example.com",
        {"sesv2.GetEmailIdentity": healthy.identities(example_com=IDENTITY)},
        {DMARC: ['"v=DMARC1; p=reject; adkim=s; aspf=s"']},
        {"SenderDomain": "mg.example.com", "SenderIdentity": "example.com"},
    ),
    "no configuration set": Case(
        "failure",
        "no such configuration set",
        "--deployment-mode REVERT_DRIFT",
        {"sesv2.GetConfigurationSet": "NotFoundException"},
    ),
    "a configuration set that is paused": Case(
        "failure",
        "its sending is switched off",
        "put-configuration-set-sending-options --configuration-set-name mail-set --sending-enabled",
        configuration_set(SendingOptions={"SendingEnabled": False}),
    ),
    "no reputation metrics": Case(
        "warning",
        "reputation metrics",
        "--reputation-metrics-enabled",
        configuration_set(ReputationOptions={"ReputationMetricsEnabled": False}),
    ),
    "no suppression": Case(
        "warning",
        "after a complaint",
        "--suppressed-reasons BOUNCE COMPLAINT",
        configuration_set(SuppressionOptions={"SuppressedReasons": ["BOUNCE"]}),
    ),
    "events off": Case(
        "failure",
        "event destination events is switched off",
        "update-configuration-set-event-destination",
        events(Enabled=False),
    ),
    "events elsewhere": Case(
        "failure",
        "do not go to the stack's topic",
        "create-configuration-set-event-destination",
        events(SnsDestination={"TopicArn": "arn:other"}),
    ),
    "events that are missing": Case(
        "failure",
        "do not reach the stack: BOUNCE, DELIVERY_DELAY",
        '"DELIVERY_DELAY"',
        events(MatchingEventTypes=["SEND", "REJECT", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE"]),
    ),
    "opens that are missing": Case(
        "failure", "stack: CLICK, OPEN", '"OPEN"', parameters={"TrackOpens": "true"}
    ),
    "a set of another stack": Case(
        "failure",
        "other-set: the stack's roles and its topic know it only",
        "docs/operations.md",
        {"dynamodb.Query": healthy.records(example_com={"configuration_set": "other-set"})},
    ),
    "a domain's own set that is gone": Case(
        "failure",
        "mail-own: SES has no such configuration set",
        "create-configuration-set --configuration-set-name mail-own",
        {
            "dynamodb.Query": healthy.records(example_com={"configuration_set": "mail-own"}),
            "sesv2.GetConfigurationSet": lambda call: (
                CONFIGURATION_SET
                if call["ConfigurationSetName"] == "mail-set"
                else "NotFoundException"
            ),
        },
        parameters={"MoreSenderDomains": "shop.example"},
    ),
    "a queue that is not filled": Case(
        "failure",
        "topic does not fill the event queue",
        r"""--attributes '{"RawMessageDelivery":"true","RedrivePolicy":"{\"deadLetterTargetArn\":"""
        r""" \"EventDeadLetters\"}"}' --region""",
        {"sns.ListSubscriptionsByTopic": healthy.subscription("arn:x", "another queue")},
    ),
    "a queue that is not emptied": Case(
        "failure",
        "mail-resend does not empty its queue (Disabled)",
        "update-event-source-mapping --uuid 1 --enabled",
        {
            "lambda.ListEventSourceMappings": {
                "EventSourceMappings": [
                    {"UUID": "1", "EventSourceArn": name, "State": "Disabled"}
                    for name in ("RetryQueue", "EventQueue")
                ]
            }
        },
    ),
    "a stream that nobody reads": Case(
        "failure",
        "mail-webhooks-out does not read the table's stream, so no webhook",
        "aws lambda create-event-source-mapping --function-name mail-webhooks-out"
        f" --event-source-arn {healthy.STREAM} ",
        {
            "lambda.ListEventSourceMappings": lambda call: (
                {"EventSourceMappings": []}
                if call["FunctionName"] == "mail-webhooks-out"
                else healthy.mapping(call)
            )
        },
    ),
    "a stream that is read no more": Case(
        "failure",
        "mail-webhooks-out does not read the table's stream (Disabled), so no webhook",
        "update-event-source-mapping --uuid 1 --enabled",
        {"lambda.ListEventSourceMappings": lambda call: healthy.mapping(call, "Disabled")},
    ),
    "a table that was restored": Case(
        "failure",
        "The table has no stream, so no webhook",
        "dynamodb update-table --table-name table --stream-specification StreamEnabled=true",
        {"dynamodb.DescribeTable": {"Table": {}}},
    ),
    "a stream that took the place of another": Case(
        "failure",
        "mail-webhooks-out does not read the table's stream, so no webhook",
        "lambda delete-event-source-mapping --uuid 1 ",
        {
            "dynamodb.DescribeTable": {
                "Table": {
                    "StreamSpecification": {"StreamEnabled": True},
                    "LatestStreamArn": healthy.STREAM.replace("/1", "/2"),
                }
            }
        },
    ),
    "nobody to read the stream": Case(
        "failure",
        "Nobody reads the table's stream: the function mail-webhooks-out is gone.",
        "REVERT_DRIFT",
        without("mail-webhooks-out"),
    ),
    "a queue of webhooks that is not emptied": Case(
        "failure",
        "mail-webhook does not empty its queue (Disabled)",
        "update-event-source-mapping --uuid 1 --enabled",
        {"lambda.ListEventSourceMappings": lambda call: healthy.mapping(call, "Disabled")},
    ),
    "an endpoint that fails": Case(
        "warning",
        "wh_1 (shop.example): its receiver does not take what it is sent. Calls have failed since"
        " 2026-11-20 09:15 UTC.",
        "./mailctl --stack mail webhooks deliveries wh_1 --tries",
        healthy.endpoint(failing_since=FAILING_SINCE),
    ),
    "an endpoint that failed for too long": Case(
        "warning",
        f"wh_1 (shop.example): it is disabled. {SILENT} Calls have failed since 2026-11-20",
        "./mailctl --stack mail webhooks replay wh_1",
        healthy.endpoint(enabled=False, disabled_reason=SILENT, failing_since=FAILING_SINCE),
    ),
    "an endpoint that wants no more": Case(
        "warning",
        f"wh_1 (shop.example): it is disabled. {GONE}",
        "./mailctl --stack mail webhooks save wh_1 --enable",
        healthy.endpoint(enabled=False, disabled_reason=GONE),
    ),
    "a sweep that does not run": Case(
        "failure",
        "The sweep does not run (DISABLED)",
        "mail-every-minute",
        {"scheduler.GetSchedule": {"State": "DISABLED"}},
    ),
    "a dispatcher that does not run": Case(
        "failure",
        "The dispatcher does not run (DISABLED): mails that are lined up",
        "mail-each-minute",
        {
            "scheduler.GetSchedule": lambda call: {
                "State": "DISABLED" if call["Name"] == "mail-each-minute" else "ENABLED"
            }
        },
    ),
    "a dispatcher whose function is gone": Case(
        "failure", "its function mail-dispatch is gone", "REVERT_DRIFT", without("mail-dispatch")
    ),
    "a sweep whose schedule is gone": Case(
        "failure",
        "its schedule mail-every-minute is gone",
        "REVERT_DRIFT",
        {"scheduler.GetSchedule": "ResourceNotFoundException"},
    ),
    "a sweep whose function is gone": Case(
        "failure", "its function mail-sweep is gone", "REVERT_DRIFT", without("mail-sweep")
    ),
    "a function that is gone": Case(
        "failure",
        "The function mail-api is gone.",
        "ParameterKey=SenderDomain,UsePreviousValue=true",
        without("mail-api"),
    ),
    "a worker that is gone": Case(
        "failure",
        "Nobody empties the queue of mail-resend: the function is gone.",
        "execute-change-set --stack-name mail",
        without("mail-resend"),
    ),
    "a stack of another version": Case(
        "warning",
        "What runs every minute could not be read: the stack has no DispatchFunctionEveryMinute",
        "",
        {
            "cloudformation.ListStackResources": {
                "StackResourceSummaries": [
                    each
                    for each in HEALTHY["cloudformation.ListStackResources"][
                        "StackResourceSummaries"
                    ]
                    if each["LogicalResourceId"] != "DispatchFunctionEveryMinute"
                ]
            }
        },
    ),
    "dead letters": Case(
        "warning",
        "3 dead letters: mails",
        "./mailctl --stack mail redrive",
        {"sqs.GetQueueAttributes": QUEUE_OF_3},
    ),
    "dead letters of the webhooks": Case(
        "warning",
        "3 dead letters: webhooks",
        "./mailctl --stack mail redrive webhooks",
        {"sqs.GetQueueAttributes": QUEUE_OF_3},
    ),
    "a plan without a stage": Case(
        "failure",
        "does not open the API",
        "op=add,path=/apiStages,value=api1:live",
        {"apigateway.GetUsagePlan": {"apiStages": []}},
    ),
    "a key that is off": Case(
        "failure",
        "key1 is switched off",
        "op=replace,path=/enabled,value=true",
        key(enabled=False),
    ),
    "a key that is off beside another": Case(
        "warning",
        "key1 is switched off",
        "op=replace,path=/enabled,value=true",
        {
            "apigateway.GetUsagePlanKeys": {"items": [{"id": "key1"}, {"id": "key2"}]},
            "apigateway.GetApiKey": lambda call: {
                "id": call["apiKey"],
                "value": call["apiKey"],
                "enabled": call["apiKey"] == "key2",
            },
        },
    ),
    "a key on no plan": Case(
        "failure",
        "not on the usage plan",
        "create-usage-plan-key --usage-plan-id plan1",
        {"apigateway.GetUsagePlanKeys": {"items": []}},
    ),
    "a domain without a key": Case(
        "failure",
        "example.com: no key opens it",
        "domains rotate-key example.com",
        {"dynamodb.Query": healthy.records(shop_example={"api_keys": [hash_of(healthy.KEY)]})},
        parameters={"MoreSenderDomains": "shop.example"},
    ),
    "a listed key that is gone": Case(
        "warning",
        "example.com: open to 1 key; its list has 1 more",
        "domains show example.com",
        {
            "dynamodb.Query": healthy.records(
                example_com={"api_keys": [hash_of(healthy.KEY), hash_of("gone")]}
            )
        },
    ),
    "a key that opens nothing": Case(
        "warning",
        "1 key that no domain lists",
        "admit-key",
        {"dynamodb.Query": healthy.records(example_com={"api_keys": [hash_of("gone")]})},
    ),
    "a name that is not in the DNS": Case(
        "failure",
        "mail.example.com is not in the DNS",
        "mail.example.com CNAME d-1.execute-api",
        zone={"mail.example.com A": []},
    ),
    "a name that leads elsewhere": Case(
        "warning",
        "leads elsewhere",
        "mail.example.com CNAME d-1.execute-api",
        zone={"mail.example.com A": ["198.51.100.1"]},
    ),
    "a certificate that is not valid yet": Case(
        "failure",
        "(PENDING_VALIDATION)",
        "_x.mail.example.com. CNAME _y.acm-validations.aws.",
        certificate(
            Status="PENDING_VALIDATION",
            DomainValidationOptions=[
                {
                    "ResourceRecord": {
                        "Name": "_x.mail.example.com.",
                        "Type": "CNAME",
                        "Value": "_y.acm-validations.aws.",
                    }
                }
            ],
        ),
    ),
    "a certificate that is gone": Case(
        "failure",
        "The certificate for mail.example.com is gone",
        "",
        {"acm.DescribeCertificate": "ResourceNotFoundException"},
    ),
    "a certificate that ends": Case("warning", "ends in 10 days", "", certificate(NotAfter=SOON)),
    "a small account": Case(
        "warning",
        "Lambda runs 10 functions of the account at a time, and this stack needs 50",
        "--quota-code L-B99A9384",
        {"lambda.GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}},
    ),
    "a reservation that is too small": Case(
        "warning", "ApiConcurrency=7", "ApiConcurrency=25", parameters={"ApiConcurrency": "7"}
    ),
    "a function that is stopped": Case(
        "failure",
        "mail-api is stopped",
        "delete-function-concurrency --function-name mail-api",
        {
            "lambda.GetFunctionConcurrency": lambda call: (
                {"ReservedConcurrentExecutions": 0} if call["FunctionName"] == "mail-api" else {}
            )
        },
    ),
    "a function that failed to start": Case(
        "failure",
        "mail-api is not ready (Failed, Successful)",
        "make deploy",
        {"lambda.GetFunctionConfiguration": {"CodeSha256": "x", "State": "Failed"}},
    ),
    "two packages": Case(
        "warning",
        "The 7 functions run 7 different packages",
        "make deploy",
        {"lambda.GetFunctionConfiguration": lambda call: {"CodeSha256": call["FunctionName"]}},
    ),
    "an alias": Case(
        "warning",
        "mail-api has an alias (live)",
        "delete-alias --function-name mail-api --name live",
        {"lambda.ListAliases": {"Aliases": [{"Name": "live"}]}},
    ),
    "no role for logs": Case(
        "warning",
        "has no role to log with",
        "ApiGatewayLogRole=create",
        {"apigateway.GetAccount": {}},
    ),
    "a role for logs that is gone": Case(
        "warning", "is gone (logs)", "ApiGatewayLogRole=create", {"iam.GetRole": "NoSuchEntity"}
    ),
    "nobody hears": Case(
        "warning",
        "Nobody hears of alarms.",
        "make deploy STACK=mail ALARM_ADDRESS=",
        {"sns.ListSubscriptionsByTopic": {"Subscriptions": []}},
    ),
    "nobody has confirmed": Case(
        "warning",
        "the subscription is not confirmed",
        "sns subscribe",
        {"sns.ListSubscriptionsByTopic": healthy.subscription("PendingConfirmation")},
    ),
    "an alarm": Case(
        "warning",
        "GaveUpAlarm rings: A message was given up on",
        "docs/operations.md#alarms",
        {
            "cloudwatch.DescribeAlarms": {
                "MetricAlarms": [
                    {
                        "AlarmName": "mail-GaveUpAlarm-1",
                        "AlarmDescription": "A message was given up on",
                    }
                ]
            }
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_well_is_said_with_what_mends_it(subject: Examined, name: str) -> None:
    case = CASES[name]

    found = findings(subject({**case.answers}, {**case.zone}, {**case.parameters}))

    (said,) = [each for each in found if case.what in each.what]
    assert said.level == case.level
    assert case.remedy in "\n".join(said.remedy)


def test_how_an_endpoint_is_told_of_shows_no_url(subject: Examined) -> None:
    found = findings(subject(healthy.endpoint(failing_since=FAILING_SINCE)))

    assert "receiver.example" not in str(found)


def test_endpoints_that_work_or_that_their_owner_has_disabled_are_well(subject: Examined) -> None:
    for held in ({}, {"enabled": False, "disabled_reason": BY_CALLER, "failing_since": 1}):
        found = findings(subject(healthy.endpoint(**held)))

        assert [each for each in found if each.level != "ok"] == []
        assert "1 endpoint of webhooks, none of which fails." in [each.what for each in found]


def test_a_stream_is_read_again_as_the_template_has_it(subject: Examined) -> None:
    nobody = {"lambda.ListEventSourceMappings": {"EventSourceMappings": []}}

    (said,) = [each for each in findings(subject(nobody)) if "read the table's" in each.what]

    words = shlex.split(said.remedy[-1])
    given = dict(pairwise(words))
    held = Evaluation(PARAMETERS).resources("AWS::Serverless::Function")["WebhooksOutFunction"]
    wanted = held["Properties"]["Events"]["RecordChanged"]["Properties"]
    (pattern,) = json.loads(given["--filter-criteria"])["Filters"]
    assert json.loads(pattern["Pattern"]) == json.loads(
        wanted["FilterCriteria"]["Filters"][0]["Pattern"]
    )
    assert given["--starting-position"] == wanted["StartingPosition"]
    assert given["--batch-size"] == str(wanted["BatchSize"])
    assert given["--parallelization-factor"] == str(wanted["ParallelizationFactor"])
    window = str(wanted["MaximumBatchingWindowInSeconds"])
    assert given["--maximum-batching-window-in-seconds"] == window
    assert ("--bisect-batch-on-function-error" in words) is wanted["BisectBatchOnFunctionError"]
    letters = {"OnFailure": {"Destination": "WebhookDeadLetters"}}
    assert json.loads(given["--destination-config"]) == letters
    known = {"Stream", "DestinationConfig", "FilterCriteria", "StartingPosition", "BatchSize"}
    known |= {"ParallelizationFactor", "MaximumBatchingWindowInSeconds"}
    assert wanted.keys() == known | {"BisectBatchOnFunctionError"}
    assert list(faults(said.remedy[-1])) == []


def test_records_that_ses_waits_for_are_printed_once(subject: Examined) -> None:
    zone = dict.fromkeys(healthy.ALIASES, ())

    found = findings(subject(identity(**PENDING | {"DkimAttributes": IDENTITY["DkimAttributes"]})))
    gone = findings(
        subject(
            identity(VerifiedForSendingStatus=False),
            zone,
        )
    )

    assert len([line for each in found for line in each.remedy if " CNAME " in line]) == 3
    assert len([line for each in gone for line in each.remedy if " CNAME " in line]) == 3
    assert any("3 of its DKIM records are missing" in each.what for each in gone)


def test_a_mail_from_domain_that_ses_waits_for_is_printed_once(subject: Examined) -> None:
    zone = {"bounce.example.com MX": [], SPF: []}

    found = findings(subject(mail_from(MailFromDomainStatus="PENDING"), zone))

    lines = [line for each in found for line in each.remedy]
    assert len([line for line in lines if line.startswith("bounce.example.com ")]) == 2
    assert len([each for each in found if "missing in the DNS" in each.what]) == 2


def test_an_identity_that_is_there_is_not_to_be_created(subject: Examined) -> None:
    nothing = {"MailFromAttributes": {}, "DkimAttributes": {"Status": "PENDING", "Tokens": []}}

    (said,) = [each for each in findings(subject(identity(**nothing))) if "fail DMARC" in each.what]

    assert said.remedy == ("# They pass once SES signs them: see Domains above.",)


def test_what_is_useless_goes_in_one_change(subject: Examined) -> None:
    record = '"v=DMARC1; p=reject; sp=x; pct=5; adkim=s"'

    found = findings(subject({}, {DMARC: [record]}))

    better = '_dmarc.example.com TXT "v=DMARC1; p=reject; adkim=s"'
    assert [each.remedy[-1] for each in found if each.level == "warning"] == [better] * 2


@pytest.mark.parametrize(
    "held", [['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'], ['"v=dmarc1; p=reject"']]
)
def test_a_record_that_nobody_can_use_is_one_line(subject: Examined, held: list[str]) -> None:
    said = [each for each in findings(subject({}, {DMARC: held})) if each.level != "ok"]

    assert len(said) == 1
    assert "no DMARC record, so" not in said[0].what


def test_no_sentence_holds_an_address(subject: Examined) -> None:
    answers = {"sesv2.GetEmailIdentity": lambda _: IDENTITY | {"FeedbackForwardingStatus": True}}
    of = {"SenderIdentity": "ada@example.com"}

    found = findings(subject(answers, {}, of))

    said = " ".join(each.what for each in found)
    assert "...@example.com" in said
    assert "ada" not in said
    assert any("--email-identity ada@example.com" in line for each in found for line in each.remedy)


def test_a_domain_below_the_verified_one_is_covered(subject: Examined) -> None:
    answers = {"sesv2.GetEmailIdentity": healthy.identities(example_com=IDENTITY)}
    of = {"SenderDomain": "mg.example.com", "SenderIdentity": "example.com"}

    said = {each.what: each.level for each in findings(subject(answers, {}, of))}
    means = "DKIM (example.com) and SPF (bounce.example.com)"

    assert "mg.example.com: covered by the identity example.com." in said
    assert f"mg.example.com: its mails pass DMARC by {means}." in said
    assert {*said.values()} == {"ok"}


def test_one_identity_is_examined_once_however_many_domains_it_covers(subject: Examined) -> None:
    of = {"MoreSenderDomains": "a.example.com,b.example.com"}

    said = [each.what for each in findings(subject({}, {}, of))]

    assert len([what for what in said if "verified by SES" in what]) == 1
    assert len([what for what in said if "covered by" in what]) == 2


# What cannot be read

OPERATIONS = sorted(HEALTHY)
_PERMISSION = re.compile(r"\b[a-z]+:[A-Z]\w+")


def permission(operation: str) -> str:
    service, _, name = operation.partition(".")
    if service == "apigateway":
        return "apigateway:GET"
    return f"{'ses' if service == 'sesv2' else service}:{name}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_an_operator_may_not_read_is_a_warning_that_names_the_permission(
    subject: Examined, operation: str
) -> None:
    found = findings(subject({operation: "AccessDeniedException"}))

    said = [each for each in found if each.level != "ok"]
    assert said
    nothing = [each for each in said if each.what.startswith("Nothing of this could be looked at")]
    assert {each.level for each in nothing} <= {"failure"}
    said = [each for each in said if each not in nothing]
    assert all(each.is_unread for each in said)
    assert {each.level for each in said} == {"warning"}
    assert all(f"it needs the permission {permission(operation)}." in each.what for each in said)
    assert any(each.level == "ok" for each in found)


def test_the_permissions_are_those_of_the_documentation(subject: Examined) -> None:
    text = (ROOT / "docs/operations.md").read_text()
    section = text.partition("\n## Doctor\n")[2].partition("\n## ")[0]

    asked = subject()
    findings(asked)

    needed = {permission(operation) for operation in asked.stack.aws.asked}
    assert {*_PERMISSION.findall(section)} == needed | {"cloudformation:DescribeStacks"}


def test_throttled_calls_are_repeated(subject: Examined) -> None:
    answers: list[Any] = ["TooManyRequestsException", "ThrottlingException", ACCOUNT]

    found = findings(subject({"sesv2.GetAccount": lambda _: answers.pop(0)}))

    assert {each.level for each in found} == {"ok"}
    assert answers == []


def test_patience_with_throttling_ends(subject: Examined) -> None:
    found = findings(subject({"sesv2.GetAccount": "TooManyRequestsException"}))

    said = next(each for each in found if each.level != "ok")
    assert said.level == "warning"
    assert "could not be read: TooManyRequestsException (sesv2 GetAccount)" in said.what


def test_a_dns_that_does_not_answer_is_a_warning_and_soon_not_asked_any_more(
    subject: Examined, dns: Server
) -> None:
    examined = subject()
    dns.refuses = True

    found = findings(examined)

    said = [each for each in found if each.level != "ok"]
    assert {each.level for each in said} == {"warning"}
    assert len(said) == 4
    assert len({*dns.asked}) == 2
    assert "no DNS server answers (DNS=address:port" in said[-1].what


def test_the_doctor_looks_for_what_the_template_has() -> None:
    given = Evaluation({"TrackOpens": "true"})
    resources = given.decided(TEMPLATE["Resources"])
    destination = resources["EventDestination"]["Properties"]["EventDestination"]
    types = {"deliveryDelay": "DELIVERY_DELAY", "renderingFailure": "RENDERING_FAILURE"}
    told = {types.get(kind, kind.upper()) for kind in destination["MatchingEventTypes"]}
    alarms = {name for name, held in resources.items() if held["Type"] == "AWS::CloudWatch::Alarm"}
    functions = {
        name for name, held in resources.items() if held["Type"] == "AWS::Serverless::Function"
    }

    assert told == EVENT_TYPES | OPEN_TYPES
    assert resources["Api"]["Properties"]["StageName"] == "live"
    assert alarms == {name for name in resources if name.endswith("Alarm")}
    assert functions == {name for name in resources if name.endswith("Function")}
    assert {"ResendFunction", "SesEventsFunction", "Api", "SweepFunction"} <= resources.keys()
    assert resources["SweepFunction"]["Properties"]["Events"].keys() == {"EveryMinute"}


# A stack that is not what its names promise


@pytest.mark.parametrize("output", sorted(OUTPUTS.keys() - {"ApiDomainTarget", "ApiUrl"}))
def test_an_output_that_is_missing_is_named_and_hides_nothing_else(
    subject: Examined, output: str
) -> None:
    examined = subject()
    examined.stack.outputs.pop(output)

    found = findings(examined)

    said = [
        each for each in found if each.level != "ok" and f"the stack has no {output}" in each.what
    ]
    assert said
    assert sum(each.level == "ok" for each in found) > 10


def test_a_function_that_is_gone_hides_no_other(subject: Examined) -> None:
    stopped = {
        "lambda.GetFunctionConcurrency": lambda call: (
            {"ReservedConcurrentExecutions": 0} if call["FunctionName"] == "mail-resend" else {}
        )
    }

    said = " ".join(each.what for each in findings(subject(without("mail-api") | stopped)))

    assert "The function mail-api is gone." in said
    assert "mail-resend is stopped" in said


def test_what_matters_and_could_not_be_read_is_a_failure(subject: Examined) -> None:
    account, *_ = WITHOUT_MAIL

    found = [*of_group(subject({"sesv2.GetAccount": "AccessDeniedException"}), account)]

    assert [each.level for each in found] == ["warning", "failure"]
    assert "nobody knows whether mails go out" in found[1].what


def test_in_the_sandbox_its_small_rate_is_no_warning(subject: Examined) -> None:
    small = account(ProductionAccessEnabled=False, SendQuota={"MaxSendRate": 1.0})

    found = findings(subject(small, {}, {"SesSandbox": "true"}))

    (said,) = [each for each in found if "SES takes" in each.what]
    assert said.level == "ok"
    assert said.what == "SES takes 1 recipient a second, and SendConcurrency=5 keeps up with it."


# An emulator


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> Examined:
    """Make a stack that boto3 finds by AWS_ENDPOINT_URL, whose answers are those of AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    def _emulated(answers: dict[str, Any], **parameters: str) -> Subject:
        values = Evaluation(PARAMETERS | parameters).values
        given = {name: str(value) for name, value in values.items()}
        stack_id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/1"
        return Subject(Stack(Answers(HEALTHY | answers), stack_id, OUTPUTS, given), Resolver(None))

    return _emulated


def test_on_an_emulator_nothing_is_said_of_what_it_has_not(emulated: Examined) -> None:
    small = {"lambda.GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}}

    found = findings(emulated(small))

    said = " ".join(each.what for each in found)
    assert "certificate" not in said
    assert "Lambda runs" not in said
    assert emulated({}).base_url == "http://127.0.0.1:9"


EVERYTHING_WRONG = {
    **account(ProductionAccessEnabled=False, SendQuota={"MaxSendRate": 1.0}),
    **without("mail-api"),
    "apigateway.GetAccount": {},
    "sns.ListSubscriptionsByTopic": {"Subscriptions": []},
    "sesv2.GetConfigurationSet": "NotFoundException",
    "apigateway.GetApiKey": "NotFoundException",
}


def test_no_remedy_for_an_emulator_goes_to_an_account(emulated: Examined) -> None:
    found = findings(emulated(EVERYTHING_WRONG, MoreSenderDomains="shop.example"))

    lines = [line for each in found for line in each.remedy if not line.startswith("#")]
    commands = [line for line in lines if line.startswith(("make ", "aws "))]
    assert len(commands) >= 3
    assert not any(line.startswith("make deploy") for line in commands)
    assert all("--endpoint-url http" in line for line in commands if line.startswith("aws "))
    told = [line for each in found for line in each.remedy if "local/stack.py" in line]
    assert any("put SesSandbox=true into _PARAMETERS" in line for line in told)


def test_the_simulators_dns_is_asked_where_ses_is_the_simulator(
    emulated: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Subject.of(emulated({}).stack, "192.0.2.1").dns.asked.nameservers == ["192.0.2.1"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:8025")

    asked = Subject.of(emulated({}).stack).dns.asked

    assert asked is not None
    assert (asked.nameservers, asked.port) == (["127.0.0.1"], 8025)
