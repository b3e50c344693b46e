"""Which stack a command is for, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ops.deployment import session_for
from ops.domain_settings import of_parameters
from tooling import ports
from tooling.aws_here import STACK, Aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.submission.domains import DomainConfiguration


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack with clients for it, its outputs and its parameters."""

    aws: Any
    id: str
    """AWS's: what the functions get as `STACK_ID`."""
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @classmethod
    def named(cls, name: str) -> Self:
        """Find a stack as the AWS CLI does, by credentials, region and endpoint of the environment.

        If no variable names the region, it is that of the stack's file (`ops.deployment`). Without
        a name it is the stack of `make run`. Raises botocore's errors, and `PortError` if
        `API_PORT` or `SES_PORT` is no port.
        """
        aws: Any = session_for(name) if name else _on_this_machine()
        cloudformation = aws.client("cloudformation")
        described = cloudformation.describe_stacks(StackName=name or STACK)["Stacks"][0]
        return cls(
            aws,
            described["StackId"],
            {held["OutputKey"]: held["OutputValue"] for held in described["Outputs"]},
            {held["ParameterKey"]: held["ParameterValue"] for held in described["Parameters"]},
        )

    @property
    def default_domain(self) -> DomainConfiguration:
        """The domain of the parameters, as the functions see it."""
        return of_parameters(self.parameters, self.outputs["ConfigurationSet"])

    @property
    def sender_domains(self) -> set[str]:
        """The domains that the roles may mail from."""
        parameters = self.parameters
        more = parameters.get("MoreSenderDomains", "").split(",")
        return {parameters["SenderDomain"], parameters["SenderIdentity"], *map(str.strip, more)}


def _on_this_machine() -> Aws:
    api_port = ports.from_environment("API_PORT", 8080)
    ses_port = ports.from_environment("SES_PORT", 8025)
    return Aws.at(f"http://localhost:{api_port}", f"http://{ports.HERE}:{ses_port}")
