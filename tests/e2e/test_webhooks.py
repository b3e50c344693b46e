"""Webhooks on the deployed stack: receivers that fail, hang and lie, counted from their side.

WEBHOOK_MAILS says how many mails are told of while the receiver fails one call in three (1,000).
The waits of minutes and hours between tries are longer than a test should be: nobody waits for them
here. What is put off is made due, and the sweep does what it would have done by itself then.
"""

import json
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from support import programs
from support.deployed import caller_of, free_port
from support.documents import DOCS, examples
from support.receiver import (
    Behaviour,
    Receiver,
    answering,
    failing_one_in,
    hanging,
    pouring,
    receiving,
    redirecting,
    trickling,
)

from core.webhooks import changes
from core.webhooks.endpoint import GONE
from local.stack import Stack

MAILS = int(os.environ.get("WEBHOOK_MAILS", "1000"))
CALLERS = 8
SETTLED_WITHIN = 60 + MAILS // 5
"""Seconds after the last mail."""
OK = b"HTTP/1.1 200 OK\r\n"
Answer = dict[str, Any]

FATES = {
    "success@simulator.amazonses.com": {"mail.sent", "mail.delivered"},
    "bounce@simulator.amazonses.com": {"mail.sent", "mail.bounced"},
    "complaint@simulator.amazonses.com": {"mail.sent", "mail.delivered", "mail.complained"},
}
"""What must be told of a recipient with this address."""


class Endpoint(NamedTuple):
    """An endpoint that was saved, and its receiver."""

    id: str
    receiver: Receiver


class Webhooks(NamedTuple):
    """A caller's way to the webhooks of a stack."""

    stack: Stack
    api: httpx.Client
    opened: ExitStack
    saved: list[str]

    def save(self, behaviour: Behaviour | None = None, **members: Any) -> Endpoint:
        """Open a receiver, and save an endpoint for it."""
        receiver = self.opened.enter_context(receiving(behaviour))
        answer = self.post("/Webhook", {"Name": "a receiver", "Url": receiver.url} | members)
        self.saved.append(answer["Id"])
        receiver.secret = answer["Secret"]
        return Endpoint(answer["Id"], receiver)

    def post(self, path: str, request: Answer | None = None) -> Answer:
        reply = self.api.post(path, json=request or {})
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def get(self, path: str, **query: Any) -> Answer:
        reply = self.api.get(path, params=query)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def send(self, to: str = "success@simulator.amazonses.com", **members: Any) -> str:
        mail = {"To": to, "Subject": "s", "Text": "t"} | members
        return str(self.post("/Mail/Send", mail)["MessageId"])

    def test(self, endpoint: Endpoint, seconds: float = 30) -> Answer:
        """Ask for a test; return its delivery when it has been tried."""
        id_ = self.post(f"/Webhook/{endpoint.id}/Test")["Id"]
        return self.tried(endpoint, id_, seconds)

    def tried(self, endpoint: Endpoint, id_: str, seconds: float = 30) -> Answer:
        def found() -> Answer | None:
            listed = self.deliveries(endpoint)
            return next((one for one in listed if one["Id"] == id_ and one["Attempts"]), None)

        return until(found, seconds)

    def deliveries(self, endpoint: Endpoint, **query: Any) -> list[Answer]:
        found: list[Answer] = []
        page = self.get(f"/Webhook/{endpoint.id}/Deliveries", **query)
        while True:
            found += page["Deliveries"]
            if not page.get("Cursor"):
                return found
            query["Cursor"] = page["Cursor"]
            page = self.get(f"/Webhook/{endpoint.id}/Deliveries", **query)

    def found(self, endpoint: Endpoint) -> Answer:
        listed = self.get("/Webhook")["Webhooks"]
        return next(one for one in listed if one["Id"] == endpoint.id)

    def let_time_pass(self, endpoint: Endpoint) -> None:
        """Make due what waits for its next try, and let the sweep come."""
        dynamodb, table = self.stack.client("dynamodb"), self.stack.deployed.table
        now = int(time.time())
        pages = dynamodb.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="attribute_exists(unfinished) AND next_at > :soon",
            ExpressionAttributeValues={
                ":pk": {"S": f"HOOK#{endpoint.id}"},
                ":soon": {"N": str(now + 10)},
            },
        )
        for item in (item for page in pages for item in page["Items"]):
            with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
                dynamodb.update_item(
                    TableName=table,
                    Key={name: item[name] for name in ("pk", "sk")},
                    UpdateExpression="SET next_at = :past, due_at = :past",
                    ConditionExpression="revision = :revision",
                    ExpressionAttributeValues={
                        ":past": {"N": str(now - 1)},
                        ":revision": item["revision"],
                    },
                )
        self.stack.client("lambda").invoke(
            FunctionName=self.stack.deployed.functions["SweepFunction"]
        )

    def store(self, endpoint: Endpoint, url: str) -> None:
        """Write an endpoint's URL, past everybody."""
        self.stack.client("dynamodb").update_item(
            TableName=self.stack.deployed.table,
            Key={"pk": {"S": "WEBHOOKS"}, "sk": {"S": endpoint.id}},
            UpdateExpression="SET #url = :url, paused_until = :zero",
            ExpressionAttributeNames={"#url": "url"},
            ExpressionAttributeValues={":url": {"S": url}, ":zero": {"N": "0"}},
        )


def until[T](is_so: Callable[[], T], seconds: float = 30) -> T:
    """Wait for something that is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.1)
    return found


@pytest.fixture
def webhooks(stack: Stack, api: httpx.Client, ses: httpx.Client) -> Iterator[Webhooks]:
    with ExitStack() as opened:
        made = Webhooks(stack, api, opened, [])
        yield made
        for id_ in made.saved:
            api.post(f"/Webhook/{id_}/Delete", json={})


# ---- a thousand mails


def recipients_of(number: int) -> list[str]:
    """Return whom a mail is for: mostly one that takes it, every tenth to all three."""
    success, *others = FATES
    return [*FATES] if number % 10 == 0 else [others[number % 2] if number % 5 == 0 else success]


def test_every_change_of_a_thousand_mails_arrives_while_one_call_in_three_fails(
    webhooks: Webhooks, figures: Callable[[str], Counter[str]]
) -> None:
    endpoint = webhooks.save(failing_one_in(3), Events="*")
    receiver = endpoint.receiver
    began = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as callers:
        numbers = range(MAILS)
        ids = callers.map(lambda n: webhooks.send(", ".join(recipients_of(n))), numbers)
        mails = dict(zip(ids, map(recipients_of, numbers), strict=True))
    sent_after = time.monotonic() - began
    wanted = {
        (id_, number): FATES[address]
        for id_, addresses in mails.items()
        for number, address in enumerate(addresses, start=1)
    } | {(id_, 0): {"mail.accepted"} for id_ in mails}

    def missing() -> dict[tuple[str, int], set[str]]:
        told: dict[tuple[str, int], set[str]] = defaultdict(set)
        for call in receiver.taken:
            data = call.event["data"]
            told[data["message_id"], data["recipient_number"]].add(call.event["type"])
        return {key: types - told[key] for key, types in wanted.items() if types - told[key]}

    deadline = time.monotonic() + SETTLED_WITHIN
    while left := missing():
        assert time.monotonic() < deadline, (len(left), [*left.items()][:5])
        time.sleep(1)
        webhooks.let_time_pass(endpoint)

    figures("webhooks").update(counted(receiver, len(mails), sent_after, time.monotonic() - began))
    assert receiver.refused == 0
    assert {key for key in receiver.newest if key[0] in mails} == {*wanted}
    assert_is_last(webhooks, receiver, mails)
    assert not any(b"@" in call.body for call in receiver.calls)
    assert {call.headers["content-type"] for call in receiver.calls} == {"application/json"}


def assert_is_last(webhooks: Webhooks, receiver: Receiver, mails: dict[str, list[str]]) -> None:
    """Whoever keeps what is newest knows of each recipient what the record says in the end."""
    dynamodb, newest = webhooks.stack.client("dynamodb"), receiver.newest
    for id_, addresses in mails.items():
        key = {"pk": {"S": f"MSG#{id_}"}, "sk": {"S": "RECORD"}}
        item = dynamodb.get_item(TableName=webhooks.stack.deployed.table, Key=key)["Item"]
        sequence = int(item["sequence"]["N"])
        of_recipients = [newest[id_, number] for number in range(1, len(addresses) + 1)]
        statuses = [each["M"]["status"]["S"] for each in item["recipients"]["L"]]
        assert [data["status"] for data in of_recipients] == statuses
        assert max(data["sequence"] for data in of_recipients) == sequence


def counted(receiver: Receiver, mails: int, sent_after: float, seconds: float) -> Counter[str]:
    calls, ids = receiver.calls, receiver.ids
    first: dict[str, float] = {}
    for call in calls:
        first.setdefault(call.id, call.at - at(call.event))
    late = sorted(first.values())
    return Counter(
        {
            "mails": mails,
            "events": len(ids),
            "calls": len(calls),
            "answered with 500": sum(not call.is_taken for call in calls),
            "came twice": sum(number - 1 for number in ids.values()),
            "seconds to send": round(sent_after),
            "seconds to the last event": round(seconds),
            "ms from a change to its first call (median)": round(statistics.median(late) * 1000),
            "ms (99 of 100)": round(late[len(late) * 99 // 100] * 1000),
        }
    )


def at(event: Answer) -> float:
    """Return when something happened, in epoch seconds; MiniStack knows that to the second."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()


# ---- side by side


def test_an_endpoint_that_hangs_and_one_that_is_gone_delay_no_other(
    webhooks: Webhooks, figures: Callable[[str], Counter[str]]
) -> None:
    def told(receiver: Receiver, mails: list[str]) -> list[float]:
        def arrived() -> list[float]:
            of_them = [call for call in receiver.taken if call.event["data"]["message_id"] in mails]
            found = {
                call.event["data"]["message_id"]: call.at - at(call.event)
                for call in of_them
                if call.event["type"] == "mail.delivered"
            }
            return sorted(found.values()) if len(found) == len(mails) else []

        return until(arrived, 60)

    def send(count: int) -> list[str]:
        with ThreadPoolExecutor(CALLERS) as callers:
            return [*callers.map(lambda _: webhooks.send(), range(count))]

    good = webhooks.save()
    alone = told(good.receiver, send(40))
    hangs = webhooks.save(hanging(60), Name="hangs")
    gone = webhooks.save(Name="gone")
    webhooks.store(gone, f"http://127.0.0.1:{free_port()}/")
    beside = told(good.receiver, send(40))

    until(lambda: hangs.receiver.connections)
    figures("webhooks beside a dead endpoint").update(
        {
            "ms to the good one before (median)": round(statistics.median(alone) * 1000),
            "ms beside (median)": round(statistics.median(beside) * 1000),
            "ms beside (the last)": round(beside[-1] * 1000),
            "calls of the one that hangs": hangs.receiver.connections,
        }
    )
    assert beside[-1] < 12  # A call that hangs takes 15.
    assert statistics.median(beside) < statistics.median(alone) + 4
    of_gone = until(lambda: [one for one in webhooks.deliveries(gone) if one["Attempts"]])
    assert {try_["Error"] for one in of_gone for try_ in one["Attempts"]} == {"NoConnection"}
    paused = until(lambda: webhooks.found(hangs).get("PausedUntil"), 40)
    assert at({"timestamp": paused}) > time.time()
    assert hangs.receiver.connections < 120  # Three for each mail, if it were called for all.


# ---- what a receiver may do


SLOW_BUT_FINE: dict[str, Behaviour] = {
    "ten megabytes": pouring(OK + b"Content-Length: 10485760\r\n\r\n", b"x" * 65_536),
    "a slow body": trickling(OK + b"\r\n"),
}


def test_bodies_are_read_no_further_than_they_are_shown(webhooks: Webhooks) -> None:
    large, slow = (webhooks.save(each, Events="webhook.test") for each in SLOW_BUT_FINE.values())

    for endpoint in (large, slow):
        delivery = webhooks.test(endpoint)
        (attempt,) = delivery["Attempts"]
        assert (delivery["State"], attempt["Status"]) == ("delivered", 200)
        assert 0 < len(attempt["Answer"]) <= 200
        assert attempt["Milliseconds"] < 6000
    until(lambda: large.receiver.calls)
    assert large.receiver.most_sent < 8_000_000


def test_no_redirect_leads_into_the_network(webhooks: Webhooks) -> None:
    inside = webhooks.opened.enter_context(receiving(answering(200, body=b"secret")))
    for target in (inside.url, webhooks.stack.url, webhooks.stack.endpoint_url):
        endpoint = webhooks.save(redirecting(target), Events="webhook.test")

        (attempt,) = webhooks.test(endpoint)["Attempts"]

        assert (attempt["Status"], attempt["Error"]) == (302, "Redirect")
        assert not attempt.get("Answer")
    assert inside.connections == 0


def test_410_disables_and_what_is_missed_is_held_until_it_is_played_again(
    webhooks: Webhooks,
) -> None:
    endpoint = webhooks.save(answering(410))

    assert webhooks.test(endpoint)["State"] == "held"

    found = webhooks.found(endpoint)
    assert (found["Enabled"], found["DisabledReason"]) == (False, GONE)
    refused = webhooks.api.post(f"/Webhook/{endpoint.id}/Test", json={})
    assert refused.status_code in (400, 409)
    called = endpoint.receiver.connections
    id_ = webhooks.send()
    held = until(lambda: three(webhooks.deliveries(endpoint, State="held", MessageId=id_)))
    assert endpoint.receiver.connections == called

    endpoint.receiver.behaviour = answering()
    webhooks.post("/Webhook", {"Id": endpoint.id, "Enabled": True})
    one = webhooks.post(f"/Webhook/{endpoint.id}/Replay", {"DeliveryId": held[0]["Id"]})
    assert one["Count"] == 1
    until(lambda: endpoint.receiver.ids[held[0]["Id"]])
    rest = webhooks.post(f"/Webhook/{endpoint.id}/Replay", {"Since": held[-1]["At"]})
    assert rest["Count"] >= 2
    until(lambda: {each["Id"] for each in held} <= {*endpoint.receiver.ids})
    assert endpoint.receiver.newest[id_, 1]["status"] == "delivered"


def three(found: list[Answer]) -> list[Answer]:
    """Return what was found if it is all that there is of a mail: accepted, sent, delivered."""
    return found if len(found) == 3 else []


def test_a_failure_is_listed_with_its_tries_and_comes_again_with_the_same_id(
    webhooks: Webhooks,
) -> None:
    endpoint = webhooks.save(answering(500, body=b"no \x1b[31mroom"), Events="webhook.test")

    delivery = webhooks.test(endpoint)

    (attempt,) = delivery["Attempts"]
    assert (delivery["State"], delivery["Tries"]) == ("pending", 1)
    assert (attempt["Status"], attempt["Error"], attempt["Answer"]) == (
        500,
        "Status",
        "no [31mroom",
    )
    endpoint.receiver.behaviour = answering()
    until(lambda: endpoint.receiver.taken, 40)  # After five seconds.
    again = until(lambda: webhooks.deliveries(endpoint, State="delivered"))
    assert [try_["Status"] for try_ in again[0]["Attempts"]] == [500, 204]
    first, second = endpoint.receiver.calls
    assert first.id == second.id == delivery["Id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_two_secrets_sign_during_a_rotation_and_no_secret_is_shown_again(
    webhooks: Webhooks,
) -> None:
    endpoint = webhooks.save(Events="webhook.test")
    old = endpoint.receiver.secret

    rotated = webhooks.post(f"/Webhook/{endpoint.id}/Secret")
    assert rotated["Secret"] not in ("", old)
    for secret in (old, rotated["Secret"]):
        endpoint.receiver.secret = secret
        webhooks.test(endpoint)

    assert (len(endpoint.receiver.taken), endpoint.receiver.refused) == (2, 0)
    signatures = endpoint.receiver.calls[0].headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    assert not any(one.get("Secret") for one in webhooks.get("/Webhook")["Webhooks"])
    assert "whsec_" not in webhooks.api.get(f"/Webhook/{endpoint.id}/Deliveries").text


def test_addresses_and_reasons_are_told_to_whom_asks_for_them_alone(webhooks: Webhooks) -> None:
    thin = webhooks.save(Events=changes.BOUNCED)
    whole = webhooks.save(Events=changes.BOUNCED, IncludeRecipients=True)

    id_ = webhooks.send("bounce@simulator.amazonses.com", Reference="invoice 4711")

    until(lambda: thin.receiver.taken and whole.receiver.taken)
    told, of_thin = whole.receiver.newest[id_, 1], thin.receiver.newest[id_, 1]
    assert told["recipient"] == "bounce@simulator.amazonses.com"
    assert told["detail"].startswith("Bounced: ")
    assert (told["reference"], told["status"]) == ("invoice 4711", "undelivered")
    assert {*told} - {*of_thin} == {"recipient", "detail"}
    assert [call.event["type"] for call in thin.receiver.calls] == ["mail.bounced"]


def test_the_requests_of_the_documentation_do_what_it_says(
    webhooks: Webhooks, tmp_path: Path
) -> None:
    receiver = webhooks.opened.enter_context(receiving())
    known = {"MAIL_URL": webhooks.stack.url, "MAIL_KEY": webhooks.stack.api_key}
    known["WEBHOOK_URL"] = receiver.url
    save, test, find, replay, rotate = (
        each.commands for each in examples(DOCS / "webhooks.md") if not each.files
    )

    def typed(commands: str) -> list[Answer]:
        printed = programs.run(commands, tmp_path, known)
        return [json.loads(answer) for answer in printed.replace("}{", "}\n{").splitlines()]

    (saved,) = typed(save)
    webhooks.saved.append(saved["Id"])
    known["WEBHOOK_ID"], receiver.secret = saved["Id"], saved["Secret"]
    assert saved["Events"] == ["mail.delivered", "mail.bounced", "mail.failed"]
    assert typed(test)[0]["Type"] == "webhook.test"
    until(lambda: receiver.taken)
    assert typed(find)[0]["Deliveries"] == []
    enabled, again = typed(replay)
    assert (enabled["Enabled"], again["Count"]) == (True, 0)
    assert typed(rotate)[0]["Secret"] not in ("", saved["Secret"])


# ---- from inside


INSIDE = {
    "http://localhost:{port}/": "a name of this machine",
    "http://127.0.0.1:{port}/": "its address, which only the local stack may call",
    "https://127.0.0.1/": "its address",
    "https://localhost:{port}/": "a name that leads to it",
    "https://localhost/": "a name that leads to it",
    "https://[::1]/": "its address in IPv6",
    "https://[::ffff:127.0.0.1]/": "its address in another notation",
    "https://0.0.0.0/": "whatever listens",
    "https://2130706433/": "its address as a number",
    "https://0x7f.1/": "its address as some programs read it",
    "http://169.254.169.254/latest/meta-data/": "who hands out credentials",
    "https://169.254.169.254/": "the same",
    "http://169.254.170.2/": "the same, for containers",
    "https://10.0.0.1/": "a private network",
}


def test_nothing_inside_is_called_by_a_stack_as_it_is_on_aws(
    figures: Callable[[str], Counter[str]],
) -> None:
    """Neither by a URL that one may save, nor by one that somebody has written into the table."""
    with (
        Stack(
            api_port=free_port(),
            ses_port=free_port(),
            environment={"WEBHOOKS_TO_LOOPBACK": "false"},
            server_environment={"AUTH": "true"},
            say=lambda _: None,
            removal_seconds=2,
        ) as stack,
        caller_of(stack) as api,
        ExitStack() as opened,
        receiving(answering(200, body=b"secret")) as inside,
    ):
        webhooks = Webhooks(stack, api, opened, [])
        port = inside.url.rpartition(":")[2].partition("/")[0]
        urls = [url.format(port=port) for url in (*INSIDE, f"http://localhost:{stack.api_port}/")]
        for url in urls:
            reply = api.post("/Webhook", json={"Name": "inside", "Url": url})
            assert reply.status_code == 400, url
            errors = reply.json()["ResponseStatus"]["Errors"]
            assert {one["FieldName"] for one in errors} == {"Url"}
            assert "127.0.0.1" not in reply.text

        answer = webhooks.post("/Webhook", {"Name": "n", "Url": "https://shop.example/"})
        endpoint = Endpoint(answer["Id"], inside)
        ends = Counter[str]()
        for url in urls:
            webhooks.store(endpoint, url)
            delivery = webhooks.test(endpoint, 40)
            (attempt,) = delivery["Attempts"]
            assert (attempt["Status"], attempt.get("Answer") or "") == (0, "")
            ends[attempt["Error"]] += 1
        assert inside.connections == 0
        assert {*ends} <= {"NotPublic", "NoAddress"}
        figures("webhooks from inside").update({"URLs": len(urls)} | ends)
