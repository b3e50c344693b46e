"""The HTTP API: sending mails and asking for their status, on every route and in every format."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import sending, status_query
from core.aws import clients
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.config import CONFIG
from core.contract.contract import Contract, GetStatus, SendMail, SendResponse
from core.contract.errors import MailError, NotImplementedHere
from core.http import answers, binding, cors, gateway, routing
from core.http.gateway import Request, Response
from core.http.negotiation import negotiate
from core.http.routing import Route
from core.message.record import Record
from core.redaction import places, redacted
from core.submission import idempotency, submission
from core.submission.domains import DomainConfiguration

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
services = sending.Services(
    store=Store(clients.dynamodb(), CONFIG.table_name),
    content_store=ContentStore(clients.s3, CONFIG.bucket_name),
    suppressions=SuppressionList(clients.dynamodb(), CONFIG.table_name, CONFIG.stack_id),
    transport=Transport(clients.ses()),
    queue=RetryQueue(clients.sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url),
    counters=Counters(clients.dynamodb(), CONFIG.table_name),
)


@redacted
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of API Gateway's."""
    request = gateway.read(event)
    response = _respond(request, context)
    logger.info("answered", request_id=request.id, status=int(response.status))
    allowed = cors.headers(request.headers.get("origin", ""), CONFIG.cors_origins)
    return gateway.write(response.with_headers(allowed))


def _respond(request: Request, context: "LambdaContext") -> Response:
    if request.method == "OPTIONS" and CONFIG.cors_origins:
        return Response(HTTPStatus.OK, "text/plain", "")
    route = routing.find(request.method, request.path)
    if route is None:
        return Response(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "404")
    with suppress(MailError):  # It is raised again where the body is read, and then told.
        request = binding.unpacked(request, CONFIG.limits)
    rendering = negotiate(request, route)
    call = _Call(request, route, context)
    status, answer = call.answer()
    if rendering.format.is_download and route.operation:
        name = f"{route.operation.__name__}.{rendering.format.name}"
        call.headers["Content-Disposition"] = f'attachment;filename="{name}"'
    return Response(status, rendering.content_type, rendering.render(answer), call.headers)


@dataclass(slots=True)
class _Call:
    """One HTTP request while it is carried out: one thing asked, or the items of a batch."""

    request: Request
    route: Route
    context: "LambdaContext"
    headers: dict[str, str] = field(default_factory=dict)
    _done: list[SendResponse] = field(default_factory=list)
    _is_under_way: bool = False

    def answer(self) -> tuple[HTTPStatus, Contract | Sequence[Contract]]:
        """Do one after the other and stop at the first that fails; return status and body."""
        try:
            items = self._asked()
            self._is_under_way = True
            for asked in items:
                self._done.append(self._carry_out(asked))
        except MailError as error:
            faults = [f"{fault.field}: {fault.code}" for fault in error.faults]
            logger.info("refused", request_id=self.request.id, code=error.code, faults=faults)
            return error.status, answers.of_error(error, self._progress())
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the operator the place
            _log_bug(error, self.request)
            bug = answers.of_bug(self.request.id, self._progress())
            return HTTPStatus.INTERNAL_SERVER_ERROR, bug
        self._progress()
        return HTTPStatus.OK, self._done if self.route.is_batch else self._done[0]

    def _progress(self) -> int | None:
        """Say how much of a batch is done, in a header; its count is the failing item's index."""
        if not self.route.is_batch:
            return None
        self.headers["X-AutoBatch-Completed"] = str(len(self._done))
        return len(self._done) if self._is_under_way else None

    def _asked(self) -> Sequence[Contract]:
        if self.route.operation is None or self.route.refusal:
            raise NotImplementedHere(self.route.refusal)
        if self.route.is_batch:
            return binding.read_batch(self.request, self.route.operation, self.route, CONFIG.limits)
        return [binding.read(self.request, self.route.operation, self.route, CONFIG.limits)]

    def _carry_out(self, asked: Contract) -> SendResponse:
        match asked:
            case SendMail():
                return answers.of_record(self._send(asked))
            case GetStatus():
                return answers.of_record(self._find(asked))
            case _:
                raise TypeError(type(asked))

    def _send(self, mail: SendMail) -> Record:
        caller = self.request.caller
        submitted = submission.read(mail, _domains(), caller, CONFIG.limits)
        key = idempotency.key_of(mail, submitted, self._key_header(), caller, int(time.time()))
        if self.route.is_oneway:
            record, replayed = sending.enqueue(submitted, key=key, services=services)
        else:
            record, replayed = sending.send(
                submitted,
                key=key,
                time_left=lambda: self.context.get_remaining_time_in_millis() / 1000,
                services=services,
            )
        if replayed:
            self.headers["Idempotent-Replayed"] = "true"
        event = "replayed" if replayed else "accepted"
        logger.info(event, message_id=record.id, state=record.status)
        return record

    def _key_header(self) -> str | None:
        """Return the caller's idempotency key; each item of a batch has its own."""
        given = self.request.headers.get(idempotency.HEADER)
        return f"{given}/{len(self._done)}" if given and self.route.is_batch else given

    def _find(self, asked: GetStatus) -> Record:
        return status_query.find(
            asked.message_id,
            caller=self.request.caller,
            domains=_domains(),
            store=services.store,
        )


def _domains() -> Mapping[str, DomainConfiguration]:
    domains = domain_table.domains()
    if domain_table.broken:
        logger.error("domain configurations that cannot be used", domains=domain_table.broken)
    return domains


def _log_bug(error: Exception, request: Request) -> None:
    """Say where it happened, not what with: an exception's text may hold personal data."""
    kind, where = type(error).__name__, places(error)
    logger.error("failed", request_id=request.id, error=kind, where=where)
