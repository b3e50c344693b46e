"""What can be asked of mails that were accepted: to find, show, resend and cancel them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from aws_lambda_powertools import Logger

from core import cancelling, mail_content, mail_details, mail_query, resending, status_query
from core.aws.step_log import StepLog
from core.config import CONFIG
from core.contract.mails import (
    CancelMail,
    FindMails,
    FoundMails,
    GetContent,
    GetMail,
    MailContent,
    MailDetails,
    ResendMail,
)
from core.contract.members import Contract
from core.http import answers, mail_answers
from core.message.record import Record
from core.services import Services
from core.submission.domains import DomainConfiguration
from core.submission.submission import Submission
from handlers import telemetry

logger = Logger()


class Caller(NamedTuple):
    """Who asks, and what it takes to answer."""

    id: str
    """The SHA-256 (hex) of the API key."""
    key_id: str
    """API Gateway's id of it; "" if it is not known."""
    own: Mapping[str, DomainConfiguration]
    """The domains that the key may use."""
    services: Services
    send: Callable[[Contract, Submission, str | None], tuple[Record, bool]]
    """Accepts a mail, given the request, the mail and the header `Idempotency-Key`. Returns its
    record, and whether that is one of an earlier request."""


def carry_out(
    request: Contract, key: str | None, caller: Caller, message_ids: list[str]
) -> Contract:
    """Do what a request asks for; add to `message_ids` what it turns out to be about."""
    match request:
        case FindMails():
            return _find(request, caller, message_ids)
        case GetMail():
            record = _own(request.message_id, request, caller, message_ids)
            return _details(request, record, caller)
        case GetContent():
            record = _own(request.message_id, request, caller, message_ids)
            return _content(record, caller)
        case CancelMail():
            record = _own(request.message_id, request, caller, message_ids)
            return answers.of_record(cancelling.cancel(record, services=caller.services))
        case ResendMail():
            return _resend(request, key, caller, message_ids)
        case _:
            raise TypeError(type(request))


def _own(
    message_id: str | None, request: Contract, caller: Caller, message_ids: list[str]
) -> Record:
    store = caller.services.store
    record = status_query.of_message(message_id, request.ignored, own=caller.own, store=store)
    message_ids.append(record.id)
    return record


def _find(request: FindMails, caller: Caller, message_ids: list[str]) -> FoundMails:
    index = caller.services.mail_index
    page = mail_query.find(request, caller=caller.id, own=caller.own, mail_index=index)
    telemetry.tell_unreadable(logger, page.unreadable)
    message_ids += [record.id for record in page.mails]
    return mail_answers.of_page(page.mails, page.subjects, page.cursor)


def _details(request: GetMail, record: Record, caller: Caller) -> MailDetails:
    details = mail_details.of(
        record, request.cursor, services=caller.services, step_log=_step_log(caller)
    )
    return mail_answers.of_details(*details)


def _content(record: Record, caller: Caller) -> MailContent:
    found = mail_content.of(
        record,
        caller.own[record.domain],
        caller.key_id,
        services=caller.services,
        step_log=_step_log(caller),
    )
    return mail_answers.of_content(
        found.record,
        found.mail,
        found.links,
        found.links_until,
        is_shortened=found.is_shortened,
    )


def _resend(
    request: ResendMail, key: str | None, caller: Caller, message_ids: list[str]
) -> Contract:
    record = _own(request.message_id, request, caller, message_ids)
    configuration = caller.own[record.domain]
    submission = resending.submission(
        request, record, configuration, CONFIG.limits, services=caller.services
    )
    resent, is_replayed = caller.send(request, submission, key)
    if not is_replayed:
        resending.note(record, resent, _step_log(caller))
    return answers.of_record(resent)


def _step_log(caller: Caller) -> StepLog:
    return StepLog(caller.services.store.dynamodb, caller.services.store.table)
