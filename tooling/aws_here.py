"""AWS as it is on this machine: MiniStack or another emulator, at an endpoint of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

STACK = "mail"
"""What the stack of `make run` is called."""
REGION = "eu-central-1"
ROOT_KEY = "test"
"""MiniStack's name for whoever may do everything, and any secret will do."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SMTP_URL")


@dataclass(frozen=True, slots=True)
class Aws:
    """Clients for the AWS at `endpoint`, and never for any other.

    SES is the simulator at `ses_endpoint`, which knows what an emulator does not: the account's
    state and its identities. An AWS that was found without one has the emulator's.
    """

    endpoint: str
    session: boto3.Session
    ses_endpoint: str | None = None

    @classmethod
    def at(cls, endpoint: str, ses_endpoint: str | None = None) -> Aws:
        """Find an AWS by its URLs, whatever profiles and credentials this machine has."""
        nowhere = (None, None, os.devnull, None)
        nothing: dict[str, Any] = {"config_file": nowhere, "credentials_file": nowhere}
        nothing["profile"] = (None, None, None, None)  # Whatever the shell's AWS_PROFILE says.
        session = boto3.Session(
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
            region_name=REGION,
            botocore_session=botocore.session.Session(session_vars=nothing),
        )
        return cls(endpoint, session, ses_endpoint)

    def client(self, service: Any) -> Any:
        """Make a boto3 client of a service, by its name as boto3 has it."""
        config = Config(proxies={}, retries={"total_max_attempts": 2})
        is_simulated = service == "sesv2" and self.ses_endpoint
        url = self.ses_endpoint if is_simulated else self.endpoint
        return self.session.client(service, endpoint_url=url, config=config)


def clean_environment() -> dict[str, str]:
    """Return an environment that leads to no real AWS account, and past every proxy."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
    }
