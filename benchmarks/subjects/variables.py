"""The environment of every measured function: Lambda's own variables, and the template's."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tooling.aws_here import clean_environment
from tooling.paths import ROOT
from tooling.template import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.subjects.packages import Subject

TABLE, BUCKET = "mail-MessageTable", "mail-content"
_QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333"
_NAMED = {
    "MessageTable": TABLE,
    "ContentBucket": BUCKET,
    "RetryQueue": f"{_QUEUE}/mail-RetryQueue",
    "RetryDeadLetters": f"{_QUEUE}/mail-RetryDeadLetters",
    "WebhookQueue": f"{_QUEUE}/mail-WebhookQueue",
    "WebhookDeadLetters": f"{_QUEUE}/mail-WebhookDeadLetters",
    "ConfigurationSet": "mail-ConfigurationSet",
    "SenderDomain": "example.com",
    "RecipientSecret": "the key of the hashes of recipients",
    "WebhookSecret": "the key of the secrets of webhooks",
    "AWS::StackId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/mail/bench",
}


@cache
def template() -> Any:
    """Return what is deployed."""
    return parse((ROOT / "template.yaml").read_text())


@cache
def template_variables() -> Mapping[str, str]:
    """Return what the template sets for all functions, and for the API's.

    Its parameters have their defaults.
    """
    values = {
        name: str(parameter["Default"])
        for name, parameter in template()["Parameters"].items()
        if "Default" in parameter
    }
    everybodys = template()["Globals"]["Function"]
    apis = template()["Resources"]["ApiFunction"]["Properties"]
    variables = everybodys["Environment"]["Variables"] | apis["Environment"]["Variables"]
    known = values | _NAMED
    return {name: _resolved(value, known) for name, value in variables.items()}


def _resolved(value: Any, known: Mapping[str, str]) -> str:
    match value:
        case {"Ref": name}:
            return known[name]
        case {"Fn::Sub": str(text)}:
            for name, replacement in {**known, "AWS::StackName": "mail"}.items():
                text = text.replace(f"${{{name}}}", replacement)
            # CloudFormation puts the secret itself in the place of its name.
            return text.removeprefix("{{resolve:secretsmanager:").removesuffix("}}")
        case {"Fn::If": [_, _, otherwise]}:  # Our conditions ask whether a parameter is given.
            return _resolved(otherwise, known)
        case str() | int():
            return str(value)
        case _:
            raise ValueError(f"The template says what is not understood here: {value}")


def environment(subject: Subject, runtime_api: str, aws: str) -> dict[str, str]:
    """Return the whole environment of a function: the same for all, whatever they read of it."""
    return {
        **clean_environment(),
        **template_variables(),
        "AWS_ENDPOINT_URL": aws,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": "mail",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "LAMBDA_TASK_ROOT": str(subject.folder),
        "TZ": ":UTC",
        "WEBHOOKS_TO_LOOPBACK": "true",
        "PYTHONDONTWRITEBYTECODE": "1",  # /var/task cannot be written to.
    }
