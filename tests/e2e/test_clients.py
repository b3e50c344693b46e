"""Every client that the original has, and those of its documentation, against the whole stack."""

import csv
import gzip
import importlib
import io
import json
import re
import shutil
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.clients.csharp import wire
from servicestack import JsonServiceClient, UploadFile, WebServiceException
from support import programs
from support.documents import DOCS
from support.mails import RESPONSE, TYPES

from core.message.mail import REFUSED_EXTENSIONS
from local.stack import Stack

Until = Callable[..., dict[str, Any]]
Sent = Callable[[], list[EmailMessage]]
Run = Callable[..., str]
Greeting = Callable[[str], Any]

CLIENTS = Path(__file__).parent / "clients"
CONTENT = bytes(range(256))
ADA = "ada@recipient.example"
ANSWER = f"{{{RESPONSE}}}"
ERROR = f"{{{TYPES}}}"

FIELDS = {
    "Domain": "example.com",
    "From": "sender@example.com",
    "FromName": "Jörg Müßig",
    "To": ADA,
    "ReceiverName": "日本語 😀",
    "CC": "cc@recipient.example",
    "BCC": "bcc@recipient.example",
    "Subject": "Grüße & <tag> \"q\" 'a', {x} [y]",
    "Text": 'eins, zwei\r\n{drei}: "vier"\r\n',
    "HTML": "<p class=\"a\">Tschüß, &amp; 'bis' bald</p>",
    "Attachments": CONTENT,
    "Reference": "ref-1",
}
"""A mail with every member, and in them whatever one of the formats must quote."""
BARE = {"To": ADA, "Subject": "s"}
PLAIN = FIELDS | {"Subject": "Grüße & <tag> 'a'", "Text": "eins zwei", "HTML": "<p>Tschüß</p>"}


@pytest.fixture
def run(stack: Stack, tmp_path: Path) -> Run:
    """Run `commands` in a folder with a program of `clients/`, and return what they print."""

    def _run(program: str, commands: str) -> str:
        shutil.copy(CLIENTS / program, tmp_path)
        known = {"MAIL_URL": stack.url, "MAIL_KEY": stack.api_key}
        return programs.run(commands, tmp_path, known)

    return _run


# ---- what curl can send besides


@pytest.mark.parametrize("program", ["send_form.sh", "send_gzip.sh"])
def test_curl_sends_forms_and_compressed_bodies(
    run: Run, arrived: Callable[[], EmailMessage], program: str
) -> None:
    run(f"curl/{program}", f"sh {program}")

    mail = arrived()
    assert mail["Subject"] == "Ihre Rechnung für März"
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("invoice.pdf", "application/pdf")


def test_the_documentation_lists_the_file_types_that_ses_refuses() -> None:
    text = (DOCS / "api.md").read_text()

    listed = {word for line in re.findall(r"^> (.+)$", text, re.MULTILINE) for word in line.split()}

    assert listed == REFUSED_EXTENSIONS


# ---- ServiceStack's Python client


@pytest.fixture(scope="module")
def dtos(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Import what `/types/python` answers."""
    folder = tmp_path_factory.mktemp("types")
    reply = httpx.get(f"{stack.url}/types/python", timeout=40)
    (folder / "generated_dtos.py").write_text(reply.raise_for_status().text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return importlib.import_module("generated_dtos")


@pytest.fixture
def python(stack: Stack) -> Iterator[JsonServiceClient]:
    client = JsonServiceClient(stack.url)
    client.headers["x-api-key"] = stack.api_key
    yield client
    client._session.close()


@pytest.fixture
def greeting(dtos: Any) -> Greeting:
    return lambda subject: dtos.SendMail(to=ADA, subject=subject, text="t")


def test_the_python_client_sends_and_asks_at_its_default_path(
    python: JsonServiceClient, dtos: Any, arrived: Callable[[], EmailMessage]
) -> None:
    mail = dtos.SendMail(
        from_="sender@example.com",
        from_name="Jörg Müßig",
        to=ADA,
        receiver_name="日本語 😀",
        cc="cc@recipient.example",
        subject="Grüße 😀",
        text="Tschüß",
        html="<p>Tschüß</p>",
        attachments=[
            dtos.Attachment(bytes_=CONTENT, name="ä.bin", content_type="application/x-test")
        ],
    )

    answer = python.send(mail)

    assert isinstance(answer, dtos.SendResponse)
    assert (answer.status, answer.sender, answer.receiver) == (
        dtos.Status.SENT,
        "sender@example.com",
        ADA,
    )
    message = arrived()
    assert message["Subject"] == mail.subject
    assert message["From"].addresses[0].display_name == mail.from_name
    assert [file.get_payload(decode=True) for file in message.iter_attachments()] == [CONTENT]
    assert python.send(dtos.GetStatus(message_id=answer.message_id)).message_id == answer.message_id
    assert python.get(dtos.GetStatus(message_id=answer.message_id)).receiver == ADA


@pytest.mark.parametrize("base_path", ["api", ""])
def test_the_python_client_finds_shows_resends_and_cancels_mails(
    python: JsonServiceClient, dtos: Any, base_path: str
) -> None:
    python.base_path = base_path or None
    reference = f"python-{base_path}-{time.time_ns()}"
    sent = python.post(dtos.SendMail(to=ADA, subject="s", text="t", reference=reference))

    found = python.get(dtos.FindMails(reference=reference))
    whole = python.get(dtos.GetMail(message_id=sent.message_id))
    resent = python.post(dtos.ResendMail(message_id=sent.message_id, to="bob@recipient.example"))
    with pytest.raises(WebServiceException) as raised:
        python.post(dtos.CancelMail(message_id=sent.message_id))

    assert isinstance(found, dtos.FoundMails)
    assert [(one.message_id, one.subject) for one in found.mails] == [(sent.message_id, "s")]
    assert [(one.address, one.number) for one in whole.recipients] == [(ADA, 1)]
    assert [step.kind for step in whole.history][:2] == ["accepted", "tried"]
    assert (resent.status, resent.receiver) == (dtos.Status.SENT, "bob@recipient.example")
    assert raised.value.response_status.error_code == "TooLate"


@pytest.mark.parametrize("base_path", ["api", ""])
def test_the_python_client_sets_up_webhooks_and_sees_what_they_tell(
    python: JsonServiceClient, dtos: Any, base_path: str
) -> None:
    python.base_path = base_path or None
    url = "https://orders.example.com/mail-events"

    made = python.post(
        dtos.SaveWebhook(name="Orders", url=url, events="mail.failed, mail.complained")
    )
    changed = python.post(dtos.SaveWebhook(id_=made.id_, name="Other"))
    off = python.post(dtos.SaveWebhook(id_=made.id_, enabled=False))
    with pytest.raises(WebServiceException) as raised:
        python.post(dtos.TestWebhook(id_=made.id_))
    python.post(dtos.SaveWebhook(id_=made.id_, enabled=True))
    told = python.post(dtos.TestWebhook(id_=made.id_))
    found = python.get(dtos.FindDeliveries(id_=made.id_, limit=5))
    replayed = python.post(dtos.ReplayDeliveries(id_=made.id_, delivery_id=told.id_))
    rotated = python.post(dtos.RotateWebhookSecret(id_=made.id_))
    listed = python.get(dtos.FindWebhooks(domain="example.com"))
    python.post(dtos.DeleteWebhook(id_=made.id_))

    assert (made.events, made.enabled) == (["mail.failed", "mail.complained"], True)
    assert (changed.name, changed.enabled, changed.secret) == ("Other", True, None)
    assert (off.enabled, off.disabled_reason) == (False, "Disabled by SaveWebhook.")
    assert raised.value.response_status.error_code == "WebhookDisabled"
    assert [(one.id_, one.type_) for one in found.deliveries] == [(told.id_, "webhook.test")]
    assert replayed.count == 1
    assert made.secret
    assert rotated.secret not in (None, made.secret)
    assert made.id_ in [one.id_ for one in listed.webhooks]


def test_the_python_client_raises_what_is_wrong_with_which_field(
    python: JsonServiceClient, dtos: Any
) -> None:
    with pytest.raises(WebServiceException) as raised:
        python.post(dtos.SendMail(to="nobody", attachments=[dtos.Attachment(name="a.txt")]))

    assert raised.value.status_code == 400
    status = raised.value.response_status
    assert status.error_code == "ValidationException"
    assert [fault.field_name for fault in status.errors] == ["To", "Attachments[0].Bytes"]
    assert all(fault.error_code and fault.message for fault in status.errors)


def test_the_python_client_raises_404_for_an_unknown_mail(
    python: JsonServiceClient, dtos: Any
) -> None:
    with pytest.raises(WebServiceException) as raised:
        python.get(dtos.GetStatus(message_id="nothing"))

    assert raised.value.status_code == 404
    assert raised.value.response_status.error_code == "NotFound"


@pytest.mark.parametrize("base_path", ["api", ""])
def test_the_python_client_sends_batches(
    python: JsonServiceClient,
    dtos: Any,
    greeting: Greeting,
    until: Until,
    sent: Sent,
    base_path: str,
) -> None:
    python.set_base_path(base_path)

    answers = python.send_all([greeting("eins"), greeting("zwei")])
    python.send_all_oneway([greeting("drei"), greeting("vier")])

    assert len(answers) == 2
    if base_path:  # Elsewhere this client does not see what it is answered: see below.
        assert [answer.status for answer in answers] == [dtos.Status.QUEUED] * 2
    await_mails(sent, 4)
    assert {str(mail["Subject"]) for mail in sent()} == {"eins", "zwei", "drei", "vier"}


def test_the_python_client_reads_answers_of_other_paths_only_in_camel_case(
    python: JsonServiceClient, dtos: Any, greeting: Greeting, sent: Sent
) -> None:
    """It knows camel case only. The original answers Pascal case everywhere, and so do we there:

    whoever calls these paths expects the original's bytes. `jsconfig` asks for the other.
    """
    camel = {"jsconfig": "EmitCamelCaseNames:true"}

    blind = python.set_base_path("").post(greeting("eins"))
    seen = python.post(greeting("zwei"), args=camel)
    blind_url = python.post_url("/Mail/Send", greeting("drei"))
    seen_url = python.post_url("/Mail/Send", greeting("vier"), args=camel)

    assert (blind.message_id, blind_url.message_id) == (None, None)
    assert (seen.status, seen_url.status) == (dtos.Status.SENT, dtos.Status.SENT)
    assert [str(mail["Subject"]) for mail in sent()] == ["eins", "zwei", "drei", "vier"]


def test_the_python_client_posts_files_beside_the_request(
    python: JsonServiceClient, dtos: Any, greeting: Greeting, arrived: Callable[[], EmailMessage]
) -> None:
    file = UploadFile("upload", "ä.txt", "text/plain", io.BytesIO(b"content"))

    answer = python.post_file_with_request(greeting("Grüße"), file)

    message = arrived()
    assert message["Subject"] == "Grüße"
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [b"content"]
    assert answer.status is dtos.Status.SENT


# ---- ServiceStack's TypeScript client


def test_every_call_of_the_typescript_client_works_on_either_path(
    run: Run, sent: Sent, until: Until
) -> None:
    types = "curl --fail -sS $MAIL_URL/types/typescript -o dtos.mts"
    compiled = "npx tsc --target es2022 --module nodenext dtos.mts"
    program = "typescript/every_call.mjs"

    answers = json.loads(run(program, f"{types}\n{compiled}\nnode every_call.mjs"))

    for name, calls in answers.items():
        post = calls["post"]
        assert (post["Status"], post["Receiver"], post["Retry"]) == ("sent", ADA, False)
        assert (calls["api"]["succeeded"], calls["api"]["completed"]) == (True, True)
        assert calls["api"]["response"]["Status"] == "sent"
        assert [one["Status"] for one in calls["all"]] == ["queued", "queued"]
        for one in calls["all"]:
            assert until(one["MessageId"])["Status"] == "delivered"
        assert calls["oneWay"]["Status"] == ("sent" if name == "api" else "queued")
        assert until(calls["oneWay"]["MessageId"])["Status"] == "delivered"
        assert calls["status"]["MessageId"] == post["MessageId"]
        assert calls["url"]["Status"] == "sent"
        wrong = {"errorCode": "ValidationException", "fields": ["To"]}
        assert calls["wrong"] == {"succeeded": False} | wrong
        assert calls["thrown"] == wrong
        assert calls["lost"] == {"errorCode": "NotFound", "fields": []}
        assert calls["found"] == [post["MessageId"]]
        assert calls["whole"] == {"address": ADA, "files": [["ä.bin", 4]], "first": "accepted"}
        assert calls["resent"]["Status"] == "sent"
        assert calls["cancelled"] == {"errorCode": "TooLate", "fields": []}
        assert calls["webhook"] == {
            "events": ["mail.failed", "mail.complained"],
            "secrets": [True, False, True],
            "changed": ["Other", True, True],
            "disabled": {"errorCode": "WebhookDisabled", "fields": []},
            "deliveries": ["webhook.test"],
            "replayed": 1,
            "listed": True,
            "gone": {"errorCode": "NotFound", "fields": []},
        }
    subjects = ("post Grüße", "api", "first", "second", "publish", "url")
    assert {str(m["Subject"]) for m in sent()} == {f"{n} {s}" for n in answers for s in subjects}
    files = [file for mail in sent() for file in mail.iter_attachments()]
    assert [file.get_payload(decode=True) for file in files] == [b"\x00A\x80\xff"] * 4


# ---- ServiceStack's C# clients, as bytes


def read_json(body: bytes) -> dict[str, Any]:
    return dict(json.loads(body))


def read_xml(body: bytes) -> dict[str, Any]:
    root = ET.fromstring(body)
    assert root.tag == f"{ANSWER}SendResponse"
    assert [element.tag for element in root] == sorted(element.tag for element in root)
    return {element.tag.removeprefix(ANSWER): element.text for element in root}


def read_jsv(body: bytes) -> dict[str, Any]:
    text = body.decode()
    assert (text[0], text[-1]) == ("{", "}")
    return dict(pair.split(":", 1) for pair in text[1:-1].split(","))


def read_csv(body: bytes) -> dict[str, Any]:
    (row,) = csv.DictReader(io.StringIO(body.decode(), newline=""))
    return dict(row)


JSON, XML, JSV, CSV = "application/json", "application/xml", "application/jsv", "text/csv"
CALLS = {
    "JsonServiceClient.Post": (wire.Call("/Mail/Send", JSON, wire.json_body(FIELDS)), read_json),
    "JsonServiceClient.Send": (
        wire.Call("/json/reply/SendMail", JSON, wire.json_body(FIELDS)),
        read_json,
    ),
    "JsonServiceClient.SendOneWay": (
        wire.Call("/json/oneway/SendMail", JSON, wire.json_body(FIELDS)),
        read_json,
    ),
    # In XML: MiniStack, unlike API Gateway, decodes a JSON body before anybody could unpack it.
    "XmlServiceClient.RequestCompressionType": (
        wire.Call(
            "/Mail/Send",
            XML,
            gzip.compress(wire.xml_body(FIELDS)),
            headers={"Content-Encoding": "gzip"},
        ),
        read_xml,
    ),
    "XmlServiceClient.Post": (wire.Call("/Mail/Send", XML, wire.xml_body(FIELDS)), read_xml),
    "XmlServiceClient.Send": (
        wire.Call("/xml/reply/SendMail", XML, wire.xml_body(FIELDS)),
        read_xml,
    ),
    "JsvServiceClient.Post": (wire.Call("/Mail/Send", JSV, wire.jsv_body(FIELDS)), read_jsv),
    "JsvServiceClient.Send": (
        wire.Call("/jsv/reply/SendMail", JSV, wire.jsv_body(FIELDS)),
        read_jsv,
    ),
    "CsvServiceClient.Post": (wire.Call("/Mail/Send", CSV, wire.csv_body(FIELDS)), read_csv),
    "CsvServiceClient.Send": (
        wire.Call("/csv/reply/SendMail", CSV, wire.csv_body(FIELDS)),
        read_csv,
    ),
}


@pytest.mark.parametrize(("call", "read"), CALLS.values(), ids=CALLS)
def test_the_bytes_of_a_csharp_client_become_the_whole_mail(
    stack: Stack,
    ses: httpx.Client,
    arrived: Callable[[], EmailMessage],
    call: wire.Call,
    read: Callable[[bytes], dict[str, Any]],
) -> None:
    answer = wire.exchange(stack.api_port, stack.api_key, call)

    assert answer.status == 200, answer.body
    assert answer.headers.get_content_type() == call.media_type
    members = read(answer.body)
    assert members["Status"] == ("queued" if "oneway" in call.path else "sent")
    assert (members["Sender"], members["Receiver"]) == ("sender@example.com", ADA)
    assert_is_whole(arrived(), FIELDS)
    (listed,) = ses.get("/messages").json()
    assert listed["Destination"]["BccAddresses"] == ["bcc@recipient.example"]


def await_mails(sent: Sent, count: int) -> None:
    """Wait until so many mails have been sent: those of a batch have their turns one by one."""
    deadline = time.monotonic() + 40
    while len(sent()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def assert_is_whole(mail: EmailMessage, fields: dict[str, Any]) -> None:
    sender, receiver = mail["From"].addresses[0], mail["To"].addresses[0]
    assert (sender.addr_spec, sender.display_name) == (fields["From"], fields["FromName"])
    assert (receiver.addr_spec, receiver.display_name) == (fields["To"], fields["ReceiverName"])
    assert (str(mail["Cc"]), mail["Subject"]) == (fields["CC"], fields["Subject"])
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == fields["Text"].splitlines()
    assert html.get_content().strip() == fields["HTML"]
    file = next(iter(mail.iter_attachments()))
    assert (file.get_filename(), file.get_content_type()) == wire.FILE
    assert file.get_payload(decode=True) == fields["Attachments"]


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_send_all_of_a_csharp_client_answers_every_mail_in_order(
    stack: Stack, sent: Sent, format_: str
) -> None:
    mails = (FIELDS | {"Subject": "eins"}, BARE | {"Subject": "zwei"})
    body = wire.json_array(*mails) if format_ == "json" else wire.xml_array(*mails)
    call = wire.Call(f"/{format_}/reply/SendMail[]", f"application/{format_}", body)

    answer = wire.exchange(stack.api_port, stack.api_key, call)

    assert (answer.status, answer.headers["X-AutoBatch-Completed"]) == (200, "2")
    if format_ == "json":
        assert [one["Status"] for one in json.loads(answer.body)] == ["queued", "queued"]
    else:
        root = ET.fromstring(answer.body)
        assert root.tag == f"{ANSWER}ArrayOfSendResponse"
        assert [one.findtext(f"{ANSWER}Status") for one in root] == ["queued", "queued"]
    await_mails(sent, 2)
    assert {str(mail["Subject"]) for mail in sent()} == {"eins", "zwei"}


def test_a_batch_stops_at_the_first_mail_that_is_refused_and_says_which(
    stack: Stack, sent: Sent
) -> None:
    body = wire.json_array(BARE, {"To": "nobody", "Subject": "s"}, BARE)
    call = wire.Call("/json/reply/SendMail[]", JSON, body)

    answer = wire.exchange(stack.api_port, stack.api_key, call)

    assert (answer.status, answer.headers["X-AutoBatch-Completed"]) == (400, "1")
    assert read_json(answer.body)["ResponseStatus"]["Meta"] == {"AutoBatchIndex": "1"}
    await_mails(sent, 1)
    assert len(sent()) == 1


def test_send_all_one_way_of_a_csharp_client_sends_every_mail(stack: Stack, sent: Sent) -> None:
    body = wire.json_array(*(BARE | {"Subject": str(number)} for number in range(3)))
    call = wire.Call("/json/oneway/SendMail[]", JSON, body)

    answer = wire.exchange(stack.api_port, stack.api_key, call)

    assert answer.status == 200
    await_mails(sent, 3)
    assert {str(mail["Subject"]) for mail in sent()} == {"0", "1", "2"}


def test_post_file_with_request_of_a_csharp_client_attaches_the_file_too(
    stack: Stack, arrived: Callable[[], EmailMessage]
) -> None:
    media_type, body = wire.file_with_request(PLAIN, "b.txt", b"uploaded")
    call = wire.Call("/Mail/Send", media_type, body, accept=JSON)

    answer = wire.exchange(stack.api_port, stack.api_key, call)

    assert answer.status == 200, answer.body
    assert read_json(answer.body)["Status"] == "sent"
    mail = arrived()
    assert_is_whole(mail, PLAIN)
    names = [
        (file.get_filename(), file.get_payload(decode=True)) for file in mail.iter_attachments()
    ]
    assert names[1:] == [("b.txt", b"uploaded")]


def test_an_answer_of_a_csharp_client_leads_to_its_status(stack: Stack, until: Until) -> None:
    call = wire.Call("/xml/reply/SendMail", XML, wire.xml_body(BARE))
    id_ = read_xml(wire.exchange(stack.api_port, stack.api_key, call).body)["MessageId"]
    until(id_)

    asked = wire.Call(f"/Status?MessageId={id_}", XML)
    answer = wire.exchange(stack.api_port, stack.api_key, asked)

    assert read_xml(answer.body)["Status"] == "delivered"


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/reply/SendMail"])
def test_a_csharp_client_reads_field_errors_in_json(stack: Stack, path: str) -> None:
    call = wire.Call(path, JSON, wire.json_body({"To": "nobody", "Subject": "s"}))

    answer = wire.exchange(stack.api_port, stack.api_key, call)

    status = read_json(answer.body)["ResponseStatus"]
    assert (answer.status, status["ErrorCode"]) == (400, "ValidationException")
    assert [error["FieldName"] for error in status["Errors"]] == ["To"]


@pytest.mark.parametrize("path", ["/Mail/Send", "/xml/reply/SendMail"])
def test_a_csharp_client_reads_field_errors_in_xml(stack: Stack, path: str) -> None:
    call = wire.Call(path, XML, wire.xml_body({"To": "nobody", "Subject": "s"}))

    answer = wire.exchange(stack.api_port, stack.api_key, call)

    root = ET.fromstring(answer.body)
    assert (answer.status, root.tag) == (400, f"{ERROR}ErrorResponse")
    assert [error.text for error in root.iter(f"{ERROR}FieldName")] == ["To"]


@pytest.mark.parametrize(
    ("types", "beside"),
    [("csharp.plain", ""), ("csharp", "ServiceStack.cs Errors.cs")],
)
def test_dotnets_own_serializer_writes_what_we_read_and_reads_what_we_answer(
    run: Run, sent: Sent, tmp_path: Path, types: str, beside: str
) -> None:
    for name in beside.split():
        shutil.copy(CLIENTS / "csharp" / name, tmp_path)
    libraries = "-r:System.Runtime.Serialization.dll -r:System.Net.Http.dll"
    commands = f"""
        curl --fail -sS $MAIL_URL/types/{types} -o Dtos.cs
        mcs {libraries} EveryAnswer.cs Dtos.cs {beside}
        mono EveryAnswer.exe
    """

    printed = run("csharp/EveryAnswer.cs", commands)
    lines = [line.split(" ", 2) for line in printed.splitlines()]

    answers = [line for line in lines if line[0] in ("sent", "reply", "status", "batch")]
    assert [line[0] for line in answers] == ["sent", "reply", "status", "batch", "batch"]
    for kind, id_, rest in answers:
        assert len(id_) == 26
        state = (
            "queued null default True" if kind == "batch" else "(sent|delivered) null default False"
        )
        assert re.fullmatch(f"sender@example.com {ADA} {state} 0", rest)
    assert lines[5][:2] == ["refused", "ValidationException"]
    assert lines[6][:2] == ["error", "To"]
    assert lines[6][2].startswith("Email 'To' is not a list of valid addresses")
    assert lines[7:] == [
        ["stopped", "1"],
        ["webhook", "mail.failed+mail.complained", "50 50"],
        ["changed", "Other", "True False True"],
        ["told", "webhook.test", "True 1"],
        ["listed", "True"],
    ]
    await_mails(sent, 5)
    for mail in sent():
        assert mail["Subject"] == "Grüße & <tag> 日本"
        (file,) = mail.iter_attachments()
        assert (file.get_filename(), file.get_payload(decode=True)) == ("ä.bin", CONTENT)
    assert len(sent()) == 5
