"""Which characters a text field may hold, so that no field can become another header."""

import re
from collections.abc import Iterable

from core.contract.errors import Fault

# C0, DEL and C1, line and paragraph separators, and the characters that make a name read backwards
# (RFC 5322 §2.2, Unicode UAX #9). A tab could not break a header, but SES takes none.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def faults_in(
    field: str, value: str, *, max_length: int | None = None, is_body: bool = False
) -> Iterable[Fault]:
    """Report what `field` holds that it must not. A body may hold any character that is one."""
    if _SURROGATE.search(value):
        yield Fault(field, "Surrogate", f"'{field}' must not contain half a surrogate pair.")
    elif not is_body and _UNPRINTABLE.search(value):
        message = f"'{field}' must not contain line breaks or other control characters."
        yield Fault(field, "ControlCharacter", message)
    if max_length is not None and len(value) > max_length:
        message = f"'{field}' must not be longer than {max_length} characters."
        yield Fault(field, "Length", message)
