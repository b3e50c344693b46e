"""The routes that say how the simulator is to behave: events, faults, account, identities, DNS."""

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

from local.ses import faults
from local.ses.answers import Answer, as_json
from local.ses.errors import FieldError
from local.ses.events import TYPES
from local.ses.inbox import mail_of
from local.ses.requests import Handler, Request, Routes, json_object, number, string
from local.ses.simulator import Ses

_MOST_REPEATS: Final = 10_000
_ORDER: Final = frozenset({"MessageId", "eventType", "recipients", "count"})


class _State(Protocol):
    """A part of the simulator that can be put into any state; `FieldError` says what is wrong."""

    def show(self) -> Any: ...

    def change(self, given: dict[str, Any], /) -> None: ...

    def reset(self) -> None: ...


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


def _list_kinds(_ses: Ses, _request: Request) -> Answer:
    return as_json([{"Kind": kind, "Description": faults.WORDS[kind]} for kind in faults.KINDS])


def _clear_faults(ses: Ses, _request: Request) -> Answer:
    ses.faults.clear()
    return Answer(204)


def _state(of: Callable[[Ses], _State]) -> dict[str, Handler]:
    """Return the functions of a path that shows a part of the simulator, changes and resets it."""

    def show(ses: Ses, _request: Request) -> Answer:
        return as_json(of(ses).show())

    def change(ses: Ses, request: Request) -> Answer:
        of(ses).change(json_object(request.body))
        return as_json(of(ses).show())

    def reset(ses: Ses, _request: Request) -> Answer:
        of(ses).reset()
        return Answer(204)

    return {"GET": show, "PUT": change, "DELETE": reset}


def _show_identity(ses: Ses, request: Request) -> Answer:
    return as_json(ses.identities.get(request.names[0]))


def _change_identity(ses: Ses, request: Request) -> Answer:
    ses.identities.change({request.names[0]: json_object(request.body)})
    return as_json(ses.identities.get(request.names[0]))


def _remove_identity(ses: Ses, request: Request) -> Answer:
    ses.identities.remove(request.names[0])
    return Answer(204)


ROUTES: Final[Routes] = (
    (re.compile(r"/events"), {"POST": _publish_events}),
    (
        re.compile(r"/faults"),
        {"POST": _add_fault, "GET": _list_faults, "DELETE": _clear_faults},
    ),
    (re.compile(r"/faults/kinds"), {"GET": _list_kinds}),
    (re.compile(r"/account"), _state(lambda ses: ses.account)),
    (re.compile(r"/identities"), _state(lambda ses: ses.identities)),
    (
        re.compile(r"/identities/([^/]+)"),
        {"GET": _show_identity, "PUT": _change_identity, "DELETE": _remove_identity},
    ),
    (re.compile(r"/dns"), _state(lambda ses: ses.zone)),
)
