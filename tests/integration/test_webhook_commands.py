"""`mailctl webhooks` on the table: what it writes, what it refuses, what it says."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support import mailctl
from support.account import SESSION, queued
from support.domains import put_domain
from support.mailctl import Refused, somebody_who_types

from core.aws import clients
from core.aws.deliveries import Deliveries
from core.aws.endpoints import Endpoints
from core.config import CONFIG
from core.webhooks import signing
from core.webhooks.changes import event_id
from core.webhooks.delivery import Attempt, Delivery, State
from ops.stack import Stack
from tooling.aws_here import Aws

URL = "https://orders.example.com/mail-events"
AT = 1_790_000_000
Run = Callable[..., list[str]]


@pytest.fixture
def stack() -> Stack:
    secrets = SESSION.client("secretsmanager")
    arns = {
        output: secrets.create_secret(Name=output, SecretString=held)["ARN"]
        for output, held in (
            ("RecipientSecretArn", CONFIG.recipient_secret),
            ("WebhookSecretArn", CONFIG.webhook_secret),
        )
    }
    outputs = arns | {
        "TableName": CONFIG.table_name,
        "ConfigurationSet": CONFIG.default_domain.configuration_set,
        "WebhookQueueUrl": CONFIG.webhook_queue_url,
    }
    parameters = {"SenderDomain": "example.com", "ConfigurationName": "default"}
    return Stack(SESSION, CONFIG.stack_id, outputs, parameters)


@pytest.fixture
def run(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *words: mailctl.run(stack, capsys, "webhooks", *words)


@pytest.fixture
def endpoints() -> Endpoints:
    return Endpoints(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries(clients.dynamodb(), CONFIG.table_name)


def made(run: Run, *options: str) -> dict[str, Any]:
    words = ("save", "--name", "Orders", "--url", URL, *options, "--json")
    return dict(json.loads("\n".join(run(*words))))


def put(deliveries: Deliveries, endpoint: str, second: int, **more: Any) -> Delivery:
    delivery = Delivery(
        endpoint=endpoint,
        id=event_id(f"{second}"),
        type="mail.sent",
        at=(AT + second) * 1000,
        domain="example.com",
        expires_at=AT + 86_400 * 10_000,
        **{"message_id": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "state": State.FAILED} | more,
    )
    assert deliveries.add(delivery)
    return delivery


def test_a_webhook_is_made_shown_and_changed(run: Run, endpoints: Endpoints) -> None:
    put_domain("shop.example")
    with pytest.raises(Refused, match="'Domain' must be given"):
        made(run)
    with pytest.raises(Refused, match=r"must be a domain .*: example\.com, shop\.example"):
        made(run, "--domain", "other.example")
    webhook = made(run, "--domain", "shop.example", "--events", "mail.failed", "--recipients")
    webhook_id = webhook["Id"]

    assert webhook["Secret"] == signing.secret(CONFIG.webhook_secret, webhook_id, 0)
    kept = endpoints.get(webhook_id)
    assert kept
    assert (kept.domain, kept.events, kept.include_recipients) == (
        "shop.example",
        ("mail.failed",),
        True,
    )
    lines = run("save", webhook_id, "--events", "*", "--disable", "--no-recipients")
    assert lines == [
        f"{webhook_id} of shop.example: {URL}",
        "  events: *",
        "  state:  disabled: Disabled by SaveWebhook.",
    ]
    changed = endpoints.get(webhook_id)
    assert changed
    assert (changed.events, changed.include_recipients, changed.name) == ((), False, "Orders")
    *_, row, count = run("list", "--domain", "shop.example")
    assert re.split(" {2,}", row) == [
        *(webhook_id, "shop.example", "Orders", URL, "*", "disabled: Disabled by SaveWebhook."),
    ]
    assert count == "1 webhook"
    assert "Secret" not in json.loads("\n".join(run("list", "--json")))[0]
    assert run("list", "--domain", "example.com")[-1] == "0 webhooks"


def test_a_secret_is_printed_for_people_too(run: Run) -> None:
    lines = run("save", "--name", "Orders", "--url", URL)

    assert re.fullmatch(r"  secret: whsec_[A-Za-z0-9+/]{43}=", lines[3])
    assert lines[4] == "The secret is shown this once: give it to the receiver."


def test_all_that_is_wrong_is_told(run: Run, endpoints: Endpoints) -> None:
    with pytest.raises(Refused) as refused:
        run("save", "--url", "http://127.0.0.1:9400/", "--events", "mail.exploded")

    told = str(refused.value)
    assert "'Url' must begin with https://" in told
    assert "'Events' must be one of these" in told
    assert "'Name' must not be empty." in told
    assert endpoints.all() == []


def test_on_this_machine_a_receiver_may_be_here(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Aws, "client", lambda _self, service: SESSION.client(service))
    here = Stack(Aws.at("http://localhost:9"), stack.id, stack.outputs, stack.parameters)
    words = ("webhooks", "save", "--name", "Here", "--url", "http://127.0.0.1:9400/")

    assert any("http://127.0.0.1:9400/" in line for line in mailctl.run(here, capsys, *words))


def test_a_secret_is_rotated(run: Run, endpoints: Endpoints) -> None:
    webhook_id = made(run)["Id"]
    with pytest.raises(Refused, match="nobody is at a terminal"):
        run("rotate", webhook_id)
    lines = run("rotate", webhook_id, "--yes")

    expected = signing.secret(CONFIG.webhook_secret, webhook_id, 1)
    assert f"  secret: {expected}" in lines
    kept = endpoints.get(webhook_id)
    assert kept
    assert (kept.generation, [number for number, _ in kept.retired]) == (1, [0])


def test_a_webhook_is_deleted_after_a_question(run: Run, endpoints: Endpoints) -> None:
    webhook_id = made(run)["Id"]
    with pytest.raises(Refused, match="nobody is at a terminal"):
        run("delete", webhook_id)
    with somebody_who_types("no"), pytest.raises(Refused, match=f"{re.escape(URL)}.*deleted"):
        run("delete", webhook_id)
    assert endpoints.get(webhook_id)
    with somebody_who_types("y"):
        assert run("delete", webhook_id) == [f"{webhook_id} is deleted."]
    assert endpoints.all() == []
    with pytest.raises(Refused, match=r"\./mailctl webhooks list"):
        run("delete", webhook_id, "--yes")


def test_a_test_is_queued_and_seen(run: Run, endpoints: Endpoints) -> None:
    webhook_id = made(run)["Id"]
    said = run("test", webhook_id)

    (entry,) = queued(CONFIG.webhook_queue_url)
    assert entry["Endpoint"] == webhook_id
    assert said[0].partition(" ")[0] == entry["Delivery"].partition("#")[2]
    assert said[1] == f"  ./mailctl webhooks deliveries {webhook_id} --tries --limit 1"
    assert run(*said[1].split()[2:])[-1] == "There may be more: --limit, or a narrower search."
    *_, row, count = run("deliveries", webhook_id)
    assert ("webhook.test" in row, "pending" in row, count) == (True, True, "1 delivery")
    endpoints.disable(webhook_id, "tired")
    for words in (("test", webhook_id), ("replay", webhook_id, "--yes")):
        with pytest.raises(Refused, match="This webhook is disabled"):
            run(*words)


def test_deliveries_are_listed_with_their_tries(run: Run, deliveries: Deliveries) -> None:
    webhook_id = made(run)["Id"]
    attempts = (
        Attempt(at=AT * 1000, status=500, took_ms=84, error="Status", answer="Oh\nno"),
        Attempt(at=AT * 1000 + 5_000, took_ms=15_000, error="Timeout"),
    )
    kept = [put(deliveries, webhook_id, n, attempts=attempts, tries=2) for n in range(3)]

    def events(*options: str) -> list[str]:
        found = json.loads("\n".join(run("deliveries", webhook_id, *options, "--json")))
        return [each["Id"] for each in found]

    assert events() == [each.id for each in reversed(kept)]
    assert events("--limit", "2") == [kept[2].id, kept[1].id]
    assert events("--since", "2026-09-21T14:13:21Z", "--until", "2026-09-21T14:13:22Z") == [
        kept[1].id
    ]
    assert events("--state", "held") == []
    assert events("--message", "01JD9ZK4M6T0V3Q8W2X5Y7B1CC") == []
    *_, row, count = run("deliveries", webhook_id)
    assert re.split(" {2,}", row)[:7] == [
        "2026-09-21 14:13:20.000",
        kept[0].id,
        "mail.sent",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1CD",
        "failed",
        "2",
        "Timeout",
    ]
    assert count == "3 deliveries"
    lines = run("deliveries", webhook_id, "--tries", "--until", "2026-09-21T14:13:21Z")
    assert [re.split(" {2,}", line) for line in lines[1:-1]] == [
        [kept[0].id, "2026-09-21 14:13:20.000", "500", "84 ms", "Oh no"],
        [kept[0].id, "2026-09-21 14:13:25.000", "Timeout", "15000 ms"],
    ]
    assert lines[-1] == "2 tries"
    with pytest.raises(Refused, match="'State' must be one of these"):
        run("deliveries", webhook_id, "--state", "lost")


def test_events_are_sent_again_one_or_many(run: Run, deliveries: Deliveries) -> None:
    webhook_id = made(run)["Id"]
    kept = [put(deliveries, webhook_id, number) for number in range(120)]
    with somebody_who_types("no"), pytest.raises(Refused, match="failed or held"):
        run("replay", webhook_id)

    assert queued(CONFIG.webhook_queue_url) == []
    assert run("replay", webhook_id, kept[5].id, "--yes") == ["1 delivery sent again."]
    (entry,) = queued(CONFIG.webhook_queue_url)
    assert entry["Delivery"] == kept[5].name
    assert run("replay", webhook_id, "--yes") == ["119 deliveries sent again."]
    assert run("replay", webhook_id, "--yes") == ["0 deliveries sent again."]
    with pytest.raises(Refused, match="There is no such delivery"):
        run("replay", webhook_id, event_id("nothing"), "--yes")
