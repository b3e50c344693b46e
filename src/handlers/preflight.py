"""Answers a browser that asks whether a page may call the API: a CORS preflight.

It is deployed only where `CorsOrigins` names somebody, for the one verb that needs no key. It can
do nothing else, and knows nothing of AWS: a function that anybody may start should be able to do as
little as that (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core.config import CONFIG
from core.http import cors, gateway
from core.http.gateway import Response
from core.redaction import redacted

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@redacted
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:  # noqa: ARG001
    """Answer one request of API Gateway's, always as a preflight."""
    request = gateway.read(event)
    logger.append_keys(**request.log_keys)
    allowed = cors.headers(request.headers.get("origin", ""), CONFIG.cors_origins)
    response = Response(HTTPStatus.OK, "text/plain", "", allowed)
    logger.info("answered", status=int(response.status))
    return gateway.write(response)
