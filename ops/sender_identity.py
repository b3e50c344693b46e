"""SES's identities: which one covers a domain, and how a domain becomes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HOSTED_ZONE = "dkim.amazonses.com"
"""Where the DKIM keys lie if SES does not say (`DkimAttributes.SigningHostedZone`)."""


class Identity(NamedTuple):
    """A domain or an address that SES knows, with what GetEmailIdentity says of it.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html
    """

    name: str
    held: Mapping[str, Any]

    @property
    def is_verified(self) -> bool:
        return bool(self.held.get("VerifiedForSendingStatus"))

    @property
    def dkim_records(self) -> list[str]:
        """The records that make it verified and its mails signed, as a zone file has them."""
        dkim = self.held.get("DkimAttributes", {})
        zone = dkim.get("SigningHostedZone") or _HOSTED_ZONE
        return [
            f"{token}._domainkey.{self.name}. CNAME {token}.{zone}."
            for token in dkim.get("Tokens", ())
        ]


def find(ses: Any, name: str) -> Identity | None:
    """Return an identity, verified or not; None if SES knows none of this name."""
    try:
        return Identity(name, ses.get_email_identity(EmailIdentity=name))
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise


def verified_parent(ses: Any, domain: str) -> Identity | None:
    """Return the nearest verified domain above this one, which is verified for it too.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    for parent in _parents(domain):
        identity = find(ses, parent)
        if identity and identity.is_verified:
            return identity
    return None


def create(ses: Any, domain: str) -> Identity:
    """Let SES make the DKIM keys of a domain, of 2048 bits, and wait for their records."""
    attributes: Any = {"NextSigningKeyLength": "RSA_2048_BIT"}
    ses.create_email_identity(EmailIdentity=domain, DkimSigningAttributes=attributes)
    return Identity(domain, ses.get_email_identity(EmailIdentity=domain))


def _parents(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield from (".".join(labels[start:]) for start in range(1, len(labels) - 1))
