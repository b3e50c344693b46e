"""The account's SES: sandbox, enforcement, and its quota against what the stack asks of it.

The names are those of SESv2's GetAccount
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ops.doctor.findings import Finding, failure, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_SECONDS_PER_TRY = 0.25
_SHARE_OF_RATE = 0.7
"""What retries may use of the rate at most: requests of callers need the rest."""
_MUCH_OF_THE_DAY = 0.8
_LEAST_CONCURRENCY = 2
"""An event source mapping takes no smaller one."""


def account(subject: Subject) -> Iterator[Finding]:
    """Examine what SES says of the account."""
    held = subject.ask("sesv2", "get_account")
    yield _sandbox(subject, held)
    yield _enforcement(held)
    yield _sending(subject, held)
    quota = held.get("SendQuota", {})
    is_sandbox = not held.get("ProductionAccessEnabled")
    yield _rate(subject, quota.get("MaxSendRate", 0.0), is_sandbox=is_sandbox)
    yield _day(quota)


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


def _rate(subject: Subject, rate: float, *, is_sandbox: bool) -> Finding:
    what = f"SES takes {rate:g} mail{'' if rate == 1 else 's'} a second"
    is_told = subject.parameter("SesSandbox") == "true"
    if is_sandbox or is_told:  # It is to be left, and even the least is too much for its rate.
        return ok(f"{what}: more once the account is out of the sandbox.")
    concurrency = int(subject.parameter("SendConcurrency") or 0)
    most = max(_LEAST_CONCURRENCY, math.ceil(_SHARE_OF_RATE * rate * _SECONDS_PER_TRY))
    if concurrency <= most:
        return ok(f"{what}, enough for SendConcurrency={concurrency}.")
    return warning(
        f"{what}, too few for SendConcurrency={concurrency}:"
        " while many mails wait, their tries take the whole rate and most are refused.",
        subject.deploy("SendConcurrency", str(most)),
        "# or ask for a higher rate: Service Quotas, Amazon Simple Email Service (SES)",
    )


def _day(quota: Any) -> Finding:
    most, sent = quota.get("Max24HourSend", 0.0), quota.get("SentLast24Hours", 0.0)
    if most < 0:  # SES's word for: no limit.
        return ok("SES sets no limit to the mails of a day.")
    what = f"{sent:,.0f} of {most:,.0f} mails of the last 24 hours are used up"
    ask = "# Ask for more: Service Quotas, Amazon Simple Email Service (SES), Sending quota"
    if sent >= most:
        return failure(f"{what}: mails wait until the oldest are 24 hours ago.", ask)
    if sent >= _MUCH_OF_THE_DAY * most:
        return warning(f"{what}.", ask)
    return ok(f"{what}.")
