"""What a mail says: shown where its domain allows it, and never without a note in its history."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from support.domains import hash_of
from support.faults import Fault
from support.mails import MAIL
from support.world import START, World, world

from core import mail_content
from core.config import CONFIG
from core.message import download

DAY = 86_400
FILE = {"Bytes": base64.b64encode(b"abc").decode(), "Name": "a.txt"}
LAMBDA_BYTES = 6 * 1024 * 1024
NOWHERE = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


@pytest.fixture
def service() -> Iterator[World]:
    with world() as made:
        made.configure(show_content=True)
        made.forget_domains()
        yield made


def accepted(service: World, **changes: Any) -> str:
    reply = service.post(MAIL | changes)
    assert reply
    assert reply["statusCode"] == 200, reply["body"]
    service.clock.pass_by(1)
    return str(json.loads(reply["body"])["MessageId"])


def content(service: World, message_id: str) -> dict[str, Any]:
    reply = service.get(f"/Mail/{message_id}/Content")
    assert reply["statusCode"] == 200, reply["body"]
    return dict(json.loads(reply["body"]))


def refused(service: World, message_id: str) -> tuple[int, str]:
    reply = service.get(f"/Mail/{message_id}/Content")
    return reply["statusCode"], json.loads(reply["body"])["ResponseStatus"]["ErrorCode"]


def looks(service: World, message_id: str) -> list[dict[str, Any]]:
    details = json.loads(service.get(f"/Mail/{message_id}")["body"])
    return [step for step in details["History"] if step["Kind"] == "content shown"]


def rfc_3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def query(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_a_mail_says_what_was_sent(service: World) -> None:
    message_id = accepted(
        service,
        To='"Lovelace, Ada" <ada@recipient.example>; Bob <bob@recipient.example>',
        CC="cc@recipient.example",
        BCC="bcc@recipient.example",
        ReplyTo="Help <help@example.com>",
        FromName="Grüße",
        Subject="Größe",
        Text="text <b>",
        HTML="<script>alert(1)</script>",
    )

    assert content(service, message_id) == {
        "MessageId": message_id,
        "From": "Grüße <no-reply@example.com>",
        "To": ['"Lovelace, Ada" <ada@recipient.example>', "Bob <bob@recipient.example>"],
        "Cc": ["cc@recipient.example"],
        "Bcc": ["bcc@recipient.example"],
        "ReplyTo": ["Help <help@example.com>"],
        "Subject": "Größe",
        "Text": "text <b>",
        "Html": "<script>alert(1)</script>",
        "IsShortened": False,
        "Attachments": [],
        "ContentUntil": rfc_3339(START + 7 * DAY),
    }


@pytest.mark.parametrize("format_", ["xml", "jsv", "csv", "html"])
def test_a_mail_is_shown_in_every_format(service: World, format_: str) -> None:
    message_id = accepted(service, Attachments=[FILE])
    reply = service.get(f"/Mail/{message_id}/Content.{format_}")

    assert reply["statusCode"] == 200
    for part in (MAIL["To"], MAIL["Subject"], "a.txt", "X-Amz-Signature"):
        assert part in reply["body"]


def test_lists_of_texts_are_written_as_dotnet_does(service: World) -> None:
    reply = service.get(f"/Mail/{accepted(service)}/Content.xml")

    arrays = 'xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays"'
    written = f"<To {arrays}><d2p1:string>{MAIL['To']}</d2p1:string></To>"
    assert written in reply["body"]
    assert f'<Cc {arrays} i:nil="true" />' in reply["body"]


def test_a_file_has_a_link_that_saves_it_and_soon_ends(service: World) -> None:
    (file,) = content(service, accepted(service, Attachments=[FILE]))["Attachments"]

    named = {name: file[name] for name in ("Name", "ContentType", "Size")}
    assert named == {"Name": "a.txt", "ContentType": "text/plain", "Size": 3}
    url, asked = urlsplit(file["Url"]), query(file["Url"])
    assert (url.scheme, url.hostname) == (
        "https",
        f"{CONFIG.bucket_name}.s3.eu-central-1.amazonaws.com",
    )
    assert asked["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert asked["X-Amz-Expires"] == "300"
    assert asked["response-content-disposition"] == "attachment; filename*=UTF-8''a.txt"
    assert asked["response-content-type"] == "text/plain"
    assert file["UrlUntil"] == rfc_3339(START + 301)


@pytest.mark.parametrize(
    ("name", "kind", "given"),
    [
        ("a.html", "text/html", "application/octet-stream"),
        ("a.svg", "image/svg+xml", "application/octet-stream"),
        ("a.xml", "application/xhtml+xml", "application/octet-stream"),
        ("a.png", "image/png", "image/png"),
        ("a.txt", "text/plain; charset=utf-8", "text/plain"),
    ],
)
def test_a_link_renders_nothing_that_could_run_on_the_host_of_the_bucket(
    service: World, name: str, kind: str, given: str
) -> None:
    message_id = accepted(service, Attachments=[FILE | {"Name": name, "ContentType": kind}])
    (file,) = content(service, message_id)["Attachments"]

    assert query(file["Url"])["response-content-type"] == given
    assert query(file["Url"])["response-content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="b.html',
        "a\r\nSet-Cookie: x=1\r\n.txt",
        "Grüße 2026 €.pdf",
        "../../etc/passwd",
        "a'b%20*;.txt",
        "\ud800.txt",
    ],
)
def test_a_hostile_name_stays_within_its_parameter(name: str) -> None:
    header = download.disposition(name)
    parsed = EmailMessage()
    parsed["Content-Disposition"] = header

    assert header.isascii()
    assert header.isprintable()
    value = header.removeprefix("attachment; filename*=UTF-8''")
    assert {*value} & {*"\"';,/\\ *()"} == set()
    assert unquote(value) == name.replace("\ud800", "?")
    assert parsed.get_content_disposition() == "attachment"


def test_each_look_is_in_the_history_with_the_key_that_looked(service: World) -> None:
    message_id = accepted(service)
    content(service, message_id)
    service.clock.pass_by(1)
    content(service, message_id)

    shown = looks(service, message_id)
    assert [step["At"] for step in shown] == [rfc_3339(START + 1), rfc_3339(START + 2)]
    key_id = service.records()[message_id]["key_id"]
    assert key_id
    assert {step["Code"] for step in shown} == {key_id}


def test_what_cannot_be_noted_is_not_shown(service: World) -> None:
    message_id = accepted(service)
    fault = Fault("dynamodb.PutItem#1", "broken", lasting=True)
    reply = service.invoke(
        lambda: service._request("GET", f"/Mail/{message_id}/Content", None, ""), fault
    )

    assert reply
    assert reply["statusCode"] == 500
    assert json.loads(reply["body"])["ResponseStatus"]["ErrorCode"] == "InternalServerError"
    assert looks(service, message_id) == []


def test_a_domain_that_does_not_allow_it_shows_nothing(service: World) -> None:
    message_id = accepted(service)
    service.configure(show_content=False)
    service.forget_domains()
    reply = service.get(f"/Mail/{message_id}/Content")

    assert reply["statusCode"] == 403
    status = json.loads(reply["body"])["ResponseStatus"]
    assert status["ErrorCode"] == "ContentNotShown"
    assert "./mailctl domains change DOMAIN show_content=true" in status["Message"]
    assert looks(service, message_id) == []


def test_a_stack_shows_nothing_unless_it_is_told_to() -> None:
    with world() as service:
        message_id = accepted(service)

        assert refused(service, message_id) == (403, "ContentNotShown")


def test_another_tenants_mail_is_answered_as_what_is_not_there(service: World) -> None:
    service.configure_domain("shop.example", api_keys={hash_of("a-key")}, show_content=True)
    service.configure_domain("other.example", api_keys={hash_of("another")}, show_content=True)
    own = accepted(service, Domain="shop.example")
    with service.calling_as("another"):
        theirs = [service.get(f"/Mail/{one}/Content") for one in (own, NOWHERE)]

    assert [reply["statusCode"] for reply in theirs] == [404, 404]
    assert theirs[0]["body"] == theirs[1]["body"]
    assert looks(service, own) == []


def test_once_the_content_is_gone_it_is_not_shown(service: World) -> None:
    message_id = accepted(service, Attachments=[FILE])
    service.clock.pass_by(8 * DAY)

    assert refused(service, message_id) == (410, "Gone")
    assert looks(service, message_id) == []


def test_a_large_mail_is_shown_whole_as_long_as_an_answer_has_room(service: World) -> None:
    html = "<p>Grüße</p>" * 40_000  # In the bucket, as it is over 100 KB.
    answer = content(service, accepted(service, HTML=html))

    assert (answer["Html"] == html, answer["IsShortened"]) == (True, False)


@pytest.mark.parametrize("character", ["a", "<", '"', "\\", "\x01", "é", "\U0001f600"])
def test_a_mail_that_is_too_long_for_an_answer_is_shown_from_its_beginning(
    service: World, character: str
) -> None:
    long = character * (4_900_000 // len(json.dumps(character).encode()))
    message_id = accepted(service, Text=character * 200_000, HTML=long)
    for format_ in ("json", "xml", "jsv", "csv", "html"):
        reply = service.get(f"/Mail/{message_id}/Content.{format_}")

        assert reply["statusCode"] == 200
        assert len(json.dumps(reply)) < LAMBDA_BYTES
    answer = content(service, message_id)
    if answer["IsShortened"]:
        assert {*map(len, (answer["Text"], answer["Html"]))} == {mail_content._BEGINNING}
    else:
        assert answer["Html"] == long
