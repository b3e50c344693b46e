"""The account and region that a stack is deployed to, and what the first deployment finds there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops import sender_identity
from ops.aws_errors import short
from ops.session import account_id, require_account, session_for

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
        """Find out where a stack goes. `ValueError` has the line to type if that is open.

        It is refused where the stack's file says another region or account: a second stack would be
        made there by mistake, in place of an update.
        """
        session = session_for(stack, remembered)
        found = account_id(session)
        require_account(stack, found, remembered)
        return cls(session, found, session.region_name)

    def client(self, service: Any) -> Any:
        return self.session.client(service)

    def first_choices(self, values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Return what a first deployment takes from the account where nobody chose, and notes.

        A later one leaves these as they are: whoever owns the log role must stay its owner. What
        cannot be looked at is a note. `ValueError` if a log role was chosen that is not there.
        """
        choices: dict[str, str] = {}
        notes: list[str] = []
        for looked_at, look in (
            ("API Gateway's log role (ApiGatewayLogRole)", self._log_role),
            ("SES's identities (SenderIdentity)", self._identity),
        ):
            try:
                choices |= look(values)
            except (BotoCoreError, ClientError) as error:
                notes.append(f"{looked_at} could not be looked at: {short(error)}.")
        notes += [
            f"{name}={value}, as the account has it already." for name, value in choices.items()
        ]
        return choices, notes

    def has_verified(self, identity: str) -> bool:
        """Whether SES is known to take mails of an identity; not if it cannot be asked."""
        try:
            return sender_identity.is_verified(self.client("sesv2"), identity)
        except (BotoCoreError, ClientError):
            return False

    def _log_role(self, values: Mapping[str, str]) -> dict[str, str]:
        chosen = values.get("ApiGatewayLogRole")
        if chosen is None:
            return {"ApiGatewayLogRole": "existing"} if self._has_log_role() else {}
        if chosen == "existing" and not self._has_log_role():
            raise ValueError(
                "ApiGatewayLogRole=existing is chosen, and the account has no such role in"
                f" {self.region}. To make one: PARAMETERS='ApiGatewayLogRole=create'"
            )
        return {}

    def _identity(self, values: Mapping[str, str]) -> dict[str, str]:
        ses, domain = self.client("sesv2"), values["SenderDomain"]
        if "SenderIdentity" in values or sender_identity.is_known(ses, domain):
            return {}
        parent = sender_identity.verified_parent(ses, domain)
        return {"SenderIdentity": parent} if parent else {}

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
