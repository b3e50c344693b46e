"""Cancelling a mail that SES has not been asked for yet."""

import time

from core.contract.errors import TooLate
from core.message import lifecycle
from core.message.record import Record
from core.redaction import about
from core.services import Services


def cancel(record: Record, *, services: Services) -> Record:
    """Cancel a mail; return its newest record. A mail that is cancelled already stays so.

    It is one conditional write, as is the claim with which a try begins: of both exactly one wins.
    Raises `TooLate` if SES has been asked for the mail or it is over, and `Outage`.
    """
    now = int(time.time())
    try:
        with about(**record.log_keys):
            return services.store.revise(record, lambda newest: lifecycle.cancel(newest, now))
    except lifecycle.NotCancellable:
        raise TooLate(
            "It is too late to cancel this mail: SES has been asked for it, or it is over. "
            "GetMail tells what has become of it."
        ) from None
