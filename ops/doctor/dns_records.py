"""The records that a sending domain needs in the DNS, as lines to copy into a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZONE = "dkim.amazonses.com"
"""Of the DKIM records, where SES names no other (`SigningHostedZone`)."""
SPF = "v=spf1 include:amazonses.com ~all"
"""https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""


def dkim_targets(domain: str, dkim: Any) -> dict[str, str]:
    """Return the three aliases of Easy DKIM, by name; `dkim` is SES's DkimAttributes."""
    zone = dkim.get("SigningHostedZone") or _ZONE
    return {f"{token}._domainkey.{domain}": f"{token}.{zone}" for token in dkim.get("Tokens", ())}


def dkim(domain: str, attributes: Any) -> Iterator[str]:
    """Yield the aliases as lines."""
    for name, target in dkim_targets(domain, attributes).items():
        yield f"{name} CNAME {target}"


def feedback_host(region: str) -> str:
    """Return the one host that takes bounces for a MAIL FROM domain."""
    return f"feedback-smtp.{region}.amazonses.com"


def mail_from(domain: str, region: str) -> tuple[str, str]:
    """Return the two records of a MAIL FROM domain."""
    return (f"{domain} MX 10 {feedback_host(region)}", text(domain, SPF))


def text(name: str, content: str) -> str:
    """Return a TXT record."""
    return f'{name} TXT "{content}"'
