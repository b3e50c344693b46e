"""The account's SES: sandbox, enforcement, and its quota against what the stack asks of it.

The names are those of SESv2's GetAccount
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html).
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from core.aws.outage import Outage
from ops.doctor.findings import Finding, failure, ok, warning
from ops.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_WORKERS_PER_RATE = 0.3
"""How many workers keep up with one mail a second: a try takes about a quarter of a second."""
_MOST_CONCURRENCY = 1000
"""An event source mapping takes no greater one."""
_MUCH_OF_THE_DAY = 0.8
_DOUBT_SECONDS = 300
"""The dispatcher's clock stands still so long whenever SES says that the day is used up: what is
further away is the hour in which its quota frees (`core/sending.py`, `core/dispatch.py`)."""


def account(subject: Subject) -> Iterator[Finding]:
    """Examine what SES says of the account."""
    held = subject.ask("sesv2", "get_account")
    yield _sandbox(subject, held)
    yield _enforcement(held)
    yield _sending(subject, held)
    quota = held.get("SendQuota", {})
    yield _rate(subject, quota.get("MaxSendRate", 0.0))
    yield _day(subject, quota)


def _sandbox(subject: Subject, held: Any) -> Finding:
    is_told = subject.stack.parameters.get("SesSandbox", "false") == "true"
    if held.get("ProductionAccessEnabled"):
        if is_told:
            return warning(
                "The account has left the SES sandbox, and the stack does not know it"
                " (SesSandbox=true): its functions may send with any identity of the account.",
                subject.deploy("SesSandbox", "false"),
            )
        return ok("The account is out of the SES sandbox.")
    more = "" if is_told else ", and the stack does not know it (SesSandbox=false)"
    request = subject.aws_command(
        "sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL"
        " --website-url https://example.com"
    )
    return Finding(
        "warning" if is_told else "failure",
        f"The account is in the SES sandbox{more}:"
        " it mails to verified addresses and to SES's mailbox simulator only.",
        (() if is_told else (subject.deploy("SesSandbox", "true"),))
        + ("# To leave the sandbox, ask AWS, with the address of your own web site:", request),
    )


def _enforcement(held: Any) -> Finding:
    match held.get("EnforcementStatus"):
        case "HEALTHY":
            return ok("AWS has no complaint about the account (HEALTHY).")
        case "PROBATION":
            return warning(
                "AWS reviews the account (PROBATION): it may stop sending if its bounces and"
                " complaints do not become fewer.",
                "# AWS has written to the owner of the account: mend the cause, then answer there:",
                "# https://console.aws.amazon.com/support/home",
            )
        case status:
            return failure(
                f"AWS has stopped the account ({status}): no mail goes out.",
                "# AWS has written to the owner of the account: mend the cause, then answer there:",
                "# https://console.aws.amazon.com/support/home",
            )


def _sending(subject: Subject, held: Any) -> Finding:
    if held.get("SendingEnabled"):
        return ok("Sending is switched on for the account.")
    return failure(
        "Sending is switched off for the account: mails wait, and fail when their time is over.",
        subject.aws_command("sesv2 put-account-sending-attributes --sending-enabled"),
    )


def _rate(subject: Subject, rate: float) -> Finding:
    """Compare the workers with the pace: the dispatcher sets that, so too many do no harm."""
    what = f"SES takes {rate:g} recipient{'' if rate == 1 else 's'} a second"
    if subject.is_local:
        return ok(f"{what}.")  # How many workers keep up, is what this machine can do.
    given = float(subject.parameter("SendRate") or 0)
    if 0 < given < rate:
        what += f", of which waiting mails may use {given:g} (SendRate)"
        rate = given
    concurrency = int(subject.parameter("SendConcurrency") or 0)
    least = min(_MOST_CONCURRENCY, math.ceil(_WORKERS_PER_RATE * rate))
    if concurrency >= least:
        return ok(f"{what}, and SendConcurrency={concurrency} keeps up with it.")
    return warning(
        f"{what}, too many for SendConcurrency={concurrency}: mails that wait leave slower than"
        " they could.",
        subject.deploy("SendConcurrency", str(least)),
    )


def _day(subject: Subject, quota: Any) -> Finding:
    most, sent = quota.get("Max24HourSend", 0.0), quota.get("SentLast24Hours", 0.0)
    if most < 0:  # SES's word for: no limit.
        return ok("SES sets no limit to the mails of a day.")
    what = f"{sent:,.0f} of {most:,.0f} mails of the last 24 hours are used up"
    ask = "# Ask for more: Service Quotas, Amazon Simple Email Service (SES), Sending quota"
    if sent >= most:
        return failure(
            f"{what}: mails wait until the oldest are 24 hours ago{_from(subject)}.", ask
        )
    if sent >= _MUCH_OF_THE_DAY * most:
        return warning(f"{what}.", ask)
    return ok(f"{what}.")


def _from(subject: Subject) -> str:
    """Say when the day's quota frees, if the dispatcher has found it out."""
    now = time.time()
    try:
        clock = Waiting.of(subject.stack).clock
    except Outage:  # Then it is not said: that nothing is sent matters more.
        return ""
    if clock.closed_until <= now + _DOUBT_SECONDS:
        return ""
    return time.strftime(", at about %H:%M UTC", time.gmtime(clock.closed_until))
