"""The operator's commands: for dead letters, suppressed addresses, domains and their keys."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from support.deployed import change
from support.mails import MAIL
from support.operator_tool import ops

from local.stack import Stack
from tooling.paths import ROOT

Until = Callable[..., dict[str, Any]]
TO = "success+ada@simulator.amazonses.com"  # Of the examples in events/.
DELIVERY = json.loads((ROOT / "events/ses_events_delivery.json").read_text())["Records"][0]["body"]


@pytest.fixture(scope="module")
def say(stack: Stack) -> Callable[..., str]:
    """Run a command for the stack of the tests as for that of `make run`; what it prints."""

    def _say(*arguments: str) -> str:
        done = ops(*arguments, API_PORT=str(stack.api_port))
        assert done.returncode == 0, done.stderr
        return done.stdout

    return _say


def waiting(api: httpx.Client, ses: httpx.Client) -> str:
    """Return the id of a mail that waits for a quarter of an hour, and that SES does not have."""
    ses.post("/faults", json={"kind": "paused", "count": 1})
    answer = api.post("/Mail/Send", json={"To": TO, "Subject": "s", "Text": "t"}).json()
    assert answer["Status"] == "queued"
    return str(answer["MessageId"])


def delivery_of(message_id: str) -> str:
    event = json.loads(DELIVERY)
    event["mail"]["tags"]["mailapi_message_id"] = [message_id]
    return json.dumps(event)


@pytest.fixture
def sqs(stack: Stack) -> Any:
    """A client, with no letters left from another test."""
    client = stack.client("sqs")
    deployed = stack.deployed
    for url in (
        deployed.event_dead_letters_url,
        deployed.retry_dead_letters_url,
        deployed.webhook_dead_letters_url,
    ):
        client.purge_queue(QueueUrl=url)
    return client


def test_a_dead_event_is_played_again(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
) -> None:
    message_id = waiting(api, ses)
    url = stack.deployed.event_dead_letters_url
    sqs.send_message(QueueUrl=url, MessageBody=delivery_of(message_id))

    printed = say("redrive", "--yes")

    assert "Events: 1 played again." in printed
    assert until(message_id, "delivered")["Status"] == "delivered"
    assert say("redrive", "--yes").startswith("Events: 0 played again.")


def test_a_crashed_try_is_played_again(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
) -> None:
    message_id = waiting(api, ses)
    change(stack, message_id, next_attempt_at={"N": "1"})  # Its time has come.
    url = stack.deployed.retry_dead_letters_url
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"MessageId": message_id}))

    printed = say("redrive", "--yes")

    assert "Retries: 1 played again, 0 given up and sent anew, 0 left" in printed
    assert until(message_id, "delivered")["Status"] == "delivered"


def test_a_mail_that_was_given_up_is_sent_anew_as_long_as_it_is_stored(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
) -> None:
    stored, lost = waiting(api, ses), "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
    change(stack, stored, state={"S": "failed"}, next_attempt_at={"N": "0"})
    url = stack.deployed.retry_dead_letters_url
    for message_id in (stored, lost):
        letter = {"MessageId": message_id, "Reason": "Given up.", "Attempts": 9}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(letter))
    assert until(stored, "failed")["Retry"] is False

    printed = say("redrive", "--yes")

    assert "1 given up and sent anew, 1 left: their mails are not stored any more" in printed
    assert until(stored, "delivered")["Status"] == "delivered"
    (left,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(left["Body"])["MessageId"] == lost


def test_a_dead_letter_of_the_webhooks_goes_back_to_its_function_and_a_note_stays(
    stack: Stack, sqs: Any, say: Any
) -> None:
    url, note = stack.deployed.webhook_dead_letters_url, {"DDBStreamBatchInfo": {"batchSize": 2}}
    note["DDBStreamBatchInfo"] |= dict.fromkeys(
        ("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"), 0
    )
    delivery = {"Endpoint": "wh_gone", "Delivery": "2026-11-20T09:15:30.874Z#msg_gone"}
    for letter in (delivery, note):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(letter))

    printed = say("redrive", "webhooks", "--yes")

    assert printed.startswith("Webhooks: 1 played again, 1 left.\nLeft: a note of Lambda's")
    (left,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(left["Body"]) == note
    deadline = time.monotonic() + 20  # Nothing is left to do about it: the function takes it away.
    while waiting_in(sqs, stack.deployed.webhook_queue_url):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def waiting_in(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(held[name]) for name in names)


def test_the_letters_of_a_named_stack_are_found_as_the_aws_cli_finds_it(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until
) -> None:
    message_id = waiting(api, ses)
    for number in range(12):  # More than SQS hands over at a time.
        body = delivery_of(message_id if number else "01JD9ZK4M6T0V3Q8W2X5Y7B1CD")
        sqs.send_message(QueueUrl=stack.deployed.event_dead_letters_url, MessageBody=body)

    done = ops(
        "--stack",
        "mail",
        "redrive",
        "--yes",
        AWS_ENDPOINT_URL=stack.endpoint_url,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        NO_PROXY="*",
    )

    assert "Events: 12 played again." in done.stdout
    assert until(message_id, "delivered")["Status"] == "delivered"


def test_what_all_functions_log_about_a_mail_is_found_by_its_id(
    api: httpx.Client, until: Until, say: Any
) -> None:
    mail = {"To": TO, "Subject": "s", "Text": "t"}
    message_id = api.post("/Mail/Send", json=mail).json()["MessageId"]
    other = api.post("/Mail/Send", json=mail).json()["MessageId"]
    until(message_id, "delivered")

    deadline = time.monotonic() + 30
    while {"api", "ses-events"} - {line["source"] for line in logged(say, message_id)}:
        assert time.monotonic() < deadline

    assert all(message_id in json.dumps(line) for line in logged(say, message_id))
    assert not any(other in json.dumps(line) for line in logged(say, message_id))
    times = [line["time"] for line in logged(say, message_id)]
    assert times == sorted(times)


def logged(say: Any, text: str) -> list[dict[str, Any]]:
    printed = say("logs", text, "--since", "5m", "--json")
    return [json.loads(line) for line in printed.splitlines()]


def test_a_stack_that_is_not_there_is_named() -> None:
    done = ops("redrive", "--yes", API_PORT="9")

    assert done.returncode == 1
    assert "http://localhost:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_is_suppressed_listed_and_let_go(
    api: httpx.Client, ses: httpx.Client, say: Any
) -> None:
    mail = {"To": "Grace <GRACE@recipient.example>", "Subject": "s", "Text": "t"}

    added = say("suppressions", "add", "example.com", "Grace@Recipient.example")
    again = say("suppressions", "add", "example.com", "grace@recipient.example")
    listed = say("suppressions", "list", "example.com")
    refused = api.post("/Mail/Send", json=mail).json()
    removed = say("suppressions", "remove", "example.com", "grace@recipient.example", "--yes")
    taken = api.post("/Mail/Send", json=mail).json()

    assert added == "grace@recipient.example is mailed no more.\n"
    assert again == "grace@recipient.example was suppressed already.\n"
    assert [line.split()[1:] for line in listed.splitlines() if "grace" in line] == [
        ["manual", "grace@recipient.example"]
    ]
    assert refused["Status"] == "undelivered"
    assert removed == "grace@recipient.example is mailed again.\n"
    assert "grace" not in say("suppressions", "list", "example.com")
    assert taken["Status"] == "sent"


def test_a_bounce_is_listed_with_its_message_and_can_be_let_go(
    api: httpx.Client, ses: httpx.Client, stack: Stack, say: Any, until: Until
) -> None:
    mail = {"To": "lost@recipient.example", "Subject": "s", "Text": "t"}
    message_id = api.post("/Mail/Send", json=mail).json()["MessageId"]
    bounce = json.loads((ROOT / "events/ses_events_bounce.json").read_text())["Records"][0]["body"]
    bounce = bounce.replace(TO, "lost@recipient.example")
    event = json.loads(bounce)
    event["mail"]["tags"]["mailapi_message_id"] = [message_id]
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=stack.deployed.event_queue_url, MessageBody=json.dumps(event))
    until(message_id, "undelivered")

    (line,) = [
        line for line in say("suppressions", "list", "example.com").splitlines() if "lost" in line
    ]
    say("suppressions", "remove", "example.com", "lost@recipient.example", "--yes")

    assert line.split()[1:] == ["bounce", "lost@recipient.example", message_id]
    assert api.post("/Mail/Send", json=mail).json()["Status"] == "sent"


def test_an_address_is_erased_from_the_whole_stack(
    api: httpx.Client, ses: httpx.Client, stack: Stack, sqs: Any, until: Until, say: Any
) -> None:
    to = "zq7erased@recipient.example"
    file = {"Name": "zq7erased.txt", "Bytes": "enE3ZXJhc2Vk"}
    mail = {"To": to, "Subject": to, "Text": "zq7erased " * 20_000, "Attachments": [file]}
    sent = api.post("/Mail/Send", json=mail, headers={"Idempotency-Key": "e"}).json()["MessageId"]
    until(sent)
    ses.post("/faults", json={"kind": "paused", "count": 1})
    waiting = api.post("/Mail/Send", json=mail).json()["MessageId"]
    say("suppressions", "add", "example.com", to)
    other = api.post("/Mail/Send", json=mail | {"To": TO, "Subject": "s", "Text": "t"}).json()
    event = delivery_of(sent).replace(TO, to)
    for url in (stack.deployed.event_dead_letters_url, stack.deployed.event_queue_url):
        sqs.send_message(QueueUrl=url, MessageBody=event)

    printed = say("erase", "--yes", "--address", "ZQ7erased@recipient.example", "--keep-suppressed")

    assert "Erased: 2 messages." in printed
    assert f"Not tried any more: {waiting}, which was queued." in printed
    assert "zq7erased" not in printed.lower()
    assert [api.get(f"/Status/{id_}").status_code for id_ in (sent, waiting)] == [404, 404]
    assert until(other["MessageId"])["Status"] == "delivered"
    table = stack.client("dynamodb").scan(TableName=stack.deployed.table)["Items"]
    assert [item for item in table if "zq7erased" in json.dumps(item).lower()] == [
        item for item in table if other["MessageId"] in item["pk"]["S"] and "content" in item
    ]
    listed = stack.client("s3").list_object_versions(Bucket=stack.deployed.bucket)
    keys = [version["Key"] for version in listed.get("Versions", [])]
    assert [key for key in keys if sent in key or waiting in key] == []
    letters = sqs.receive_message(QueueUrl=stack.deployed.event_dead_letters_url)
    assert letters.get("Messages", []) == []
    assert api.post("/Mail/Send", json=mail).json()["Status"] == "undelivered"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("list", "example.org"), "but for ['example.com']"),
        (("list", "nonsense"), "This is no domain name."),
        (("add", "example.com", "nobody"), "The address has no '@'."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    stack: Stack, arguments: tuple[str, ...], complaint: str
) -> None:
    done = ops("suppressions", *arguments, API_PORT=str(stack.api_port))

    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


# Domains

SHOP = "mg.example.com"


@pytest.fixture(scope="module")
def shop(say: Callable[..., str], stack: Stack) -> Iterator[str]:
    """A second domain, for the tests one after the other; its first key."""
    added = say("domains", "add", SHOP, "name=shop", "default_sender_name=Our Shop")
    assert added.startswith(f"{SHOP} is added.\n")
    assert "\nexample.com lists the keys that no domain listed, so they go on: " in added
    yield added.splitlines()[2]
    say("domains", "remove", SHOP, "--yes")


def key_ids(printed: str) -> list[str]:
    return re.findall(r"^  key (\S+)$", printed, re.MULTILINE)


def asking(stack: Stack, key: str) -> Callable[..., httpx.Response]:
    """Ask until the answer is as wanted: the functions read the domains once a minute."""

    def _until(wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
        deadline = time.monotonic() + 75
        while True:
            url, headers = f"{stack.url}/Mail/Send", {"x-api-key": key}
            reply = httpx.post(url, json=MAIL, headers=headers, timeout=40)
            if wanted(reply):
                return reply
            assert time.monotonic() < deadline, reply.text
            time.sleep(0.5)

    return _until


def test_a_domain_is_added_with_a_key_that_is_for_it_alone(
    api: httpx.Client, stack: Stack, say: Any, shop: str
) -> None:
    sent = asking(stack, shop)(lambda reply: reply.json().get("Configuration") == "shop").json()
    theirs = api.post("/Mail/Send", json=MAIL).json()["MessageId"]

    assert (sent["Status"], sent["Sender"]) == ("sent", f"no-reply@{SHOP}")
    with httpx.Client(base_url=stack.url, headers={"x-api-key": shop}, timeout=40) as client:
        assert client.get(f"/Status/{theirs}").status_code == 404
        assert client.get(f"/Status/{sent['MessageId']}").status_code == 200
        assert client.post("/Mail/Send", json=MAIL | {"Domain": "example.com"}).status_code == 403
    assert api.post("/Mail/Send", json=MAIL | {"Domain": SHOP}).status_code == 403
    assert api.get(f"/Status/{sent['MessageId']}").status_code == 404


def test_a_domain_is_changed(say: Any, shop: str) -> None:
    changed = say("domains", "change", SHOP, "retry_hours=12", "reply_to=help@EXAMPLE.com")
    shown = say("domains", "show", SHOP)

    assert changed.splitlines() == [
        f"{SHOP}: retry_hours is 12.",
        f"{SHOP}: reply_to is help@example.com.",
    ]
    assert shown.startswith(f"{SHOP}  sends\n")
    assert "\n  retry_hours=12\n" in shown
    assert "\n  unknown_outcome=resend  (parameters)\n" in shown
    assert "\n  last 24 hours: " in shown


def test_a_key_is_rotated_the_old_one_works_until_it_is_revoked_and_a_pause_holds_for_both(
    stack: Stack, say: Any, shop: str
) -> None:
    (old_id,) = key_ids(say("domains", "show", SHOP))

    say("domains", "pause", SHOP)
    rotated = say("domains", "rotate-key", SHOP)
    new = rotated.splitlines()[1]
    failed = asking(stack, new)(lambda reply: reply.json().get("Configuration") == "shop").json()
    assert say("domains", "show", SHOP).startswith(f"{SHOP}  paused (manual)\n")
    say("domains", "resume", SHOP)
    old = asking(stack, shop)(lambda reply: reply.json().get("Status") == "failed").json()
    say("domains", "revoke-key", SHOP, old_id, "--yes")
    asking(stack, shop)(lambda reply: reply.status_code == 403)

    assert old_id in rotated
    assert failed["ErrorMessage"] == old["ErrorMessage"] == "Sending is paused for this domain."
    shown = say("domains", "show", SHOP)
    (left,) = key_ids(shown)
    assert left != old_id
    assert shown.startswith(f"{SHOP}  sends\n")
    done = ops("domains", "revoke-key", SHOP, left, "--yes", API_PORT=str(stack.api_port))
    assert "the domain's only key" in done.stderr


def test_no_command_prints_a_key_twice_or_a_hash_at_all(say: Any, shop: str) -> None:
    printed = "".join(say("domains", "show", *one) for one in ((), (SHOP,), ("example.com",)))

    assert shop not in printed
    assert not re.search(r"[0-9a-f]{64}", printed)


def test_what_is_as_the_parameters_say_is_shown_with_the_first_clients_key(
    say: Any, stack: Stack, shop: str
) -> None:
    gateway = stack.client("apigateway")
    keys = gateway.get_api_keys(includeValues=True)["items"]
    (first,) = [key["id"] for key in keys if key["value"] == stack.api_key]

    assert re.search(r"^example.com +sends +\S+ +\S", say("domains", "show"), re.MULTILINE)
    shown = say("domains", "show", "example.com")
    assert "  default_sender=no-reply@example.com  (parameters)\n" in shown
    assert key_ids(shown) == [first]


def test_a_removed_domains_keys_open_nothing_any_more(stack: Stack, say: Any) -> None:
    key = say("domains", "add", "old.example.com").splitlines()[2]

    removed = say("domains", "remove", "old.example.com", "--yes")

    assert re.fullmatch(r"Key \S+ is revoked\.\nold.example.com is removed\.\n", removed)
    asking(stack, key)(lambda reply: reply.status_code == 403)
    assert "old.example.com" not in say("domains", "show")


def states(listed: str) -> list[str]:
    """Return the list of the domains without what waits, which others may change meanwhile."""
    rows = [re.split(r" {2,}", line) for line in listed.splitlines()]
    return [f"{row[0]}  {row[1]}" for row in rows if len(row) == 4]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "nonsense"), "This is no domain name."),
        (("add", "example.com"), "is there already"),
        (("add", "a.example", "retry_hours=99"), "retry_hours: "),
        (("add", "a.example", "allowed_senders=*@*"), "allowed_senders: "),
        (("add", "a.example", "default_sender=me@example.com"), "default_sender: "),
        (("add", "a.example", "api_keys=x"), "Settings are NAME=VALUE"),
        (("change", "a.example", "retry_hours=3"), "but for ["),
        (("change", "example.com", "daily_cap=0"), "daily_cap: "),
        (("change", "example.com"), "Say what to change"),
        (("revoke-key", "example.com", "nothing", "--yes"), "no key of this domain"),
        (("rotate-key", "a.example"), "but for ["),
        (("admit-key", "example.com", "nothing"), "no key of this stack"),
        (("add", "co.uk"), "domain: co.uk is a public suffix"),
    ],
)
def test_what_would_not_validate_is_refused_and_changes_nothing(
    stack: Stack, say: Any, arguments: tuple[str, ...], complaint: str
) -> None:
    before = states(say("domains", "show"))

    done = ops("domains", *arguments, API_PORT=str(stack.api_port))

    assert done.returncode == 1
    assert complaint in done.stderr
    assert "99" not in done.stderr
    assert "Traceback" not in done.stderr
    assert states(say("domains", "show")) == before


def test_the_domain_of_the_parameters_is_changed_and_put_back(say: Any) -> None:
    say("domains", "change", "example.com", "daily_cap=1000000", "allowed_senders=*@example.com")
    changed = say("domains", "show", "example.com")
    back = say("domains", "change", "example.com", "daily_cap=")
    removed = say("domains", "remove", "example.com", "--yes")

    assert "  daily_cap=1000000\n" in changed
    assert "  allowed_senders=*@example.com\n" in changed
    assert back == "example.com: daily_cap is as the parameters say.\n"
    assert removed == "example.com is as the parameters say again.\n"


def test_a_webhook_is_made_tested_given_a_new_secret_and_deleted(
    api: httpx.Client, say: Any
) -> None:
    """To a port of this machine at which nobody listens: the first try fails, and is seen."""
    words = ("save", "--domain", "example.com", "--name", "Orders", "--url", "http://127.0.0.1:9/")
    words += ("--events", "mail.opened", "--json")  # No mail of any test is opened here.
    made = json.loads(say("webhooks", *words))
    webhook_id = made["Id"]
    assert api.get("/Webhook").json()["Webhooks"][-1]["Id"] == webhook_id
    event_id = say("webhooks", "test", webhook_id).partition(" ")[0]

    deadline = time.monotonic() + 30
    while not (tries := say("webhooks", "deliveries", webhook_id, "--tries").splitlines()[1:-1]):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert tries[0].startswith(event_id)
    rotated = json.loads(say("webhooks", "rotate", webhook_id, "--yes", "--json"))
    assert rotated["Secret"] != made["Secret"]
    assert say("webhooks", "replay", webhook_id, event_id, "--yes") == "1 delivery sent again.\n"
    assert say("webhooks", "delete", webhook_id, "--yes") == f"{webhook_id} is deleted.\n"
    assert webhook_id not in say("webhooks", "list")
