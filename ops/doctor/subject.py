"""The stack that is examined: how its AWS is asked, and how commands for it are written."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Never
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from ops.doctor.resolver import Resolver
from ops.doctor.unread import NotRead
from tooling import ports
from tooling.aws_here import Aws

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ops.stack import Stack

_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_TRIES = 10
_IAM_PREFIXES = {"sesv2": "ses"}
"""The names of services in IAM, where boto3 has another one."""
_HOSTS_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_WORDS = {
    ("SesSandbox", "true"): "SANDBOX=1",
    ("SesSandbox", "false"): "SANDBOX=0",
    ("AlarmAddress", "YOUR_ADDRESS"): "ALARM_ADDRESS=YOUR_ADDRESS",
}
"""What `make deploy` calls some parameters."""


class Told(dict[str, str]):
    """What CloudFormation tells of a stack, by name: `NotRead` for a name that is not there."""

    def __missing__(self, name: str) -> Never:
        raise NotRead(
            f"the stack has no {name}, so another version of the template made it:"
            " `make deploy` brings it"
        )


@dataclass
class Subject:
    """A stack under examination. Its outputs and parameters are `Told`."""

    stack: Stack
    dns: Resolver
    pause: float = 1.0
    """Seconds to wait when AWS asks for patience: all calls of SESv2 that only read have one
    request per second together, in the whole account."""
    _clients: dict[str, Any] = field(default_factory=dict)
    _identities: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: Stack, dns: str = "") -> Subject:
        """Ask the DNS of `dns`, else of this machine; for `make run` that of the SES simulator.

        Raises `ValueError` if `dns` is not the address of a server (`Resolver.at`).
        """
        return cls(stack, Resolver.at(dns or _simulators(stack)))

    def __post_init__(self) -> None:
        outputs, parameters = Told(self.stack.outputs), Told(self.stack.parameters)
        self.stack = replace(self.stack, outputs=outputs, parameters=parameters)

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = self.stack.aws.client(service)
        return self._clients[service]

    def ask(
        self, service: str, operation: str, *, absent: Collection[str] = (), **arguments: Any
    ) -> Any:
        """Call an operation that only reads, by boto3's name; None for an error in `absent`.

        Raises `NotRead` for every other error, once patience with throttling has not helped.
        """
        call = getattr(self.client(service), operation)
        with self.reading(service):
            for left in reversed(range(_TRIES)):
                try:
                    return call(**arguments)
                except ClientError as error:
                    code = error.response["Error"]["Code"]
                    if code in absent:
                        return None
                    if code not in _THROTTLED or not left:
                        raise
                    time.sleep(self.pause)
        raise AssertionError  # The last try has returned or raised.

    @contextmanager
    def reading(self, service: str) -> Iterator[None]:
        """Turn errors of botocore into `NotRead`, for code that has a client of its own."""
        try:
            yield
        except ClientError as error:
            raise NotRead(_reason(service, error)) from None
        except BotoCoreError as error:
            raise NotRead(f"{type(error).__name__} ({service})") from None

    def identity(self, name: str) -> Any:
        """Return what SES's GetEmailIdentity says of a domain or an address; None: not there."""
        if name not in self._identities:
            self._identities[name] = self.ask(
                "sesv2", "get_email_identity", absent=("NotFoundException",), EmailIdentity=name
            )
        return self._identities[name]

    @cached_property
    def resources(self) -> Mapping[str, str]:
        """The physical ids of the stack's resources, by their names in the template."""
        with self.reading("cloudformation"):
            pages = self.client("cloudformation").get_paginator("list_stack_resources")
            return Told(
                (held["LogicalResourceId"], held.get("PhysicalResourceId", ""))
                for page in pages.paginate(StackName=self.name)
                for held in page["StackResourceSummaries"]
            )

    def resource(self, name: str) -> str:
        """Return the physical id of a resource; raises `NotRead` if the stack lacks it."""
        return self.resources[name]

    def output(self, name: str) -> str:
        """Return an output of the stack; raises `NotRead` if it lacks it."""
        return self.stack.outputs[name]

    def queue_arn(self, output: str) -> str:
        """Return the ARN of the queue whose URL is an output of the stack."""
        answer = self.ask(
            "sqs",
            "get_queue_attributes",
            QueueUrl=self.output(output),
            AttributeNames=["QueueArn"],
        )
        return str(answer["Attributes"]["QueueArn"])

    @property
    def is_local(self) -> bool:
        """Whether AWS is an emulator, as for the stack of `make run` (or by AWS_ENDPOINT_URL)."""
        return _is_here(self._endpoint)

    @property
    def _endpoint(self) -> str:
        return str(self.client("cloudformation").meta.endpoint_url)

    @property
    def base_url(self) -> str:
        """Where the API is: `/Mail/Send` comes behind it."""
        if self.is_local:  # The host name in its outputs leads to no port.
            return self._endpoint
        return self.output("ApiUrl").removesuffix("/Mail/Send")

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.stack.id.split("/")[1]

    @property
    def region(self) -> str:
        return str(self.client("cloudformation").meta.region_name)

    def parameter(self, name: str) -> str:
        """Return a parameter of the stack; "" if it is empty, or the stack is older than it."""
        return self.stack.parameters.get(name, "")

    def aws_command(self, command: str) -> str:
        """Return a command of the AWS CLI for this stack's account and region."""
        service = command.partition(" ")[0]
        where = f"--region {self.region}"
        if self.is_local:
            where += f" --endpoint-url {self.client(service).meta.endpoint_url}"
        return f"aws {command} {where}"

    def mailctl(self, command: str) -> str:
        """Return one of the operator's commands for this stack."""
        is_of_run = isinstance(self.stack.aws, Aws)
        return f"./mailctl {'' if is_of_run else f'--stack {self.name} '}{command}"

    def deploy(self, parameter: str = "", value: str = "") -> str:
        """Return the command that deploys the stack, with another value of a parameter if given.

        For an emulator it is a comment: `make deploy` would go to the operator's AWS account.
        """
        if self.is_local:
            if not parameter:
                return "# Start `make run` again: it deploys its stack anew."
            return (
                f"# For the stack of `make run`: put {parameter}={value} into _PARAMETERS of"
                " local/stack.py, and start it again."
            )
        given = _WORDS.get((parameter, value), f"PARAMETERS='{parameter}={value}'")
        return " ".join(("make deploy", f"STACK={self.name}", *([given] if parameter else [])))

    def made_again(self) -> tuple[str, ...]:
        """Return the commands that make again what was deleted and not by CloudFormation.

        A deployment takes it for being there; a drift-aware change set looks
        (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html).
        """
        if self.is_local:
            return (self.deploy(),)
        names = (f"ParameterKey={name},UsePreviousValue=true" for name in self.stack.parameters)
        which = f"--stack-name {self.name} --change-set-name made-again"
        return (
            "# CloudFormation makes it again, if it is asked to look what is left of the stack:",
            self.aws_command(
                f"cloudformation create-change-set {which} --deployment-mode REVERT_DRIFT"
                " --use-previous-template --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
                f" --parameters {' '.join(names)}"
            ),
            self.aws_command(f"cloudformation wait change-set-create-complete {which}"),
            self.aws_command(f"cloudformation execute-change-set {which}"),
        )


def _is_here(endpoint: str) -> bool:
    """Say whether an endpoint is an emulator's: AWS itself is asked by TLS, and never here."""
    url = urlsplit(endpoint)
    return url.scheme == "http" or url.hostname in _HOSTS_HERE


def _simulators(stack: Stack) -> str:
    """Return the address of the SES simulator's DNS; "" where SES is AWS's, or an emulator's."""
    simulator, emulator = (
        str(stack.aws.client(service).meta.endpoint_url) for service in ("sesv2", "cloudformation")
    )
    if not _is_here(simulator) or simulator == emulator:
        return ""
    return f"{ports.HERE}:{urlsplit(simulator).port}"


def _reason(service: str, error: ClientError) -> str:
    code = error.response["Error"]["Code"]
    if code not in _DENIED:
        return f"{code} ({service} {error.operation_name})"
    if service == "apigateway":  # Its permissions are named for HTTP's verbs.
        return "it needs the permission apigateway:GET"
    return f"it needs the permission {_IAM_PREFIXES.get(service, service)}:{error.operation_name}"
