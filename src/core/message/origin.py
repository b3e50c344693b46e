"""Where a mail comes from: what joins the lines of a log about it with those of its caller."""

from typing import NamedTuple


class Origin(NamedTuple):
    """Who asked, and as a part of what. It is kept with the message, and nothing depends on it."""

    key_id: str = ""
    """API Gateway's id of the API key, never the key itself; "" if it has checked none."""
    traceparent: str = ""
    """The caller's own trace (`http/traceparent.py`); "" if it has named none, or not correctly."""
