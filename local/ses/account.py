"""The account's state, under the names of SES's `GetAccount`, and what it does to each mail."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from threading import Lock
from time import monotonic
from typing import Any, Final

from local.ses import model
from local.ses.addresses import is_at_mailbox_simulator
from local.ses.errors import FieldError, SesError
from local.ses.limits import UNLIMITED, Limits
from local.ses.patches import merged

type Json = dict[str, Any]

_ENFORCEMENT: Final = ("HEALTHY", "PROBATION", "SHUTDOWN")
_PRODUCTION: Final = "ProductionAccessEnabled"
_PAUSED: Final = "SendingPausedException"
_USUAL: Final[Json] = {
    _PRODUCTION: True,
    "EnforcementStatus": "HEALTHY",
    "SendingEnabled": True,
    "SendQuota": {"MaxSendRate": 200.0, "Max24HourSend": 1_000_000.0, "SentLast24Hours": 0.0},
}
"""An account that has sent for years. By itself nothing throttles it on a machine of one's own."""


class Account:
    """The account of the simulated SES; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Return to the usual state, in which nothing was sent yet."""
        with self._lock:
            self._state = deepcopy(_USUAL)
            self._limits = Limits(self._clock)

    def show(self) -> Json:
        """Return the state as `GetAccount` answers it."""
        with self._lock:
            return merged(self._state, {"SendQuota": {"SentLast24Hours": self._limits.sent}})

    def change(self, patch: Json) -> None:
        """Change the members in `patch`, each for itself; null stands for the usual value.

        Raises `FieldError` for a member that `GetAccount` does not have or that has another type or
        no possible value. Nothing is changed then.
        """
        with self._lock:
            now = merged(self._state, {"SendQuota": {"SentLast24Hours": self._limits.sent}})
            state = model.check_state("GetAccount", merged(_USUAL, merged(now, patch)))
            _check_values(state)
            self._state = state
            quota = patch.get("SendQuota", {})
            if quota is None or "SentLast24Hours" in quota:
                self._limits.sent = state["SendQuota"]["SentLast24Hours"]

    def ask_for_review(self, details: Json) -> None:
        """Keep what `PutAccountDetails` says; whether the sandbox ends is AWS's to decide.

        Raises `SesError` while an earlier request is under review. `change` decides: of `Details`,
        null forgets the request.
        """
        with self._lock:
            review = self._state.get("Details", {}).get("ReviewDetails", {})
            if review.get("Status") == "PENDING":
                raise SesError(
                    "ConflictException", "The account details are under review: wait for its end."
                )
            kept = {name: each for name, each in details.items() if name != _PRODUCTION}
            kept["ReviewDetails"] = {"Status": "PENDING", "CaseId": "0000000001"}
            self._state = model.check_state("GetAccount", self._state | {"Details": kept})

    @property
    def is_in_sandbox(self) -> bool:
        return not self._state[_PRODUCTION]

    def check_sending(self) -> None:
        """Raise `SesError` while the account must not send at all."""
        if self._state["EnforcementStatus"] == "SHUTDOWN":
            raise SesError(
                "AccountSuspendedException",
                "The account's ability to send email has been permanently restricted.",
            )
        if not self._state["SendingEnabled"]:
            raise SesError(
                _PAUSED,
                "Sending paused for this account. For more information, please check the inbox of "
                "the email address associated with your AWS account.",
            )

    def check_quotas(self, recipients: Iterable[str]) -> None:
        """Raise `SesError` if a mail to `recipients` must wait for one of the two quotas."""
        with self._lock:
            quota = self._state["SendQuota"]
            self._limits.check(
                per_second=quota["MaxSendRate"],
                per_day=quota["Max24HourSend"],
                counted=_counted(recipients),
            )

    def count(self, recipients: tuple[str, ...]) -> None:
        """Count an accepted mail; one that was refused uses nothing up."""
        with self._lock:
            self._limits.count(len(recipients), _counted(recipients))


def check_configuration_set(name: str, *, is_sending: bool) -> None:
    """Raise `SesError` while sending is switched off for the configuration set `name`."""
    if not is_sending:
        raise SesError(_PAUSED, f"Sending paused for configuration set <{name}>.")


def _counted(recipients: Iterable[str]) -> int:
    """Count the recipients for the daily quota.

    Mails to the mailbox simulator count for the rate alone (developer guide, "Using the Amazon SES
    mailbox simulator").
    """
    return sum(not is_at_mailbox_simulator(address) for address in recipients)


def _check_values(state: Json) -> None:
    if state["EnforcementStatus"] not in _ENFORCEMENT:
        raise FieldError("EnforcementStatus", f"Must be one of {', '.join(_ENFORCEMENT)}.")
    for name, value in state["SendQuota"].items():
        is_unlimited = name == "Max24HourSend" and value == UNLIMITED
        if value < 0 and not is_unlimited:
            raise FieldError(f"SendQuota.{name}", "Must not be negative.")
