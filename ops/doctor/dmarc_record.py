"""One DMARC record by RFC 9989: its tags, what is wrong with it, and the same with one tag changed.

A domain is in lower case, without a dot at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

type Handling = Literal["none", "quarantine", "reject"]
"""What the owner of a domain asks receivers to do with mails that fail."""

REMOVED = ("pct", "rf", "ri")
"""Tags of RFC 7489 that RFC 9989 has removed: receivers ignore them (appendix C)."""
POLICIES = ("p", "sp", "np")
"""The tags that have a `Handling`."""
_HANDLINGS: Mapping[str, Handling] = {name: name for name in ("none", "quarantine", "reject")}
_VERSION = ("v", "DMARC1")


@dataclass(frozen=True, slots=True)
class Record:
    """A DMARC record, at `_dmarc.` below its domain."""

    domain: str
    tags: Mapping[str, str]
    text: str
    """As it stands in the DNS."""

    @property
    def psd(self) -> str:
        """Whether the domain is a public suffix: `y`, `n`, or `u` for unknown (section 4.7)."""
        value = self.tags.get("psd", "u").lower()
        return value if value in ("y", "n") else "u"

    def handling(self, tag: str) -> Handling | None:
        """Return the value of a tag; None if it is not there, or has no valid one."""
        return _HANDLINGS.get(self.tags.get(tag, "").lower())

    def is_strict(self, tag: Literal["adkim", "aspf"]) -> bool:
        """Say whether an identifier must be the very domain of From (section 4.7)."""
        return self.tags.get(tag, "r").lower() == "s"

    @property
    def removed(self) -> list[str]:
        """The tags that receivers ignore since RFC 9989."""
        return [tag for tag in REMOVED if tag in self.tags]

    @property
    def invalid(self) -> list[str]:
        """The tags that shall say a policy, and say none."""
        return [tag for tag in POLICIES if tag in self.tags and self.handling(tag) is None]

    def changed(self, tag: str, value: str) -> str:
        """Return the text with another value of one tag, which is put behind `v` if missing."""
        parts = _parts(self.text)
        names = [_tag(part)[0] for part in parts]
        new = f"{tag}={value}"
        if tag in names:
            parts[names.index(tag)] = new
        else:
            parts.insert(1, new)
        return "; ".join(parts)

    def without(self, tags: Sequence[str]) -> str:
        """Return the text without these tags."""
        return "; ".join(part for part in _parts(self.text) if _tag(part)[0] not in tags)


def parse(text: str) -> Mapping[str, str] | None:
    """Return the tags of a DMARC record by their names in lower case; None if it is none.

    Before all else it says `v=DMARC1`, in upper case (section 4.8). Later parts that are no tag are
    passed over.
    """
    if _tag(text.partition(";")[0]) != _VERSION:
        return None
    tags = [_tag(part) for part in _parts(text) if "=" in part]
    return dict(reversed(tags))  # Of a tag that is there twice, the first counts.


def fault(text: str) -> str:
    """Say why a TXT record that looks like one of DMARC is none; "" for any other record."""
    if parse(text) is not None or "dmarc" not in text.lower():
        return ""
    name, value = _tag(text.partition(";")[0])
    if name != "v":
        return "v=DMARC1 must come first"
    if value.upper() == "DMARC1":
        return "DMARC1 must be in upper case"
    if value.upper().startswith("DMARC1 "):
        return "a semicolon must follow v=DMARC1"
    return "it must begin with v=DMARC1"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _tag(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip()
