"""Whether receivers let mails of each domain pass DMARC (RFC 9989), and what they do otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.doctor import dmarc, dns_records
from ops.doctor.dmarc_record import fault, parse
from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import identity_of, sending_domains
from ops.doctor.unread import careful

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.dmarc import Policy, Walk
    from ops.doctor.senders import Identity
    from ops.doctor.subject import Subject

_FIRST = "v=DMARC1; p=none; rua=mailto:YOUR_ADDRESS"
_UNREPORTED = ("# It asks for no reports: first add rua=mailto: and an address of yours.",)


def dmarc_records(subject: Subject) -> Iterator[Finding]:
    """Examine the policy that receivers find for each domain, and whether its mails pass."""
    said: set[Finding] = set()  # What is wrong above several domains is said once.
    for domain in sending_domains(subject):
        for finding in careful(f"{domain}: its DMARC record", _of(subject, domain)):
            if finding not in said:
                said.add(finding)
                yield finding


def _of(subject: Subject, domain: str) -> Iterator[Finding]:
    walk = dmarc.walk(domain, subject.dns.texts)
    yield from _unusable(subject, walk)
    policy = dmarc.policy(walk, exists=subject.dns.exists(domain))
    if policy is None:
        if not (walk.ambiguous or walk.malformed):
            yield _missing(domain, walk.organizational_domain)
        return
    yield _strength(domain, policy)
    yield from _ignored(policy)
    if (identity := identity_of(subject, domain)) is not None:
        yield _alignment(subject, walk, policy, identity)


def _unusable(subject: Subject, walk: Walk) -> Iterator[Finding]:
    """Yield what receivers find and do not use."""
    for place in walk.ambiguous:
        texts = subject.dns.texts(f"_dmarc.{place}")
        yield warning(
            f"{place}: it has several DMARC records, so receivers use none of them.",
            "# Leave one of them:",
            *(_at(place, text) for text in texts if parse(text) is not None),
        )
    for place, text in walk.malformed:
        yield warning(
            f"{place}: a TXT record at _dmarc.{place} is no DMARC record, as {fault(text)}.",
            "# Mend or remove it:",
            _at(place, text),
        )


def _missing(domain: str, place: str) -> Finding:
    return warning(
        f"{domain}: it has no DMARC record, so anybody may mail in its name, and large"
        " receivers take many mails of such a domain for spam.",
        f"# To begin with. In place of YOUR_ADDRESS goes an address at {place}, for reports:",
        _at(place, _FIRST),
        "# Later, once the reports name no sender of yours that fails, in its place:",
        f"# {_at(place, _FIRST.replace('none', 'quarantine'))}",
    )


def _at(place: str, text: str) -> str:
    return dns_records.text(f"_dmarc.{place}", text)


def _strength(domain: str, policy: Policy) -> Finding:
    record, tag = policy.record, policy.tag
    place = f"by the record at _dmarc.{record.domain}"
    if policy.handling == "none":
        said = f"{tag}={record.tags[tag]}" if tag in record.tags else f"no {tag}"
        said += " is no policy" if tag in record.invalid else ""
        return warning(
            f"{domain}: DMARC asks receivers to do nothing ({said}, {place}), so anybody may mail"
            " in its name.",
            *_UNREPORTED[: "rua" not in record.tags],
            f"# Once the reports name no sender of yours that fails, with another {tag}:",
            _at(record.domain, record.changed(tag, "quarantine")),
        )
    if policy.is_testing:
        return warning(
            f"{domain}: DMARC is only tested (t=y, {place}): receivers take the next milder"
            " policy.",
            *_UNREPORTED[: "rua" not in record.tags],
            "# Once the reports name no sender of yours that fails, without t=y:",
            _at(record.domain, record.without(["t"])),
        )
    return ok(f"{domain}: DMARC asks receivers to {policy.handling} what fails, {place}.")


def _ignored(policy: Policy) -> Iterator[Finding]:
    """Yield the tags of the record that do nothing."""
    record = policy.record
    invalid = [tag for tag in record.invalid if tag != policy.tag]
    place = f"_dmarc.{record.domain}"
    useful = _at(record.domain, record.without([*record.removed, *invalid]))
    if removed := record.removed:
        yield warning(
            f"{place}: RFC 9989 has removed {', '.join(removed)}, which receivers may ignore.",
            useful,
        )
    if invalid:
        named = ", ".join(f"{tag}={record.tags[tag]}" for tag in invalid)
        yield warning(
            f"{place}: no policy is named by {named} (but by none, quarantine or reject), so"
            " receivers may ignore it, or the record.",
            "# Mend that, or remove it, as in:",
            useful,
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
    create = subject.aws_command(f"sesv2 create-email-identity --email-identity {author.start}")
    if identity.name == author.start:
        remedy: tuple[str, ...] = ("# They pass once SES signs them: see Domains above.",)
    else:
        remedy = ("# Let SES sign for the very domain:", create)
    return level(
        f"{author.start}: its mails fail DMARC, as nothing that SES authenticates has its"
        f" domain{others}.",
        *remedy,
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
