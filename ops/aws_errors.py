"""What went wrong with AWS, in the words of somebody who has to mend it."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from core.aws.outage import Outage
from tooling.ports import PortError

MET = (BotoCoreError, ClientError, OSError, Outage, PortError, ValueError)
"""What an operator can meet, and can mend: it is said in a sentence. Anything else is a bug."""
SIGN_IN = (
    "Sign in (`aws sso login`, or `aws configure`), or name a profile:\n  export AWS_PROFILE=..."
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId"}
)
_WRONG_SIGNATURE = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (NoCredentialsError, f"No credentials for AWS are in this shell. {SIGN_IN}"),
    (
        PartialCredentialsError,
        "{}: export both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither.",
    ),
    (SSOError, f"The sign-in is over ({{}}). {SIGN_IN}"),
    (TokenRetrievalError, f"The sign-in is over ({{}}). {SIGN_IN}"),
    (EndpointConnectionError, "{}. Is the network there, and the region's name right?"),
    (BotoCoreError, "AWS could not be asked: {}"),
    (
        Outage,
        "AWS did not do it ({}): do it again. If that goes on, `./mailctl doctor` says what it is.",
    ),
)


def explained(error: Exception) -> str:
    """Return a sentence for an error, and what to do next where that is known.

    The codes are those of https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
    of the services that do not keep to them.
    """
    for kind, told in _KINDS:
        if isinstance(error, kind):
            return told.format(error)
    if isinstance(error, ClientError):
        return _of_client(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def short(error: BotoCoreError | ClientError) -> str:
    """Return what goes into the middle of a sentence, without a dot."""
    if isinstance(error, ClientError):
        return f"{error.operation_name} answered {error.response['Error']['Code']}"
    return str(error).rstrip(".")


def _of_client(error: ClientError) -> str:
    code, operation = error.response["Error"]["Code"], error.operation_name
    if code in _EXPIRED:
        return f"The credentials have expired ({operation}: {code}). {SIGN_IN}"
    if code in _UNKNOWN:
        return f"AWS does not know the credentials ({operation}: {code}). {SIGN_IN}"
    if code in _WRONG_SIGNATURE:
        return (
            f"AWS does not take the signature ({operation}: {code}): the secret access key does not"
            " belong to the access key's id, or this machine's clock is wrong (`date -u`)."
        )
    if code in _DENIED:
        return (
            f"The credentials are good, but may not do this ({operation}: {code}). AWS says:\n"
            f"  {error.response['Error'].get('Message', '')}\n"
            "Have it allowed to you, or name a profile that may: export AWS_PROFILE=..."
        )
    return str(error)
