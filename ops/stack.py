"""Which stack a command is for, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError, EndpointConnectionError

from core.aws.mail_index import MailIndex
from ops.deployment import Deployment
from ops.domain_settings import of_parameters
from ops.session import account_id, require_account, require_stack_name, session_for
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
        a name it is the stack of `make run`. Raises botocore's errors, `PortError` if `API_PORT` or
        `SES_PORT` is no port, and `ValueError` if the stack is not there, is in another region or
        account than its file says, or is none of this service.
        """
        if name:
            require_stack_name(name)
            remembered = Deployment.of(name)
            aws: Any = session_for(name, remembered)
            described = _described(aws, name, remembered)
            require_account(name, described["StackId"].split(":")[4], remembered)
        else:
            aws = _on_this_machine()
            described = _described_here(aws)
        parameters = described.get("Parameters", ())
        held = {each["ParameterKey"]: each["ParameterValue"] for each in parameters}
        _require_usable(name or STACK, described, held)
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        return cls(aws, described["StackId"], outputs, held)

    @property
    def default_domain(self) -> DomainConfiguration:
        """The domain of the parameters, as the functions see it."""
        return of_parameters(self.parameters, self.outputs["ConfigurationSet"])

    @property
    def is_here(self) -> bool:
        """Whether it is the stack of `make run`, on this machine."""
        return isinstance(self.aws, Aws)

    def secret(self, output: str) -> str:
        """Read the secret whose ARN is an output from Secrets Manager."""
        secrets = self.aws.client("secretsmanager")
        return str(secrets.get_secret_value(SecretId=self.outputs[output])["SecretString"])

    def mail_index(self) -> MailIndex:
        """Make the indexes of its mails. The secret of their keys is read from Secrets Manager."""
        client, table = self.aws.client("dynamodb"), self.outputs["TableName"]
        return MailIndex(client, table, self.secret("RecipientSecretArn"))


def _described(session: Any, name: str, remembered: Deployment | None) -> Any:
    """Ask for a stack, first of all: what its file says is looked at with the answer."""
    try:
        return session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
    account = account_id(session)
    require_account(name, account, remembered)
    raise ValueError(
        f"There is no stack {name} in {session.region_name}, account {account}. What is there:\n"
        f"  aws cloudformation describe-stacks --region {session.region_name}"
        " --query 'Stacks[].StackName'"
    )


def _described_here(aws: Aws) -> Any:
    try:
        return aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except (EndpointConnectionError, ClientError):
        raise ValueError(
            f"No stack of `make run` answers at {aws.endpoint}: start it, or name a deployed one"
            " with --stack NAME."
        ) from None


def _require_usable(name: str, described: Any, parameters: Mapping[str, str]) -> None:
    status = described["StackStatus"]
    if "SenderDomain" not in parameters and status != "REVIEW_IN_PROGRESS":
        raise ValueError(f"The stack {name} is none of this service: name another one.")
    if not described.get("Outputs"):
        raise ValueError(
            f"The stack {name} is {status}, and was never deployed to the end:\n"
            f"  make deploy STACK={name}"
        )


def _on_this_machine() -> Aws:
    api_port = ports.from_environment("API_PORT", 8080)
    ses_port = ports.from_environment("SES_PORT", 8025)
    return Aws.at(f"http://localhost:{api_port}", f"http://{ports.HERE}:{ses_port}")
