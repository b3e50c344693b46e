"""The routes that say how the simulator is to behave: events, faults, account, identities, DNS."""

import re
from typing import Final

from local.ses import faults
from local.ses.answers import Answer, as_json
from local.ses.errors import FieldError
from local.ses.events import TYPES
from local.ses.inbox import mail_of
from local.ses.requests import Request, Routes, json_object, number, string
from local.ses.simulator import Ses

_MOST_REPEATS: Final = 10_000
_ORDER: Final = frozenset({"MessageId", "eventType", "recipients", "count"})


def _publish_events(ses: Ses, request: Request) -> Answer:
    given = json_object(request.body)
    message_id, kind = (string(given, name) for name in ("MessageId", "eventType"))
    if kind not in TYPES:
        raise FieldError("eventType", f"Must be one of {', '.join(TYPES)}.")
    count = number(given, "count", _MOST_REPEATS)
    mail = mail_of(ses, message_id)
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
    given = json_object(request.body)
    if unknown := given.keys() - {"kind", "count"}:
        raise FieldError(min(unknown), "Is not known.")
    kind = string(given, "kind")
    if kind not in faults.KINDS:
        raise FieldError("kind", f"Must be one of {', '.join(faults.KINDS)}.")
    ses.faults.add(kind, number(given, "count", _MOST_REPEATS))
    return as_json(ses.faults.left())


def _list_faults(ses: Ses, _request: Request) -> Answer:
    return as_json(ses.faults.left())


def _clear_faults(ses: Ses, _request: Request) -> Answer:
    ses.faults.clear()
    return Answer(204)


def _show_account(ses: Ses, _request: Request) -> Answer:
    return as_json(ses.account.show())


def _change_account(ses: Ses, request: Request) -> Answer:
    ses.account.change(json_object(request.body))
    return as_json(ses.account.show())


def _reset_account(ses: Ses, _request: Request) -> Answer:
    ses.account.reset()
    return Answer(204)


def _list_identities(ses: Ses, _request: Request) -> Answer:
    return as_json(ses.identities.show())


def _change_identities(ses: Ses, request: Request) -> Answer:
    ses.identities.change(json_object(request.body))
    return as_json(ses.identities.show())


def _reset_identities(ses: Ses, _request: Request) -> Answer:
    ses.identities.reset()
    return Answer(204)


def _show_identity(ses: Ses, request: Request) -> Answer:
    return as_json(ses.identities.get(request.names[0]))


def _change_identity(ses: Ses, request: Request) -> Answer:
    ses.identities.change({request.names[0]: json_object(request.body)})
    return as_json(ses.identities.get(request.names[0]))


def _remove_identity(ses: Ses, request: Request) -> Answer:
    ses.identities.get(request.names[0])
    ses.identities.change({request.names[0]: None})
    return Answer(204)


def _show_dns(ses: Ses, _request: Request) -> Answer:
    return as_json(ses.zone.show())


def _change_dns(ses: Ses, request: Request) -> Answer:
    ses.zone.change(json_object(request.body))
    return as_json(ses.zone.show())


def _reset_dns(ses: Ses, _request: Request) -> Answer:
    ses.zone.reset()
    return Answer(204)


ROUTES: Final[Routes] = (
    (re.compile(r"/events"), {"POST": _publish_events}),
    (
        re.compile(r"/faults"),
        {"POST": _add_fault, "GET": _list_faults, "DELETE": _clear_faults},
    ),
    (
        re.compile(r"/account"),
        {"GET": _show_account, "PUT": _change_account, "DELETE": _reset_account},
    ),
    (
        re.compile(r"/identities"),
        {"GET": _list_identities, "PUT": _change_identities, "DELETE": _reset_identities},
    ),
    (
        re.compile(r"/identities/([^/]+)"),
        {"GET": _show_identity, "PUT": _change_identity, "DELETE": _remove_identity},
    ),
    (re.compile(r"/dns"), {"GET": _show_dns, "PUT": _change_dns, "DELETE": _reset_dns}),
)
