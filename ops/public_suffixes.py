"""Domains below which anybody may register one: nobody mails as such a domain itself."""

from functools import cache

from publicsuffixlist import PublicSuffixList


def is_public_suffix(domain: str) -> bool:
    """Whether a domain in lower case is a registry's, such as co.uk."""
    return bool(_suffixes().publicsuffix(domain) == domain)


@cache
def _suffixes() -> PublicSuffixList:
    # Only those of the registries (the part of https://publicsuffix.org that is ICANN's): what
    # companies have put on the list, such as github.io, has an owner, who may well mail as it.
    return PublicSuffixList(only_icann=True)
