"""The MAIL FROM domain of each identity: where bounces go, and what SPF looks at.

What it needs: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html. SPF is RFC 7208.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor import dns_records, spf
from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import identities
from ops.doctor.unread import careful

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.senders import Identity
    from ops.doctor.subject import Subject

_SET = "sesv2 put-email-identity-mail-from-attributes --email-identity {} --mail-from-domain {}"


def mail_from(subject: Subject) -> Iterator[Finding]:
    """Examine what SES says of each identity's MAIL FROM domain."""
    for identity in identities(subject):
        yield _of(subject, identity)


def _of(subject: Subject, identity: Identity) -> Finding:
    held, shown = identity.held.get("MailFromAttributes", {}), identity.shown
    domain = held.get("MailFromDomain")
    if not domain:
        proposed = f"bounce.{identity.domain}"
        return warning(
            f"{shown}: it has no MAIL FROM domain, so SPF speaks for amazonses.com alone.",
            subject.aws_command(_SET.format(identity.name, proposed)),
            *dns_records.mail_from(proposed, subject.region),
        )
    status = held.get("MailFromDomainStatus")
    if status == "SUCCESS":
        return ok(f"{shown}: SES uses the MAIL FROM domain {domain}.")
    records: tuple[str, ...] = dns_records.mail_from(domain, subject.region)
    behavior = held.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
    if status == "FAILED":  # SES has stopped looking, until it is asked again.
        command = f"{_SET.format(identity.name, domain)} --behavior-on-mx-failure {behavior}"
        again = ("# Once they are published, let SES look again:", subject.aws_command(command))
        records = (*records, *again)
    what = f"{shown}: SES does not find the records of the MAIL FROM domain {domain} ({status})"
    if behavior == "REJECT_MESSAGE":
        return failure(f"{what}, and refuses its mails meanwhile.", *records)
    return warning(f"{what}; meanwhile SPF speaks for amazonses.com alone.", *records)


def mail_from_in_dns(subject: Subject) -> Iterator[Finding]:
    """Look for the MX and SPF records of each MAIL FROM domain."""
    for identity in identities(subject):
        held = identity.held.get("MailFromAttributes", {})
        if domain := held.get("MailFromDomain"):
            records = dns_records.mail_from(domain, subject.region)
            if held.get("MailFromDomainStatus") != "SUCCESS":  # `mail_from` has printed them.
                records = ("# It is among those above.",) * 2
            what = f"{domain}: its MX and SPF records"
            yield from careful(what, _in_dns(subject, domain, *records))


def _in_dns(subject: Subject, domain: str, exchanger: str, sender: str) -> Iterator[Finding]:
    """Compare; the last two are what mends a record that is missing: an MX, and one of SPF."""
    found = [*_mail_exchanger(subject, domain, exchanger), *_spf(subject, domain, sender)]
    yield from found or [ok(f"{domain}: its MX and SPF records are in the DNS.")]


def _mail_exchanger(subject: Subject, domain: str, missing: str) -> Iterator[Finding]:
    wanted, _ = dns_records.mail_from(domain, subject.region)
    hosts = [record.split()[-1] for record in subject.dns.mail_exchangers(domain)]
    if dns_records.feedback_host(subject.region) not in hosts:
        yield failure(f"{domain}: its MX record for SES is missing in the DNS.", missing)
    elif len(hosts) > 1:
        yield failure(
            f"{domain}: it has {len(hosts)} MX records, and SES wants one only.",
            "# Remove all but this one:",
            wanted,
        )


def _spf(subject: Subject, domain: str, missing: str) -> Iterator[Finding]:
    _, wanted = dns_records.mail_from(domain, subject.region)
    records = [text for text in subject.dns.texts(domain) if spf.is_spf(text)]
    if not records:
        yield failure(f"{domain}: its SPF record is missing in the DNS.", missing)
    elif len(records) > 1:  # RFC 7208, section 4.5: a permanent error.
        yield failure(
            f"{domain}: it has {len(records)} SPF records, so receivers use none of them.",
            "# Join them into one, such as:",
            wanted,
        )
    else:
        better = dns_records.text(domain, spf.repaired(records[0]))
        yield from _spf_of_ses(subject, domain, ("# In its place:", better))


def _spf_of_ses(subject: Subject, domain: str, instead: tuple[str, ...]) -> Iterator[Finding]:
    """Examine what the one record says of mails from SES, and of those from anybody else."""
    verdict = spf.check(domain, subject.dns.texts, is_ses=True)
    match verdict.result:
        case "pass":
            other = spf.check(domain, subject.dns.texts, is_ses=False)
            if other.result in ("pass", "neutral"):
                yield warning(f"{domain}: its SPF record lets anybody mail in its name.", *instead)
        case "permerror":
            yield failure(
                f"{domain}: its SPF record is not valid, so it does nothing: {verdict.why}.",
                "# Mend that, or leave what SES needs:",
                dns_records.mail_from(domain, subject.region)[1],
            )
        case "unknown":
            yield warning(
                f"{domain}: its SPF record does not name SES. The doctor does not compare addresses"
                " (ip4, a, exists, macros), so it may allow SES all the same.",
                *instead,
            )
        case result:
            yield failure(
                f"{domain}: its SPF record does not let SES mail in its name ({result}).", *instead
            )
