"""After `erase` nothing of an address is left anywhere, and nothing of anybody else is missing."""

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from support import mailctl
from support.account import SESSION, queues
from support.answers import raising, refusing
from support.domains import put_domain
from support.erasing import erasing, everything, residue, whole_stack
from support.gateway import Context
from support.mailctl import Refused, somebody_who_types
from support.ses import Ses
from support.ses_events import batch, sample

from core.aws import clients
from core.aws.account import Quota
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.aws.waiting_lists import WaitingLists
from core.config import CONFIG
from core.message import lifecycle
from handlers import dispatch, resend, ses_events, sweep
from ops.stack import Stack

Call = Callable[..., dict[str, Any]]
ADA, BOB = "zq7ada@recipient.example", "bob@recipient.example"
MAIL = {"To": ADA, "Subject": "zq7 subject", "Text": "zq7 text"}
FILE = {"Name": "zq7.txt", "Bytes": base64.b64encode(b"zq7 bytes").decode()}
LARGE = "zq7 " * 30_000
OTHERS = ("x.zq7ada@recipient.example", "zq7ada@recipient.example.org", "zq7ada@x.example")
"""Who is not her, although the names look alike."""


@pytest.fixture
def stack() -> Stack:
    return whole_stack()


@pytest.fixture
def run(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Run the command as a script does; the lines that it prints. Where it waits, time passes."""
    erase = erasing(stack, capsys, monkeypatch)

    def _run(*arguments: str) -> list[str]:
        printed = erase(*arguments)
        assert "zq7" not in str(printed)
        return printed

    return _run


@pytest.fixture
def send(call: Call) -> Callable[..., str]:
    def _send(key: str = "", path: str = "/Mail/Send", **more: Any) -> str:
        headers = {"Idempotency-Key": key} if key else None
        reply = call("POST", path, MAIL | more, headers=headers)
        assert reply["statusCode"] == 200, reply
        return str(reply["json"]["MessageId"])

    return _send


@pytest.fixture
def filled(
    send: Callable[..., str], ses: Ses, context: Context, stack: Stack, table: Any, call: Call
) -> dict[str, str]:
    """Mails to her in every state, with all that they leave behind; ids by state."""
    throttled = refusing(429, "TooManyRequestsException")
    ids = {}
    ids["sent"] = send("key", Attachments=[FILE], Reference="zq7-reference")
    send("key", Attachments=[FILE], Reference="zq7-reference")  # Leaves a file of nobody's.
    ids["large"] = send(Text=LARGE)
    ids["copied"] = send(To="carol@recipient.example", BCC=f"Ada <{ADA.upper()}>")
    ids["from her"] = send(To=BOB, From="zq7ada@example.com", Text=f"I am {ADA}")
    ids["named"] = send(To=BOB, Text=f"Ask <a href='mailto:{ADA}'>her</a>.", Subject="s")
    note = base64.b64encode(f"Ask {ADA}.".encode()).decode()
    file = {"Name": "a", "Bytes": note}
    ids["in a file"] = send(To=BOB, Subject="s", Text="t", Attachments=[file])
    ses.faults.append(throttled)
    ids["queued"] = send(Attachments=[FILE])
    ses.faults.append(raising(ReadTimeoutError(endpoint_url="ses")))
    ids["unknown"] = send()
    ids["oneway"] = send(path="/json/oneway/SendMail")
    ses.faults.append(refusing(400, "MessageRejected"))
    ids["failed"] = send()
    ids["delivered"], ids["bounced"] = send(), send()
    for name, id_ in (("delivery", ids["delivered"]), ("bounce_permanent_general", ids["bounced"])):
        ses_events.handler(batch(about(name, id_)), context)
    ids["suppressed"] = send()
    for url in ("EventQueueUrl", "EventDeadLettersUrl"):
        for event in (about("delivery", ids["sent"]), about("bounce_undetermined", "0" * 26)):
            clients.sqs().send_message(QueueUrl=stack.outputs[url], MessageBody=json.dumps(event))
    letter = json.dumps({"MessageId": ids["unknown"], "Reason": "Given up."})
    clients.sqs().send_message(QueueUrl=CONFIG.dead_letter_queue_url, MessageBody=letter)
    for message in queues()["retry"]._messages:
        message.delayed_until = 0  # Else it would appear in the middle of a slow test.
    return ids


def about(name: str, message_id: str) -> dict[str, Any]:
    text = json.dumps(sample(name, message_id))
    return dict(json.loads(text.replace("ada@recipient.example", ADA)))


@pytest.mark.slow  # Each look into a queue waits a second.
@pytest.mark.parametrize("versioned", [False, True])
def test_nothing_of_an_address_is_left(
    filled: dict[str, str], run: Any, stack: Stack, send: Any, call: Call, versioned: bool
) -> None:
    if versioned:
        SESSION.client("s3").put_bucket_versioning(
            Bucket=CONFIG.bucket_name, VersioningConfiguration={"Status": "Enabled"}
        )
        send("another key", To=BOB, Subject=ADA, Attachments=[FILE])
    assert {at for at, _ in residue(stack, "zq7")} > {"table", "ByReference", "EventQueueUrl"}

    printed = run("--address", "ZQ7ada@Recipient.example")

    assert residue(stack, "zq7", "ZQ7") == []
    for at, text in residue(stack, *filled.values()):  # Their ids lead to nothing.
        assert at in ("RetryQueueUrl", "BySesMessageId") or "is_erased" in text
    assert all(call("GET", f"/Status/{id_}")["statusCode"] == 404 for id_ in filled.values())
    assert f"Erased: {len(filled) + versioned} messages." in printed
    unfinished = {line.split(", which was ")[1] for line in printed if "Not tried" in line}
    assert unfinished == {"queued.", "unknown."}
    assert run("--address", ADA) == ["Nothing was found."]


def test_of_others_nothing_is_missing(
    filled: dict[str, str], run: Any, stack: Stack, send: Any, call: Call
) -> None:
    kept = [
        send(f"key of {to}", To=to, Text="t" * 150_000, Subject="s", Attachments=[FILE])
        for to in (*OTHERS, BOB)
    ]
    body = json.dumps(sample("delivery", kept[-1], Ses.id_of(99))).replace("ada@", "bob@")
    clients.sqs().send_message(QueueUrl=stack.outputs["EventDeadLettersUrl"], MessageBody=body)
    before = [entry for entry in everything(stack) if any(id_ in str(entry) for id_ in kept)]

    run("--address", ADA)

    left = everything(stack)
    assert [entry for entry in before if entry not in left] == []
    assert [call("GET", f"/Status/{id_}")["statusCode"] for id_ in kept] == [200] * 4


@pytest.mark.slow  # Each look into a queue waits a second.
def test_an_erased_address_can_be_mailed_again_unless_a_hash_is_kept(
    filled: dict[str, str], run: Any, stack: Stack, call: Call
) -> None:
    printed = run("--address", ADA, "--keep-suppressed")

    assert "Erased: 1 suppressed addresses (kept as a hash)." in printed
    assert residue(stack, "zq7") == []
    suppressions = SuppressionList(clients.dynamodb(), CONFIG.table_name, CONFIG.stack_id)
    assert [entry[:2] for entry in suppressions.entries("example.com")] == [("", "bounce")]
    assert call("POST", "/Mail/Send", MAIL)["json"]["Status"] == "undelivered"
    run("--address", ADA)
    assert list(suppressions.entries("example.com")) == []
    assert call("POST", "/Mail/Send", MAIL)["json"]["Status"] == "sent"


@pytest.mark.slow  # Each look into a queue waits a second.
def test_what_comes_later_brings_nothing_back(
    filled: dict[str, str], run: Any, stack: Stack, context: Context, ses: Ses
) -> None:
    run("--address", ADA)
    taken, known = len(ses.taken), everything(stack)

    for message_id in filled.values():
        for name in ("send", "delivery", "bounce_permanent_general", "complaint_abuse"):
            event = about(name, message_id)
            assert ses_events.handler(batch(event), context) == {"batchItemFailures": []}
        resend.handler(batch(json.dumps({"MessageId": message_id})), context)
    sweep.handler({}, context)  # type: ignore[arg-type]

    assert len(ses.taken) == taken
    assert [entry for entry in everything(stack) if entry not in known] == []


def test_one_message_is_erased_and_the_others_stay(
    filled: dict[str, str], run: Any, stack: Stack, call: Call
) -> None:
    printed = run("--message", filled["queued"].lower())

    assert "Erased: 1 messages." in printed
    assert f"Not tried any more: {filled['queued']}, which was queued." in printed
    own = [(at, text) for at, text in everything(stack) if filled["queued"] in at + text]
    assert [at for at, _ in own] in (["table"], ["table", "RetryQueueUrl"])
    assert "is_erased" in own[0][1]
    assert call("GET", f"/Status/{filled['queued']}")["statusCode"] == 404
    assert call("GET", f"/Status/{filled['sent']}")["statusCode"] == 200


def test_a_message_that_waits_for_its_turn_gets_none_once_it_is_erased(
    run: Any, send: Any, ses: Ses, stack: Stack
) -> None:
    ses.faults = [refusing(429, "TooManyRequestsException")]
    waiting = send()
    store = Store(clients.dynamodb(), CONFIG.table_name)
    lists = WaitingLists(clients.dynamodb(), CONFIG.table_name)
    record = store.get(waiting)
    assert record
    store.revise(record, lifecycle.line_up)
    listed = [list(lists.messages(each)) for each in lists.names()]

    printed = run("--message", waiting)
    done = dispatch.dispatcher.give_out(int(time.time()), Quota(14.0, float("inf")))

    assert listed == [[waiting]]
    assert list(lists.names()) == []
    assert done.given_out == 0
    assert f"Not tried any more: {waiting}, which was queued." in printed
    assert {at for at, text in everything(stack) if waiting in text} <= {"table", "RetryQueueUrl"}
    assert ses.taken == []


@pytest.mark.slow  # Each look into a queue waits a second.
def test_an_erasure_that_was_interrupted_is_finished_by_the_next(
    filled: dict[str, str], run: Any, stack: Stack
) -> None:
    done = 0

    def stop(model: Any, **_: Any) -> None:
        nonlocal done
        done += model.name.startswith(("Put", "Delete"))
        if done == 7:
            raise KeyboardInterrupt

    stack.aws.events.register_first("before-call.*", stop)
    for _ in range(3):
        done = 0
        with pytest.raises(Refused, match=r"^Stopped"):
            run("--address", ADA)
    stack.aws.events.unregister("before-call.*", stop)
    assert residue(stack, "zq7") != []
    run("--address", ADA)

    assert residue(stack, "zq7") == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--address", "nobody"), "The address has no '@'."),
        (("--message", "01J"), "This is no MessageId."),
        (("--address", "no-reply@example.com"), "change that first"),
        (("--address", "hello@kept.example"), "change that first"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    run: Any, table: Any, arguments: tuple[str, ...], complaint: str
) -> None:
    put_domain("kept.example", reply_to=["hello@kept.example"])

    with pytest.raises(Refused, match=complaint):
        run(*arguments)


# ---- what cannot be taken back


def numbers(printed: list[str]) -> dict[str, int]:
    """Return how many of what were erased, or would be."""
    found = (re.fullmatch(r"(?:Erased|Would be erased): (\d+) (.*)\.", line) for line in printed)
    return {match[2]: int(match[1]) for match in found if match}


@pytest.mark.slow  # Each look into a queue waits a second.
@pytest.mark.parametrize("keeps", [[], ["--keep-suppressed"]])
def test_a_dry_run_counts_what_goes_and_changes_nothing(
    filled: dict[str, str], run: Any, stack: Stack, keeps: list[str]
) -> None:
    before = everything(stack)

    estimated = run("--address", ADA, "--dry-run", *keeps)
    as_json = json.loads("".join(run("--address", ADA, "--dry-run", "--json", *keeps)))

    assert sorted(everything(stack)) == sorted(before)
    expected, erased = numbers(estimated), numbers(run("--address", ADA, *keeps))
    erased.pop("messages in queues")  # These are not read.
    erased["files"] -= 1  # Nobody's: its request may still have been under way when it was counted.
    assert expected == erased == as_json["erased"]
    assert as_json["is_dry_run"] is True
    assert as_json["unread_in_queues"] == 5
    assert any(line.startswith("Not looked at: about 5 in queues") for line in estimated)
    unfinished = {each["status"] for each in as_json["not_tried_any_more"]}
    assert unfinished == {"queued", "unknown"}


def test_what_would_go_is_shown_before_it_is_asked_for(
    filled: dict[str, str], stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    words, before = ("erase", "--message", filled["queued"]), everything(stack)

    with pytest.raises(Refused, match=r"^This cannot be taken back, .* With --yes "):
        mailctl.run(stack, capsys, *words)
    with somebody_who_types(""), pytest.raises(Refused) as no:
        mailctl.run(stack, capsys, *words)

    assert sorted(everything(stack)) == sorted(before)
    assert "Would be erased: 1 messages.\n" in str(no.value)
    assert str(no.value).endswith("Go on? [y/N] Nothing was changed.\n")
    with somebody_who_types("yes"):
        assert "Erased: 1 messages." in mailctl.run(stack, capsys, *words)


@pytest.mark.parametrize(
    "words", [[], ["--address", ADA, "--message", "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"]]
)
def test_either_an_address_or_a_message_is_meant(run: Any, words: list[str]) -> None:
    with pytest.raises(Refused, match="either --address or --message") as refused:
        run(*words)

    assert refused.value.status == 2
    assert str(refused.value).startswith("Usage: mailctl erase ")
