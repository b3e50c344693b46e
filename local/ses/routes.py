"""The routes of the simulator: SES's SendEmail, and the resources of the simulator itself."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qs

from local.ses import faults, reading
from local.ses.answers import Answer, Silence, as_json, field_error, ses_error, text
from local.ses.errors import FieldError, SesError
from local.ses.events import TYPES
from local.ses.mailbox import Mail
from local.ses.simulator import Ses

_MOST_REPEATS: Final = 10_000
_ORDER: Final = frozenset({"MessageId", "eventType", "recipients", "count"})
# The page shows HTML of mails. It must neither load anything nor run a script but the page's.
_PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
_NO_SNIFFING: Final = ("X-Content-Type-Options", "nosniff")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; `names` are the variable parts of its path."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    names: tuple[str, ...] = field(default=())


def answer(ses: Ses, request: Request) -> Answer | Silence:
    """Answer `request` by the function of its route; errors become answers too."""
    matches = ((path.fullmatch(request.path), methods) for path, methods in _ROUTES)
    match, methods = next((found for found in matches if found[0]), (None, {}))
    if not match:
        return as_json({"message": "There is nothing at this address."}, 404)
    if request.method not in methods:
        allowed = (("Allow", ", ".join(methods)),)
        return Answer(405, b'{"message": "Method not allowed."}', headers=allowed)
    request = replace(request, names=match.groups())
    try:
        return methods[request.method](ses, request)
    except SesError as error:
        return ses_error(error)
    except FieldError as error:
        return field_error(error)


def _send_email(ses: Ses, request: Request) -> Answer | Silence:
    mail, source = ses.check(request.body, request.source_ip)
    fault = ses.faults.take()  # A request that SES would refuse leaves the faults to the next.
    if fault not in faults.BEFORE:
        ses.take(mail, source)
    if fault in faults.UNANSWERED:
        return faults.UNANSWERED[fault]
    if error := (faults.BEFORE | faults.AFTER).get(fault or ""):
        raise SesError(*error)
    return as_json({"MessageId": mail.id})


def _list_messages(ses: Ses, request: Request) -> Answer:
    query = parse_qs(request.query)
    mails = ses.mailbox.newest_first()
    for tag in query.get("tag", []):
        name, _, value = tag.partition(":")
        mails = [mail for mail in mails if (name, value) in mail.tags]
    if limit := query.get("limit"):
        mails = mails[: _number({"limit": limit[0]}, "limit", 10_000)]
    return as_json([mail.summary() | {"Notes": ses.mailbox.notes(mail)} for mail in mails])


def _clear_messages(ses: Ses, _request: Request) -> Answer:
    ses.mailbox.clear()
    return Answer(204)


def _add_note(ses: Ses, request: Request) -> Answer:
    given = _object(request.body)
    name, value, note = (_string(given, member) for member in ("Name", "Value", "Note"))
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


def _publish_events(ses: Ses, request: Request) -> Answer:
    given = _object(request.body)
    message_id, kind = (_string(given, name) for name in ("MessageId", "eventType"))
    if kind not in TYPES:
        raise FieldError("eventType", f"Must be one of {', '.join(TYPES)}.")
    count = _number(given, "count", _MOST_REPEATS)
    mail = _mail(ses, message_id)
    recipients = given.pop("recipients", None) or list(mail.envelope.recipients)
    if not isinstance(recipients, list) or not all(isinstance(one, str) for one in recipients):
        raise FieldError("recipients", "Must be a list of addresses.")
    detail = {name: value for name, value in given.items() if name not in _ORDER}
    try:
        published = sum(ses.publish(mail, kind, recipients, detail) for _ in range(count))
    except OSError as error:
        return as_json({"message": f"The event was not published: {error}"}, 502)
    if not published:
        message = f"The mail's configuration set sends {TYPES[kind][0]} events to no topic."
        return as_json({"published": 0, "message": message})
    return as_json({"published": published})


def _add_fault(ses: Ses, request: Request) -> Answer:
    given = _object(request.body)
    if unknown := given.keys() - {"kind", "count"}:
        raise FieldError(min(unknown), "Is not known.")
    kind = _string(given, "kind")
    if kind not in faults.KINDS:
        raise FieldError("kind", f"Must be one of {', '.join(faults.KINDS)}.")
    ses.faults.add(kind, _number(given, "count", _MOST_REPEATS))
    return as_json(ses.faults.left())


def _list_faults(ses: Ses, _request: Request) -> Answer:
    return as_json(ses.faults.left())


def _clear_faults(ses: Ses, _request: Request) -> Answer:
    ses.faults.clear()
    return Answer(204)


def _page(_ses: Ses, _request: Request) -> Answer:
    page = resources.files("local.ses").joinpath("inbox.html").read_bytes()
    policy = ("Content-Security-Policy", _PAGE_POLICY)
    return Answer(200, page, "text/html; charset=utf-8", (policy, _NO_SNIFFING))


def _health(_ses: Ses, _request: Request) -> Answer:
    return text("ok")


def _mail(ses: Ses, message_id: str) -> Mail:
    return _found(ses.mailbox.get(message_id), message_id)


def _mail_source(ses: Ses, request: Request) -> bytes:
    message_id = request.names[0]
    return _found(ses.mailbox.source(message_id), message_id)


def _found[T](found: T | None, message_id: str) -> T:
    if found is None:
        raise SesError("NotFoundException", f"Message {message_id} does not exist.")
    return found


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise FieldError("", "The request must be a JSON object.")
    return given


def _string(given: dict[str, Any], name: str) -> str:
    if not isinstance(value := given.get(name), str):
        raise FieldError(name, "Must be a string.")
    return value


def _number(given: dict[str, Any], name: str, most: int) -> int:
    """Return a number from 1 to `most`, 1 by default; in a query string it is text."""
    value = given.get(name, 1)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise FieldError(name, f"Must be a whole number from 1 to {most}.")
    return value


type _Route = Callable[[Ses, Request], Answer | Silence]
_ROUTES: Final[tuple[tuple[re.Pattern[str], dict[str, _Route]], ...]] = (
    (re.compile(r"/v2/email/outbound-emails"), {"POST": _send_email}),
    (re.compile(r"/messages"), {"GET": _list_messages, "DELETE": _clear_messages}),
    (re.compile(r"/messages/([^/]+)"), {"GET": _source}),
    (re.compile(r"/messages/([^/]+)/content"), {"GET": _content}),
    (re.compile(r"/messages/([^/]+)/attachments/([0-9]{1,6})"), {"GET": _attachment}),
    (re.compile(r"/notes"), {"POST": _add_note}),
    (re.compile(r"/events"), {"POST": _publish_events}),
    (
        re.compile(r"/faults"),
        {"POST": _add_fault, "GET": _list_faults, "DELETE": _clear_faults},
    ),
    (re.compile(r"/health"), {"GET": _health}),
    (re.compile(r"/"), {"GET": _page}),
)
