"""The variables with which all tests run."""

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
}

OF_FUNCTIONS = {
    "TABLE_NAME": "mail",
    "BUCKET_NAME": "mail-content",
    "RETRY_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/retry",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    "RECIPIENT_SECRET": "a secret of the tests",
    "WEBHOOK_SECRET": "another secret of the tests",
    "WEBHOOK_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/webhooks",
    "WEBHOOK_DEAD_LETTERS_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead-webhooks",
    "STACK_ID": "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/of-the-tests",
    "CONFIGURATION_SET": "mail-events",
    "SENDER_DOMAIN": "example.com",
    "DEFAULT_SENDER": "no-reply@example.com",
    "DEFAULT_SENDER_NAME": "",
    "SENDER_IDENTITY": "",
    "CONFIGURATION_NAME": "default",
    "RECORD_RETENTION_DAYS": "90",
    "CONTENT_RETENTION_DAYS": "7",
    "SHOW_CONTENT": "false",
    "RETRY_HOURS": "24",
    "CORS_ORIGINS": "",
    "MAX_BODY_BYTES": "10000000",
    "MAX_RECIPIENTS": "50",
    "SEND_RATE": "0",
    "UNKNOWN_OUTCOME": "resend",
    "UNKNOWN_MEMBERS": "ignore",
    "SUPPRESSION": "true",
    "POWERTOOLS_SERVICE_NAME": "mail",
    "POWERTOOLS_METRICS_NAMESPACE": "Mail",
}
"""What the template sets for its functions. Nobody else has it, such as an operator's shell."""
