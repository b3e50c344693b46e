"""What an operator reads when AWS does not do what was asked."""

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    UnauthorizedSSOTokenError,
)

from ops.aws_errors import explained


def refused(code: str) -> ClientError:
    answer = {"Error": {"Code": code, "Message": "User: x is not authorized"}}
    return ClientError(answer, "DescribeStacks")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            refused("ExpiredToken"),
            "expired (DescribeStacks: ExpiredToken). Sign in (`aws sso login`",
        ),
        (refused("InvalidClientTokenId"), "AWS does not know the credentials (DescribeStacks"),
        (refused("SignatureDoesNotMatch"), "this machine's clock is wrong (`date -u`)"),
        (refused("AccessDenied"), "The credentials are good, but may not do this (DescribeStacks"),
        (refused("AccessDenied"), "\n  User: x is not authorized\n"),
        (refused("ValidationError"), "(ValidationError) when calling the DescribeStacks"),
        (NoCredentialsError(), "No credentials for AWS are in this shell. Sign in"),
        (
            PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "export both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (UnauthorizedSSOTokenError(), "The sign-in is over"),
        (EndpointConnectionError(endpoint_url="https://x"), "and the region's name right?"),
        (
            PermissionError(13, "Permission denied", "deploy/mail.env"),
            "deploy/mail.env: Permission",
        ),
        (ValueError("As it is."), "As it is."),
    ],
)
def test_an_error_is_told_with_what_to_do_next(error: Exception, told: str) -> None:
    assert told in explained(error)


def test_only_credentials_that_are_over_are_renewed() -> None:
    for code in ("AccessDenied", "SignatureDoesNotMatch"):
        assert "Sign in" not in explained(refused(code))
