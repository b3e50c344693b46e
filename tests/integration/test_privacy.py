"""Nothing of a mail is ever written to a log or a metric: not by us, and not by what we use.

Every field of every request here is marked, and so are the texts of AWS's errors and of bugs. What
the functions print, what any logger is given at DEBUG, and the exceptions that leave a handler, as
Lambda writes them with all their causes, must hold no mark.
"""

import base64
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ParamValidationError
from support.account import before_send
from support.answers import Raw, answer, raising
from support.gateway import Context, proxy_event
from support.mails import NAMESPACE
from support.ses import Ses
from support.ses_events import batch, sample

from core.aws import clients
from core.config import CONFIG
from core.contract.contract import SendMail
from core.contract.members import members
from core.contract.webhooks import SaveWebhook
from core.webhooks import signing
from handlers import api, metadata, preflight, resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
Sink = Callable[..., str]
MARK = "zq7marked"
ADDRESS = f"{MARK}@recipient.example"
"""As the name of a member: names that nobody knows are logged, but none that may be an address."""
BYTES = base64.b64encode(f"{MARK}-bytes-of-a-file".encode()).decode()
KEY = f"{MARK}-api-key"
MAIL = {
    "To": f"Ada {MARK}-to-name <{MARK}-to@{MARK}-recipient.example>",
    "CC": f"{MARK}-cc@recipient.example",
    "BCC": f"{MARK}-bcc@recipient.example",
    "From": f"{MARK}-from@example.com",
    "FromName": f"{MARK}-from-name",
    "ReceiverName": f"{MARK}-receiver-name",
    "Subject": f"{MARK}-subject",
    "Text": f"{MARK}-text",
    "HTML": f"<p>{MARK}-html<img src='cid:{MARK}-missing'></p>",
    "Reference": f"{MARK}-reference",
    "ReplyTo": f"{MARK}-reply-name <{MARK}-reply@{MARK}-recipient.example>",
    "Attachments": [
        {"Name": f"{MARK}-file.txt", "Bytes": BYTES, "ContentType": f"text/plain; name={MARK}"},
        {"Name": f"{MARK}-image.png", "Bytes": BYTES, "ContentId": f"{MARK}-id"},
    ],
}
assert MAIL.keys() >= {member.name for member in members(SendMail)} - {"Domain"}
XML = {"Content-Type": "application/xml"}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
NAMED = {
    "X-Unknown": f"{MARK}-header",
    "User-Agent": f"{MARK}-agent",
    "Idempotency-Key": MARK,
    "traceparent": f"00-{MARK.rjust(32, '0')}-00f067aa0ba902b7-01",
}


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Sink]:
    """Listen to every logger at DEBUG; called with a function, run it as Lambda does.

    Returns all that has been written so far. Whatever leaves a handler is written down with its
    causes, which is more than Lambda's runtime does.
    """
    stream = io.StringIO()
    everything = logging.StreamHandler(stream)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    ours = [module.logger for module in (api, metadata, preflight, resend, ses_events, sweep)]
    before = [(held, held.setStream(stream)) for one in ours for held in one.handlers]
    for one in ours:
        one.setLevel(logging.DEBUG)

    def run(function: Callable[..., Any] | None = None, *arguments: Any, **named: Any) -> str:
        try:
            if function:
                function(*arguments, **named)
        except Exception as error:  # noqa: BLE001 - as the runtime does
            stream.writelines(traceback.format_exception(error))
        stream.writelines(capfd.readouterr())
        return stream.getvalue()

    yield run
    root.removeHandler(everything)
    root.setLevel(level)
    for one in ours:
        one.setLevel(logging.INFO)
    for held, old in reversed(before):
        held.setStream(old or io.StringIO())


def marks_in(text: str) -> list[str]:
    """Return the lines that hold a mark, as it is or in base64."""
    marks = (MARK, MARK.upper(), BYTES[:12])
    return [line for line in text.splitlines() if any(mark in line for mark in marks)]


def as_xml(mail: dict[str, Any]) -> bytes:
    fields = "".join(
        f"<{n}>{v}</{n}>" for n, v in mail.items() if isinstance(v, str) and "<" not in v
    )
    return f'<SendMail xmlns="{NAMESPACE}"><To>{MARK}@x.example</To>{fields}</SendMail>'.encode()


BODIES: dict[str, tuple[str, Any]] = {
    "json": (JSON, json.dumps(MAIL)),
    "xml": ("application/xml", as_xml(MAIL)),
    "form": (FORM, f"To={MARK}%40recipient.example&Subject={MARK}&{MARK}%40x.example={MARK}"),
    "jsv": ("text/jsv", f"{{To:{MARK}@recipient.example,Subject:{MARK}}}"),
    "csv": ("text/csv", f"To,Subject\r\n{MARK}@recipient.example,{MARK}\r\n"),
    "multipart": (
        "multipart/form-data; boundary=b",
        f'--b\r\nContent-Disposition: form-data; name="To"\r\n\r\n{MARK}@recipient.example\r\n'
        f'--b\r\nContent-Disposition: form-data; name="{MARK}"; filename="{MARK}.txt"\r\n\r\n'
        f"{MARK}\r\n--b--\r\n".encode(),
    ),
    "an unknown member": (JSON, json.dumps(MAIL | {ADDRESS: MARK, "Note": MARK})),
    "an unknown member of a file": (JSON, json.dumps(MAIL | {"Attachments": [{ADDRESS: MARK}]})),
    "a form that is JSON": (FORM, json.dumps({"Subject": MARK, "Text": MARK})),
    "a member of the wrong type": (JSON, json.dumps(MAIL | {"Subject": [MARK], "To": {MARK: 1}})),
    "a file that is no base64": (JSON, json.dumps(MAIL | {"Attachments": [{"Bytes": f"{MARK}!"}]})),
    "a file with another name": (
        JSON,
        json.dumps(MAIL | {"Attachments": [{"Name": f"{MARK}.exe", "Bytes": BYTES}]}),
    ),
    "bad fields": (
        JSON,
        json.dumps({name: f"{MARK}\r\n{MARK}" for name in MAIL if name != "Attachments"}),
    ),
    "bad addresses": (JSON, json.dumps(dict.fromkeys(("To", "CC", "From", "Domain"), f"{MARK}@"))),
    "somebody else's domain": (JSON, json.dumps(MAIL | {"Domain": f"{MARK}.example", "From": ""})),
    "a surrogate": (JSON, json.dumps(MAIL | {"Subject": f"{MARK}\ud800"})),
    "broken json": (JSON, f'{{"To": "{MARK}'),
    "broken xml": ("application/xml", f"<SendMail><To>{MARK}</Tu>".encode()),
    "an entity": ("application/xml", f'<!DOCTYPE a [<!ENTITY b "{MARK}">]><a>&b;</a>'.encode()),
    "broken bytes": (JSON, MARK.encode() + b"\xff\xfe{"),
    "no known format": (f"text/{MARK}", MARK),
    "a body that is not gzip": (JSON, MARK.encode()),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail", "/api/SendMail[]"])
def test_a_request_leaves_no_mark(call: Call, written: Sink, name: str, path: str) -> None:
    content_type, body = BODIES[name]
    headers = NAMED | {"Content-Type": content_type}
    if "gzip" in name:
        headers["Content-Encoding"] = "gzip"
    if path.endswith("[]") and isinstance(body, str) and content_type == JSON:
        body = f"[{body}]"

    for _ in range(2):  # The second is a replay, if the first was a mail.
        text = written(call, "POST", path, body, headers=headers, key=KEY)

    assert '"answered"' in text
    assert marks_in(text) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/Status/{MARK}"),
        ("GET", f"/{MARK}"),
        ("GET", f"/json/reply/{MARK}"),
        ("GET", f"/Mail/Send.{MARK}"),
        (MARK, "/Mail/Send"),
        ("OPTIONS", f"/{MARK}"),
    ],
)
def test_a_path_leaves_no_mark(call: Call, written: Sink, method: str, path: str) -> None:
    text = written(
        call, method, path, None, headers=NAMED, query={"MessageId": MARK, ADDRESS: MARK}, key=KEY
    )

    assert '"answered"' in text
    assert marks_in(text) == []


WEBHOOK = {
    "Id": MARK,
    "Domain": f"{MARK}.example",
    "Name": f"{MARK}-name",
    "Url": f"https://{MARK}-user:{MARK}-word@{MARK}.example/{MARK}?{MARK}",
    "Events": f"{MARK}-event",
}
assert WEBHOOK.keys() == {m.name for m in members(SaveWebhook)} - {"IncludeRecipients", "Enabled"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/Webhook", WEBHOOK),
        ("/Webhook", WEBHOOK | {"Id": ""}),
        ("/Webhook", WEBHOOK | {"Id": "", "Domain": "", "Enabled": MARK}),
        ("/Webhook", WEBHOOK | {"Id": "", "Domain": "", ADDRESS: MARK}),
        (f"/Webhook/{MARK}/Test", {}),
        (f"/Webhook/{MARK}/Delete", {ADDRESS: MARK}),
        (f"/json/reply/{MARK}", WEBHOOK),
        *((f"/json/reply/{name}", WEBHOOK) for name in ("FindWebhooks", "RotateWebhookSecret")),
    ],
)
def test_what_is_asked_of_webhooks_leaves_no_mark(
    call: Call, written: Sink, path: str, asked: dict[str, str]
) -> None:
    text = written(call, "POST", path, asked, headers=NAMED, key=KEY)

    assert '"answered"' in text
    assert marks_in(text) == []


@pytest.fixture
def webhook(call: Call) -> dict[str, Any]:
    """A webhook whose members are marked, as far as they can be kept."""
    url = f"https://{MARK}.example/{MARK}?{MARK}"
    asked = {"Name": f"{MARK}-name", "Url": url, "IncludeRecipients": True}
    return dict(call("POST", "/Webhook", asked, key=KEY)["json"])


@pytest.mark.parametrize(
    "operation",
    [
        "",
        *("dynamodb.GetItem", "dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.Query"),
        *("dynamodb.DeleteItem", "sqs.SendMessageBatch"),
    ],
)
def test_the_life_of_a_webhook_leaves_no_mark_and_no_secret(
    call: Call,
    written: Sink,
    webhook: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    id_, secrets = webhook["Id"], [webhook["Secret"]]
    filters = {"MessageId": MARK, "State": MARK, "Since": MARK, "Cursor": MARK, "DeliveryId": MARK}

    def live() -> str:
        call_ = lambda *asked: written(call, "POST", *asked, key=KEY)  # noqa: E731 - it is short
        call_("/Webhook", {"Id": id_, "Name": f"{MARK}-other", "Url": f"https://{MARK}2.example"})
        call_("/json/reply/FindWebhooks", {})
        for asked in ({}, filters, {"DeliveryId": MARK}):
            call_(f"/Webhook/{id_}/Test", {})
            call_("/json/reply/FindDeliveries", {"Id": id_} | asked)
            call_(f"/Webhook/{id_}/Replay", asked | {"State": "pending"})
        call_(f"/Webhook/{id_}/Secret", {})
        return call_(f"/Webhook/{id_}/Delete", {})

    if operation:
        with before_send(operation, FAILURES["refused"](operation.partition(".")[0])):
            text = live()
    else:
        text = live()
        secrets.append(signing.secret(CONFIG.webhook_secret, id_, 1))

    assert id_ in text
    assert marks_in(text) == []
    assert [secret for secret in secrets if secret[6:20] in text] == []


def test_a_request_id_that_the_caller_has_chosen_leaves_no_mark(
    context: Context, written: Sink
) -> None:
    event = proxy_event("GET", "/Status", request_id=ADDRESS)

    text = written(api.handler, event, context)

    assert '"answered"' in text
    assert marks_in(text) == []


def test_a_preflight_leaves_no_mark(context: Context, written: Sink) -> None:
    event = proxy_event("OPTIONS", f"/{MARK}", headers={"Origin": MARK}, query={MARK: MARK})

    text = written(preflight.handler, event, context)

    assert '"answered"' in text
    assert marks_in(text) == []


def test_the_documentation_leaves_no_mark(context: Context, written: Sink) -> None:
    event = {
        "httpMethod": "GET",
        "path": f"/types/{MARK}",
        "headers": {"Host": MARK, "X-Api-Key": MARK},
        "queryStringParameters": {"op": MARK, MARK: MARK},
        "requestContext": {"requestId": "r", "stage": "live"},
    }
    for path in (event["path"], "/json/metadata", f"/{MARK}"):
        text = written(metadata.handler, event | {"path": path}, context)

    assert marks_in(text) == []


@pytest.fixture
def sent(call: Call, ses: Ses) -> str:
    """The id of a marked mail that SES has not taken: all four functions have to do with it."""
    ses.faults.append(lambda: answer(429, {"message": MARK}, "TooManyRequestsException"))
    return str(call("POST", "/Mail/Send", MAIL, key=KEY)["json"]["MessageId"])


def due(table: Any, message_id: str) -> None:
    """Let a message be due for its next try, and for the sweep."""
    table.update_item(
        Key={"pk": f"MSG#{message_id}", "sk": "RECORD"},
        UpdateExpression="SET next_attempt_at = :now, due_at = :now",
        ExpressionAttributeValues={":now": 1},
    )


@pytest.fixture
def traffic(
    call: Call, context: Context, written: Sink, sent: str, table: Any
) -> Callable[..., str]:
    """Let everything happen that can happen to a mail, and return what was written."""

    def _traffic() -> str:
        for path in ("/Mail/Send", "/xml/oneway/SendMail"):
            written(call, "POST", path, MAIL, headers=NAMED, key=KEY)
        written(call, "GET", f"/Status/{sent}", key=KEY)
        due(table, sent)
        written(sweep.handler, {}, context)
        for body in (json.dumps({"MessageId": sent}), MARK, json.dumps({MARK: MARK})):
            written(resend.handler, batch(body), context)
        for event in events(sent):
            written(ses_events.handler, batch(event), context)
            with suppress(ValueError):
                written(ses_events.handler, json.loads(event), context)
            written(ses_events.handler, {"detail-type": MARK, "detail": event}, context)
        return written()

    return _traffic


def events(message_id: str) -> list[str]:
    """Return SES's events with marked addresses and texts, and some that cannot be read."""
    names = ("send", "delivery", "bounce_permanent_general", "complaint_abuse", "reject", "open")
    texts = [json.dumps(sample(name, message_id)) for name in names]
    texts.append(json.dumps(sample("delivery", "01JD9ZK4M6T0V3Q8W2X5Y7B1CD")))
    texts = [text.replace("ada@", f"{MARK}-to@") for text in texts]
    return [*texts, MARK, json.dumps({"eventType": "Bounce", "mail": MARK}), f'{{"Message": {MARK}']


def test_the_life_of_a_mail_leaves_no_mark(traffic: Callable[..., str], sent: str) -> None:
    text = traffic()

    assert text.count(sent) > 5
    assert "OldestUnfinishedAgeSeconds" in text
    assert marks_in(text) == []


def refused(service: str) -> AWSResponse:
    """Answer with an error that repeats what it was asked, as AWS's own texts do."""
    if service == "s3":
        body = f"<Error><Code>Refused</Code><Message>{MARK}</Message></Error>".encode()
        return AWSResponse("https://s3", 400, {}, Raw(body))
    return answer(400, {"__type": "com.amazonaws#ValidationException", "message": MARK}, MARK[:0])


CALLS = [
    "dynamodb.GetItem",
    "dynamodb.BatchGetItem",
    "dynamodb.PutItem",
    "dynamodb.Query",
    "dynamodb.TransactWriteItems",
    "dynamodb.DeleteItem",
    "s3.PutObject",
    "s3.GetObject",
    "sqs.SendMessage",
]
FAILURES: dict[str, Callable[[str], Callable[..., Any]]] = {
    "refused": lambda service: lambda **_: refused(service),
    "unreachable": lambda _: lambda **_: raising(EndpointConnectionError(endpoint_url=MARK))(),
    "a bug in botocore": lambda _: lambda **_: raising(RuntimeError(f"{MARK} is bad"))(),
    "a bug in our code": lambda _: lambda **_: raising(KeyError(MARK))(),
    "bad parameters": lambda _: lambda **_: raising(ParamValidationError(report=MARK))(),
    "no answer that can be read": lambda _: (
        lambda **_: AWSResponse("https://aws", 200, {}, Raw(f'{{"Item": {{"{MARK}'.encode()))
    ),
    "an item that is no record": lambda _: (
        lambda **_: answer(
            200, {"Item": {"id": {"S": MARK}, "recipients": {"S": MARK}, "state": {"S": MARK}}}
        )
    ),
}


# Each call fails once and each failure happens once without the slow ones.
MATRIX = [
    pytest.param(operation, failure, marks=() if (i - j) % len(FAILURES) == 0 else pytest.mark.slow)
    for i, operation in enumerate(CALLS)
    for j, failure in enumerate(FAILURES)
]


@pytest.mark.parametrize(("operation", "failure"), MATRIX)
def test_an_outage_and_a_bug_leave_no_mark(
    traffic: Callable[..., str], monkeypatch: pytest.MonkeyPatch, operation: str, failure: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)

    with before_send(operation, FAILURES[failure](operation.partition(".")[0])):
        text = traffic()

    assert '"answered"' in text
    assert marks_in(text) == []


@pytest.mark.parametrize(
    "end",
    [
        lambda: answer(400, {"message": MARK}, "MessageRejected"),
        lambda: answer(500, {"message": MARK}, "InternalServiceErrorException"),
        raising(RuntimeError(MARK)),
        raising(EndpointConnectionError(endpoint_url=MARK)),
    ],
)
def test_a_failure_of_ses_leaves_no_mark(
    traffic: Callable[..., str], ses: Ses, end: Callable[[], Any]
) -> None:
    ses.faults += [end] * 9

    assert marks_in(traffic()) == []


def test_the_sdk_tells_nothing_even_at_debug(written: Sink) -> None:
    for name in ("botocore.endpoint", "botocore.parsers", "urllib3.connectionpool"):
        logging.getLogger(name).debug("the request has %s", MARK)
    key = {"pk": {"S": MARK}, "sk": {"S": MARK}}

    text = written(clients.dynamodb().get_item, TableName=CONFIG.table_name, Key=key)

    assert marks_in(text) == []
