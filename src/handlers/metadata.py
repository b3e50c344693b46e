"""The documentation, made from the types that read the requests, and the activity page."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core.contract.operations import OPERATIONS_BY_NAME
from core.http import gateway
from core.http.gateway import Request, Response
from core.metadata import assets, openapi, page
from core.metadata.activity import files
from core.metadata.samples import TABS
from core.metadata.sources import languages
from core.redaction import redacted

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
_HOST = re.compile(r"[\w.-]+(:\d+)?", re.ASCII)
_NOT_FOUND = Response(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "404")


@redacted
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:  # noqa: ARG001
    """Answer one request of API Gateway's."""
    request = gateway.read(event)
    logger.append_keys(**request.log_keys)
    stage = (event.get("requestContext") or {}).get("stage") or ""
    response = _answer(request, stage)
    if response is _NOT_FOUND:
        response = response.with_headers(gateway.help_link(request.path))
    if response.status is HTTPStatus.OK:  # Nobody's data: what one client may see, it may keep.
        response = response.with_headers({"Cache-Control": "private, max-age=300"})
    logger.info("answered", status=int(response.status))
    answer = gateway.write(response)
    return answer | {"body": ""} if request.method == "HEAD" else answer


def _answer(request: Request, stage: str) -> Response:
    host = _host(request)
    # Only API Gateway's own host has the stage in its URLs; a domain of ours does not.
    base = f"/{stage}" if ".execute-api." in host else ""
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
    base_url = f"{scheme}://{host}{base}"
    response = _NOT_FOUND
    match request.path.strip("/").split("/"):
        case _ if request.method not in ("GET", "HEAD"):
            pass
        case [""]:
            response = _redirect(f"{base}/metadata")
        case ["metadata" | "types" | "activity" as name] if request.path.endswith("/"):
            response = _redirect(f"{base}/{name}")
        case ["metadata"]:
            response = _page(page.index(base_url=base_url, root=""))
        case ["types"]:
            response = _page(page.types(root=""))
        case ["openapi.json"]:
            response = _json(openapi.document())
        case [name, "metadata"] if name in TABS:
            response = _tab(request, name, host, base_url)
        case ["types", name]:
            response = _types(name, base_url)
        case ["activity", *names]:
            response = _file(*names)
    return response


def _tab(request: Request, tab: str, host: str, base_url: str) -> Response:
    name = next((value for key, value in request.query.items() if key.lower() == "op"), "")
    if not name:
        return _page(page.index(base_url=base_url, root="../"))
    operation = OPERATIONS_BY_NAME.get(name.lower())
    if operation is None:
        return _NOT_FOUND
    return _page(page.operation(operation, TABS[tab], host=host, root="../"))


def _types(name: str, base_url: str) -> Response:
    if name in ("metadata", "metadata.json"):
        return _json(languages.metadata(base_url))
    if language := languages.LANGUAGES.get(name):
        source = language.write(base_url)
        return Response(HTTPStatus.OK, "text/plain; charset=utf-8", source)
    return _NOT_FOUND


def _file(*names: str) -> Response:
    """Return the activity page, or one of its files."""
    file = files.find(*names) if len(names) <= 1 else None
    if file is None:
        return _NOT_FOUND
    return Response(HTTPStatus.OK, file.media_type, file.text, files.headers())


def _host(request: Request) -> str:
    """Return the host that was asked, unless it is no host at all: it is put into sources."""
    host = request.headers.get("host", "")
    return host if _HOST.fullmatch(host) else "localhost"


def _redirect(location: str) -> Response:
    headers = {"Location": location}
    return Response(HTTPStatus.FOUND, "text/plain; charset=utf-8", "", headers)


def _page(html: str) -> Response:
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", html, assets.HEADERS)


def _json(text: str) -> Response:
    return Response(HTTPStatus.OK, "application/json; charset=utf-8", text)
