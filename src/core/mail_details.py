"""The answer to `GetMail`: everything that is known about one mail."""

from datetime import datetime
from typing import NamedTuple

from core import cursors, stored_mail
from core.aws.step_log import StepLog
from core.contract.errors import Fault, Invalid
from core.message import history
from core.message.history import Step
from core.message.mail import Mail
from core.message.record import Record
from core.services import Services

MOST_STEPS = 100
"""How many of the steps that are kept beside the record one answer has."""


class Details(NamedTuple):
    """A mail, and what is stored beside its record."""

    record: Record
    mail: Mail | None
    """None once the content is not kept any more."""
    steps: list[Step]
    """A page of its history, in order."""
    cursor: str
    """With it the next page of the history begins; "" if there is none."""


def of(record: Record, cursor: str | None, *, services: Services, step_log: StepLog) -> Details:
    """Return what is known about a mail, with the page of its history that `cursor` asks for.

    Raises `Invalid` for a cursor that no answer has given, and `Outage`.
    """
    asked, mail_index = ("GetMail", record.id), services.mail_index
    after = cursors.position(cursor, asked, mail_index) if cursor else ""
    if cursor and not after:
        message = "'Cursor' must be the one that GetMail answered for this mail."
        raise Invalid(Fault("Cursor", "Cursor", message))
    mail = stored_mail.load_mail(record, services.store, services.content_store)
    kept, last = step_log.page(record.id, after, MOST_STEPS)
    begins = _time_of(after) if after else 0
    ends = _time_of(last) if last else float("inf")
    own = (step for step in history.of_record(record) if begins <= step.at < ends)
    behind = cursors.written(last, asked, mail_index) if last else ""
    return Details(record, mail, history.in_order([*own, *kept]), behind)


def _time_of(name: str) -> float:
    return datetime.fromisoformat(name.partition("#")[0]).timestamp() * 1000
