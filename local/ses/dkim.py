"""The keys that sign an identity's mails (DKIM, RFC 6376): SES's own or its owner's.

Sources: SES v2 API reference, DkimAttributes, PutEmailIdentityDkimSigningAttributes; developer
guide, "Easy DKIM in Amazon SES" and "Provide your own DKIM authentication token (BYODKIM)".
"""

import hashlib
from typing import Any, Final

from local.ses.errors import bad_request

type Json = dict[str, Any]

EXTERNAL: Final = "EXTERNAL"
_AWS: Final = "AWS_SES"
_DIGITS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def unsigned() -> Json:
    """Return the state of an address, which its domain signs for."""
    return {"SigningEnabled": False, "Status": "NOT_STARTED"}


def pending(domain: str) -> Json:
    """Return the state of a new domain: SES has made keys, and waits for the records."""
    return {
        "SigningEnabled": True,
        "Status": "PENDING",
        "Tokens": _tokens(domain),
        "SigningHostedZone": "dkim.amazonses.com",
        "SigningAttributesOrigin": _AWS,
        "NextSigningKeyLength": "RSA_2048_BIT",
        "CurrentSigningKeyLength": "RSA_2048_BIT",
    }


def chosen(domain: str, attributes: Json) -> Json:
    """Return what a new identity has of the attributes that it was created with."""
    if "DomainSigningSelector" in attributes or "DomainSigningPrivateKey" in attributes:
        return _of_owner(attributes)
    length = attributes.get("NextSigningKeyLength")
    lengths = {"NextSigningKeyLength": length, "CurrentSigningKeyLength": length}
    return lengths if length and "@" not in domain else {}


def changed(domain: str, held: Json, origin: str, attributes: Json) -> Json:
    """Return what changes in the state `held` of an identity. Raises `SesError`."""
    if origin == EXTERNAL:
        return _of_owner(attributes)
    length = attributes.get("NextSigningKeyLength")
    patch: Json = {"NextSigningKeyLength": length} if length else {}
    if held.get("SigningAttributesOrigin") == EXTERNAL:
        patch |= {
            "SigningAttributesOrigin": _AWS,
            "Tokens": _tokens(domain.lower()),
            "Status": "PENDING",
        }
    return patch


def _of_owner(attributes: Json) -> Json:
    selector = attributes.get("DomainSigningSelector")
    if not selector or not attributes.get("DomainSigningPrivateKey"):
        raise bad_request(
            "DomainSigningSelector and DomainSigningPrivateKey are required for a key of one's own."
        )
    return {"SigningAttributesOrigin": EXTERNAL, "Tokens": [selector], "Status": "PENDING"}


def _tokens(domain: str) -> list[str]:
    """Return three tokens of 32 lower-case letters, the same for a domain in every run."""
    return [
        hashlib.sha256(f"{domain} {number}".encode()).hexdigest()[:32].translate(_DIGITS)
        for number in range(3)
    ]
