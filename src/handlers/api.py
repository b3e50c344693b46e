"""The API's function: reads a request, calls the use case that it is about, writes the answer."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import sending, status_query
from core.aws import clients
from core.aws.domain_table import DomainTable
from core.config import CONFIG
from core.contract.contract import WEBHOOKS, GetStatus, SendMail
from core.contract.errors import KeyMissing, MailError
from core.contract.members import Contract
from core.http import answers, binding, cors, gateway, routing
from core.http.batch import Call, Item
from core.http.gateway import Request, Response
from core.http.negotiation import negotiate
from core.lazily import lazily
from core.message.origin import Origin
from core.message.record import Record
from core.message.status import Status
from core.redaction import redacted
from core.services import Services
from core.submission import idempotency, submission
from core.submission.domains import DomainConfiguration
from core.submission.senders import usable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from core import failures, slow_lane
    from core.contract import ignored
    from core.http import prefer
    from core.submission.idempotency import IdempotencyKey
    from core.submission.submission import Submission
    from handlers import mail_operations, telemetry, webhook_operations
else:  # Most mails are sent at once: a cold start does not pay for the others.
    failures = lazily("core.failures")
    slow_lane = lazily("core.slow_lane")
    ignored = lazily("core.contract.ignored")
    prefer = lazily("core.http.prefer")
    mail_operations = lazily("handlers.mail_operations")
    telemetry = lazily("handlers.telemetry")
    webhook_operations = lazily("handlers.webhook_operations")

logger = Logger()
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
services = Services.of(CONFIG)


@redacted
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of API Gateway's."""
    request = gateway.read(event, key_in_header=CONFIG.is_emulated)
    logger.append_keys(**request.log_keys)  # In each line of this request.
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
    is_async = _prefers_async(request)
    work = _Work(
        request.caller,
        request.origin,
        route.is_oneway or route.is_batch or is_async,
        is_async,
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
        telemetry.tell_error(logger, error)
        return HTTPStatus.INTERNAL_SERVER_ERROR, answers.of_bug(call.request.id, call.failed_item)


def _require_key(request: Request) -> None:
    """Refuse what came without a checked key: API Gateway should not have let it through."""
    if request.is_keyless:
        raise KeyMissing(KeyMissing.text)


def _prefers_async(request: Request) -> bool:
    """Say whether the caller would rather not wait until its mail is sent."""
    preferences = request.headers.get("prefer")  # Few requests have any.
    return preferences is not None and prefer.wants_async(preferences)


@dataclass(slots=True)
class _Work:
    """Carries out what one request asks for.

    `headers` collects what goes with the answer, `message_ids` which messages it is about.
    """

    caller: str
    origin: Origin
    is_slow: bool
    """Whether its mails are for the slow lane, whatever their domains say."""
    is_async: bool
    """Whether that is so because the caller prefers it."""
    time_left: Callable[[], float]
    """Seconds until Lambda ends this invocation."""
    message_ids: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    turns: status_query.Turns = field(
        default_factory=lambda: status_query.Turns(services.pace_clock, int(time.time()))
    )

    def carry_out(self, items: Sequence[Item]) -> Iterator[Contract]:
        """Call the use case of an operation for each item, all of which are of one operation.

        Mails for the slow lane are accepted together.
        """
        if self.is_slow and items and isinstance(items[0].request, SendMail):
            yield from map(answers.of_record, self._enqueue(items))
            return
        for request, key in items:
            match request:
                case SendMail():
                    yield answers.of_record(self._send(request, key))
                case GetStatus():
                    yield answers.of_record(self._find(request))
                case _ if request.namespace == WEBHOOKS:
                    own = usable(_domains(), self.caller)
                    yield webhook_operations.carry_out(request, self.caller, own, services)
                case _:
                    caller = mail_operations.Caller(
                        self.caller,
                        self.origin.key_id,
                        usable(_domains(), self.caller),
                        services,
                        self._accept,
                    )
                    yield mail_operations.carry_out(request, key, caller, self.message_ids)

    def _send(self, request: SendMail, header: str | None) -> Record:
        submitted = submission.read(request, _domains(), self.caller, CONFIG.limits)
        return self._accept(request, submitted, header)[0]

    def _accept(
        self, request: Contract, submitted: "Submission", header: str | None
    ) -> tuple[Record, bool]:
        """Accept a mail, and send it at once unless it is for the slow lane."""
        key = idempotency.key_of(request, submitted, header, self.caller, int(time.time()))
        if submitted.configuration.lane == "slow" or self.is_slow:
            order = slow_lane.Order(submitted, key, self.origin)
            ((record, replayed),) = slow_lane.enqueue_all([order], services=services)
            self._note_async()
        else:
            record, replayed = sending.send(
                submitted,
                key=key,
                origin=self.origin,
                time_left=self.time_left,
                services=services,
            )
        return self._accepted(request, submitted, record, replayed=replayed), replayed

    def _enqueue(self, items: Sequence[Item]) -> Iterator[Record]:
        """Accept the mails up to the first that is refused, for the slow lane."""
        orders: list[slow_lane.Order] = []
        try:
            for request, key in items:
                orders.append(slow_lane.Order(*self._read(request, key), self.origin))
        except Exception:
            yield from self._enqueued(items, orders)
            raise
        yield from self._enqueued(items, orders)

    def _enqueued(
        self, items: Sequence[Item], orders: "Sequence[slow_lane.Order]"
    ) -> Iterator[Record]:
        accepted = slow_lane.enqueue_all(orders, services=services)
        for item, order, (record, replayed) in zip(items, orders, accepted, strict=False):
            self._note_async()
            yield self._accepted(item.request, order.submission, record, replayed=replayed)

    def _note_async(self) -> None:
        if self.is_async:
            self.headers[prefer.APPLIED] = prefer.RESPOND_ASYNC

    def _read(
        self, request: Contract, header: str | None
    ) -> "tuple[Submission, IdempotencyKey | None]":
        """Read a mail and its key. Raises a `MailError` with everything that is wrong with it."""
        if not isinstance(request, SendMail):
            raise TypeError(type(request))
        submitted = submission.read(request, _domains(), self.caller, CONFIG.limits)
        key = idempotency.key_of(request, submitted, header, self.caller, int(time.time()))
        return submitted, key

    def _accepted(
        self, request: Contract, submitted: "Submission", record: Record, *, replayed: bool
    ) -> Record:
        """Note which message a mail became, and tell of it in the log."""
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
            own=usable(_domains(), self.caller),
            services=services,
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
        named["sent_after"] = record.seconds_until(time.time())
    is_new = event == "accepted" and record.status is not Status.SENT
    if is_new and (failure := failures.of(record)):
        telemetry.tell_failure(logger, event, record, failure, **named)
    else:
        # The trace of a repeated request is its own, and not that of the first.
        keys = record.log_keys if event == "accepted" else {"message_id": record.id}
        logger.info(event, state=record.status, **named, **keys)


def _domains() -> Mapping[str, DomainConfiguration]:
    domains = domain_table.domains()
    if domain_table.broken:
        logger.error("domain configurations that cannot be used", domains=domain_table.broken)
    return domains
