"""Cursors: where the next page of an answer begins, in a text that only this stack can write.

A cursor is a position and a signature, in base64 as URLs have it. The signature is over what the
page was asked for as well, so one that was given to another caller, or for another question, is as
wrong as one that somebody made up. Each cursor has one spelling.
"""

import base64
import hmac
import json
from collections.abc import Sequence

from core.aws.mail_index import MailIndex
from core.contract.errors import Fault

_MOST = 400
"""How many characters one may have: far more than the longest that is given."""


def written(position: str, asked: Sequence[str], mail_index: MailIndex) -> str:
    """Return the cursor for what comes behind a position, in the answer to what was `asked`."""
    signature = mail_index.signed(json.dumps([position, *asked]))
    return base64.urlsafe_b64encode(f"{position}.{signature}".encode()).decode().rstrip("=")


def position(cursor: str, asked: Sequence[str], mail_index: MailIndex) -> str:
    """Return the position in a cursor that `written` has made for the same; "" for any other."""
    if not cursor.isascii() or len(cursor) > _MOST:
        return ""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = base64.urlsafe_b64decode(padded).decode().rpartition(".")[0]
    except ValueError:
        return ""
    is_ours = hmac.compare_digest(cursor, written(found, asked, mail_index))
    return found if is_ours else ""


def read(cursor: str, asked: Sequence[str], mail_index: MailIndex, faults: list[Fault]) -> str:
    """Return the position behind which a page of a search begins.

    For a cursor of another search that is "", with a fault.
    """
    found = position(cursor, asked, mail_index)
    if not found:
        message = (
            "'Cursor' must be what the last page of the same search answered: with the same "
            "filters, and the same API key. Leave it out to begin anew."
        )
        faults.append(Fault("Cursor", "Cursor", message))
    return found
