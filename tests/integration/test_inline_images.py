"""Images within the HTML, and ReplyTo, through the whole service and in every format."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support.answers import refusing
from support.mails import NAMESPACE
from support.ses import Ses

from handlers import api

Call = Callable[..., dict[str, Any]]
HTML = '<p>Guten Tag<br><img src="cid:logo.png" alt="Logo"></p>'
PNG = base64.b64encode(b"\x89PNG").decode()
LOGO = {"Name": "logo.png", "Bytes": PNG}
FILE = {"Name": "Briefkopf.png", "Bytes": PNG, "ContentId": "<kopf@example.com>"}
MAIL = {
    "To": "ada@recipient.example",
    "Subject": "s",
    "HTML": HTML,
    "ReplyTo": "Büro <desk@example.com>, b@example.com",
}
JSV = (
    "{To:ada@recipient.example,Subject:s,HTML:\"<img src='cid:logo.png'>\","
    'ReplyTo:"Büro <desk@example.com>, b@example.com",'
    f"Attachments:[{{Name:logo.png,Bytes:{PNG}}},"
    f"{{ContentId:<kopf@example.com>,Name:Briefkopf.png,Bytes:{PNG}}}]}}"
)
FILES = f"[{{Name:logo.png,Bytes:{PNG}}},{{ContentId:kopf@example.com,Name:b.png,Bytes:{PNG}}}]"


def xml(*, alphabetical: bool) -> str:
    members = [
        (
            "Attachments",
            (
                f"<h:Attachment><h:Bytes>{PNG}</h:Bytes><h:Name>logo.png</h:Name></h:Attachment>"
                f"<h:Attachment><h:Bytes>{PNG}</h:Bytes><h:ContentId>kopf@example.com</h:ContentId>"
                "<h:Name>Briefkopf.png</h:Name></h:Attachment>"
            ),
        ),
        ("HTML", "&lt;img src='cid:logo.png'&gt;"),
        ("ReplyTo", "Büro &lt;desk@example.com&gt;, b@example.com"),
        ("Subject", "s"),
        ("To", "ada@recipient.example"),
    ]
    if not alphabetical:
        members.reverse()
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in members)
    return f'<SendMail xmlns="{NAMESPACE}" xmlns:h="{NAMESPACE}.Helper">{inner}</SendMail>'


def multipart() -> str:
    fields = {name: value.replace("alt", "title") for name, value in MAIL.items()}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (fields | {"Attachments": f"[{FILES[1:-1].partition('},')[2]}]"}).items()
    ]
    file = (
        '--b\r\nContent-Disposition: form-data; name="f"; filename="logo.png"\r\n'
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        # RFC 7578 §4.8: other headers of a part must be ignored.
        f"Content-ID: <part-1>\r\n\r\n{PNG}\r\n"
    )
    return "".join([*parts, file, "--b--\r\n"])


BODIES = {
    "application/json": json.dumps(MAIL | {"Attachments": [LOGO, FILE]}),
    "application/xml": xml(alphabetical=True),
    "text/xml": xml(alphabetical=False),
    "text/jsv": JSV,
    "text/csv": "To,HTML,ReplyTo,Attachments\r\nada@recipient.example,<img src='cid:logo.png'>,"
    f'"Büro <desk@example.com>, b@example.com","{FILES}"\r\n',
    "application/x-www-form-urlencoded": urlencode(MAIL | {"Attachments": FILES}),
    "multipart/form-data; boundary=b": multipart(),
}


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    stream = io.StringIO()
    before = [(handler, handler.setStream(stream)) for handler in api.logger.handlers]
    yield stream.getvalue
    for handler, old in before:
        handler.setStream(old)


def files(mail: dict[str, Any]) -> list[tuple[str | None, ...]]:
    members = ("FileName", "ContentDisposition", "ContentId")
    return [
        tuple(file.get(member) for member in members)
        for file in mail["Content"]["Simple"]["Attachments"]
    ]


@pytest.mark.parametrize("media_type", BODIES)
def test_both_members_are_read_in_every_format(call: Call, ses: Ses, media_type: str) -> None:
    reply = call("POST", "/Mail/Send", BODIES[media_type], headers={"Content-Type": media_type})

    assert reply["statusCode"] == 200, reply["body"]
    (mail,) = ses.taken
    assert mail["ReplyToAddresses"] == ["=?utf-8?b?QsO8cm8=?= <desk@example.com>", "b@example.com"]
    sent = {(place, content_id) for _, place, content_id in files(mail)}
    assert sent == {("INLINE", "logo.png"), ("INLINE", "kopf@example.com")}


def test_a_mail_without_them_is_sent_as_ever(call: Call, ses: Ses) -> None:
    call("POST", "/Mail/Send", {"To": "ada@recipient.example", "Attachments": [LOGO]})

    assert files(ses.taken[0]) == [("logo.png", "ATTACHMENT", None)]
    assert "ReplyToAddresses" not in ses.taken[0]


def test_a_retry_sends_them_as_the_first_try_did(
    call: Call, ses: Ses, work: Callable[..., list[str]], clock: Any
) -> None:
    ses.faults = [refusing(429, "TooManyRequestsException")]
    mail = MAIL | {"Attachments": [LOGO, FILE]}
    message_id = call("POST", "/Mail/Send", mail)["json"]["MessageId"]
    clock.now += 60

    assert work(message_id) == []

    call("POST", "/Mail/Send", mail)
    second, first = ses.taken
    for member in ("ReplyToAddresses", "Content"):
        assert second[member] == first[member]


def test_every_wrong_content_id_is_told(call: Call) -> None:
    wrong = [FILE, FILE, LOGO | {"ContentId": "a b"}]
    reply = call("POST", "/Mail/Send", MAIL | {"ReplyTo": "nobody", "Attachments": wrong})

    assert reply["statusCode"] == 400
    errors = reply["json"]["ResponseStatus"]["Errors"]
    assert {(error["FieldName"], error["ErrorCode"]) for error in errors} == {
        ("ReplyTo", "Email"),
        ("Attachments[1].ContentId", "Duplicate"),
        ("Attachments[2].ContentId", "ContentId"),
    }


def test_an_image_that_is_not_attached_is_told_to_the_operator(
    call: Call, ses: Ses, logged: Callable[[], str]
) -> None:
    reply = call("POST", "/Mail/Send", MAIL | {"Attachments": [{"Name": "a.pdf", "Bytes": PNG}]})

    assert reply["json"]["Status"] == "sent"
    lines = [json.loads(line) for line in logged().splitlines()]
    told = [line for line in lines if "not attached" in line["message"]]
    assert [line["message_id"] for line in told] == [reply["json"]["MessageId"]]
    assert "logo.png" not in json.dumps(told)
