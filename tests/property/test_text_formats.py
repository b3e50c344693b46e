"""Laws of JSV, CSV, forms and compression."""

import gzip
import zlib
from contextlib import suppress
from urllib.parse import quote, urlencode

from hypothesis import assume, given
from hypothesis import strategies as st

from core.contract.contract import Attachment, SendMail, SendResponse
from core.contract.errors import MailError
from core.contract.members import members
from core.formats import csv as csv_format
from core.formats import form, jsv, multipart
from core.formats.body import Body
from core.http.content_encoding import inflated
from core.message.status import Status

TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "",
        " ",
        "\r\n",
        "\r",
        "\n\t ",
        "\0",
        '"',
        '""',
        '"a"',
        "{",
        "{}",
        "[]",
        "a:b",
        ",",
        "x\n}",
        "😀",
    ]
)
OPTIONAL = st.none() | TEXTS
NAMED = st.none() | TEXTS.filter(bool)
ATTACHMENTS = st.builds(
    Attachment,
    bytes_=st.none() | st.binary(max_size=40),
    name=OPTIONAL,
    content_type=OPTIONAL,
    content_id=OPTIONAL,
)


def mails(texts):
    fields = [member.field for member in members(SendMail) if member.name != "Attachments"]
    attachments = st.none() | st.lists(ATTACHMENTS, max_size=3).map(tuple)
    return st.builds(SendMail, **dict.fromkeys(fields, texts), attachments=attachments)


def answers(texts):
    fields = ("message_id", "sender", "receiver", "error_message", "configuration")
    return st.builds(
        SendResponse,
        **dict.fromkeys(fields, texts),
        status=st.sampled_from(Status),
        retry=st.booleans(),
        retry_count=st.integers(0, 2**31 - 1),
    )


@given(mails(OPTIONAL) | answers(OPTIONAL))
def test_our_own_jsv_is_read_back(model):
    assert jsv.read(Body(jsv.write(model).encode()), type(model)) == model


@given(mails(NAMED) | answers(NAMED))
def test_our_own_csv_is_read_back(model):
    """Empty texts apart: in CSV they are null, in the original's too, and a row of them is none."""
    assume(model != type(model)())
    assert csv_format.read(Body(csv_format.write(model).encode()), type(model)) == model


def as_fields(mail):
    return {
        member.name: held if isinstance(held, str) else jsv.text_of(held)
        for member in members(SendMail)
        if (held := getattr(mail, member.field)) is not None
    }


@given(mails(NAMED), st.sampled_from([str, str.lower, str.upper]))
def test_an_urlencoded_form_is_bound(mail, named):
    fields = {named(name): text for name, text in as_fields(mail).items()}

    for body in (urlencode(fields), urlencode(fields, quote_via=quote)):
        assert form.read(Body(body), SendMail) == mail


FILES = st.builds(
    Attachment,
    bytes_=st.binary(max_size=60) | st.sampled_from([b"\r\n", b"\r\n--", b"--b", b"\r\n--b-"]),
    name=st.text(
        st.characters(codec="utf-8", exclude_characters='\r\n"\\%'), min_size=1, max_size=20
    ),
    content_type=st.none() | st.sampled_from(["text/plain", "image/png; a=b"]),
)
BOUNDARY = "0123456789abcdefghij"


def as_multipart(fields, files):
    for name, text in fields.items():
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        yield text.encode() + b"\r\n"
    for file in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="{file.name}"'
        kind = f"\r\nContent-Type: {file.content_type}" if file.content_type else ""
        yield f"{head}{kind}\r\n\r\n".encode() + file.bytes_ + b"\r\n"
    yield f"--{BOUNDARY}--\r\n".encode()


@given(mails(NAMED), st.lists(FILES, max_size=3))
def test_a_multipart_form_is_bound_with_its_files(mail, files):
    body = b"".join(as_multipart(as_fields(mail), files))

    bound = multipart.read(Body(body, f'multipart/form-data; boundary="{BOUNDARY}"'), SendMail)

    attached = mail.attachments
    if files:
        attached = (*(attached or ()), *files)
    assert bound == mail.model_copy(update={"attachments": attached})


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
def test_what_was_compressed_comes_back(body, encoding):
    compress = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding]

    assert inflated(compress(body), encoding, 300) == body
    with suppress(MailError):
        assert len(inflated(compress(body), encoding, 100)) <= 100


# Whatever arrives

MAIL = SendMail(to="a@b.de", subject='"', attachments=(Attachment(bytes_=b"ABC", name="n"),))
CONTENT_TYPE = "multipart/form-data; boundary=XX"
SAMPLES = [
    jsv.write(MAIL).encode(),
    b"{\n\tTo: a,\n\tAttachments: \n\t[\n\t\t{\n\t\t\tBytes: AA==\n\t\t}\n\t]\n}",
    b'{"To":"a","Attachments":[{"Bytes":"QUJD","Name":"\\u00e4"}]}',
    csv_format.write(MAIL).encode(),
    urlencode(as_fields(MAIL)).encode(),
    b"\r\n".join(
        [
            *(b"--XX", b'Content-Disposition: form-data; name="To"', b"", b"a"),
            *(b"--XX", b"Content-Disposition: form-data;name=f;filename*=utf-8''a"),
            *(b"Content-Transfer-Encoding: base64", b"", b"QQ==", b"--XX--"),
        ]
    ),
    gzip.compress(b"To=a"),
    zlib.compress(b"To=a"),
]
PIECES = b"""{ } [ ] : , " "" ; = & % %2 + \xff \0 -- --XX --XX-- \x1f\x8b {" [{ Attachments: Bytes:
charset= filename= filename*='' boundary= quoted-printable""".split()
LINE_ENDS = st.sampled_from([b"\r\n", b"\r\n\r\n", b"\n"])
ODD = st.binary(max_size=6) | st.sampled_from(PIECES) | LINE_ENDS


@st.composite
def mutated(draw):
    body = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 8) | st.integers(0, 200))
        piece = draw(ODD | st.just(body[start:end] * 2))
        body = body[:start] + piece + body[end:]
    return body


HEADERS = st.sampled_from([CONTENT_TYPE, 'a; boundary="', "; boundary=\xff", ""]) | st.text(
    max_size=30
)
READERS = [jsv.read, csv_format.read, form.read, multipart.read]


@given(st.binary() | mutated() | st.text().map(str.encode))
def test_any_body_is_read_or_refused_and_nothing_else(body):
    for read in READERS:
        for contract in (SendMail, SendResponse):
            with suppress(MailError):
                held = read(Body(body, CONTENT_TYPE), contract)
                assert isinstance(held, contract)
    for encoding in ("gzip", "deflate", "gzip, deflate"):
        with suppress(MailError):
            assert len(inflated(body, encoding, 1_000)) <= max(1_000, len(body))


@given(mutated(), HEADERS, TEXTS)
def test_any_header_is_read_or_refused_and_nothing_else(body, header, charset):
    with suppress(MailError):
        multipart.read(Body(body, header), SendMail)
    with suppress(MailError):
        form.read(Body(body, f"x; charset={charset}"), SendMail)
    with suppress(MailError):
        inflated(body, header, 1_000)


@given(TEXTS, TEXTS, st.sampled_from([jsv.read, csv_format.read]))
def test_a_second_member_cannot_come_from_a_text(subject, text, read):
    """What one caller's text holds never becomes another member: no injection by quoting."""
    write = {jsv.read: jsv.write, csv_format.read: csv_format.write}[read]

    written = write(SendMail(subject=f"{subject},BCC:{text}}}\r\nBCC:x"))
    bound = read(Body(written.encode()), SendMail)

    assert bound.bcc is None
