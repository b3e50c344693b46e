"""The HTTP API: `POST /Mail/Send` and `GET /Status`, in every format of the contract."""

import time
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import answers, clients, gateway, idempotency, inquiry, negotiation, sending, submission
from core.config import CONFIG
from core.contract import Contract, GetStatus, SendMail, SendResponse
from core.directory import Directory
from core.domains import DomainConfiguration
from core.errors import MailError
from core.gateway import Request, Response
from core.retry_queue import RetryQueue
from core.store import Store
from core.transport import Transport
from core.vault import Vault

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
directory = Directory(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
edges = sending.Edges(
    store=Store(clients.dynamodb(), CONFIG.table_name),
    vault=Vault(clients.s3(), CONFIG.bucket_name),
    transport=Transport(clients.ses()),
    queue=RetryQueue(clients.sqs(), CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url),
)


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of API Gateway's."""
    request = gateway.read(event)
    response = _answer(request, context)
    logger.info("answered", request_id=request.id, status=int(response.status))
    return gateway.write(response)


def _answer(request: Request, context: "LambdaContext") -> Response:
    route = negotiation.route(request.method, request.path)
    if route is None:
        return Response(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "404")
    wanted = negotiation.answer_format(request, route.suffix)
    try:
        answer, headers = _carry_out(negotiation.read_request(request, route), request, context)
        return Response(HTTPStatus.OK, wanted.answer_type, wanted.write(answer), headers)
    except MailError as error:
        faults = [f"{fault.field}: {fault.code}" for fault in error.faults]
        logger.info("refused", request_id=request.id, code=error.code, faults=faults)
        return Response(error.status, wanted.answer_type, wanted.write(answers.of_error(error)))
    except Exception as error:  # noqa: BLE001 - the caller gets an answer, the operator the place
        _log_bug(error, request)
        bug = wanted.write(answers.of_bug(request.id))
        return Response(HTTPStatus.INTERNAL_SERVER_ERROR, wanted.answer_type, bug)


_Answer = tuple[SendResponse, dict[str, str]]
"""The body, and headers of its own."""


def _carry_out(asked: Contract, request: Request, context: "LambdaContext") -> _Answer:
    match asked:
        case SendMail():
            return _send(asked, request, context)
        case GetStatus():
            return _status(asked, request)
        case _:
            raise TypeError(type(asked))


def _send(mail: SendMail, request: Request, context: "LambdaContext") -> _Answer:
    submitted = submission.read(mail, _domains(), request.caller)
    header = request.headers.get(idempotency.HEADER)
    key = idempotency.key_of(mail, submitted, header, request.caller, int(time.time()))
    record, replayed = sending.send(
        submitted,
        key=key,
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
        edges=edges,
    )
    logger.info("replayed" if replayed else "accepted", message_id=record.id, state=record.status)
    return answers.of_record(record), {"Idempotent-Replayed": "true"} if replayed else {}


def _status(asked: GetStatus, request: Request) -> _Answer:
    record = inquiry.find(
        asked.message_id, caller=request.caller, domains=_domains(), store=edges.store
    )
    return answers.of_record(record), {}


def _domains() -> Mapping[str, DomainConfiguration]:
    domains = directory.domains()
    if directory.broken:
        logger.error("domain configurations that cannot be used", domains=directory.broken)
    return domains


def _log_bug(error: Exception, request: Request) -> None:
    """Say where it happened, not what with: an exception's text may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    logger.error("failed", request_id=request.id, error=type(error).__name__, where=where)
