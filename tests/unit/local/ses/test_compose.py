import base64
import hashlib
import re
import secrets
import time
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.simulator import mail, sandbox, simple, text

from local.ses import compose
from local.ses.mime import canonical

PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
# The standard library strips names when it reads them.
NAMES = PRINTABLE.map(lambda name: name.strip()[:255].strip()).filter(bool)
EMOJI = "Grüße 👩‍👩‍👧‍👦 an “Zoë” — 100 %"


def composed(**content):
    """Return what a receiver parses out of a composed message."""
    message = compose.simple(mail(Content={"Simple": simple(**content)}), ())
    assert all(len(line) <= 998 for line in message.source.split(b"\r\n"))
    assert b"\n" not in message.source.replace(b"\r\n", b"")
    return message_from_bytes(message.source, policy=default)


@pytest.fixture(scope="module")
def ses():
    with sandbox() as running:
        yield running


@given(PRINTABLE)
def test_a_subject_arrives_as_it_was_sent(subject):
    assert composed(Subject=text(subject))["Subject"] == subject


@given(ANYTHING, ANYTHING)
def test_text_and_html_arrive_as_they_were_sent_with_crlf_line_ends(plain, html):
    message = composed(Body={"Text": text(plain), "Html": text(html)})

    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(("plain",)).get_content() == canonical(plain)
    assert message.get_body(("html",)).get_content() == canonical(html)


@given(ANYTHING, st.sampled_from(["UTF-8", "utf-16", "utf-7"]))
def test_a_lone_text_is_no_multipart(plain, charset):
    message = composed(Body={"Text": {"Data": plain, "Charset": charset}})

    assert message.get_content_type() == "text/plain"
    assert message.get_content() == canonical(plain)


@given(NAMES, st.binary(max_size=500), st.sampled_from(["BASE64", "QUOTED_PRINTABLE"]))
def test_an_attachment_arrives_byte_for_byte_with_its_name(name, content, encoding):
    given_ = {"FileName": name, "RawContent": content, "ContentTransferEncoding": encoding}

    message = composed(Attachments=[given_ | {"ContentType": "application/pdf"}])

    (part,) = message.iter_attachments()
    # `get_filename` would take "<>" for brackets around nothing.
    assert part["Content-Disposition"].params["filename"] == name
    assert part.get_content_type() == "application/pdf"
    assert part.get_payload(decode=True) == content


LOOKS_ENCODED = ["=?utf-8?q?a=0D=0ABcc:_x?=.pdf", "=?utf-8?b?YQ==?= b.txt", "%0D%0A''x"]


@pytest.mark.parametrize("given_", LOOKS_ENCODED)
def test_what_looks_encoded_is_not_decoded(given_):
    file = {"FileName": given_, "RawContent": b"x", "ContentDescription": given_}

    message = composed(Subject=text(given_), Attachments=[file])

    (part,) = message.iter_attachments()
    assert message["Subject"] == given_
    assert part["Content-Disposition"].params["filename"] == given_
    assert part["Content-Description"] == given_


@pytest.mark.parametrize("length", [1, 60, 90, 900])
def test_a_header_of_the_sender_is_written_as_it_is(length):
    url = f"<https://example.com/{'x' * length}>"
    content = simple(Headers=[{"Name": "List-Unsubscribe", "Value": url}])

    source = compose.simple(mail(Content={"Simple": content}), ()).source

    assert f"\r\nList-Unsubscribe: {url}\r\n".encode() in source


def test_an_encoded_comma_in_a_display_name_stays_encoded():
    name = "=?utf-8?q?Doe=2C_Jo?= <jo@example.com>"

    source = compose.simple(mail(FromEmailAddress=name), ()).source

    assert source.startswith(f"From: {name}\r\n".encode())


@pytest.mark.parametrize("kind", ["message/rfc822", "message/delivery-status", "multipart/mixed"])
def test_an_attachment_that_is_a_mail_is_encoded_as_any_other(kind):
    content = b"Subject: inner\n\nlines\r\n" * 20
    file = {"FileName": "a.eml", "RawContent": content, "ContentTransferEncoding": "BASE64"}
    request = mail(Content={"Simple": simple(Attachments=[file | {"ContentType": kind}])})

    source = compose.simple(request, ()).source

    assert b"\n" not in source.replace(b"\r\n", b"")
    head, _, rest = source.partition(f"Content-Type: {kind}\r\n".encode())[2].partition(b"\r\n\r\n")
    assert b"Content-Transfer-Encoding: base64" in head
    assert base64.b64decode(rest.partition(b"--")[0]) == content


def test_everything_of_a_mail_is_in_its_place(ses):
    message_id = ses.send(
        FromEmailAddress="=?UTF-8?B?Wm/Dqw==?= <no-reply@example.com>",
        Destination={
            "ToAddresses": ['"Ada, Countess" <ada@recipient.example>', "bob@recipient.example"],
            "CcAddresses": ["cc@recipient.example"],
            "BccAddresses": ["secret@recipient.example"],
        },
        ReplyToAddresses=["answers@example.com"],
        EmailTags=[{"Name": "id", "Value": "17"}],
        Content={
            "Simple": simple(
                Subject=text(EMOJI),
                Body={"Text": text("a\nb"), "Html": text(f"<p>{EMOJI}</p>")},
                Headers=[{"Name": "X-Ours", "Value": "one  two " + "x" * 900}],
                Attachments=[
                    {
                        "FileName": "größe 👍.pdf",
                        "RawContent": b"%PDF\xff",
                        "ContentType": "application/pdf",
                        "ContentTransferEncoding": "BASE64",
                        "ContentId": "one",
                        "ContentDescription": "Ü",
                    },
                    {"FileName": "a.txt", "RawContent": b"plain\n"},
                ],
            )
        },
    )

    message = ses.received(message_id)
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f-]{36}-[0-9]{6}", message_id)
    assert message["Message-ID"] == f"<{message_id}@eu-central-1.amazonses.com>"
    assert message["Date"].datetime
    assert message["From"].addresses[0].display_name == "Zoë"
    assert [one.username for one in message["To"].addresses] == ["ada", "bob"]
    assert message["Cc"] == "cc@recipient.example"
    assert message["Reply-To"] == "answers@example.com"
    assert message["Subject"] == EMOJI
    assert message["X-Ours"] == "one  two " + "x" * 900
    assert b"secret" not in ses.source(message_id)
    assert message.get_body(("plain",)).get_content() == "a\r\nb"
    assert message.get_body(("html",)).get_content() == f"<p>{EMOJI}</p>"
    pdf, note = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == ("größe 👍.pdf", b"%PDF\xff")
    assert (pdf["Content-ID"], pdf["Content-Description"]) == ("<one>", "Ü")
    assert (note.get_filename(), note.get_content()) == ("a.txt", "plain\r\n")

    (listed,) = [one for one in ses.messages() if one["MessageId"] == message_id]
    assert listed == {
        "MessageId": message_id,
        "Timestamp": listed["Timestamp"],
        "FromEmailAddress": "=?UTF-8?B?Wm/Dqw==?= <no-reply@example.com>",
        "Destination": {
            "ToAddresses": ['"Ada, Countess" <ada@recipient.example>', "bob@recipient.example"],
            "CcAddresses": ["cc@recipient.example"],
            "BccAddresses": ["secret@recipient.example"],
        },
        "Subject": EMOJI,
        "EmailTags": [{"Name": "id", "Value": "17"}],
        "ConfigurationSetName": "events",
        "Attachments": [
            {
                "FileName": "größe 👍.pdf",
                "ContentType": "application/pdf",
                "Size": 5,
                "Sha256": hashlib.sha256(b"%PDF\xff").hexdigest(),
            },
            {
                "FileName": "a.txt",
                "ContentType": "text/plain",
                "Size": 7,
                "Sha256": hashlib.sha256(b"plain\r\n").hexdigest(),
            },
        ],
        "Notes": [],
    }


def test_a_big_attachment_is_quick(ses):
    content = secrets.token_bytes(4_000_000)
    big = {"FileName": "a.bin", "RawContent": content, "ContentTransferEncoding": "BASE64"}
    started = time.perf_counter()

    message_id = ses.send(Content={"Simple": simple(Attachments=[big])})

    assert time.perf_counter() - started < 2  # About 0.1 on an ordinary machine.
    (part,) = ses.received(message_id).iter_attachments()
    assert part.get_content() == content
    assert ses.call("GET", f"/messages/{message_id}/attachments/0") == (200, content)
    assert ses.call("GET", f"/messages/{message_id}/attachments/1")[0] == 404


def test_what_a_person_reads_is_decoded_for_the_page(ses):
    image = {
        "FileName": "dot.png",
        "RawContent": b"\x89PNG",
        "ContentType": "image/png",
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "INLINE",
        "ContentId": "dot",
    }
    body = {"Text": text(EMOJI), "Html": text('<img src="cid:dot">')}

    message_id = ses.send(Content={"Simple": simple(Body=body, Attachments=[image])})

    link = f"data:image/png;base64,{base64.b64encode(b'\x89PNG').decode()}"
    expected = {"text": EMOJI, "html": f'<img src="{link}">'}
    assert ses.call("GET", f"/messages/{message_id}/content") == (200, expected)


def inline(name, content_id, content=b"\x89PNG"):
    return {
        "FileName": name,
        "RawContent": content,
        "ContentType": "image/png",
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "INLINE",
        "ContentId": content_id,
    }


FILE = {"FileName": "a.pdf", "RawContent": b"%PDF", "ContentTransferEncoding": "BASE64"}


def shape(part):
    if not part.is_multipart():
        return part.get_content_type()
    return {part.get_content_subtype(): [shape(inner) for inner in part.iter_parts()]}


@pytest.mark.parametrize(
    ("body", "attachments", "expected"),
    [
        (
            {"Text": text("t"), "Html": text("h")},
            [FILE, inline("a.png", "a"), inline("b.png", "b")],
            {
                "mixed": [
                    {
                        "alternative": [
                            "text/plain",
                            {"related": ["text/html", "image/png", "image/png"]},
                        ]
                    },
                    "application/pdf",
                ]
            },
        ),
        ({"Html": text("h")}, [inline("a.png", "a")], {"related": ["text/html", "image/png"]}),
        ({"Text": text("t")}, [inline("a.png", "a")], {"mixed": ["text/plain", "image/png"]}),
    ],
)
def test_an_inline_image_is_related_to_the_html(body, attachments, expected):
    message = composed(Body=body, Attachments=attachments)

    assert shape(message) == expected
    images = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in images] == ["<a>", "<b>"][: len(images)]
    assert {part.get_content_disposition() for part in images} == {"inline"}


def test_files_are_listed_in_the_order_in_which_they_are_fetched(ses):
    body = {"Html": text("<img src='cid:a'>")}
    files = [FILE, inline("a.png", "a")]

    message_id = ses.send(Content={"Simple": simple(Body=body, Attachments=files)})

    (listed,) = [one for one in ses.messages() if one["MessageId"] == message_id]
    for number, file in enumerate(listed["Attachments"]):
        _, content = ses.call("GET", f"/messages/{message_id}/attachments/{number}")
        assert hashlib.sha256(content).hexdigest() == file["Sha256"]


@pytest.mark.parametrize(
    ("content_id", "reference"),
    [
        ("Logo%20(1).png", "Logo%20(1).png"),
        ("a&b.png", "a&amp;b.png"),
        ("a+b@example.com", "a+b@example.com"),
        ("a/b#c", "a/b%23c"),
        ("dot", "dot"),
    ],
)
def test_the_page_shows_an_image_under_any_spelling_of_its_content_id(ses, content_id, reference):
    body = {"Html": text(f"<img src='CID:{reference}'><img src=cid:dot.png>")}
    images = [inline("dot.png", content_id)]

    message_id = ses.send(Content={"Simple": simple(Body=body, Attachments=images)})

    _, content = ses.call("GET", f"/messages/{message_id}/content")
    link = f"data:image/png;base64,{base64.b64encode(b'\x89PNG').decode()}"
    assert content["html"] == f"<img src='{link}'><img src=cid:dot.png>"
