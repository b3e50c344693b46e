"""The answer to `GetContent`: what a mail says, and links to the files that go with it."""

import json
import time
from html import escape
from typing import NamedTuple

from core import stored_mail
from core.aws.content_store import attachment_key
from core.aws.step_log import StepLog
from core.contract.errors import Gone, NotShown
from core.message.history import Kind, Step
from core.message.mail import Mail
from core.message.record import Record
from core.services import Services
from core.submission.domains import DomainConfiguration

LINK_SECONDS = 300
"""How long a link to a file works: long enough for a person who looks at a page, and too short to
be passed on for long. Whoever has the link has the file."""
_MOST_BYTES = 4_000_000
"""Lambda answers with 6 MB at most (https://docs.aws.amazon.com/lambda/latest/dg/
gettingstarted-limits.html); links and names need their part of it."""
_BEGINNING = 140_000
"""Characters of each text that an answer has room for, whatever characters these are: an emoji is
14 bytes when it is escaped twice."""


class Content(NamedTuple):
    """What a mail says."""

    record: Record
    mail: Mail
    """With beginnings in place of its texts, if they are too long for an answer."""
    is_shortened: bool
    links: tuple[str, ...]
    """A link to each of its files, in their order."""
    links_until: int
    """Until when they work, in milliseconds since 1970."""


def of(
    record: Record,
    configuration: DomainConfiguration,
    key_id: str,
    *,
    services: Services,
    step_log: StepLog,
) -> Content:
    """Return what a mail says, after it was noted in its history with which key it was asked for.

    Raises `NotShown` if the domain does not allow it, `Gone` if the content is not kept any more,
    and `Outage`: what cannot be noted is not shown.
    """
    if not configuration.show_content:
        raise NotShown(
            "What this domain's mails say is not shown: its setting 'show_content' is off. "
            "An operator turns it on with: ./mailctl domains change DOMAIN show_content=true"
        )
    mail = stored_mail.load_mail(record, services.store, services.content_store)
    if mail is None:
        raise Gone("The content of this mail is not stored any more.")
    now = round(time.time() * 1000)
    step_log.keep(record, [Step(now, Kind.CONTENT_SHOWN, code=key_id)])
    shown = _as_far_as_it_fits(mail)
    return Content(
        record,
        shown,
        is_shortened=shown is not mail,
        links=_links(record, mail, services),
        links_until=now + LINK_SECONDS * 1000,
    )


def _links(record: Record, mail: Mail, services: Services) -> tuple[str, ...]:
    return tuple(
        services.content_store.link(
            attachment_key(record, number), head.name, head.content_type, LINK_SECONDS
        )
        for number, head in enumerate(mail.attachments, start=1)
    )


def _as_far_as_it_fits(mail: Mail) -> Mail:
    """Return the mail itself, or one with the beginnings of its texts."""
    if _bytes_in_answer(mail.text) + _bytes_in_answer(mail.html) <= _MOST_BYTES:
        return mail
    return mail.model_copy(
        update={
            "text": mail.text and mail.text[:_BEGINNING],
            "html": mail.html and mail.html[:_BEGINNING],
        }
    )


def _bytes_in_answer(text: str | None) -> int:
    """Return how many bytes of Lambda's answer a text needs at most, in any of the formats.

    It is escaped once by the format, and once more as the body in Lambda's own JSON.
    """
    return len(json.dumps(json.dumps(escape(text)))) if text else 0
