"""AWS as the shell has it, for one stack: refused if it is not where the stack is."""

from __future__ import annotations

import os

import boto3
from botocore.exceptions import ProfileNotFound

from ops.aws_errors import SIGN_IN
from ops.deployment import REGION, Deployment, is_stack_name, path_of, shown


def session_for(stack: str, remembered: Deployment | None) -> boto3.Session:
    """Return AWS as the AWS CLI has it, in the region of the environment, else in the stack's file.

    The file's goes before that of a profile, which is for everything that somebody does. Raises
    `ValueError` with the line to type if no region is known, or another than the file's is named.
    """
    named = os.environ.get(REGION) or os.environ.get("AWS_DEFAULT_REGION")
    known = remembered.region if remembered else None
    try:
        session = boto3.Session(region_name=named or known)
    except ProfileNotFound as error:
        raise ValueError(f"{error}. `aws configure list-profiles` has their names.") from None
    if not session.region_name:
        raise ValueError(
            f"Say in which region the stack {stack} is, or is to be, for example:\n"
            f"  export {REGION}=eu-central-1"
        )
    if known and session.region_name != known:
        raise ValueError(
            f"The environment says {session.region_name}, and {shown(path_of(stack))} says that the"
            f" stack {stack} is in {known}. If you mean that one:\n"
            f"  export {REGION}={known}\n"
            f"One in {session.region_name} beside it has another name: give that one."
        )
    return session


def require_account(stack: str, account: str, remembered: Deployment | None) -> None:
    """Raise `ValueError` if a stack's file says that it is in another account."""
    if remembered and remembered.account not in (None, account):
        raise ValueError(
            f"The credentials are of the account {account}, and {shown(path_of(stack))} says that"
            f" the stack {stack} is in {remembered.account}. If you mean that one, sign in"
            " there, or name its profile:\n  export AWS_PROFILE=...\n"
            f"One in {account} beside it has another name: give that one."
        )


def require_stack_name(text: str) -> None:
    """Raise `ValueError` for what can be no stack's name."""
    if not is_stack_name(text):
        raise ValueError(
            "The stack's name must be a letter, and then letters, digits and dashes: 53 at most."
        )


def account_id(session: boto3.Session) -> str:
    """Ask AWS who we are, which also tells whether it takes the credentials.

    Raises `ValueError` if there are none, and botocore's errors.
    """
    if session.get_credentials() is None:
        raise ValueError(f"No credentials for AWS are in this shell. {SIGN_IN}")
    return str(session.client("sts").get_caller_identity()["Account"])
