"""The characters that a text may hold, so that no member of a request can add a header to a mail.

Texts such as subjects and names become headers (RFC 5322 §2.2). A line break in one of them would
begin another header, such as a second `Bcc`.
"""

import re
from collections.abc import Iterable

from core.contract.errors import Fault

UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""The characters that no header may hold, for use between the brackets of a regular expression.

These are the control characters (C0, DEL and C1), the line and paragraph separators, and the
characters that let a text be shown from right to left, which can make a name look like another one
(Unicode UAX #9). The tab is among them: it could not break a header, but SES refuses it.
"""
_UNPRINTABLE = re.compile(f"[{UNPRINTABLE}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def faults_in(
    field: str, value: str, *, max_length: int | None = None, is_body: bool = False
) -> Iterable[Fault]:
    """Yield a fault for each thing that is wrong with the text `value` of the member `field`.

    A body (`is_body`) never becomes a header: it may hold any character. Half of a surrogate pair
    is none, as it cannot be written in UTF-8. `max_length` is in characters; None means any length.
    """
    if _SURROGATE.search(value):
        yield Fault(field, "Surrogate", f"'{field}' must not contain half a surrogate pair.")
    elif not is_body and _UNPRINTABLE.search(value):
        message = f"'{field}' must not contain line breaks or other control characters."
        yield Fault(field, "ControlCharacter", message)
    if max_length is not None and len(value) > max_length:
        message = f"'{field}' must not be longer than {max_length} characters."
        yield Fault(field, "Length", message)
