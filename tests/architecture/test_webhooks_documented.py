"""What docs/webhooks.md tells receivers is what the service sends them, and when."""

import json
import re
from datetime import UTC, datetime

from standardwebhooks import Webhook
from support.documents import DOCS, blocks, table
from support.records import waiting
from support.webhook_samples import delivery, endpoint

from core.contract.limits import MAX_WEBHOOKS
from core.webhooks import changes, client, payload, schedule
from core.webhooks.changes import Change
from core.webhooks.delivery import KEPT_SECONDS, State
from core.webhooks.endpoint import DISABLE_SECONDS, OVERLAP_SECONDS

PAGE = DOCS / "webhooks.md"
TEXT = PAGE.read_text("utf-8")
UNITS = {"s": 1, "min": 60, "h": 3600}


def test_every_type_is_listed_with_its_words() -> None:
    rows = table(PAGE, header="| Type | What has happened |")

    assert {name.strip("`"): words for name, words in rows} == changes.TYPES


def test_every_member_of_a_call_is_explained() -> None:
    rows = table(PAGE, header="| Member | What it is |")
    listed = {name for names, _ in rows for name in re.findall(r"`([\w.]+)`", names)}
    whole = endpoint(include_recipients=True)
    document = json.loads(payload.body(delivery(), whole, waiting()))

    data = {f"data.{name}" for name in document.pop("data")}
    assert listed == {*document} | data


def test_the_steps_are_those_of_the_schedule() -> None:
    (row,) = table(PAGE, header="| Try | 2 | 3 |")
    steps = [step.split() for step in row[1:]]

    assert [int(number) * UNITS[unit] for number, unit in steps] == [*schedule.STEPS[1:]]
    assert f"{round(sum(schedule.STEPS) / 3600, 1)} hours" in TEXT


def test_what_slows_a_receiver_down_is_what_the_page_says() -> None:
    rows = dict(table(PAGE, header="| You answer | What the service does |"))
    (slow,) = (answer for answer in rows if "429, 502, 504" in answer)

    assert {int(code) for code in re.findall(r"\b\d{3}\b", slow)} == schedule.SLOW
    assert f"within {client.SECONDS} seconds" in slow
    assert (KEPT_SECONDS, DISABLE_SECONDS) == (30 * 86_400, 5 * 86_400)
    assert OVERLAP_SECONDS == 24 * 3600
    assert f"up to {MAX_WEBHOOKS} endpoints" in TEXT
    assert all(f"`{state}`" in TEXT for state in State)


def test_the_call_that_is_shown_is_one_of_ours() -> None:
    shown = next(block.text for block in blocks(PAGE) if block.text.startswith("POST "))
    head, _, body = shown.strip().partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    change = Change(changes.BOUNCED, "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "", 3, 1)
    ours = delivery(id=change.id, type=changes.BOUNCED, domain="example.com", status="undelivered")

    assert body.encode() == payload.body(ours, endpoint(), waiting(reference="invoice-4711"))
    assert headers["webhook-id"] == change.id
    (secret,) = re.findall(r"signed with `(whsec_[^`]+)`", TEXT)
    signed = f"{change.id}.{headers['webhook-timestamp']}.{body}"
    assert headers["webhook-signature"] == signature(secret, signed)


def signature(secret: str, signed: str) -> str:
    """Sign as the library does, at whatever time it was."""
    id_, at, body = signed.split(".", 2)
    library = Webhook(secret)
    return library.sign(id_, datetime.fromtimestamp(int(at), UTC), body)
