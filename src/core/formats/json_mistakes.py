"""Recognises what people write in place of JSON, so that the refusal can say how to mend it."""

import re

_LOOKED_AT = 40
"""Characters around the position at which a parser stopped: the mistake is there."""
_HINTS = (
    (r",[ \t\r\n]*+[\]}]", "Leave out the comma after the last value."),
    (r"[^\"']?'", "Write texts and names in double quotes."),
    (r"/[/*]", "JSON has no comments."),
    (r"(?:None|True|False|undefined)\b", "Write null, true and false."),
    (r"[A-Za-z_$][\w$]*+[ \t]*+:", "Write names in double quotes."),
    (r"\\", "Write a backslash within a text as two."),
)
"""What stands at the position, and what to do then; the first that fits is said."""


def hint(text: str, position: int) -> str:
    """Return what to do about the mistake at `position` of `text`; "" if it is none that is known.

    Nothing of the text is in it.
    """
    rest = text[position : position + _LOOKED_AT]
    if not rest.strip() or (rest[0] == '"' and text.find('"', position + 1) < 0):
        return "It ends too early: is it cut off?"
    for pattern, advice in _HINTS:
        if re.match(pattern, rest):
            return advice
    return ""
