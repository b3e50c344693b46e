"""The API's function: reads a request, calls the use case that it is about, writes the answer."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import sending, status_query
from core.aws import clients
from core.aws.domain_table import DomainTable
from core.config import CONFIG
from core.contract.contract import GetStatus, SendMail
from core.contract.errors import KeyMissing, MailError
from core.contract.members import Contract
from core.http import answers, binding, cors, gateway, routing
from core.http.batch import Call
from core.http.gateway import Request, Response
from core.http.negotiation import negotiate
from core.lazily import lazily
from core.message.record import Record
from core.message.status import Status
from core.redaction import described, redacted
from core.services import Services
from core.submission import idempotency, submission
from core.submission.domains import DomainConfiguration

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from core import failures
    from core.contract import ignored
    from handlers import telemetry
else:  # Most mails are sent: a cold start does not pay for the others.
    failures = lazily("core.failures")
    ignored = lazily("core.contract.ignored")
    telemetry = lazily("handlers.telemetry")

logger = Logger()
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
services = Services.of(CONFIG)


@redacted
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of API Gateway's."""
    request = gateway.read(event, key_in_header=CONFIG.is_emulated)
    logger.append_keys(request_id=request.id)  # In each line of this request.
    message_ids: list[str] = []
    response = _respond(request, context, message_ids)
    logger.info("answered", status=int(response.status), message_ids=message_ids)
    allowed = cors.headers(request.headers.get("origin", ""), CONFIG.cors_origins)
    return gateway.write(response.with_headers(allowed))


def _respond(request: Request, context: "LambdaContext", message_ids: list[str]) -> Response:
    """Answer a request; add to `message_ids` the messages that it turns out to be about."""
    route = routing.find(request.method, request.path)
    if route is None:
        help_link = gateway.help_link(request.path)
        return Response(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "404", help_link)
    with suppress(MailError):  # It is raised again where the body is read, and answered there.
        request = binding.unpacked(request, CONFIG.limits)
    rendering = negotiate(request, route)
    work = _Work(
        request.caller,
        route.is_oneway,
        lambda: context.get_remaining_time_in_millis() / 1000,
        message_ids,
    )
    call = Call(request, route, request.headers.get(idempotency.HEADER))
    status, answer = _answer(call, work)
    headers = call.headers | work.headers
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers |= gateway.help_link(request.path)
    if rendering.format.is_download and route.operation:
        name = f"{route.operation.name}.{rendering.format.name}"
        headers["Content-Disposition"] = f'attachment;filename="{name}"'
    return Response(status, rendering.content_type, rendering.render(answer), headers)


def _answer(call: Call, work: "_Work") -> tuple[HTTPStatus, Contract | Sequence[Contract]]:
    """Carry out what is asked; turn every failure into an answer and a line in the log."""
    try:
        _require_key(call.request)
        return HTTPStatus.OK, call.carry_out(work.carry_out, CONFIG.limits)
    except MailError as error:
        faults = [f"{fault.field}: {fault.code}" for fault in error.faults]
        named: dict[str, Any] = {"ignored": call.ignored} if call.ignored else {}
        logger.info("refused", code=error.code, faults=faults, **named)
        return error.status, answers.of_error(error, call.failed_item)
    except Exception as error:  # noqa: BLE001 - the caller gets an answer, the operator the place
        _log_bug(error)
        return HTTPStatus.INTERNAL_SERVER_ERROR, answers.of_bug(call.request.id, call.failed_item)


def _require_key(request: Request) -> None:
    """Refuse what came without a checked key: API Gateway should not have let it through."""
    if request.is_keyless:
        raise KeyMissing(KeyMissing.text)


def _log_bug(error: Exception) -> None:
    """Log what kind of error it was and where; its text may hold personal data."""
    logger.error("failed", **described(error))


@dataclass(slots=True)
class _Work:
    """Carries out what one request asks for.

    `headers` collects what goes with the answer, `message_ids` which messages it is about.
    """

    caller: str
    is_oneway: bool
    time_left: Callable[[], float]
    """Seconds until Lambda ends this invocation."""
    message_ids: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    turns: status_query.Turns = field(
        default_factory=lambda: status_query.Turns(services.pace_clock, int(time.time()))
    )

    def carry_out(self, request: Contract, key: str | None) -> Contract:
        """Call the use case of an operation; `key` is the caller's `Idempotency-Key`."""
        match request:
            case SendMail():
                return answers.of_record(self._send(request, key))
            case GetStatus():
                return answers.of_record(self._find(request))
            case _:
                raise TypeError(type(request))

    def _send(self, request: SendMail, header: str | None) -> Record:
        submitted = submission.read(request, _domains(), self.caller, CONFIG.limits)
        key = idempotency.key_of(request, submitted, header, self.caller, int(time.time()))
        if self.is_oneway:
            record, replayed = sending.enqueue(submitted, key=key, services=services)
        else:
            record, replayed = sending.send(
                submitted, key=key, time_left=self.time_left, services=services
            )
        if replayed:
            self.headers["Idempotent-Replayed"] = "true"
        self.message_ids.append(record.id)
        _log_mail("replayed" if replayed else "accepted", record, request.ignored)
        if not submitted.is_complete:
            logger.info("html names an image that is not attached", message_id=record.id)
        return record

    def _find(self, request: GetStatus) -> Record:
        record = status_query.find(
            request,
            caller=self.caller,
            domains=_domains(),
            store=services.store,
            turns=self.turns,
        )
        self.message_ids.append(record.id)
        return record


def _log_mail(event: str, record: Record, names: Sequence[str]) -> None:
    """Log that a mail was `accepted`, with the reason if it was not sent; or that it is `replayed`.

    What became of an earlier request's mail was told and counted then. `names` are the members that
    nobody knows, which came with the request. CloudWatch adds up `recipients` (template.yaml).
    """
    named: dict[str, Any] = {"ignored": ignored.listed(names)} if names else {}
    if event == "accepted" and (taken := record.taken_at_newest_try()):
        named["recipients"] = taken
    is_new = event == "accepted" and record.status is not Status.SENT
    if is_new and (failure := failures.of(record)):
        telemetry.tell_failure(logger, event, record, failure, **named)
    else:
        logger.info(event, message_id=record.id, state=record.status, **named)


def _domains() -> Mapping[str, DomainConfiguration]:
    domains = domain_table.domains()
    if domain_table.broken:
        logger.error("domain configurations that cannot be used", domains=domain_table.broken)
    return domains
