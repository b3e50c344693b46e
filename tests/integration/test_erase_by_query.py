"""A message, and the mails to an address, are erased without reading table or bucket as a whole."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from support import mailctl
from support.account import SESSION
from support.domains import put_domain
from support.erasing import erasing, everything, residue, whole_stack
from support.gateway import Context
from support.mailctl import Refused
from support.ses_events import batch, sample

from core.aws import clients, items
from core.aws.mail_index import MailIndex
from core.config import CONFIG
from handlers import ses_events
from ops.stack import Stack

type Call = Callable[..., dict[str, Any]]
type Erase = Callable[..., list[str]]
ADA, BOB, EVE = "zq7ada@recipient.example", "bob@recipient.example", "eve@recipient.example"
FILE = {"Name": "zq7.txt", "Bytes": base64.b64encode(b"zq7 bytes").decode()}
WORDS = "zq7 host says no"
STEPS = 30
"""With these one message has more than one page of a query: 1 MB."""


@pytest.fixture
def stack() -> Stack:
    return whole_stack()


@pytest.fixture
def meanwhile() -> list[Callable[[], Any]]:
    """What happens while the command waits."""
    return []


@pytest.fixture
def erase(
    stack: Stack,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: list[Callable[[], Any]],
) -> Erase:
    """Erase as a script does; the lines that are printed. Where it waits, time passes."""

    def do_all() -> None:
        while meanwhile:
            meanwhile.pop()()

    return erasing(stack, capsys, monkeypatch, do_all)


@pytest.fixture
def asked(stack: Stack) -> Iterator[list[str]]:
    """The calls to AWS of the operator's tool, as `dynamodb.Query`."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(f"{model.service_model.service_name}.{model.name}")

    stack.aws.events.register("before-call.*", note)
    yield calls
    stack.aws.events.unregister("before-call.*", note)


@pytest.fixture
def send(call: Call) -> Callable[..., str]:
    def _send(key: str = "", **members: Any) -> str:
        headers = {"Idempotency-Key": key} if key else None
        mail = {"Subject": "zq7 subject", "Text": "zq7 text"} | members
        reply = call("POST", "/Mail/Send", mail, headers=headers)
        assert reply["statusCode"] == 200, reply
        return str(reply["json"]["MessageId"])

    return _send


def bounce(message_id: str, context: Context) -> None:
    """Let a mail to Ada bounce, in her host's own words."""
    event = json.dumps(sample("bounce_permanent_general", message_id))
    document = json.loads(event.replace("ada@recipient.example", ADA))
    bounced = document.get("detail", document)["bounce"]["bouncedRecipients"]
    for each in bounced:
        each["diagnosticCode"] = f"smtp; 550 5.1.1 {WORDS}"
    assert ses_events.handler(batch(document), context) == {"batchItemFailures": []}


def lengthen(message_id: str) -> None:
    """Give a message so many large steps that no query returns it at once."""
    for number in range(STEPS):
        step = items.key(f"MSG#{message_id}", f"EVENT#{number}")
        text = {"detail": {"S": f"zq7 {number} " * 5_000}}
        clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=step | text)


def fill(send: Callable[..., str], context: Context, to: str) -> str:
    """Send a mail that leaves all that a mail can leave; return its id."""
    message_id = send("zq7 key", To=to, CC=EVE, Reference="zq7-reference", Attachments=[FILE])
    bounce(message_id, context)
    lengthen(message_id)
    return message_id


@pytest.fixture
def full(table: Any, send: Callable[..., str], context: Context) -> str:
    """A mail to Ada and two others."""
    return fill(send, context, f"{BOB}, {ADA}")


def hashes(*addresses: str) -> list[str]:
    index = MailIndex(clients.dynamodb(), CONFIG.table_name, CONFIG.recipient_secret)
    return [index.hashed(address) for address in addresses]


def kinds(stack: Stack, message_id: str) -> set[str]:
    """Return what kinds of items of a message there are, and which indexes it is in."""
    own = [(at, json.loads(text)) for at, text in everything(stack) if at in TABLES]
    return {
        item["sk"]["S"].partition("#")[0] if at == "table" else at
        for at, item in own
        if item["pk"]["S"] == f"MSG#{message_id}"
        or item.get("message_id", {}).get("S") == message_id
    }


TABLES = ("table", "ByDomain", "ByRecipient", "ByReference", "Problems")
ALL = {"RECORD", "CONTENT", "RCPT", "EVENT", "KEY", ADA, *TABLES[1:]}


@pytest.mark.parametrize("way", ["message", "recipient", "everything"])
def test_no_item_no_index_and_no_file_is_left_of_a_message(
    full: str, way: str, stack: Stack, erase: Erase
) -> None:
    words = {
        "message": ["--message", full],
        "recipient": ["--address", "ZQ7ada@Recipient.EXAMPLE", "--recipient-only"],
        "everything": ["--address", ADA],
    }[way]
    assert kinds(stack, full) == ALL
    assert any(full in at for at, _ in everything(stack)), "it has no file"

    expected = erase(*words, "--dry-run")
    assert kinds(stack, full) == ALL

    printed = erase(*words)

    assert [line.replace("Would be erased", "Erased") for line in expected] == printed
    assert residue(stack, "zq7", WORDS, BOB, EVE, *hashes(ADA, BOB, EVE)) == []
    (tombstone,) = [json.loads(text) for at, text in everything(stack) if full in at + text][:1]
    assert {*tombstone} == {"pk", "sk", "ses_message_id", "is_erased", "expires_at"}
    assert kinds(stack, full) == {"RECORD"}
    assert not any(full in at for at, _ in everything(stack))
    assert "Erased: 1 messages." in printed
    assert f"Erased: {STEPS + 1} steps of histories." in printed
    assert {f"Erased: 1 {what}." for what in ("contents", "files", "idempotency keys")} < {*printed}
    assert "Erased: 1 suppressed addresses." in printed
    assert "zq7" not in str(printed)
    assert any("repeated its request" in line for line in printed) == (way != "everything")


@pytest.mark.parametrize("words", [["--message"], ["--recipient-only", "--address", ADA]])
def test_neither_table_nor_bucket_is_read_as_a_whole(
    full: str, words: list[str], erase: Erase, send: Callable[..., str], asked: list[str]
) -> None:
    for number in range(20):
        send(To=EVE, Attachments=[FILE], Reference=f"r{number}")

    erase(*words, *([full] if words == ["--message"] else []))

    assert "dynamodb.Scan" not in asked
    assert "s3.GetObject" not in asked
    assert asked.count("s3.ListObjectVersions") < 20
    erase("--address", ADA)
    assert "dynamodb.Scan" in asked, "a scan would not have been noticed"


def test_the_index_is_asked_for_each_domain_and_for_every_place_of_a_recipient(
    table: Any, send: Callable[..., str], erase: Erase, stack: Stack
) -> None:
    put_domain("further.example", default_sender="mail@further.example")
    places: list[dict[str, str]] = [
        {"To": ADA},
        {"To": BOB, "CC": ADA},
        {"To": BOB, "BCC": f"Ada <{ADA.upper()}>"},
        {"To": ADA, "From": "mail@further.example"},
    ]
    sender = {"From": "mail@example.com"}  # The key of the tests may send for both domains.
    ids = [send(**sender | each) for each in places]
    other = send(**sender, To=BOB, Subject="s", Text="t")

    printed = erase("--address", ADA, "--recipient-only")

    assert f"Erased: {len(ids)} messages." in printed
    assert residue(stack, "zq7", "ZQ7", *hashes(ADA)) == []
    assert kinds(stack, other) == {"RECORD", "CONTENT", "ByDomain", "ByRecipient"}


def test_who_is_only_mentioned_stays_and_it_is_said_how_that_goes_too(
    table: Any, send: Callable[..., str], erase: Erase, stack: Stack
) -> None:
    mentions = send(To=BOB, Subject=f"about {ADA}")

    printed = erase("--address", ADA, "--recipient-only")
    told = json.loads("".join(erase("--address", ADA, "--recipient-only", "--json", "--dry-run")))

    assert printed[0] == "Nothing was found."
    assert "only mention the address" in printed[-1]
    assert "Without --recipient-only they are erased too" in printed[-1]
    assert told["is_recipient_only"] is True
    assert "CONTENT" in kinds(stack, mentions)
    assert not any("Not looked for" in line for line in erase("--address", ADA))
    assert residue(stack, "zq7") == []


@pytest.mark.parametrize("keeps", [[], ["--keep-suppressed"]])
def test_an_entry_of_a_suppression_list_needs_no_mail_to_be_found(
    table: Any, erase: Erase, stack: Stack, keeps: list[str], capsys: Any
) -> None:
    mailctl.run(stack, capsys, "suppressions", "add", "example.com", ADA)
    mailctl.run(stack, capsys, "suppressions", "add", "example.com", BOB)

    erase("--address", ADA, "--recipient-only", *keeps)
    first = mailctl.run(stack, capsys, "suppressions", "list", "example.com")
    erase("--address", ADA, "--recipient-only")
    second = mailctl.run(stack, capsys, "suppressions", "list", "example.com")

    assert residue(stack, "zq7") == []
    assert any("(erased)" in line for line in first) == bool(keeps)
    assert not any("(erased)" in line for line in second)
    assert any(BOB in line for line in second)


def test_a_key_that_another_message_has_by_now_stays(
    full: str, erase: Erase, stack: Stack, table: Any
) -> None:
    (key,) = [json.loads(text) for at, text in everything(stack) if '"KEY#' in text]
    others = key | {"message_id": {"S": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"}}
    clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=others)

    printed = [*erase("--message", full, "--dry-run"), *erase("--message", full)]

    assert others in [json.loads(text) for at, text in everything(stack) if at == "table"]
    assert not any("idempotency keys" in line for line in printed)


@pytest.mark.slow  # Each look into a queue waits a second.
@pytest.mark.parametrize("words", [["--message"], ["--recipient-only", "--address", ADA]])
@pytest.mark.parametrize("to", [[ADA, BOB], [BOB, ADA]])
def test_an_erasure_that_is_stopped_anywhere_is_finished_by_the_next(
    table: Any,
    send: Any,
    context: Context,
    erase: Erase,
    stack: Stack,
    words: list[str],
    to: list[str],
) -> None:
    message_id = fill(send, context, ", ".join(to))
    words = [*words, message_id] if words == ["--message"] else words
    stops, left = 0, 0

    def stop(model: Any, **_: Any) -> None:
        nonlocal left
        if model.name.startswith(("Put", "Delete", "Transact")):
            left -= 1
            if not left:
                raise KeyboardInterrupt

    stack.aws.events.register_first("before-call.*", stop)
    while not left:
        left = 3
        with suppress(Refused):
            erase(*words)
        stops += not left
    stack.aws.events.unregister("before-call.*", stop)

    assert stops > STEPS / 2
    assert residue(stack, "zq7", WORDS, BOB, EVE, *hashes(ADA, BOB, EVE)) == []


def test_files_that_its_request_was_still_writing_are_waited_for(
    table: Any, erase: Erase, stack: Stack, call: Call, meanwhile: list[Callable[[], Any]]
) -> None:
    reply = call(
        "POST",
        "/json/oneway/SendMail",
        {"To": ADA, "Subject": "zq7", "Text": "zq7", "Attachments": [FILE]},
    )
    message_id = str(reply["json"]["MessageId"])
    (folder,) = {at.rpartition("/")[0] for at, _ in everything(stack) if message_id in at}
    late = {"Bucket": CONFIG.bucket_name, "Key": f"{folder}/2", "Body": b"zq7 late"}
    meanwhile.append(lambda: SESSION.client("s3").put_object(**late))

    erase("--message", message_id)

    assert meanwhile == [], "nobody waited"
    assert residue(stack, "zq7") == []


def test_recipient_only_belongs_to_an_address(erase: Erase, full: str) -> None:
    with pytest.raises(Refused, match="--recipient-only belongs to --address") as refused:
        erase("--message", full, "--recipient-only")

    assert refused.value.status == 2
