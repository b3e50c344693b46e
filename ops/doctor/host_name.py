"""The API's own host name: its certificate, and where it leads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ops.doctor.findings import Finding, failure, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_SOON = 30 * 86_400
"""A certificate that AWS renews is renewed 60 days before its end, so this is late."""


def host_name(subject: Subject) -> Iterator[Finding]:
    """Compare where the name leads in the DNS with what API Gateway has made for it."""
    name, target = _name(subject), subject.stack.outputs.get("ApiDomainTarget", "")
    if not name:
        return
    addresses = {*subject.dns.addresses(name)}
    if not addresses:
        yield failure(f"{name} is not in the DNS.", f"{name} CNAME {target}")
    elif target.lower() in subject.dns.aliases(name) or addresses & {
        *subject.dns.addresses(target)
    }:
        yield ok(f"{name} leads to the API.")
    else:  # An address of a service before it (a CDN, a proxy) is no mistake.
        yield warning(
            f"{name} leads elsewhere than to the API, unless through something before it.",
            f"{name} CNAME {target}",
        )


def certificate(subject: Subject) -> Iterator[Finding]:
    """Examine the certificate of the host name."""
    arn = subject.parameter("CertificateArn")
    if not (_name(subject) and arn):
        return
    answer = subject.ask(
        "acm", "describe_certificate", absent=("ResourceNotFoundException",), CertificateArn=arn
    )
    if answer is None:
        yield failure(f"The certificate for {_name(subject)} is gone (CertificateArn).")
        return
    held = answer["Certificate"]
    if held["Status"] != "ISSUED":
        yield failure(
            f"The certificate for {_name(subject)} is not valid ({held['Status']}).",
            *_validation(held),
        )
    elif (left := held["NotAfter"].timestamp() - time.time()) < _SOON:
        yield warning(
            f"The certificate for {_name(subject)} ends in {left // 86_400:.0f} days.",
            *_validation(held),
            "# Imported ones are not renewed by AWS: import the new one under the same ARN.",
        )
    else:
        yield ok(
            f"The certificate for {_name(subject)} is valid until {held['NotAfter']:%Y-%m-%d}."
        )


def _validation(held: Any) -> Iterator[str]:
    """Yield the DNS records that prove to ACM whose the name is."""
    for option in held.get("DomainValidationOptions", ()):
        if record := option.get("ResourceRecord"):
            yield f"{record['Name']} {record['Type']} {record['Value']}"


def _name(subject: Subject) -> str:
    """Return the host name; "" if there is none, or it is this machine's."""
    return "" if subject.is_local else subject.parameter("DomainName")
