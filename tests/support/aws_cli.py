"""Commands of the AWS CLI in our documents, held against AWS's own descriptions of its services.

The CLI makes its commands and options of the same descriptions
(https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-commandstructure.html), so what is not
in them the CLI refuses. Some it has besides, made by hand.
"""

import re
import shlex
from collections.abc import Iterator

import boto3
from botocore import xform_name

_GLOBAL = re.compile(r"--(query|output|region|profile|endpoint-url)[ =]('[^']*'|\S+)")
"""Options of every command, which may stand anywhere."""
_BY_HAND = {"s3", "logs tail"}
_RENAMED = {("sns", "subscribe", "endpoint"): "notification-endpoint"}
"""Options with another name in the CLI than in AWS's description."""


def faults(command: str) -> Iterator[str]:
    """Yield what the AWS CLI would refuse of `aws SERVICE OPERATION --option value ...`."""
    words = shlex.split(_GLOBAL.sub("", command), comments=True)
    _, service, operation, *options = words
    if {service, f"{service} {operation}"} & _BY_HAND:
        return
    client = boto3.client(service, region_name="eu-central-1")
    model = client.meta.service_model
    if operation == "wait":
        if options[0].replace("-", "_") not in client.waiter_names:
            yield f"{service} cannot wait for {options[0]}"
        return
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        yield f"{service} has no {operation}"
        return
    shape = model.operation_model(operations[operation]).input_shape
    members = {
        _RENAMED.get((service, operation, option), option): member
        for name, member in shape.members.items()
        for option in [xform_name(name, "-")]
    }
    given = {word[2:] for word in options if word.startswith("--")}
    booleans = {f"no-{name}": name for name, held in members.items() if held.type_name == "boolean"}
    named = {booleans.get(name, name) for name in given}
    yield from (f"{operation} has no --{name}" for name in sorted(named - members.keys()))
    is_whole = "..." not in words  # Which stands for what the reader fills in, or knows.
    required = {xform_name(name, "-") for name in shape.required_members if is_whole}
    yield from (f"{operation} needs --{name}" for name in sorted(required - named))
