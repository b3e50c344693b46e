"""The routes of the service that the mails come from: where it is, and a way to it for the page.

A browser lets a page call nobody but its own server, unless the other one allows it. The service
allows nobody by itself (`CorsOrigins`), here as when it is deployed: so requests go through here.
"""

import http.client
import re
from typing import Final
from urllib.parse import urlsplit

from local import page_agent
from local.ses.answers import Answer, as_json
from local.ses.requests import Request, Routes
from local.ses.simulator import Ses

API_BASE: Final = "/api"
_SECONDS: Final = 35.0  # API Gateway answers after 29 at the latest.
_ASKED: Final = (
    *("accept", "content-type", "x-api-key"),
    *("idempotency-key", "prefer", "traceparent"),
)
"""The headers of a request that the service looks at."""
_OF_CONNECTION: Final = frozenset(
    """
    cache-control connection content-length content-type date keep-alive server te trailer
    transfer-encoding upgrade
    """.split()  # noqa: SIM905 - as in the other lists of words
)
"""The headers of an answer that belong to one connection, or that the simulator writes itself."""


def _settings(ses: Ses, _request: Request) -> Answer:
    return as_json({"ApiBase": API_BASE, "ApiUrl": ses.api.url, "ApiKey": ses.api.key})


def _forward(ses: Ses, request: Request) -> Answer:
    """Ask the service, as the page would if it were the service's own."""
    if ses.api.url is None:
        return as_json({"message": "The simulator was started without API_URL."}, 502)
    path = request.path.removeprefix(API_BASE)
    url = f"{path}?{request.query}" if request.query else path
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    headers["user-agent"] = page_agent.NAME
    connection = http.client.HTTPConnection(urlsplit(ses.api.url).netloc, timeout=_SECONDS)
    try:
        connection.request(request.method, url, request.body or None, headers)
        return _passed_on(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        message = f"The API does not answer: {type(error).__name__}. Is `make run` still running?"
        return as_json({"message": message}, 502)
    finally:
        connection.close()


def _passed_on(reply: http.client.HTTPResponse) -> Answer:
    given = reply.getheaders()
    headers = tuple(pair for pair in given if pair[0].lower() not in _OF_CONNECTION)
    kind = reply.getheader("Content-Type", "application/octet-stream")
    return Answer(reply.status, reply.read(), kind, headers)


ROUTES: Final[Routes] = (
    (re.compile(r"/settings"), {"GET": _settings}),
    (re.compile(rf"{API_BASE}/.*"), {"GET": _forward, "POST": _forward}),
)
