"""What the mails of one array may be together, so that an array costs no more than its bytes say.

Each mail keeps its own limits; a hundred that each go to their limits would take the processor
longer than API Gateway waits.
"""

from collections.abc import Sequence

from core.contract.contract import SendMail
from core.contract.errors import Fault, Invalid
from core.contract.limits import (
    MAX_ARRAY_RECIPIENTS_LENGTH,
    MAX_ATTACHMENTS_BYTES,
    MAX_ITEMS,
)
from core.contract.members import Contract


def check(name: str, requests: Sequence[Contract]) -> None:
    """Refuse an array of mails whose attachments or recipients are too many together.

    `name` is the array's, such as `SendMail[]`. Other requests than mails are passed over. Raises
    `Invalid`.
    """
    mails = [request for request in requests if isinstance(request, SendMail)]
    files = [attachment.bytes_ for mail in mails for attachment in mail.attachments or ()]
    size = sum(len(content) for content in files if isinstance(content, bytes))
    lists = [text for mail in mails for text in (mail.to, mail.cc, mail.bcc) if text]
    if len(files) > MAX_ITEMS:
        raise _refusal(name, "TooManyItems", f"have more than {MAX_ITEMS} attachments")
    if size > MAX_ATTACHMENTS_BYTES:
        raise _refusal(name, "TooLarge", f"have more than {MAX_ATTACHMENTS_BYTES} bytes attached")
    if sum(map(len, lists)) > MAX_ARRAY_RECIPIENTS_LENGTH:
        most = f"have more than {MAX_ARRAY_RECIPIENTS_LENGTH} characters in To, CC and BCC"
        raise _refusal(name, "TooLarge", most)


def _refusal(name: str, code: str, what: str) -> Invalid:
    message = f"'{name}' must not {what} in all. Send it in several requests."
    return Invalid(Fault(name, code, message))
