"""Members that nobody knows: named in every answer and in the log, and when they refuse a mail.

The rules are docs/contract.md B5 L.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.answers import refusing
from support.domains import put_domain
from support.gateway import faults_of
from support.mails import HELPER, MAIL, NAMESPACE
from support.ses import Ses

from handlers import api

Call = Callable[..., dict[str, Any]]
TO = MAIL["To"]
JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def xml(members: str) -> str:
    return f'<SendMail xmlns="{NAMESPACE}" xmlns:h="{HELPER}">{members}</SendMail>'


def multipart(**fields: str) -> str:
    head = "--b\r\nContent-Disposition: form-data; name="
    parts = (f'{head}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    return f"{''.join(parts)}--b--\r\n"


BODIES: dict[str, tuple[str, str]] = {
    "json": (JSON, json.dumps(MAIL | {"Body": "b", "Foo": {"Bar": 1}})),
    "xml": (XML, xml(f"<Body>b</Body><Foo/><Subject>s</Subject><Text>t</Text><To>{TO}</To>")),
    "form": (FORM, f"To={TO}&Subject=s&Text=t&Body=b&Foo=1&Bar="),
    "multipart": (MULTIPART, multipart(To=TO, Subject="s", Text="t", Body="b", Foo="1")),
    "jsv": ("text/jsv", f"{{To:{TO},Subject:s,Text:t,Body:b,Foo:{{Bar:1}}}}"),
    "csv": ("text/csv", f"To,Subject,Text,Body,Foo\r\n{TO},s,t,b,1\r\n"),
}
EMPTY: dict[str, tuple[str, str]] = {
    "json": (JSON, json.dumps({"To": TO, "Subject": "s", "Html_Body": "b"})),
    "xml": (XML, xml(f"<Html_Body>b</Html_Body><Subject>s</Subject><To>{TO}</To>")),
    "form": (FORM, f"To={TO}&Subject=s&Html_Body=b"),
    "multipart": (MULTIPART, multipart(To=TO, Subject="s", Html_Body="b")),
    "jsv": ("text/jsv", f"{{To:{TO},Subject:s,Html_Body:b}}"),
    "csv": ("text/csv", f"To,Subject,Html_Body\r\n{TO},s,b\r\n"),
}
PATHS = ["/Mail/Send", "/{format}/oneway/SendMail", "/api/SendMail"]


def path_of(path: str, name: str) -> str:
    """Return the path for a body; forms are read whatever format the path names."""
    return path.replace("{format}", name if name in ("xml", "jsv", "csv") else "json")


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return what the API has logged so far, line by line."""
    stream = io.StringIO()
    before = [(handler, handler.setStream(stream)) for handler in api.logger.handlers]
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for handler, old in before:
        handler.setStream(old or io.StringIO())


def post(call: Call, sent: tuple[str, str], path: str = "/Mail/Send", **more: Any) -> Any:
    content_type, body = sent
    headers = {"Content-Type": content_type, "Accept": JSON} | more.pop("headers", {})
    return call("POST", path, body, headers=headers, **more)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", BODIES)
def test_a_mail_goes_out_and_the_answer_names_what_was_ignored(
    call: Call, name: str, path: str
) -> None:
    reply = post(call, BODIES[name], path_of(path, name))

    assert (reply["statusCode"], reply["headers"]["X-Ignored"]) == (200, "Body, Foo")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", EMPTY)
def test_a_mail_whose_content_has_another_name_is_refused(
    call: Call, ses: Ses, name: str, path: str
) -> None:
    reply = post(call, EMPTY[name], path_of(path, name), query={"format": "json"})

    assert (reply["statusCode"], reply["headers"]["X-Ignored"]) == (400, "Html_Body")
    assert faults_of(reply) == {("Html_Body", "UnknownMember")}
    message = "'Html_Body' is not a member of SendMail: did you mean 'HTML'?"
    assert json.loads(reply["body"])["ErrorMessage"] == message
    assert ses.asked == 0


@pytest.mark.parametrize("format_", ["xml", "csv", "jsv", "html"])
def test_the_header_is_there_in_every_format_of_the_answer(call: Call, format_: str) -> None:
    sent = call("POST", "/Mail/Send", MAIL | {"Foo": 1}, query={"format": format_})
    refused = call("POST", "/Mail/Send", {"Foo": 1}, query={"format": format_})

    assert (sent["statusCode"], sent["headers"]["X-Ignored"]) == (200, "Foo")
    assert (refused["statusCode"], refused["headers"]["X-Ignored"]) == (400, "Foo")


@pytest.mark.parametrize("query", [None, {"format": "json", "jsconfig": "inv", "_": "1"}])
def test_an_answer_to_known_members_has_no_such_header(call: Call, query: Any) -> None:
    assert "X-Ignored" not in call("POST", "/Mail/Send", MAIL, query=query)["headers"]


def test_parameters_of_the_query_string_that_nobody_knows_are_named(call: Call) -> None:
    sent = call("POST", "/Mail/Send", MAIL | {"Foo": 1}, query={"Bar": "1", "CC": "c@d.example"})
    asked = call("GET", f"/Status/{sent['json']['MessageId']}", query={"Baz": "1"})

    assert sent["headers"]["X-Ignored"] == "Bar, Foo"
    assert (asked["statusCode"], asked["headers"]["X-Ignored"]) == (200, "Baz")


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_a_batch_names_those_of_all_its_mails(call: Call, format_: str) -> None:
    mails = [MAIL | {"Foo": "1"}, MAIL, {"To": TO, "Bar": "1", "Body": "b"}]
    body = json.dumps(mails)
    if format_ == "xml":
        items = (
            "".join(f"<{name}>{value}</{name}>" for name, value in mail.items()) for mail in mails
        )
        whole = "".join(f"<SendMail>{item}</SendMail>" for item in items)
        body = f'<ArrayOfSendMail xmlns="{NAMESPACE}">{whole}</ArrayOfSendMail>'

    sent = (f"application/{format_}", body)
    reply = post(call, sent, f"/{format_}/reply/SendMail[]")

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (400, "2")
    assert reply["headers"]["X-Ignored"] == "Bar, Body, Foo"


def test_a_repeat_is_told_what_was_ignored_as_the_first_was(call: Call) -> None:
    named = {"Idempotency-Key": "k"}
    first = call("POST", "/Mail/Send", MAIL | {"Foo": 1}, headers=named)
    second = call("POST", "/Mail/Send", MAIL | {"Bar": 1}, headers=named)

    assert second["headers"]["Idempotent-Replayed"] == "true"
    ignored = [reply["headers"]["X-Ignored"] for reply in (first, second)]
    assert ignored == ["Foo", "Bar"]


def test_files_that_stand_in_no_namespace_are_named_or_refused(call: Call, ses: Ses) -> None:
    files = "<Attachments><Attachment><Bytes>AA==</Bytes></Attachment></Attachments>"
    rest = f"<Subject>s</Subject><To>{TO}</To>"

    sent = post(call, (XML, xml(f"{files}{rest}<Text>t</Text>")))
    refused = post(call, (XML, xml(f"{files}{rest}")))

    assert (sent["statusCode"], sent["headers"]["X-Ignored"]) == (200, "Attachments.Attachment")
    assert faults_of(refused) == {("Attachments.Attachment", "UnknownMember")}
    assert len(ses.taken) == 1


@pytest.mark.parametrize(
    ("sent", "field", "hint"),
    [
        (
            (JSON, json.dumps({"recipient": TO, "Text": "t"})),
            "To",
            "'To' must not be empty. 'recipient' is not a member of SendMail: did you mean 'To'?",
        ),
        (
            (XML, xml(f"<to>{TO}</to><Text>t</Text>")),
            "To",
            "'To' must not be empty. 'to' is not a member of SendMail: did you mean 'To'?",
        ),
        (
            (JSON, json.dumps({"SendMail": MAIL})),
            "To",
            "'To' must not be empty. Send what 'SendMail' holds as the request itself.",
        ),
        (
            (JSON, json.dumps(MAIL | {"Attachments": [{"Filename": "a", "Content": "AA=="}]})),
            "Attachments[0].Bytes",
            (
                "'Attachments[0].Bytes' must be given: the file in base64, or '' for an empty one. "
                "'Attachments.Content' is not a member of Attachment: did you mean "
                "'Attachments.Bytes'?"
            ),
        ),
        (
            (JSON, json.dumps({"To": TO, "Betreff": "s"})),
            "Subject",
            (
                "A mail needs at least one of 'Subject', 'Text', 'HTML' and 'Attachments'. "
                "'Betreff' is not a member of SendMail: did you mean 'Subject'?"
            ),
        ),
    ],
)
def test_what_is_missing_is_told_with_the_member_that_may_be_it(
    call: Call, sent: tuple[str, str], field: str, hint: str
) -> None:
    errors = json.loads(post(call, sent)["body"])["ResponseStatus"]["Errors"]

    assert [error["Message"] for error in errors if error["FieldName"] == field] == [hint]


def test_where_the_domain_says_so_every_unknown_member_is_an_error(call: Call, ses: Ses) -> None:
    put_domain(unknown_members="refuse")

    reply = call("POST", "/Mail/Send", MAIL | {"Subjct": "s", "Foo": 1}, query={"Bar": "1"})
    known = call("POST", "/Mail/Send", MAIL)

    assert faults_of(reply) == {(name, "UnknownMember") for name in ("Subjct", "Foo", "Bar")}
    assert "did you mean 'Subject'?" in reply["body"]
    assert (known["statusCode"], len(ses.taken)) == (200, 1)


HOSTILE: dict[str, tuple[list[str], int]] = {
    "thousands": ([f"n{number:05}" for number in range(9_000)], 20),
    "a long one": (["k" * 1_000_000], 1),
    "line breaks": (["a\r\nX-Evil: 1", "b\u2028"], 2),
    "controls": (["a\x00\x1b[31m\x7f"], 1),
    "not ASCII": (["Anhänge", "名前", "a\ud800"], 3),
    "commas": (["a, b", "c,"], 2),
    "addresses": (["ada@recipient.example", "bob@recipient.example"], 1),
}
"""Names that nobody knows, and as how many they are shown."""


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_the_names_are_the_header_is_short_and_one_line(call: Call, name: str) -> None:
    names, count = HOSTILE[name]

    held = call("POST", "/Mail/Send", MAIL | dict.fromkeys(names, 1))["headers"]["X-Ignored"]

    assert re.fullmatch("[ -~]{1,1400}", held)
    assert len(held.split(", ")) == count


@pytest.mark.parametrize(("fault", "status"), [(None, "sent"), ("MessageRejected", "failed")])
def test_the_line_about_an_accepted_mail_has_the_names_and_no_value(
    call: Call, ses: Ses, lines: Callable[[], list[dict[str, Any]]], fault: str, status: str
) -> None:
    ses.faults += [refusing(400, fault)] if fault else []

    call("POST", "/Mail/Send", MAIL | {"Body": "geheim", "ada@b.example": 1})
    call("POST", "/Mail/Send", MAIL)

    first, second = (line for line in lines() if line["message"] == "accepted")
    assert (first["ignored"], first["state"]) == (["...", "Body"], status)
    assert "ignored" not in second
    assert "geheim" not in json.dumps(lines())


def test_the_line_about_a_refused_request_has_the_names(
    call: Call, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    call("POST", "/Mail/Send", {"To": TO, "Body": "b", "Foo": 1})
    call("POST", "/Mail/Send", {"To": TO})

    first, second = (line for line in lines() if line["message"] == "refused")
    assert first["ignored"] == ["Body", "Foo"]
    assert "ignored" not in second
