"""The function that runs once a minute, and goes on as long as mails are lined up: gives out turns.

It is the only one that asks SES what the account may send.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from core.aws import account, clients
from core.aws.account import Quota
from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.aws.outage import Outage
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import RetryQueue
from core.aws.store import Store
from core.aws.waiting_lists import WaitingLists
from core.config import CONFIG
from core.dispatch import Dispatcher, Round
from core.message import pace
from core.message.pace import Backlog, WaitingList
from core.redaction import redacted
from handlers import telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
dispatcher = Dispatcher(
    store=Store(clients.dynamodb(), CONFIG.table_name),
    queue=RetryQueue(clients.sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url),
    pace_clock=PaceClock(clients.dynamodb(), CONFIG.table_name),
    lists=WaitingLists(clients.dynamodb(), CONFIG.table_name),
    domain_table=domain_table,
    counters=Counters(clients.dynamodb(), CONFIG.table_name),
)
_ROUNDS = 60 // pace.ROUND_SECONDS
"""How many in a minute; the next invocation goes on."""
_SECONDS_EACH = 5
"""How long a round takes at most, so that it ends within the function's time."""


@redacted
@metrics.log_metrics
def handler(_event: dict[str, Any], context: "LambdaContext") -> None:
    """Give out turns, round after round while mails are lined up, until the minute is over.

    If AWS fails, the function fails, so that the alarm on its errors rings: the next minute goes
    on, and nothing is lost meanwhile.
    """
    metrics.add_metric("Dispatches", MetricUnit.Count, 1)
    try:
        _dispatch(context)
    except Exception as error:
        telemetry.tell_error(logger, error)
        raise


def _dispatch(context: "LambdaContext") -> None:
    begun = time.time()
    quota = _quota()
    done = _round(quota)
    _count(quota)
    for number in range(1, _ROUNDS):
        wait = max(0.0, begun + number * pace.ROUND_SECONDS - time.time())
        left = context.get_remaining_time_in_millis() / 1000
        # Some of those with a turn may be throttled, and line up again.
        is_more = done.is_more_lined_up or done.given_out
        if not is_more or left < wait + _SECONDS_EACH:
            return
        time.sleep(wait)
        done = _round(_quota())


def _count(quota: Quota) -> None:
    """Count what waits, for whoever asks; if that fails, the mails get their turns all the same."""
    try:
        _publish(dispatcher.count(int(time.time())), quota)
    except Outage as error:
        logger.warning("what waits was not counted", error=str(error))


def _round(quota: Quota) -> Round:
    done = dispatcher.give_out(int(time.time()), quota)
    if done.given_out or done.given_up or done.unreadable:
        logger.info("gave out turns", turns=done.given_out, given_up=done.given_up)
    metrics.add_metric("GaveUp", MetricUnit.Count, done.given_up)
    telemetry.tell_unreadable(logger, done.unreadable)
    return done


def _quota() -> Quota:
    """Return what the account may send: what it is told, or else what it was told last."""
    try:
        told = account.quota(clients.ses())
    except Outage as error:
        logger.warning("the account's quota is not known", error=str(error))
        told = Quota(dispatcher.pace_clock.read().rate, float("inf"))
    return told._replace(rate=min(told.rate, CONFIG.send_rate or told.rate))


def _publish(backlogs: Mapping[WaitingList, Backlog], quota: Quota) -> None:
    """Publish what waits in each lane, and the rate of which it gets its share.

    The age is that of mails that are to leave: what an operator has stopped rings no alarm.
    """
    now = time.time()
    for lane in pace.TURNS:
        of_lane = {each: backlog for each, backlog in backlogs.items() if each.lane == lane}
        oldest = min(
            (
                backlog.marks[0] / 1000
                for each, backlog in of_lane.items()
                if backlog.marks and dispatcher.may_send(each.domain)
            ),
            default=now,
        )
        published = EphemeralMetrics()  # Not the handler's own: the lane is no dimension of those.
        published.add_dimensions(service=str(published.service), lane=lane)
        waiting = sum(backlog.waiting for backlog in of_lane.values())
        published.add_metric("Waiting", MetricUnit.Count, waiting)
        published.add_metric("OldestWaitingSeconds", MetricUnit.Seconds, max(0.0, now - oldest))
        published.flush_metrics()
    metrics.add_metric("SendRate", MetricUnit.Count, quota.rate)
