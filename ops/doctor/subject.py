"""The stack that is examined: how its AWS is asked, and how commands for it are written."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
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


@dataclass(frozen=True)
class Subject:
    """A stack under examination."""

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
        if not dns and isinstance(stack.aws, Aws) and stack.aws.ses_endpoint:
            dns = f"{ports.HERE}:{urlsplit(stack.aws.ses_endpoint).port}"
        return cls(stack, Resolver.at(dns))

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
            return {
                held["LogicalResourceId"]: held["PhysicalResourceId"]
                for page in pages.paginate(StackName=self.name)
                for held in page["StackResourceSummaries"]
            }

    def resource(self, name: str) -> str:
        """Return the physical id of a resource; raises `NotRead` if the stack lacks it."""
        if name not in self.resources:
            raise NotRead(f"the stack has no {name}; another version of the template made it")
        return self.resources[name]

    def output(self, name: str) -> str:
        """Return an output of the stack; raises `NotRead` if it lacks it."""
        if name not in self.stack.outputs:
            raise NotRead(f"the stack has no {name}; another version of the template made it")
        return self.stack.outputs[name]

    @property
    def is_local(self) -> bool:
        """Whether this is the stack of `make run`."""
        return isinstance(self.stack.aws, Aws)

    @property
    def base_url(self) -> str:
        """Where the API is: `/Mail/Send` comes behind it."""
        if self.is_local:  # The host name in its outputs leads to no port.
            return str(self.stack.aws.endpoint)
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

    def make(self, command: str) -> str:
        """Return one of the Makefile's commands for this stack."""
        target, _, rest = command.partition(" ")
        is_of_run = self.is_local and target != "deploy"
        words = (target, "" if is_of_run else f"STACK={self.name}", rest)
        return " ".join(("make", *filter(None, words)))


def _reason(service: str, error: ClientError) -> str:
    code = error.response["Error"]["Code"]
    if code not in _DENIED:
        return f"{code} ({service} {error.operation_name})"
    if service == "apigateway":  # Its permissions are named for HTTP's verbs.
        return "it needs the permission apigateway:GET"
    return f"it needs the permission {_IAM_PREFIXES.get(service, service)}:{error.operation_name}"
