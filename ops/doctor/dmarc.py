"""What receivers find of DMARC for a domain, by RFC 9989 (May 2026, in place of RFC 7489).

Nothing here asks the DNS itself: `texts` gives the TXT records of a name, none if there is no such
name. A domain is in lower case, without a dot at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

type Texts = Callable[[str], Sequence[str]]
type Handling = Literal["none", "quarantine", "reject"]
"""What the owner of a domain asks receivers to do with mails that fail."""

REMOVED = ("pct", "rf", "ri")
"""Tags of RFC 7489 that RFC 9989 has removed: receivers ignore them (appendix C)."""
_HANDLINGS: Mapping[str, Handling] = {name: name for name in ("none", "quarantine", "reject")}
_LONGEST_WALK = 7
"""Of a longer name the walk goes on with as many labels, so that it asks 8 times at most (4.10)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A DMARC record, at `_dmarc.` below its domain."""

    domain: str
    tags: Mapping[str, str]

    @property
    def psd(self) -> str:
        """Whether the domain is a public suffix: `y`, `n`, or `u` for unknown (section 4.7)."""
        value = self.tags.get("psd", "u").lower()
        return value if value in ("y", "n") else "u"

    def handling(self, *tags: str) -> Handling:
        """Return the value of the first of these tags that has a valid one; else `none`."""
        valid = (_HANDLINGS.get(self.tags.get(tag, "").lower()) for tag in tags)
        return next(filter(None, valid), "none")

    def is_strict(self, tag: Literal["adkim", "aspf"]) -> bool:
        """Say whether an identifier must be the very domain of From (section 4.7)."""
        return self.tags.get(tag, "r").lower() == "s"


@dataclass(frozen=True, slots=True)
class Walk:
    """What a DNS tree walk (section 4.10) has met, from the longest name to the shortest."""

    start: str
    records: Sequence[Record]
    ambiguous: Sequence[str] = field(default=())
    """Domains that have several DMARC records: receivers discard them all."""

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
    handling: Handling
    is_testing: bool
    """`t=y`: receivers take the next milder handling."""

    @property
    def removed(self) -> list[str]:
        """The tags that receivers ignore since RFC 9989."""
        return [tag for tag in REMOVED if tag in self.record.tags]


def parse(text: str) -> Mapping[str, str] | None:
    """Return the tags of a DMARC record by their names in lower case; None if it is none.

    Its first tag is `v`, and `DMARC1` is in upper case (section 4.8). Parts that are no tag are
    passed over.
    """
    parts = (part.partition("=") for part in text.split(";"))
    tags = [(name.strip().lower(), value.strip()) for name, equals, value in parts if equals]
    if not tags or tags[0] != ("v", "DMARC1"):
        return None
    return dict(reversed(tags))  # Of a tag that is there twice, the first counts.


def walk(domain: str, texts: Texts) -> Walk:
    """Ask for DMARC records at a domain and above it (section 4.10)."""
    records: list[Record] = []
    ambiguous: list[str] = []
    for place in _places(domain):
        found = [tags for text in texts(f"_dmarc.{place}") if (tags := parse(text)) is not None]
        if len(found) > 1:
            ambiguous.append(place)
        elif found:
            records.append(Record(place, found[0]))
            if records[-1].psd != "u":
                break
    return Walk(domain, records, ambiguous)


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
    if record.domain == walked.start:
        handling = record.handling("p")
    else:
        handling = record.handling("sp", "p") if exists else record.handling("np", "sp", "p")
    return Policy(record, handling, record.tags.get("t", "n").lower() == "y")


def is_aligned(author: Walk, identifier: Walk, *, is_strict: bool) -> bool:
    """Say whether an authenticated domain speaks for the domain of From (section 4.4).

    `identifier` began at the `d=` of a DKIM signature, or at the MAIL FROM domain that SPF looks
    at.
    """
    if is_strict:
        return author.start == identifier.start
    return author.organizational_domain == identifier.organizational_domain
