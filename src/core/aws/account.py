"""What SES lets the account send: asked by the dispatcher in its rounds, and by nobody else.

SES answers one such question a second, for all who ask (SES API v2 reference, GetAccount).
"""

from typing import TYPE_CHECKING, NamedTuple

from core.aws.outage import outages

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


class Quota(NamedTuple):
    """The account's two quotas, in recipients."""

    rate: float
    """How many a second."""
    left: float
    """How many more within the last 24 hours; infinite if there is no such quota."""


_LEAST_RATE = 0.01
"""What is taken for no rate at all: so that a turn has a length."""


@outages()
def quota(ses: "SESV2Client") -> Quota:
    """Ask SES. Raises `Outage`."""
    told = ses.get_account()["SendQuota"]
    most = told["Max24HourSend"]  # -1 is SES's word for no limit (its API reference, SendQuota).
    left = float("inf") if most < 0 else max(0.0, most - told["SentLast24Hours"])
    return Quota(max(_LEAST_RATE, told["MaxSendRate"]), left)
