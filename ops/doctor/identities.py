"""The identities in SES that the stack mails with: verified, signed, and with a MAIL FROM domain.

The names are those of SESv2's GetEmailIdentity
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor import dns_records
from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import (
    configurations,
    identities,
    identity_of,
    sending_domains,
    shown,
)
from ops.doctor.unread import careful
from ops.domain_settings import sender_domains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.senders import Identity
    from ops.doctor.subject import Subject

_CREATE = (
    "sesv2 create-email-identity --email-identity {}"
    " --dkim-signing-attributes NextSigningKeyLength=RSA_2048_BIT"
)
_SIGNING = (
    "sesv2 put-email-identity-dkim-signing-attributes --email-identity {}"
    " --signing-attributes-origin AWS_SES"
    " --signing-attributes NextSigningKeyLength=RSA_2048_BIT"
)


def settings_of_domains(subject: Subject) -> Iterator[Finding]:
    """Examine what `./mailctl domains show` says of them."""
    for domain, held in configurations(subject).items():
        if isinstance(held, ValueError):
            yield failure(
                f"{domain}: its settings cannot be used, so its callers are refused.",
                subject.mailctl(f"domains show {domain}"),
            )
        elif held.paused:
            yield warning(
                f"{domain}: it is paused ({held.paused}), so its mails fail.",
                subject.mailctl(f"domains resume {domain}"),
            )


def coverage(subject: Subject) -> Iterator[Finding]:
    """Examine whether SES, and the functions' roles, let mails come from each domain."""
    domains, parameter = sending_domains(subject), subject.parameter
    allowed = {name.rpartition("@")[2] for name in sender_domains(subject.stack.parameters)}
    for domain in domains:
        if domain not in allowed:
            others = {*domains} - {parameter("SenderDomain"), parameter("SenderIdentity")}
            more = ",".join(sorted(others))
            yield failure(
                f"{domain}: the stack's roles allow no mails from it (MoreSenderDomains).",
                subject.deploy("MoreSenderDomains", more),
            )
        identity = identity_of(subject, domain)
        if identity is None:
            create = subject.aws_command(_CREATE.format(domain))
            yield failure(
                f"{domain}: SES does not know it, so it refuses its mails."
                " Create the identity, then ask the doctor for its DNS records.",
                create,
            )
        else:
            yield from _role(subject, domain, identity)


def _role(subject: Subject, domain: str, identity: Identity) -> Iterator[Finding]:
    """Compare what SES takes with the one identity that the roles name (`SendingPolicy`)."""
    parameter = subject.parameter
    uses_any = parameter("SesSandbox") == "true" or parameter("MoreSenderDomains")
    named = parameter("SenderIdentity") or parameter("SenderDomain")
    if domain == parameter("SenderDomain") and identity.name != named and not uses_any:
        given = "" if identity.name == domain else identity.name
        yield failure(
            f"{domain}: SES mails from it with the identity {identity.shown}, and the stack's roles"
            f" allow {shown(named)} only (SenderIdentity).",
            subject.deploy("SenderIdentity", given),
        )
    elif identity.name != domain:
        yield ok(f"{domain}: covered by the identity {identity.shown}.")


def verification(subject: Subject) -> Iterator[Finding]:
    """Examine whether SES takes mails of each identity, and signs them."""
    for identity in identities(subject):
        if identity.is_address:
            yield from _address(subject, identity)
        else:
            yield from _domain(subject, identity)


def _address(subject: Subject, identity: Identity) -> Iterator[Finding]:
    """Examine an identity that is one address: SES signs it only if its domain is one too."""
    what = f"{identity.shown}: the address in SenderIdentity"
    if not identity.held.get("VerifiedForSendingStatus"):
        yield failure(f"{what} is not verified.", "# Click the link in the mail that SES has sent.")
    elif subject.identity(identity.domain) is None:
        yield warning(
            f"{what} is verified, and its domain is not: SES cannot sign for it (DKIM), and many"
            " receivers will take its mails for spam.",
            subject.aws_command(_CREATE.format(identity.domain)),
        )
    else:
        yield ok(f"{what} is verified.")


def _domain(subject: Subject, identity: Identity) -> Iterator[Finding]:
    name, dkim = identity.name, identity.held.get("DkimAttributes", {})
    status = dkim.get("Status", "NOT_STARTED")
    records = tuple(dns_records.dkim(name, dkim))
    publish = ("# Publish these records; SES sees them within hours, at most 72:", *records)
    if status == "FAILED":  # SES has stopped looking, until it is asked again.
        again = subject.aws_command(_SIGNING.format(name))
        publish += ("# Once they are published, let SES look again:", again)
    if not identity.held.get("VerifiedForSendingStatus"):
        yield failure(
            f"{name}: SES has not verified it yet (DKIM: {status}), and refuses its mails.",
            *publish,
        )
    elif status != "SUCCESS" or not dkim.get("SigningEnabled", True):
        yield from _unsigned(subject, name, status, publish)
    else:
        yield from _signed(subject, name, dkim.get("CurrentSigningKeyLength", ""))


def _waits(identity: Identity) -> bool:
    """Say whether SES waits for the DKIM records: then `verification` has printed them."""
    is_signed = identity.held.get("DkimAttributes", {}).get("Status") == "SUCCESS"
    return not (identity.held.get("VerifiedForSendingStatus") and is_signed)


def _unsigned(
    subject: Subject, name: str, status: str, publish: tuple[str, ...]
) -> Iterator[Finding]:
    if status == "SUCCESS":
        enable = f"sesv2 put-email-identity-dkim-attributes --email-identity {name}"
        command = subject.aws_command(f"{enable} --signing-enabled")
        yield failure(f"{name}: signing (DKIM) is switched off.", command)
    else:
        yield failure(f"{name}: SES does not sign its mails (DKIM: {status}).", *publish)


def _signed(subject: Subject, name: str, length: str) -> Iterator[Finding]:
    if length == "RSA_1024_BIT":
        yield warning(
            f"{name}: verified, and signed with a key of 1024 bits, which is too short by now.",
            subject.aws_command(_SIGNING.format(name)),
        )
    else:
        bits = " with 2048 bits" if length == "RSA_2048_BIT" else ""
        yield ok(f"{name}: verified by SES, and its mails are signed{bits} (DKIM).")


def dkim_in_dns(subject: Subject) -> Iterator[Finding]:
    """Look for the DKIM records in the DNS: SES notices only after days that one is gone."""
    for identity in identities(subject):
        if not identity.is_address:
            what = f"{identity.name}: its DKIM records"
            yield from careful(what, _dkim_in_dns(subject, identity))


def _dkim_in_dns(subject: Subject, identity: Identity) -> Iterator[Finding]:
    dkim = identity.held.get("DkimAttributes", {})
    if dkim.get("SigningAttributesOrigin") == "EXTERNAL":  # Its tokens are the selectors.
        names = [f"{token}._domainkey.{identity.name}" for token in dkim.get("Tokens", ())]
        gone = [f"{name} TXT" for name in names if not subject.dns.texts(name)]
    else:
        targets = dns_records.dkim_targets(identity.name, dkim)
        gone = [
            f"{name} CNAME {target}"
            for name, target in targets.items()
            if target.lower() not in subject.dns.aliases(name)
        ]
    if gone:
        verb = "is" if len(gone) == 1 else "are"
        lines = ("# They are among those above.",) if _waits(identity) else tuple(gone)
        yield failure(
            f"{identity.name}: {len(gone)} of its DKIM records {verb} missing in the DNS.", *lines
        )
    else:
        yield ok(f"{identity.name}: its DKIM records are in the DNS.")


def feedback_forwarding(subject: Subject) -> Iterator[Finding]:
    """Look whether SES mails bounces to senders, which the service's events tell of already."""
    for identity in identities(subject):
        if identity.held.get("FeedbackForwardingStatus"):
            put = f"sesv2 put-email-identity-feedback-attributes --email-identity {identity.name}"
            yield warning(
                f"{identity.shown}: SES mails every bounce and complaint to the sender too.",
                subject.aws_command(f"{put} --no-email-forwarding-enabled"),
            )
        else:
            yield ok(
                f"{identity.shown}: SES mails no bounces to its senders (feedback forwarding is"
                " off)."
            )
