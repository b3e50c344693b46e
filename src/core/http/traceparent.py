"""Reads the header by which a caller names the trace that its request is a part of.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re

_LENGTH = 55
"""Of version 00, and of the part of a later version that is read."""
_FORM = re.compile(
    "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII
)
"""Version, trace-id, parent-id and flags. Version ff is none, nor is an id of zeros alone."""


def read(header: str) -> str:
    """Return a `traceparent` header as it may be kept and logged; "" if it is not valid.

    Of a version later than 00, which may have more behind another hyphen, it is the part that every
    version has. So nothing that a caller may choose freely is in it but hexadecimal digits.
    """
    if not _FORM.fullmatch(header[:_LENGTH]):
        return ""
    rest = header[_LENGTH:]
    may_be_longer = not header.startswith("00") and rest.startswith("-")
    return header[:_LENGTH] if not rest or may_be_longer else ""
