"""What receivers find of DMARC for a domain, by RFC 9989 (May 2026, in place of RFC 7489).

Nothing here asks the DNS itself: `texts` gives the TXT records of a name, none if there is no such
name. A domain is in lower case, without a dot at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.doctor.dmarc_record import Record, fault, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.doctor.dmarc_record import Handling

type Texts = Callable[[str], Sequence[str]]
_LONGEST_WALK = 7
"""Of a longer name the walk goes on with as many labels, so that it asks 8 times at most (4.10)."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a DNS tree walk (section 4.10) has met, from the longest name to the shortest."""

    start: str
    records: Sequence[Record]
    ambiguous: Sequence[str] = field(default=())
    """Domains that have several DMARC records: receivers discard them all."""
    malformed: Sequence[tuple[str, str]] = field(default=())
    """Domains with a text that looks like a DMARC record and is none, and the text."""

    @property
    def organizational_domain(self) -> str:
        """The domain that the owner of `start` has registered (section 4.10.2)."""
        if not self.records:
            return self.start
        last = self.records[-1]  # The walk ends at a record that says `psd=n` or `psd=y`.
        if last.psd == "y" and last.domain != self.start:
            labels = self.start.split(".")
            return ".".join(labels[-(len(last.domain.split(".")) + 1) :])
        return last.domain

    @property
    def record(self) -> Record | None:
        """The record that counts (section 4.10.1): of the domain, its owner, or its registry."""
        by_domain = {record.domain: record for record in self.records}
        registry = [record for record in self.records[-1:] if record.psd == "y"]
        return (
            by_domain.get(self.start)
            or by_domain.get(self.organizational_domain)
            or next(iter(registry), None)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """What receivers do with mails that say From a domain."""

    record: Record
    tag: str
    """The tag that says so: `p`, `sp` or `np`."""

    @property
    def handling(self) -> Handling:
        """What receivers do; `none` without a valid tag."""
        return self.record.handling(self.tag) or "none"

    @property
    def is_testing(self) -> bool:
        """`t=y`: receivers take the next milder handling."""
        return self.record.tags.get("t", "n").lower() == "y"


def walk(domain: str, texts: Texts) -> Walk:
    """Ask for DMARC records at a domain and above it (section 4.10)."""
    records: list[Record] = []
    ambiguous: list[str] = []
    malformed: list[tuple[str, str]] = []
    for place in _places(domain):
        held = texts(f"_dmarc.{place}")
        malformed += [(place, text) for text in held if fault(text)]
        found = [Record(place, tags, text) for text in held if (tags := parse(text)) is not None]
        if len(found) > 1:
            ambiguous.append(place)
        elif found:
            records += found
            if found[0].psd != "u":
                break
    return Walk(domain, records, ambiguous, malformed)


def _places(domain: str) -> list[str]:
    labels = domain.split(".")
    above = labels[1:][-_LONGEST_WALK:]
    return [domain, *(".".join(above[start:]) for start in range(len(above)))]


def policy(walked: Walk, *, exists: bool) -> Policy | None:
    """Return the policy for the domain of From where a walk began; None if it has none.

    `exists`: whether the domain has an address or takes mail, which decides between `sp` and `np`
    (section 4.7).
    """
    if (record := walked.record) is None:
        return None
    below = ("sp", "p") if exists else ("np", "sp", "p")
    tags = ("p",) if record.domain == walked.start else below
    return Policy(record, next(filter(record.handling, tags), "p"))


def is_aligned(author: Walk, identifier: Walk, *, is_strict: bool) -> bool:
    """Say whether an authenticated domain speaks for the domain of From (section 4.4).

    `identifier` began at the `d=` of a DKIM signature, or at the MAIL FROM domain that SPF looks
    at.
    """
    if is_strict:
        return author.start == identifier.start
    return author.organizational_domain == identifier.organizational_domain
