"""The MAIL FROM domain of each identity: where bounces go, and what SPF looks at.

What it needs: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html. SPF is RFC 7208.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor import dns_records
from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import identities
from ops.doctor.unread import careful

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.senders import Identity
    from ops.doctor.subject import Subject


def mail_from(subject: Subject) -> Iterator[Finding]:
    """Examine what SES says of each identity's MAIL FROM domain."""
    for identity in identities(subject):
        yield _of(subject, identity)


def _of(subject: Subject, identity: Identity) -> Finding:
    held, shown = identity.held.get("MailFromAttributes", {}), identity.shown
    domain = held.get("MailFromDomain")
    if not domain:
        proposed = f"bounce.{identity.domain}"
        command = f"sesv2 put-email-identity-mail-from-attributes --email-identity {identity.name}"
        return warning(
            f"{shown}: it has no MAIL FROM domain, so SPF speaks for amazonses.com alone.",
            subject.aws_command(f"{command} --mail-from-domain {proposed}"),
            *dns_records.mail_from(proposed, subject.region),
        )
    status = held.get("MailFromDomainStatus")
    if status == "SUCCESS":
        return ok(f"{shown}: SES uses the MAIL FROM domain {domain}.")
    records = dns_records.mail_from(domain, subject.region)
    what = f"{shown}: SES does not find the records of the MAIL FROM domain {domain} ({status})"
    if held.get("BehaviorOnMxFailure") == "REJECT_MESSAGE":
        return failure(f"{what}, and refuses its mails meanwhile.", *records)
    return warning(f"{what}; meanwhile SPF speaks for amazonses.com alone.", *records)


def mail_from_in_dns(subject: Subject) -> Iterator[Finding]:
    """Look for the MX and SPF records of each MAIL FROM domain."""
    for identity in identities(subject):
        domain = identity.held.get("MailFromAttributes", {}).get("MailFromDomain")
        if domain:
            yield from careful(f"{domain}: its MX and SPF records", _in_dns(subject, domain))


def _in_dns(subject: Subject, domain: str) -> Iterator[Finding]:
    found = [*_mail_exchanger(subject, domain), *_spf(subject, domain)]
    yield from found or [ok(f"{domain}: its MX and SPF records are in the DNS.")]


def _mail_exchanger(subject: Subject, domain: str) -> Iterator[Finding]:
    wanted, _ = dns_records.mail_from(domain, subject.region)
    hosts = [record.split()[-1] for record in subject.dns.mail_exchangers(domain)]
    if dns_records.feedback_host(subject.region) not in hosts:
        yield failure(f"{domain}: its MX record for SES is missing in the DNS.", wanted)
    elif len(hosts) > 1:
        yield failure(
            f"{domain}: it has {len(hosts)} MX records, and SES wants one only.",
            "# Remove all but this one:",
            wanted,
        )


def _spf(subject: Subject, domain: str) -> Iterator[Finding]:
    _, wanted = dns_records.mail_from(domain, subject.region)
    records = [text for text in subject.dns.texts(domain) if _is_spf(text)]
    if not records:
        yield failure(f"{domain}: its SPF record is missing in the DNS.", wanted)
    elif len(records) > 1:  # RFC 7208, section 4.5: a permanent error.
        yield failure(
            f"{domain}: it has {len(records)} SPF records, so receivers use none of them.",
            "# Join them into one, such as:",
            wanted,
        )
    elif dns_records.SPF_INCLUDE not in records[0].lower().split():
        yield failure(
            f"{domain}: its SPF record does not name SES.",
            f"# Put {dns_records.SPF_INCLUDE} before its last part, as in:",
            wanted,
        )
    elif {"+all", "all", "?all"} & {*records[0].lower().split()}:
        yield warning(f"{domain}: its SPF record lets anybody mail in its name.", wanted)


def _is_spf(text: str) -> bool:
    """Say whether it is a record of SPF (RFC 7208, section 4.5)."""
    return text.lower().split(" ", 1)[0] == "v=spf1"
