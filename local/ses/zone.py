"""The DNS records of the account's domains: what their states imply, and what was set instead.

A domain whose identity is in order has the records that SES asks for (developer guide, "Creating
and verifying identities", "Using a custom MAIL FROM domain" and "Complying with DMARC").
"""

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any, Final

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT

from local.ses.dkim import EXTERNAL
from local.ses.errors import FieldError
from local.ses.identities import Identities

type Json = dict[str, Any]
type Key = tuple[str, str]
"""A name in lower case without its last dot, and a type of records."""

_TYPES: Final = ("A", "AAAA", "CNAME", "MX", "NS", "TXT")
_POLICY: Final = "v=DMARC1; p=quarantine"
_MOST_IN_STRING: Final = 255  # Bytes of one string of a TXT record (RFC 1035 §3.3).


class Zone:
    """All records that the simulator's name server knows; safe to use from several threads."""

    def __init__(self, identities: Identities, region: str) -> None:
        self._identities = identities
        self._region = region
        self._lock = Lock()
        self._set: dict[Key, list[str]] = {}

    def reset(self) -> None:
        """Forget what was set: the records are those that the identities imply."""
        with self._lock:
            self._set = {}

    def show(self) -> dict[str, list[str]]:
        """Return the values of all records, by name and type: `example.com TXT`."""
        return {f"{name} {kind}": values for (name, kind), values in self.records().items()}

    def change(self, given: Mapping[str, Any]) -> None:
        """Set the values of names and types; null or an empty list lets there be none.

        Values are written as in a zone file, those of TXT without quotes. Raises `FieldError`; then
        nothing is changed.
        """
        changes = {_key(text): _values(text, values) for text, values in given.items()}
        with self._lock:
            self._set |= changes

    def records(self) -> dict[Key, list[str]]:
        """Return the values of all records, with none of a name and type that has no values."""
        implied: dict[Key, list[str]] = {}
        for key, value in self._implied():
            implied.setdefault(key, []).append(value)
        with self._lock:
            return {key: values for key, values in sorted((implied | self._set).items()) if values}

    def _implied(self) -> Iterator[tuple[Key, str]]:
        for name, identity in self._identities.show().items():
            dkim, mail_from = identity["DkimAttributes"], identity.get("MailFromAttributes", {})
            if dkim["Status"] == "SUCCESS":
                yield from _keys(name, dkim)
            if mail_from.get("MailFromDomainStatus") == "SUCCESS":
                domain = mail_from["MailFromDomain"].lower()
                yield (domain, "MX"), f"10 feedback-smtp.{self._region}.amazonses.com"
                yield (domain, "TXT"), "v=spf1 include:amazonses.com ~all"
            if identity["VerifiedForSendingStatus"] and identity["IdentityType"] == "DOMAIN":
                yield (f"_dmarc.{name}", "TXT"), _POLICY


def _keys(name: str, dkim: Json) -> Iterator[tuple[Key, str]]:
    """Yield the records of the keys: SES's are in its own zone, an owner's in the domain's."""
    for token in dkim.get("Tokens", []):
        at = f"{token}._domainkey.{name}".lower()
        if dkim["SigningAttributesOrigin"] == EXTERNAL:
            yield (at, "TXT"), "v=DKIM1; k=rsa; p=c2ltdWxhdGVk"
        else:
            yield (at, "CNAME"), f"{token}.{dkim['SigningHostedZone']}"


def rdata(kind: str, value: str) -> dns.rdata.Rdata:
    """Return a value as DNS carries it. Raises dnspython's errors."""
    if kind == "TXT":
        data = value.encode()
        starts = range(0, len(data) or 1, _MOST_IN_STRING)
        strings = [data[at : at + _MOST_IN_STRING] for at in starts]
        return TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings)
    return dns.rdata.from_text(
        dns.rdataclass.IN, kind, value, origin=dns.name.root, relativize=False
    )


def _key(text: str) -> Key:
    name, _, kind = text.strip().rpartition(" ")
    kind = kind.upper()
    if kind not in _TYPES:
        raise FieldError(text, f"Must be a name, a space, and one of {', '.join(_TYPES)}.")
    if "*" in name:
        raise FieldError(text, "Must name one name: the simulator's DNS has no wildcards.")
    try:
        return dns.name.from_text(name).to_text(omit_final_dot=True).lower(), kind
    except dns.exception.DNSException:
        raise FieldError(text, "Must begin with the name of a domain.") from None


def _values(text: str, given: object) -> list[str]:
    values = [] if given is None else given
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise FieldError(text, "Must be a list of strings, or null.")
    name, kind = _key(text)
    if kind == "CNAME" and (len(values) > 1 or _aliased(values) == [name]):
        raise FieldError(text, "Must be one other name: a CNAME has no second one (RFC 1034).")
    for value in values:
        try:
            rdata(kind, value)
        except (dns.exception.DNSException, ValueError):
            raise FieldError(
                text, f"Must be a list of values as {kind} records have them."
            ) from None
    return list(values)


def _aliased(values: list[str]) -> list[str]:
    return [value.removesuffix(".").lower() for value in values]
