"""The environment that the service reads once, set before anything imports it."""

import os

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "TABLE_NAME": "mail",
    "BUCKET_NAME": "mail-content",
    "RETRY_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/retry",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    "CONFIGURATION_SET": "mail-events",
    "SENDER_DOMAIN": "example.com",
    "DEFAULT_SENDER": "no-reply@example.com",
    "DEFAULT_SENDER_NAME": "",
    "CONFIGURATION_NAME": "default",
    "RECORD_RETENTION_DAYS": "90",
    "CONTENT_RETENTION_DAYS": "7",
    "RETRY_HOURS": "24",
    "CORS_ORIGINS": "",
    "UNKNOWN_OUTCOME": "resend",
    "POWERTOOLS_SERVICE_NAME": "mail",
    "POWERTOOLS_METRICS_NAMESPACE": "Mail",
}
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

import moto  # noqa: E402, F401 - before any client is made, so that it can answer all of them
