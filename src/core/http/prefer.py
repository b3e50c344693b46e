"""Reads the header `Prefer`: how a caller would like to be answered (RFC 7240).

Several preferences stand one after the other with commas between, in one header or in several,
each with parameters behind semicolons: `wait=10, respond-async; foo="a, b"`.
"""

from collections.abc import Iterator

RESPOND_ASYNC = "respond-async"
"""Its caller would not wait: accept the request and answer at once (RFC 7240 section 4.1)."""
APPLIED = "Preference-Applied"
"""The header of an answer that says which preference was followed (RFC 7240 section 3)."""


def wants_async(header: str) -> bool:
    """Say whether a `Prefer` header has the preference `respond-async`.

    It has no value: one that is given makes it another preference, which nobody knows. An empty one
    is none (RFC 7240 section 2). Of a preference that stands twice, the first counts.
    """
    for preference in _parted(header, ","):
        name, equals, value = next(_parted(preference, ";")).partition("=")
        if name.strip().lower() == RESPOND_ASYNC:
            return not equals or value.strip() in {"", '""'}
    return False


def _parted(text: str, separator: str) -> Iterator[str]:
    """Yield the parts of a header, at least one; a separator within quotation marks parts nothing.

    A quoted string has a backslash before a quotation mark of its own (RFC 9110 section 5.6.4).
    """
    begin, is_quoted, is_escaped = 0, False, False
    for place, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_quoted and character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
        elif character == separator and not is_quoted:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]
