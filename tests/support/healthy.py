"""What AWS and the DNS say of a stack with which everything is well, for the doctor's tests."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from core.aws.items import attributes
from ops.doctor.configuration_sets import EVENT_TYPES

KEY = "the-key-of-the-first-client"
OUTPUTS = {
    "ApiUrl": "https://mail.example.com/Mail/Send",
    "ApiDomainTarget": "d-1.execute-api.eu-central-1.amazonaws.com",
    "ApiKeyId": "key1",
    "UsagePlanId": "plan1",
    "TableName": "table",
    "ConfigurationSet": "mail-set",
    "EventTopicArn": "arn:aws:sns:eu-central-1:123456789012:events",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    **{
        f"{name}Url": f"https://sqs.eu-central-1.amazonaws.com/123456789012/{name}"
        for name in (
            *("EventQueue", "EventDeadLetters", "RetryQueue", "RetryDeadLetters"),
            *("WebhookQueue", "WebhookDeadLetters"),
        )
    },
}
RESOURCES = {
    "Api": "api1",
    "ApiFunction": "mail-api",
    "ResendFunction": "mail-resend",
    "SesEventsFunction": "mail-ses-events",
    "SweepFunction": "mail-sweep",
    "SweepFunctionEveryMinute": "mail-every-minute",
    "DispatchFunction": "mail-dispatch",
    "DispatchFunctionEveryMinute": "mail-each-minute",
    "WebhooksOutFunction": "mail-webhooks-out",
    "WebhookFunction": "mail-webhook",
    "GaveUpAlarm": "mail-GaveUpAlarm-1",
}
TOKENS = ("one", "two", "three")
IDENTITY: dict[str, Any] = {
    "VerifiedForSendingStatus": True,
    "FeedbackForwardingStatus": False,
    "DkimAttributes": {
        "Status": "SUCCESS",
        "SigningEnabled": True,
        "Tokens": [*TOKENS],
        "SigningHostedZone": "dkim.amazonses.com",
        "SigningAttributesOrigin": "AWS_SES",
        "CurrentSigningKeyLength": "RSA_2048_BIT",
    },
    "MailFromAttributes": {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    },
}
ACCOUNT: dict[str, Any] = {
    "ProductionAccessEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendingEnabled": True,
    "SendQuota": {"MaxSendRate": 14.0, "Max24HourSend": 1000.0, "SentLast24Hours": 10.0},
}
DESTINATION = {
    "Name": "events",
    "Enabled": True,
    "MatchingEventTypes": sorted(EVENT_TYPES),
    "SnsDestination": {"TopicArn": OUTPUTS["EventTopicArn"]},
}
CONFIGURATION_SET = {
    "DeliveryOptions": {"TlsPolicy": "OPTIONAL"},
    "SendingOptions": {"SendingEnabled": True},
    "ReputationOptions": {"ReputationMetricsEnabled": True},
    "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
}
ALIASES = {
    f"{token}._domainkey.example.com CNAME": [f"{token}.dkim.amazonses.com."] for token in TOKENS
}
ZONE: Mapping[str, Any] = ALIASES | {
    "_dmarc.example.com TXT": ['"v=DMARC1; p=reject"'],
    "example.com MX": ["10 mx.example.com."],
    "bounce.example.com MX": ["10 feedback-smtp.eu-central-1.amazonses.com."],
    "bounce.example.com TXT": ['"v=spf1 include:amazonses.com ~all"'],
    "mail.example.com A": ["192.0.2.1"],
    f"{OUTPUTS['ApiDomainTarget']} A": ["192.0.2.1"],
}
PARAMETERS = {
    "SenderDomain": "example.com",
    "DomainName": "mail.example.com",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
}


def identities(**held: Any) -> Callable[[Any], Any]:
    """Answer GetEmailIdentity for these domains, with `_` for a dot."""
    by_name = {name.replace("_", "."): each for name, each in held.items()}
    return lambda call: by_name.get(call["EmailIdentity"], "NotFoundException")


def _queue(call: Any) -> Any:
    name = call["QueueUrl"].rpartition("/")[2]
    attributes = {"QueueArn": name, "ApproximateNumberOfMessages": "0"}
    return {"Attributes": attributes | {"ApproximateNumberOfMessagesNotVisible": "0"}}


STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/table/stream/1"
SOURCES = {
    "mail-resend": "RetryQueue",
    "mail-ses-events": "EventQueue",
    "mail-webhook": "WebhookQueue",
    "mail-webhooks-out": STREAM,
}
"""What feeds a function, by its name."""


def mapping(call: Any, state: str = "Enabled") -> Any:
    source = SOURCES[call["FunctionName"]]
    return {"EventSourceMappings": [{"UUID": "1", "EventSourceArn": source, "State": state}]}


def subscription(arn: str, endpoint: str = "EventQueue") -> Any:
    return {"Subscriptions": [{"SubscriptionArn": arn, "Endpoint": endpoint}]}


NEXT_YEAR = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
HEALTHY: dict[str, Any] = {
    "sesv2.GetAccount": ACCOUNT,
    "sesv2.GetEmailIdentity": identities(example_com=IDENTITY),
    "sesv2.GetConfigurationSet": CONFIGURATION_SET,
    "sesv2.GetConfigurationSetEventDestinations": {"EventDestinations": [DESTINATION]},
    "dynamodb.Query": {"Items": []},
    "dynamodb.DescribeTable": {
        "Table": {"StreamSpecification": {"StreamEnabled": True}, "LatestStreamArn": STREAM}
    },
    "cloudformation.ListStackResources": {
        "StackResourceSummaries": [
            {"LogicalResourceId": name, "PhysicalResourceId": id_}
            for name, id_ in RESOURCES.items()
        ]
    },
    "sns.ListSubscriptionsByTopic": subscription("arn:aws:sns:eu-central-1:123456789012:x"),
    "sqs.GetQueueAttributes": _queue,
    "apigateway.GetAccount": {"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/logs"},
    "apigateway.GetUsagePlan": {"apiStages": [{"apiId": "api1", "stage": "live"}]},
    "apigateway.GetUsagePlanKeys": {"items": [{"id": "key1"}]},
    "apigateway.GetApiKey": {"id": "key1", "value": KEY, "enabled": True},
    "acm.DescribeCertificate": {"Certificate": {"Status": "ISSUED", "NotAfter": NEXT_YEAR}},
    "iam.GetRole": {"Role": {}},
    "lambda.GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
    "lambda.GetFunctionConfiguration": {"CodeSha256": "x", "State": "Active"},
    "lambda.GetFunctionConcurrency": {},
    "lambda.ListAliases": {"Aliases": []},
    "lambda.ListEventSourceMappings": mapping,
    "scheduler.GetSchedule": {"State": "ENABLED"},
    "cloudwatch.DescribeAlarms": {"MetricAlarms": []},
}


def records(**domains: Mapping[str, Any]) -> Any:
    """Answer DynamoDB's Query with the records of domains, with `_` for a dot."""
    return {
        "Items": [
            attributes({"pk": "DOMAIN", "sk": name.replace("_", ".")} | dict(settings))
            for name, settings in domains.items()
        ]
    }


def endpoint(**held: Any) -> dict[str, Any]:
    """Answer DynamoDB's Query of the webhooks with one endpoint, and any other with nothing."""
    item = {
        "pk": "WEBHOOKS",
        "sk": "wh_1",
        "domain": "shop.example",
        "name": "shop",
        "url": "https://receiver.example/hooks?token=abc",
        "enabled": True,
        "created_at": 1,
    }
    found = attributes(item | held)

    def answer(call: Mapping[str, Any]) -> Any:
        is_asked = {"S": "WEBHOOKS"} in call.get("ExpressionAttributeValues", {}).values()
        return {"Items": [found] if is_asked else []}

    return {"dynamodb.Query": answer}
