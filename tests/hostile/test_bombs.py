"""Little that unpacks to much, forms that lie, paths for names; and every bound, checked first."""

import base64
import gzip
import tracemalloc
import zlib

import pytest
from support.gateway import faults_of
from support.mails import HELPER, NAMESPACE
from support.mails import SERIALIZATION as Z
from support.requests import request
from support.work import never_endless

from core.config import CONFIG
from core.contract.contract import Attachment, SendMail
from core.contract.errors import Invalid, MailError, TooLarge, Unreadable
from core.contract.limits import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS_BYTES,
    MAX_DEPTH,
    MAX_DISPLAY_NAME_LENGTH,
    MAX_ELEMENTS,
    MAX_FILE_NAME_LENGTH,
    MAX_ITEMS,
    MAX_REFERENCE_BYTES,
    MAX_REFERENCE_LENGTH,
    MAX_SUBJECT_LENGTH,
)
from core.contract.operations import SEND_MAIL
from core.http import binding
from core.http.routing import Route
from core.submission import submission

JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml", "Accept": "application/json"}
MB = 1_000_000
BOMB = bytes(1000 * MB // 10)


def layered(times, pack):
    packed = BOMB
    for _ in range(times):
        packed = pack(packed)
    return packed


BOMBS = {
    "gzip": (gzip.compress(BOMB, 9), 413),
    "deflate": (zlib.compress(BOMB, 9), 413),
    "gzip, gzip": (layered(2, gzip.compress), 400),
    "gzip, gzip, gzip": (layered(3, gzip.compress), 400),
    "gzip of many members": (gzip.compress(BOMB[:MB], 9) * 15, 413),
    "gzip of too many members": (gzip.compress(b"x") * 5000, 400),
    "gzip cut off": (gzip.compress(BOMB, 9)[:-9], 413),
    "deflate without end": (zlib.compress(b"x" * 1000)[:-6], 400),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_compression_bomb_is_refused_within_bounded_memory(call, wire, figures, name):
    body, status = BOMBS[name]
    encoding = name if "," in name else name.partition(" ")[0]
    tracemalloc.start()

    reply = call("POST", "/Mail/Send", body, headers=JSON | {"Content-Encoding": encoding})

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reply["statusCode"] == status
    assert peak < len(body) * 5 + 40 * MB
    assert wire.written == []
    figures("bombs refused")["compressed"] += 1


def test_too_large_a_body_is_told_as_a_field_error(call):
    reply = call(
        "POST", "/Mail/Send", BOMBS["gzip"][0], headers=JSON | {"Content-Encoding": "gzip"}
    )

    assert faults_of(reply) == {("Body", "TooLarge")}


def xml_mail(content, root="SendMail"):
    return (
        f'<{root} xmlns="{NAMESPACE}" xmlns:h="{HELPER}" xmlns:z="{Z}">{content}</{root}>'
    ).encode()


def test_bytes_that_are_referred_to_many_times_are_decoded_once(call, wire):
    large = base64.b64encode(bytes(2 * MB)).decode()
    again = '<h:Attachment><h:Bytes z:Ref="i1"/></h:Attachment>' * 400
    first = f'<h:Attachment><h:Bytes z:Id="i1">{large}</h:Bytes></h:Attachment>'
    body = xml_mail(f"<Attachments>{first}{again}</Attachments><To>a@b.example</To>")
    tracemalloc.start()

    reply = call("POST", "/Mail/Send", body, headers=XML)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert faults_of(reply) == {("Body", "TooLarge")}
    assert peak < 60 * MB  # 400 copies would be 800.
    assert wire.written == []


def test_an_array_that_refers_to_one_list_many_times_is_refused_before_it_is_bound(call, wire):
    files = "<h:Attachment><h:Bytes>QUJD</h:Bytes></h:Attachment>" * 500
    first = f'<SendMail><Attachments z:Id="i1">{files}</Attachments></SendMail>'
    again = '<SendMail><Attachments z:Ref="i1"/></SendMail>' * 2_000
    with never_endless():
        reply = call(
            "POST",
            "/xml/reply/SendMail[]",
            xml_mail(first + again, "ArrayOfSendMail"),
            headers=XML,
            query={"format": "json"},
        )

    assert faults_of(reply) == {("SendMail[]", "TooManyItems")}
    assert wire.written == []


DEEP = MAX_DEPTH + 1
MANY = MAX_ELEMENTS + 1
NESTED = {
    "JSON lists": (JSON, b'{"Text":' + b"[" * DEEP + b"]" * DEEP + b"}", "TooDeep"),
    "JSON objects": (JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP, "TooDeep"),
    "JSON that never ends": (JSON, b"[" * MB, "TooDeep"),
    "many JSON lists": (JSON, b'{"a":[' + b"[]," * MANY + b"1]}", "TooManyElements"),
    "XML": (XML, xml_mail("<a>" * DEEP + "</a>" * DEEP), "TooDeep"),
    "many XML elements": (XML, xml_mail("<a/>" * MANY), "TooManyElements"),
    "JSV": (
        {"Content-Type": "text/jsv", "Accept": "application/json"},
        b"{a:" + b"[" * DEEP + b"]" * DEEP + b"}",
        "TooDeep",
    ),
    "JSON in a form": (
        {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        b'Attachments=[{"a":' + b"[" * DEEP + b"]" * DEEP + b"}]",
        "TooDeep",
    ),
    "many JSV members": (
        {"Content-Type": "text/jsv", "Accept": "application/json"},
        b"{" + b"a:1," * MANY + b"To:x}",
        "TooManyElements",
    ),
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_nested_too_deeply_or_has_too_many_parts_is_a_field_error(call, figures, name):
    headers, body, code = NESTED[name]

    reply = call("POST", "/Mail/Send", body, headers=headers)

    assert reply["statusCode"] == 400
    assert faults_of(reply) == {("Body", code)}
    figures("bombs refused")["nested"] += 1


def test_brackets_in_a_text_are_no_nesting(call):
    mail = {"To": "a@b.example", "HTML": '{["\\' * 50_000, "Text": "]}" * 50_000}

    assert call("POST", "/Mail/Send", mail)["statusCode"] == 200


@pytest.mark.parametrize(
    "text", ['"' * MB, '\\"' * MB, '"\\' * MB, '{"a":"' + '\\"' * MB, "[]" * MB]
)
def test_json_that_is_only_quotes_keeps_nobody_busy(call, text):
    with never_endless():
        reply = call("POST", "/Mail/Send", ("[" * 300 + text).encode(), headers=JSON)

    assert reply["statusCode"] == 400


# Forms


def form(*parts, boundary="b", end="--b--\r\n"):
    return b"".join(
        f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts
    ) + (end.encode())


def to(*more):
    return (('Content-Disposition: form-data; name="To"', b"a@b.example"), *more)


DISPOSITION = "Content-Disposition: form-data; name=f; filename"
FORMS = {
    "no boundary": ("multipart/form-data", form(*to()), 400),
    "an empty boundary": ("multipart/form-data; boundary=", form(*to()), 400),
    "a long boundary": (f"multipart/form-data; boundary={'b' * 300}", form(*to()), 400),
    "no end": ("multipart/form-data; boundary=b", form(*to(), end=""), 400),
    "another boundary": ("multipart/form-data; boundary=c", form(*to()), 400),
    "too many fields": (
        "multipart/form-data; boundary=b",
        form(*to(*[("Content-Disposition: form-data; name=x", b"")] * 600)),
        400,
    ),
    "too many files": (
        "multipart/form-data; boundary=b",
        form(*to(*[(f"{DISPOSITION}=a.txt", b"x")] * 501)),
        400,
    ),
    "long headers": (
        "multipart/form-data; boundary=b",
        form(*to((f"{DISPOSITION}={'a' * 9000}", b"x"))),
        400,
    ),
    "no headers": ("multipart/form-data; boundary=b", b"--b\r\nx\r\n--b--\r\n", 400),
    "no name": ("multipart/form-data; boundary=b", form(("X: y", b"x")), 400),
    "bad base64": (
        "multipart/form-data; boundary=b",
        form(*to((f"{DISPOSITION}=a\r\nContent-Transfer-Encoding: base64", b"?"))),
        400,
    ),
    "a bare carriage return in a name": (
        "multipart/form-data; boundary=b",
        form(*to((f'{DISPOSITION}="a\rb.txt"', b"x"))),
        400,
    ),
    "a line break in an encoded name": (
        "multipart/form-data; boundary=b",
        form(*to((f"{DISPOSITION}*=utf-8''a%0d%0aBcc:%20e%40x.example", b"x"))),
        400,
    ),
    "a program behind an encoded name": (
        "multipart/form-data; boundary=b",
        form(*to((f"{DISPOSITION}*=utf-8''a%2eexe", b"x"))),
        400,
    ),
    "delimiters within delimiters": ("multipart/form-data; boundary=b", b"--b\r\n" * 2000, 400),
    "nothing but dashes": ("multipart/form-data; boundary=-", b"\r\n---" * 200_000, 400),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_lies_is_refused_and_keeps_nobody_busy(call, wire, figures, name):
    content_type, body, status = FORMS[name]
    with never_endless():
        reply = call(
            "POST",
            "/Mail/Send",
            body,
            headers={"Content-Type": content_type, "Accept": "application/json"},
        )

    assert reply["statusCode"] == status
    assert wire.written == []
    figures("bombs refused")["forms"] += 1


# Names

PATHS = {
    "../../../etc/passwd": "passwd.bin",
    "/etc/passwd": "passwd.bin",
    "..\\..\\boot.ini": "boot.ini",
    "C:\\Windows\\win.ini": "win.ini",
    "\\\\host\\share\\a.pdf": "a.pdf",
    "a/../b.pdf": "b.pdf",
    "./a.pdf": "a.pdf",
    "a.pdf/": "a.pdf",
    "..": "attachment-1.bin",
    "../": "attachment-1.bin",
    " . . ": "attachment-1.bin",
    "....//....//a.pdf": "a.pdf",
    "%2e%2e%2fa.pdf": "%2e%2e%2fa.pdf",
    "\u2215etc\u2215a.pdf": "\u2215etc\u2215a.pdf",
    "file:///etc/hosts": "hosts.bin",
}


@pytest.mark.parametrize("given", PATHS)
@pytest.mark.parametrize("how", ["JSON", "form"])
def test_a_path_for_a_name_is_its_last_component(call, ses, figures, given, how):
    if how == "JSON":
        files = [{"Name": given, "Bytes": "eA=="}]
        reply = call("POST", "/Mail/Send", {"To": "a@b.example", "Attachments": files})
    else:
        escaped = given.replace("\\", "\\\\")
        body = form(*to((f'{DISPOSITION}="{escaped}"', b"x")))
        reply = call(
            "POST",
            "/Mail/Send",
            body,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )

    assert reply["statusCode"] == 200
    (file,) = ses.taken[-1]["Content"]["Simple"]["Attachments"]
    assert file["FileName"] == PATHS[given]
    figures("bombs refused")["paths"] += 1


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029])
def test_no_control_character_gets_into_a_header(call, wire, code):
    text = f"a{chr(code)}b"
    files = [{"Name": text, "Bytes": "eA==", "ContentType": f"a/{text}"}]
    fields = dict.fromkeys(("Subject", "FromName", "ReceiverName", "Reference", "Domain"), text)

    reply = call("POST", "/Mail/Send", fields | {"To": "a@b.example", "Attachments": files})

    assert faults_of(reply) == {
        (name, "ControlCharacter")
        for name in (*fields, "Attachments[0].Name", "Attachments[0].ContentType")
    }
    assert wire.written == []


# Each bound: what just keeps to it, and what is one beyond it


def limits(**changed):
    return CONFIG.limits._replace(**changed)


def bound(body, content_type="application/json", limits=CONFIG.limits, **headers):
    asked = request(body, content_type=content_type, **headers)
    return binding.read(asked, SEND_MAIL, Route(SEND_MAIL), limits)


def test_the_bytes_of_a_text_are_counted_not_its_characters():
    body = '{"Text":"' + "ü" * 100 + '"}'
    size = len(body.encode())
    assert bound(body, limits=limits(body_bytes=size)).text == "ü" * 100

    with pytest.raises(TooLarge):
        bound(body, limits=limits(body_bytes=size - 1))


def names(count):
    """Return a JSV object of `count` names."""
    return "{" + ",".join(["A:1"] * count) + "}"


def attributes(count):
    return " ".join(f"a{number}=''" for number in range(count))


DEPTH, ELEMENTS = (MAX_DEPTH, "TooDeep"), (MAX_ELEMENTS, "TooManyElements")


@pytest.mark.parametrize(
    ("make", "most", "code", "content_type"),
    [
        (lambda n: '{"Subject":' + "[" * (n - 1) + "]" * (n - 1) + "}", *DEPTH, "application/json"),
        (lambda n: '{"X":[1' + ",[]" * (n - 3) + "]}", *ELEMENTS, "application/json"),
        (lambda n: '{"X":[1' + ",1" * (n - 3) + "]}", *ELEMENTS, "application/json"),
        (lambda n: '{"X":[""' + ',""' * (n - 3) + "]}", *ELEMENTS, "application/json"),
        (lambda n: '{"X":1' + ',"X":1' * (n - 2) + "}", *ELEMENTS, "application/json"),
        (lambda n: '{"X":{"a":null' + ',"a":{}' * (n - 3) + "}}", *ELEMENTS, "application/json"),
        (lambda n: '{"Bytes":[1,2],"X":[1' + ",1" * (n - 4) + "]}", *ELEMENTS, "text/json"),
        (lambda n: xml_mail("<a>" * (n - 1) + "</a>" * (n - 1)), *DEPTH, "application/xml"),
        (lambda n: xml_mail("<a/>" * (n - 1)), *ELEMENTS, "application/xml"),
        (
            lambda n: xml_mail("<a b='' c=''/>" * (n // 3) + "<a/>" * (n % 3 - 1)),
            *ELEMENTS,
            "text/xml",
        ),
        (lambda n: xml_mail(f"<a {attributes(n - 2)}/>"), *ELEMENTS, "text/xml"),
        (lambda n: "{X:" + "[" * n + "]" * n + "}", *DEPTH, "text/jsv"),
        (names, *ELEMENTS, "text/jsv"),
        (lambda n: f'To,Attachments\r\na,"[{names(n)}]"\r\n', *ELEMENTS, "text/csv"),
        (lambda n: f"Attachments=[{names(n)}]", *ELEMENTS, "application/x-www-form-urlencoded"),
    ],
)
def test_every_format_keeps_the_bounds_of_a_document(make, most, code, content_type):
    within, beyond = (
        body if isinstance(body, bytes) else body.encode() for body in (make(most), make(most + 1))
    )
    assert bound(within, content_type) is not None

    with pytest.raises(Unreadable) as refusal:
        bound(beyond, content_type)

    assert [(fault.field, fault.code) for fault in refusal.value.faults] == [("Body", code)]


def test_the_body_is_bounded_before_and_after_it_is_unpacked():
    packed = gzip.compress(b'{"Text":"' + b"x" * 5000 + b'"}')
    headers = {"content_encoding": "gzip"}
    assert bound(packed, limits=limits(body_bytes=6000), **headers).text == "x" * 5000

    with pytest.raises(TooLarge):
        bound(packed, limits=limits(body_bytes=4000), **headers)
    longer_packed = gzip.compress(b"{}")
    with pytest.raises(TooLarge):
        bound(longer_packed, limits=limits(body_bytes=len(longer_packed) - 1), **headers)


def files(*sizes):
    return {"attachments": [Attachment(bytes_=bytes(size), name="a.txt") for size in sizes]}


def file_named(length):
    return {"attachments": [Attachment(bytes_=b"x", name="n" * (length - 4) + ".txt")]}


def few(count):
    return files(*[1] * count)


HALF = MAX_ATTACHMENTS_BYTES // 2
BOUNDS = {
    "attachments": (few, MAX_ITEMS, ("Attachments", "TooManyItems")),
    "an attachment": (files, MAX_ATTACHMENT_BYTES, ("Attachments[0].Bytes", "TooLarge")),
    "all attachments": (
        lambda n: files(HALF, n - HALF),
        MAX_ATTACHMENTS_BYTES,
        ("Attachments", "TooLarge"),
    ),
    "a file name": (file_named, MAX_FILE_NAME_LENGTH, ("Attachments[0].Name", "Length")),
    "a subject": (lambda n: {"subject": "s" * n}, MAX_SUBJECT_LENGTH, ("Subject", "Length")),
    "the sender's name": (
        lambda n: {"from_name": "n" * n},
        MAX_DISPLAY_NAME_LENGTH,
        ("FromName", "Length"),
    ),
    "the receiver's name": (
        lambda n: {"receiver_name": "n" * n},
        MAX_DISPLAY_NAME_LENGTH,
        ("ReceiverName", "Length"),
    ),
    "a name in CC": (
        lambda n: {"cc": f"{'n' * n} <b@c.example>"},
        MAX_DISPLAY_NAME_LENGTH,
        ("CC", "Length"),
    ),
    "a name in From": (
        lambda n: {"from_": f"{'n' * n} <b@example.com>"},
        MAX_DISPLAY_NAME_LENGTH,
        ("From", "Length"),
    ),
    "a reference": (
        lambda n: {"reference": "r" * n},
        MAX_REFERENCE_LENGTH,
        ("Reference", "Length"),
    ),
    "a reference in UTF-8": (
        lambda n: {"reference": "😀" * 425 + "r" * (n - 1_700)},
        MAX_REFERENCE_BYTES,
        ("Reference", "Length"),
    ),
}


def submitted(fields, limits=CONFIG.limits):
    mail = SendMail(**{"to": "a@b.example", "text": "t"} | fields)
    return submission.read(mail, {"example.com": CONFIG.default_domain}, "a-key", limits)


@pytest.mark.parametrize("name", BOUNDS)
def test_every_bound_of_a_mail_is_a_field_error_that_names_its_field(name):
    fields, most, fault = BOUNDS[name]
    submitted(fields(most))

    with pytest.raises(Invalid) as refusal:
        submitted(fields(most + 1))

    found = refusal.value.faults[0]
    assert (found.field, found.code) == fault


def test_an_operator_may_allow_fewer_recipients():
    fields = {"cc": "b@c.example", "bcc": "d@e.example"}
    submitted(fields, limits(recipients=3))

    with pytest.raises(Invalid) as refusal:
        submitted(fields, limits(recipients=2))

    assert [(each.field, each.code) for each in refusal.value.faults] == [
        ("To", "TooManyRecipients")
    ]


def test_a_reference_is_never_longer_than_the_index_takes(call):
    mail = {"To": "a@b.example", "Text": "t", "Reference": "é" * 500}

    assert call("POST", "/Mail/Send", mail)["statusCode"] == 200


def test_fifty_recipients_with_long_names_fit():
    names = ", ".join(f"{'n' * 255} <a{number}@b.example>" for number in range(50))

    assert len(submitted({"to": names}).mail.to) == 50


def test_a_crowd_of_addresses_keeps_nobody_busy():
    crowd = ",".join(f"a@ä{number}.de" for number in range(2_000))

    with never_endless(), pytest.raises(MailError):
        submitted({"to": crowd, "cc": crowd, "bcc": crowd})
