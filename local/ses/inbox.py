"""The routes of the inbox: the mails that were accepted, and the activity page that shows them."""

import json
import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from local.notes import TAG
from local.ses import reading
from local.ses.answers import Answer, as_json, text
from local.ses.errors import SesError
from local.ses.mailbox import Mail
from local.ses.requests import Request, Routes, json_object, number, string
from local.ses.simulator import Ses
from tooling.paths import SOURCE

_SHARED: Final = SOURCE / "core/metadata/activity"
"""The files of the page that is deployed."""
_OURS: Final = Path(__file__).with_name("activity")
"""Those that only this machine has, in place of the deployed ones and besides them."""
_MEDIA_TYPES: Final = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
_NO_SNIFFING: Final = ("X-Content-Type-Options", "nosniff")


def _list_messages(ses: Ses, request: Request) -> Answer:
    query = parse_qs(request.query)
    mails = ses.mailbox.newest_first()
    for tag in query.get("tag", []):
        name, _, value = tag.partition(":")
        mails = [mail for mail in mails if (name, value) in mail.tags]
    if limit := query.get("limit"):
        mails = mails[: number({"limit": limit[0]}, "limit", 10_000)]
    return as_json([mail.summary() | {"Notes": ses.mailbox.notes(mail)} for mail in mails])


def _clear_messages(ses: Ses, _request: Request) -> Answer:
    ses.mailbox.clear()
    return Answer(204)


def _add_note(ses: Ses, request: Request) -> Answer:
    given = json_object(request.body)
    name, value, note = (string(given, member) for member in ("Name", "Value", "Note"))
    ses.mailbox.note((name, value), note)
    return Answer(204)


def _source(ses: Ses, request: Request) -> Answer:
    return Answer(200, _mail_source(ses, request), "message/rfc822", (_NO_SNIFFING,))


def _content(ses: Ses, request: Request) -> Answer:
    return as_json(reading.content(_mail_source(ses, request)))


def _attachment(ses: Ses, request: Request) -> Answer:
    found = reading.attachment(_mail_source(ses, request), int(request.names[1]))
    if found is None:
        raise SesError("NotFoundException", "The message has no such attachment.")
    # Always a download: an HTML attachment must not run as a page of this origin.
    disposition = ("Content-Disposition", "attachment")
    return Answer(200, found, "application/octet-stream", (disposition, _NO_SNIFFING))


def _page(_ses: Ses, _request: Request) -> Answer:
    return _file("index.html")


def _file_of_page(_ses: Ses, request: Request) -> Answer:
    return _file(request.names[0])


def _file(name: str) -> Answer:
    found = next((folder / name for folder in (_OURS, _SHARED) if (folder / name).is_file()), None)
    if found is None or found.suffix not in _MEDIA_TYPES:
        raise SesError("NotFoundException", "The page has no such file.")
    headers = json.loads((_SHARED / "headers.json").read_text("utf-8"))
    media_type = f"{_MEDIA_TYPES[found.suffix]}; charset=utf-8"
    return Answer(200, found.read_bytes(), media_type, tuple(headers.items()))


def _health(_ses: Ses, _request: Request) -> Answer:
    return text("ok")


def mail_of(ses: Ses, message_id: str) -> Mail:
    """Return a mail by the id that SES gave it, or the newest one with this id of the service's."""
    by_tag = ses.mailbox.newest_with((TAG, message_id.upper()))
    return _found(ses.mailbox.get(message_id) or by_tag, message_id)


def _mail_source(ses: Ses, request: Request) -> bytes:
    mail = mail_of(ses, request.names[0])
    return _found(ses.mailbox.source(mail.id), mail.id)


def _found[T](found: T | None, message_id: str) -> T:
    if found is None:
        message = f"Message {message_id} does not exist: it was not sent, or it was forgotten."
        raise SesError("NotFoundException", message)
    return found


ROUTES: Final[Routes] = (
    (re.compile(r"/messages"), {"GET": _list_messages, "DELETE": _clear_messages}),
    (re.compile(r"/messages/([^/]+)"), {"GET": _source}),
    (re.compile(r"/messages/([^/]+)/content"), {"GET": _content}),
    (re.compile(r"/messages/([^/]+)/attachments/([0-9]{1,6})"), {"GET": _attachment}),
    (re.compile(r"/notes"), {"POST": _add_note}),
    (re.compile(r"/health"), {"GET": _health}),
    (re.compile(r"/"), {"GET": _page}),
    (re.compile(r"/activity/([a-z]+[.][a-z]+)"), {"GET": _file_of_page}),
)
