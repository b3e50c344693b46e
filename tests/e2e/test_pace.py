"""A backlog of one domain on the deployed stack, and the mails of another beside it."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from support.deployed import caller_of, deployed

from core.aws import items

pytestmark = pytest.mark.slow
RATE, BACKLOG = 10, 1000
FRESH, WITHIN = 10, 5
"""How many inline mails come beside the backlog, and within how many seconds each must be sent."""
OTHER = "mg.example.com"
TO = "ada@recipient.example"


def mail(subject: str, domain: str = "example.com") -> dict[str, str]:
    return {"Domain": domain, "To": TO, "Subject": subject, "Text": "t"}


def enqueue(api: httpx.Client, subjects: list[str]) -> list[str]:
    """Ask for mails one way, a hundred with each request; return their ids."""
    items = [mail(subject) for subject in subjects]
    reply = api.post("/json/oneway/SendMail[]", json=items, timeout=60)
    assert reply.status_code == 200, reply.text
    assert {one["Status"] for one in reply.json()} == {"queued"}
    return [one["MessageId"] for one in reply.json()]


def seconds_until_sent(api: httpx.Client, subject: str) -> float:
    """Send a mail inline; return after how many seconds its status says that SES has it."""
    begun = time.monotonic()
    answer: dict[str, Any] = api.post("/Mail/Send", json=mail(subject, OTHER)).json()
    while answer["Status"] in {"queued", "sending"}:
        time.sleep(0.2)
        answer = api.get(f"/Status/{answer['MessageId']}").json()
        assert time.monotonic() < begun + 60, answer
    assert answer["Status"] in {"sent", "delivered"}
    return time.monotonic() - begun


def test_a_backlog_of_one_domain_keeps_no_mail_of_another_waiting(
    figures: Callable[[str], Counter[str]],
) -> None:
    with (
        deployed({"MoreSenderDomains": OTHER}) as stack,
        caller_of(stack) as api,
        httpx.Client(base_url=stack.ses_url, timeout=20) as ses,
    ):
        ses.put("/account", json={"SendQuota": {"MaxSendRate": RATE}}).raise_for_status()
        item = items.key("DOMAIN", OTHER) | {"name": {"S": "other"}}
        stack.client("dynamodb").put_item(TableName=stack.deployed.table, Item=item)
        drain(api, ses, figures("pace"))


def drain(api: httpx.Client, ses: httpx.Client, figures: Counter[str]) -> None:
    begun = time.monotonic()
    subjects = [f"backlog {number}" for number in range(BACKLOG)]
    with ThreadPoolExecutor(4) as callers:
        chunks = [subjects[first : first + 100] for first in range(0, BACKLOG, 100)]
        ids = [id_ for some in callers.map(lambda it: enqueue(api, it), chunks) for id_ in some]
    assert api.get(f"/Status/{ids[-1]}").json()["ErrorMessage"].startswith("Waits for its turn")
    time.sleep(10)

    waits = [seconds_until_sent(api, f"fresh {number}") for number in range(FRESH)]

    assert max(waits) < WITHIN, waits
    while len(messages := ses.get("/messages").json()) < BACKLOG + FRESH:
        assert time.monotonic() < begun + 4 * BACKLOG / RATE, len(messages)
        time.sleep(1)
    arrived = Counter(one["Subject"] for one in messages)
    assert arrived == Counter(subjects + [f"fresh {number}" for number in range(FRESH)])
    figures.update(
        mails=len(messages),
        seconds=int(time.monotonic() - begun),
        milliseconds_of_the_slowest_fresh_one=int(max(waits) * 1000),
    )
