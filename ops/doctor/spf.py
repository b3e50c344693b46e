"""What an SPF record (RFC 7208) says of mails from SES, and of mails from anybody else.

Nothing here asks the DNS itself: `texts` gives the TXT records of a name, none if there is no such
name. SES is known by `include:amazonses.com`, as its guide asks for
(https://docs.aws.amazon.com/ses/latest/dg/mail-from.html); addresses are not compared.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

type Texts = Callable[[str], Sequence[str]]
type Result = Literal["pass", "fail", "softfail", "neutral", "permerror", "unknown"]
"""As section 2.6 has them. `unknown`: addresses or macros decide, which are not looked at."""

SES = "amazonses.com"
_INCLUDE = f"include:{SES}"
_RESULTS: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MOST_LOOKUPS = 10
"""Terms that ask the DNS, in all records together (section 4.6.4)."""
_NEED_A_NAME = ("include", "exists")
_MAY_HAVE_A_NAME = ("a", "mx", "ptr")


class _PermError(Exception):
    """The record cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class _Term:
    """One part of a record: a mechanism, or the modifier `redirect`."""

    name: str
    value: str
    result: Result = "pass"
    """What it says if it matches."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of a check, and why if it is `permerror`."""

    result: Result
    why: str = ""


def is_spf(text: str) -> bool:
    """Say whether a TXT record is one of SPF (section 4.5)."""
    return text.lower().split(" ", 1)[0] == "v=spf1"


def check(domain: str, texts: Texts, *, is_ses: bool) -> Verdict:
    """Return what a receiver makes of a mail from SES, or (not `is_ses`) from any other server."""
    checking = _Check(texts, is_ses)
    try:
        result = checking.result_of(domain)
    except _PermError as error:
        return Verdict("permerror", str(error))
    return Verdict("unknown" if is_ses and checking.is_unsure and result != "pass" else result)


def repaired(record: str) -> str:
    """Return a record that lets SES pass first, and nobody by its end; all else is kept."""
    terms = [term for term in record.split()[1:] if term.lstrip("+-~?").lower() != _INCLUDE]
    kept = [term for term in terms if term.lower() not in ("all", "+all", "?all")]
    names = [term.lower().lstrip("-~") for term in kept]
    ends = any(name == "all" or name.startswith("redirect=") for name in names)
    return " ".join(["v=spf1", _INCLUDE, *kept, *([] if ends else ["~all"])])


@dataclass(slots=True)
class _Check:
    """One check (section 4.6), with what it has met so far."""

    texts: Texts
    is_ses: bool
    is_unsure: bool = False
    """Whether a term was passed over that might have matched."""
    lookups: int = 0

    def result_of(self, domain: str) -> Result:
        records = [text for text in self.texts(domain) if is_spf(text)]
        if len(records) != 1:
            raise _PermError(f"{domain} has {len(records) or 'no'} SPF records")
        terms = _terms(records[0])
        for term in terms:
            if term.name != "redirect" and self._matches(term):
                return term.result
        for term in terms:
            if term.name == "redirect":
                return self._redirected(term.value)
        return "neutral"

    def _matches(self, term: _Term) -> bool:
        if term.name in (*_NEED_A_NAME, *_MAY_HAVE_A_NAME):
            self._count()
        if term.name == "all":
            return True
        if term.name == "include" and "%" not in term.value:
            is_of_ses = term.value.lower().rstrip(".") == SES
            return self.is_ses if is_of_ses else self.result_of(term.value) == "pass"
        self.is_unsure = True  # An address, or a macro that makes one of each mail.
        return False

    def _redirected(self, domain: str) -> Result:
        self._count()
        if "%" in domain:
            self.is_unsure = True
            return "neutral"
        if domain.lower().rstrip(".") == SES:
            return "pass" if self.is_ses else "fail"
        return self.result_of(domain)

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > _MOST_LOOKUPS:
            raise _PermError(f"it needs more than {_MOST_LOOKUPS} questions to the DNS")


def _terms(record: str) -> list[_Term]:
    """Read a record whole, as an error anywhere makes it useless (section 4.6)."""
    terms = [term for text in record.split()[1:] if (term := _term(text))]
    if sum(term.name == "redirect" for term in terms) > 1:
        raise _PermError("it has several redirects")
    return terms


def _term(text: str) -> _Term | None:
    """Read one term; None for a modifier that decides nothing (section 6)."""
    name, equals, value = text.partition("=")
    if equals and not {*":/"} & {*name}:
        if name.lower() != "redirect":
            return None
        if not value:
            raise _PermError("its redirect names no domain")
        return _Term("redirect", value)
    result = _RESULTS.get(text[0])
    mechanism = text[1:] if result else text
    end = min((at for mark in ":/" if (at := mechanism.find(mark)) >= 0), default=len(mechanism))
    term = _Term(mechanism[:end].lower(), mechanism[end:].removeprefix(":"), result or "pass")
    if not _is_valid(term):
        raise _PermError(f"{text} is no term of SPF")
    return term


def _is_valid(term: _Term) -> bool:
    match term.name:
        case "all":
            return not term.value
        case "ip4" | "ip6":
            try:
                network = ipaddress.ip_network(term.value, strict=False)
            except ValueError:
                return False
            return f"ip{network.version}" == term.name
        case name:
            return name in _MAY_HAVE_A_NAME or (name in _NEED_A_NAME and bool(term.value))
