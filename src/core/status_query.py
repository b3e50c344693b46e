"""The answer to `GetStatus`: the record of a message, for those who may ask for it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from core.acceptance import PAUSED
from core.aws.clock_item import Clock
from core.aws.mail_index import EVER
from core.aws.outage import Outage
from core.aws.pace_clock import PaceClock
from core.aws.ses import USED_UP
from core.aws.store import Store
from core.contract.contract import GetStatus
from core.contract.errors import Fault, Invalid, NotFound
from core.lazily import lazily
from core.message.ids import is_id
from core.message.margins import trimmed
from core.message.pace import Backlog, WaitingList
from core.message.record import Record
from core.message.status import Status
from core.redaction import about
from core.services import Services
from core.submission.domains import DomainConfiguration

if TYPE_CHECKING:
    from core.message import expectation
    from core.submission import references, unknown_members
else:  # Few ask of a mail that waits, and few without an id.
    expectation = lazily("core.message.expectation")
    references = lazily("core.submission.references")
    unknown_members = lazily("core.submission.unknown_members")

_AROUND = "\"'<>{}[]() \t\r\n"
_SES_LENGTH, _SES_HYPHEN = 60, 16
"""The form of SES's ids: 16 hexadecimal digits, a UUID, and six digits, with hyphens between."""


def find(
    request: GetStatus,
    *,
    own: Mapping[str, DomainConfiguration],
    services: Services,
    turns: "Turns",
) -> Record:
    """Return the record of a message, if its domain is one of the caller's `own`.

    Without an id it is the newest message with the `Reference`. If the mail waits for its turn, the
    record's `error` says when that is expected: `turns` knows. Raises as `of_message` does.
    """
    if trimmed(request.message_id or "") or not trimmed(request.reference or ""):
        record = of_message(request.message_id, request.ignored, own=own, store=services.store)
    else:
        reference = trimmed(request.reference or "")
        record = _newest_with(reference, own, services)
    if expected := turns.expected(record, is_paused=bool(own[record.domain].paused)):
        return record.model_copy(update={"error": expected})
    return record


def of_message(
    message_id: str | None,
    ignored: Sequence[str],
    *,
    own: Mapping[str, DomainConfiguration],
    store: Store,
) -> Record:
    """Return the record of a message by its id, if its domain is one of the caller's `own`.

    Quotes and brackets around the id are none of it: people copy them from answers and headers.
    `ignored` are the members that came with the request and that nobody knows. Raises `Invalid` if
    no id was given, and `NotFound` both for an unknown id and for a message of a domain that the
    caller may not use: nobody learns from it whether there is such a message.
    """
    text = trimmed(message_id or "").strip(_AROUND)
    if not text:
        hint = unknown_members.of_message_id(ignored) if ignored else ""
        message = f"'MessageId' must not be empty. {_ASK}{hint}"
        raise Invalid(Fault("MessageId", "NotEmpty", message))
    wanted = text.upper()  # The alphabet of our ids (Crockford's base 32) is read in either case.
    with about(message_id=wanted):
        record = store.get(wanted) if is_id(wanted) else None
    if record is None or record.domain not in own:
        raise NotFound(_unknown(text, own))
    return record


def _newest_with(
    reference: str, own: Mapping[str, DomainConfiguration], services: Services
) -> Record:
    """Return the newest message of these domains with a reference, if that can be read."""
    if faults := [*references.faults_in(reference)]:
        raise Invalid(*faults)
    wanted = [where for name in own for where in services.mail_index.of_reference(name, reference)]
    for message_id in services.mail_index.newest(wanted, EVER, 1):
        with about(message_id=message_id):
            record = services.store.get(message_id)
        if record is not None and record.domain in own:
            return record
    raise NotFound("There is no message with this 'Reference' of this API key's domains.")


class Turns:
    """What is known of the turns of waiting mails: asked when it is needed, once for a request.

    If DynamoDB fails, nothing is known: the status is told without it.
    """

    def __init__(self, pace_clock: PaceClock, now: int) -> None:
        """Make it for a request that came at `now` (epoch seconds)."""
        self._pace_clock, self._now = pace_clock, now

    def expected(self, record: Record, *, is_paused: bool) -> str:
        """Say when the turn of a mail is expected; "" if it does not wait for one, or if unknown.

        `is_paused` is whether its domain is.
        """
        if record.status is not Status.QUEUED:
            return ""
        if not record.is_lined_up:
            waits_for_turn = not record.attempts or record.attempts[-1].outcome == "throttled"
            return expectation.of_turn(record, self._now) if waits_for_turn else ""
        if is_paused:
            return PAUSED
        return self._of_lined_up(record)

    def _of_lined_up(self, record: Record) -> str:
        if self._state is None:
            return ""
        clock, backlogs = self._state
        if clock.closed_until > self._now:
            return expectation.of_closed(record, USED_UP, clock.closed_until, self._now)
        backlog = backlogs.get(WaitingList(record.lane, record.domain))
        return expectation.of_lined_up(record, backlog, self._now)

    @cached_property
    def _state(self) -> tuple[Clock, Mapping[WaitingList, Backlog]] | None:
        with suppress(Outage):
            return self._pace_clock.state(self._now)
        return None


_ASK = "Give the one that SendMail answered."


def _unknown(message_id: str, own: Mapping[str, DomainConfiguration]) -> str:
    """Say that there is no such message, and what may be the reason.

    It depends on nothing but the text that was asked for, and the caller's `own` domains.
    """
    if len(message_id) == _SES_LENGTH and message_id[_SES_HYPHEN] == "-":
        return f"There is no such message: this is an id of SES's. {_ASK}"
    days = {domain.retention_days for domain in own.values()}
    kept = f" Messages are kept for {max(days)} days, at most." if days else ""
    return f"There is no such message of this API key's domains. {_ASK}{kept}"
