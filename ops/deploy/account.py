"""The account and region that a stack is deployed to, and what the first deployment finds there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from ops import deployment, sender_identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from ops.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Account:
    """An account, asked in one region."""

    session: boto3.Session
    id: str
    region: str

    @classmethod
    def of_environment(cls, stack: str, remembered: Deployment | None) -> Account:
        """Find out where a stack goes. `ValueError` has the line to type if that is open."""
        try:
            session = deployment.session_for(stack)
        except ProfileNotFound as error:
            raise ValueError(f"{error}. `aws configure list-profiles` has their names.") from None
        region = session.region_name
        if not region:
            raise ValueError(
                "Say in which region the stack is to be, for example:\n"
                "  export AWS_REGION=eu-central-1"
            )
        _require_same_region(stack, region, remembered)
        return cls(session, _account_id(session), region)

    def client(self, service: Any) -> Any:
        return self.session.client(service)

    def first_choices(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return what a first deployment takes from the account where nobody chose.

        A later one leaves these as they are: whoever owns the log role must stay its owner.
        """
        chosen = {}
        if "ApiGatewayLogRole" not in values and self._has_log_role():
            chosen["ApiGatewayLogRole"] = "existing"
        if "SenderIdentity" not in values:
            ses, domain = self.client("sesv2"), values["SenderDomain"]
            if not sender_identity.is_known(ses, domain):
                parent = sender_identity.verified_parent(ses, domain)
                chosen |= {"SenderIdentity": parent} if parent else {}
        return chosen

    def _has_log_role(self) -> bool:
        """Whether API Gateway's logs have a role here already.

        There is one for a whole account and region:
        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        arn = self.client("apigateway").get_account().get("cloudwatchRoleArn", "")
        if not arn:
            return False
        try:
            self.client("iam").get_role(RoleName=arn.rpartition("/")[2])
        except ClientError as error:  # The account may name a role that is gone.
            return bool(error.response["Error"]["Code"] != "NoSuchEntity")
        return True


def _require_same_region(stack: str, region: str, remembered: Deployment | None) -> None:
    """Refuse to make a second stack elsewhere by mistake, in place of an update."""
    if not remembered or not remembered.region or remembered.region == region:
        return
    file = deployment.shown(deployment.path_of(stack))
    raise ValueError(
        f"The environment says {region}, and {file} says that the stack {stack} is in"
        f" {remembered.region}. To update that one:\n"
        f"  export AWS_REGION={remembered.region}\n"
        f"For one in {region} beside it, give it another name: STACK=..."
    )


def _account_id(session: boto3.Session) -> str:
    """Ask AWS who we are, which also tells whether it takes the credentials."""
    if session.get_credentials() is None:
        raise ValueError(
            "No credentials for AWS are in this shell. Sign in (`aws sso login`, or"
            " `aws configure`), or name a profile:\n  export AWS_PROFILE=..."
        )
    try:
        found: str = session.client("sts").get_caller_identity()["Account"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise ValueError(f"AWS does not take the credentials ({code}): sign in again.") from None
    except BotoCoreError as error:
        raise ValueError(f"AWS cannot be asked who you are: {error}") from None
    return re.sub(r"[^0-9]", "", found)
