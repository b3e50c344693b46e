"""SES's identities from before a stack is there: which one covers a domain, and how one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_known(ses: Any, name: str) -> bool:
    """Whether SES has an identity of this very name, verified or not."""
    return _held(ses, name) is not None


def is_verified(ses: Any, name: str) -> bool:
    """Whether SES has an identity of this very name, and takes its mails."""
    return bool((_held(ses, name) or {}).get("VerifiedForSendingStatus"))


def verified_parent(ses: Any, domain: str) -> str | None:
    """Return the nearest verified domain above this one, which is verified for it too.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    _, *above = at_or_above(domain)
    return next((parent for parent in above if is_verified(ses, parent)), None)


def create(ses: Any, domain: str) -> None:
    """Let SES make the DKIM keys of a domain, of 2048 bits, and wait for their records.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateEmailIdentity.html
    """
    attributes: Any = {"NextSigningKeyLength": "RSA_2048_BIT"}
    ses.create_email_identity(EmailIdentity=domain, DkimSigningAttributes=attributes)


def _held(ses: Any, name: str) -> Any:
    try:
        return ses.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise


def at_or_above(domain: str) -> Iterator[str]:
    """Yield a domain and those above it, as far as somebody may have registered them."""
    labels = domain.split(".")
    yield from (".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))
