"""Laws of reading and writing JSON and XML."""

import base64
import json
import re
from contextlib import suppress
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from core.contract.contract import Attachment, SendMail, SendResponse
from core.contract.errors import MailError
from core.contract.members import members
from core.formats import json as json_format
from core.formats import xml as xml_format
from core.formats.body import Body
from core.message.status import Status

TEXTS = st.text(max_size=30) | st.sampled_from(
    ["", " ", "\r\n", "\r", "\n\t ", "\0", "\x0b", "]]>", "<!--", "&amp;", "\ufffe", "😀"]
)
OPTIONAL = st.none() | TEXTS
ATTACHMENTS = st.builds(
    Attachment,
    bytes_=st.none() | st.binary(max_size=40),
    name=OPTIONAL,
    content_type=OPTIONAL,
    content_id=OPTIONAL,
)
MAILS = st.builds(
    SendMail,
    **{member.field: OPTIONAL for member in members(SendMail) if member.name != "Attachments"},
    attachments=st.none() | st.lists(ATTACHMENTS, max_size=3).map(tuple),
)
ANSWERS = st.builds(
    SendResponse,
    message_id=OPTIONAL,
    sender=OPTIONAL,
    receiver=OPTIONAL,
    status=st.sampled_from(Status),
    error_message=OPTIONAL,
    configuration=OPTIONAL,
    retry=st.booleans(),
    retry_count=st.integers(0, 2**31 - 1),
)
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def carried(text):
    """Return what of a text XML can carry as .NET writes it: B5 F, and line ends as LF."""
    return text and ILLEGAL.sub("\ufffd", re.sub("\r\n?", "\n", text))


def carried_by_xml(model):
    changes = {}
    for name, held in model:
        if isinstance(held, tuple):
            changes[name] = tuple(map(carried_by_xml, held))
        elif isinstance(held, str) and not isinstance(held, Status):
            changes[name] = carried(held)
    return model.model_copy(update=changes)


def as_json(model, named):
    """Write what a client would: every member, nulls and all, under names of its own spelling."""
    document = {}
    for member in members(type(model)):
        held = getattr(model, member.field)
        if isinstance(held, bytes):
            held = base64.b64encode(held).decode()
        elif isinstance(held, tuple):
            held = [as_json(item, named) for item in held]
        document[named(member.name)] = held
    return document


def read_xml(text):
    return xml_format.read(Body(text.encode()), SendMail)


@given(MAILS, st.sampled_from([str, str.lower, str.upper, str.swapcase]), st.booleans())
def test_json_binds_what_was_written(mail, named, escaped):
    body = json.dumps(as_json(mail, named), ensure_ascii=escaped).encode()

    assert json_format.read(Body(body), SendMail) == mail


@given(MAILS)
def test_our_own_json_is_read_back(mail):
    assert json_format.read(Body(json_format.write(mail).encode()), SendMail) == mail


@given(MAILS)
def test_our_own_xml_is_read_back_but_for_what_xml_cannot_carry(mail):
    assert read_xml(xml_format.write(mail)) == carried_by_xml(mail)


@given(MAILS)
def test_what_xml_can_carry_goes_from_json_to_xml_and_back(mail):
    legal = carried_by_xml(mail)

    from_json = json_format.read(Body(json_format.write(legal).encode()), SendMail)
    from_xml = read_xml(xml_format.write(from_json))

    assert from_xml == from_json == legal
    assert json_format.write(from_xml) == json_format.write(legal)


@given(MAILS, st.randoms())
def test_xml_binds_the_same_in_any_order(mail, random):
    written = xml_format.write(mail)
    start, end = written.index("<Attachments"), written.index("</SendMail>")
    elements = re.finditer(r"<(\w+)[^>]*?(?:/>|>.*?</\1>)", written[start:end], re.DOTALL)
    whole = [element[0] for element in elements]
    random.shuffle(whole)

    ours = (name for name, field in SendMail.model_fields.items() if field.alias in SendMail.ours)
    left_out = sum(getattr(mail, name) is None for name in ours)
    assert len(whole) == len(SendMail.model_fields) - left_out
    assert read_xml(written[:start] + "".join(whole) + written[end:]) == carried_by_xml(mail)


@given(ANSWERS)
def test_a_second_parser_reads_the_same_answer(answer):
    root = ET.fromstring(xml_format.write(answer).encode())

    namespace = f"{{{SendResponse.namespace}}}"
    nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
    found = {
        child.tag.removeprefix(namespace): None if child.get(nil) else child.text or ""
        for child in root
    }
    held = {member.name: getattr(answer, member.field) for member in members(SendResponse)}
    texts = {
        name: str(value).lower() if isinstance(value, bool) else value and carried(str(value))
        for name, value in held.items()
    }
    assert found == texts | {"RetryCount": str(answer.retry_count)}
    assert list(found) == sorted(found)


@given(ANSWERS)
def test_an_answer_in_json_has_its_values(answer):
    document = json.loads(json_format.write(answer))

    assert document == {
        member.name: held
        for member in members(SendResponse)
        if (held := getattr(answer, member.field)) is not None
    }


# Whatever arrives

SAMPLES = [
    json_format.write(SendMail(to="a@b.de", attachments=(Attachment(bytes_=b"ABC", name="n"),))),
    xml_format.write(SendMail(to="a@b.de", attachments=(Attachment(bytes_=b"ABC", name="n"),))),
    '<?xml version="1.0" encoding="utf-16"?>' + xml_format.write(SendMail())[38:],
    xml_format.write(SendMail(subject="x")).replace(">x<", ">&#1;<![CDATA[x]]>&#xD800;<"),
]
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-16-le", "iso-8859-1"])
PIECES = b"""< > " { } [ ] & ; &#1; &#xF0001; \xff \0 <!DOCTYPE <?a?> <!-- ]]> i:nil='1' z:Ref='1'
\\ud800 encoding='utf-16' -1 1e9 null NaN , :""".split()
ODD = st.binary(max_size=6) | st.sampled_from(PIECES)


@st.composite
def mutated(draw):
    body = draw(st.sampled_from(SAMPLES)).encode(draw(ENCODINGS), "replace")
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 8) | st.integers(0, 200))
        piece = draw(ODD | st.just(body[start:end] * 2))
        body = body[:start] + piece + body[end:]
    return body


CHARSETS = st.sampled_from(["", "utf-8", "utf-16", "iso-8859-1", "us-ascii", "nonsense", "idna"])


@given(st.binary() | mutated(), CHARSETS)
def test_xml_is_read_or_refused_and_nothing_else(body, charset):
    with suppress(MailError):
        xml_format.read(Body(body, f"application/xml; charset={charset}"), SendMail)


@given(st.binary() | st.text().map(str.encode) | mutated())
def test_json_is_read_or_refused_and_nothing_else(body):
    with suppress(MailError):
        json_format.read(Body(body), SendMail)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            TEXTS | st.sampled_from(["Subject", "Attachments", "Bytes", "name", "0", "1"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


FILES = st.fixed_dictionaries({"Bytes": JSON, "Name": JSON})


@given(st.dictionaries(st.sampled_from([m.name for m in members(SendMail)]), JSON), FILES)
def test_any_value_for_any_member_is_read_or_refused(document, file):
    for given_ in (document, {"Attachments": file}, {"Attachments": [file]}):
        with suppress(MailError):
            mail = json_format.read(Body(json.dumps(given_)), SendMail)
            assert all(isinstance(held, str | tuple | None) for _, held in mail)
