"""SES's own API: which operation a request is, by the SDK's service model, and who answers it."""

import re
from functools import cache, partial
from typing import Final
from urllib.parse import parse_qsl

from local.ses import model
from local.ses.answers import Answer, as_json
from local.ses.errors import SesError
from local.ses.operations import OPERATIONS, send_email
from local.ses.requests import Handler, Request, Routes
from local.ses.simulator import Ses

_PREFIX: Final = "/v2/email/"
_LABEL: Final = re.compile(r"\{(\w+)\}")
_OLDER: Final = {
    "ListEmailIdentities": ("GET", f"{_PREFIX}identities"),
    "ListConfigurationSets": ("GET", f"{_PREFIX}configuration-sets"),
}
"""Where SDKs and CLIs of earlier years ask, with the members in the query string."""


def is_of_ses(path: str) -> bool:
    """Say whether a path belongs to SES, and not to the simulator itself."""
    return path.startswith(_PREFIX)


@cache
def routes() -> Routes:
    """Return the routes of every operation that the SDK knows, plain paths first."""
    found: dict[str, dict[str, Handler]] = {}
    for name, (method, uri) in model.operations().items():
        found.setdefault(uri, {})[method] = _handler(name, uri)
    for name, (method, uri) in _OLDER.items():
        found.setdefault(uri, {}).setdefault(method, partial(_answered, name, ()))
    plain_first = sorted(found.items(), key=lambda each: len(_LABEL.findall(each[0])))
    return tuple((re.compile(_LABEL.sub("([^/]+)", uri)), held) for uri, held in plain_first)


def refuse(name: str, *_: object) -> Answer:
    """Answer an operation that the simulator does not have."""
    known = "The SES simulator has the operations that sending mails and `make doctor` need"
    raise SesError("UnknownOperationException", f"{known}, and not {name}.")


def _handler(name: str, uri: str) -> Handler:
    if name == "SendEmail":
        return send_email
    if name in OPERATIONS:
        return partial(_answered, name, tuple(_LABEL.findall(uri)))
    return partial(refuse, name)


def _answered(name: str, labels: tuple[str, ...], ses: Ses, request: Request) -> Answer:
    """Answer by the function of an operation; `labels` name the variable parts of its path."""
    of_query = {key: _number_or_text(value) for key, value in parse_qsl(request.query)}
    of_path = dict(zip(labels, request.names, strict=True))
    given = model.parse(name, request.body, **of_query, **of_path)
    return as_json(OPERATIONS[name](ses, given))


def _number_or_text(value: str) -> int | str:
    return int(value) if value.isdecimal() and len(value) < 10 else value
