"""Whether receivers let mails of each domain pass DMARC (RFC 9989), and what they do otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.doctor import dmarc, dns_records
from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import identity_of, sending_domains
from ops.doctor.unread import careful

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.dmarc import Policy, Walk
    from ops.doctor.senders import Identity
    from ops.doctor.subject import Subject


def dmarc_records(subject: Subject) -> Iterator[Finding]:
    """Examine the policy that receivers find for each domain, and whether its mails pass."""
    for domain in sending_domains(subject):
        yield from careful(f"{domain}: its DMARC record", _of(subject, domain))


def _of(subject: Subject, domain: str) -> Iterator[Finding]:
    walk = dmarc.walk(domain, subject.dns.texts)
    for place in walk.ambiguous:
        yield warning(
            f"{place}: it has several DMARC records, so receivers use none of them.",
            "# Leave one of them:",
            *(dns_records.text(f"_dmarc.{place}", text) for text in _texts(subject, place)),
        )
    policy = dmarc.policy(walk, exists=subject.dns.exists(domain))
    if policy is None:
        yield warning(
            f"{domain}: it has no DMARC record, so anybody may mail in its name, and large"
            " receivers take many mails of such a domain for spam.",
            "# Begin with p=none, read the reports, then publish:",
            dns_records.dmarc(walk.organizational_domain),
        )
        return
    yield _strength(domain, policy)
    yield from _removed(policy)
    if (identity := identity_of(subject, domain)) is not None:
        yield _alignment(subject, walk, policy, identity)


def _texts(subject: Subject, place: str) -> list[str]:
    texts = subject.dns.texts(f"_dmarc.{place}")
    return [text for text in texts if dmarc.parse(text) is not None]


def _strength(domain: str, policy: Policy) -> Finding:
    place = f"by the record at _dmarc.{policy.record.domain}"
    if policy.handling == "none":
        return warning(
            f"{domain}: DMARC asks receivers to do nothing (p=none, {place}), so anybody may mail"
            " in its name.",
            "# Once the reports name no sender of yours that fails:",
            dns_records.dmarc(policy.record.domain),
        )
    if policy.is_testing:
        return warning(
            f"{domain}: DMARC is only tested (t=y, {place}): receivers take the next milder"
            " policy.",
            "# Once the reports name no sender of yours that fails, without t=y:",
            dns_records.dmarc(policy.record.domain, policy.handling),
        )
    return ok(f"{domain}: DMARC asks receivers to {policy.handling} what fails, {place}.")


def _removed(policy: Policy) -> Iterator[Finding]:
    if policy.removed:
        names = ", ".join(policy.removed)
        yield warning(
            f"_dmarc.{policy.record.domain}: RFC 9989 has removed {names}, which receivers may"
            " ignore.",
            f"# Remove from that record: {names}",
        )


@dataclass(frozen=True, slots=True)
class _Means:
    """What speaks for the domain of From, and what does not."""

    aligned: list[str]
    others: list[str]


def _alignment(subject: Subject, author: Walk, policy: Policy, identity: Identity) -> Finding:
    means = _means(subject, author, policy, identity)
    if means.aligned:
        return ok(f"{author.start}: its mails pass DMARC by {' and '.join(means.aligned)}.")
    level = warning if policy.handling == "none" else failure
    others = f" ({', '.join(means.others)})" if means.others else ""
    return level(
        f"{author.start}: its mails fail DMARC, as nothing that SES authenticates has its"
        f" domain{others}.",
        "# Let SES sign for the very domain:",
        subject.aws_command(f"sesv2 create-email-identity --email-identity {author.start}"),
    )


def _means(subject: Subject, author: Walk, policy: Policy, identity: Identity) -> _Means:
    means = _Means([], [])
    mail_from = identity.held.get("MailFromAttributes", {})
    candidates = []
    if _signs(subject, identity):  # SES signs with `d=` the identity's domain.
        candidates.append(("DKIM", identity.domain, policy.record.is_strict("adkim")))
    if mail_from.get("MailFromDomainStatus") == "SUCCESS":
        candidates.append(("SPF", mail_from["MailFromDomain"], policy.record.is_strict("aspf")))
    for name, domain, is_strict in candidates:
        other = dmarc.walk(domain, subject.dns.texts)
        aligned = dmarc.is_aligned(author, other, is_strict=is_strict)
        (means.aligned if aligned else means.others).append(f"{name} ({domain})")
    return means


def _signs(subject: Subject, identity: Identity) -> bool:
    """Say whether SES signs: an address is signed for by the identity of its domain."""
    held = subject.identity(identity.domain) or {}
    dkim = held.get("DkimAttributes", {})
    return dkim.get("Status") == "SUCCESS" and bool(dkim.get("SigningEnabled", True))
