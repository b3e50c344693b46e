"""Valid requests of every kind, and a seeded hand that spoils them."""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from support.mails import NAMESPACE, SERIALIZATION, XSI

MAIL = {"To": "Ada <ada@recipient.example>", "CC": "b@münchen.example", "Subject": "Grüße"}
MAIL |= {"Text": "t", "HTML": "<p>h</p>", "Reference": "r", "FromName": "Me"}
FILES = [{"Name": "a.pdf", "Bytes": "QUJD", "ContentType": "application/pdf"}, {"Bytes": ""}]
XML = (
    f'<SendMail xmlns="{NAMESPACE}" xmlns:i="{XSI}" xmlns:z="{SERIALIZATION}">'
    f'<Attachments xmlns:h="{NAMESPACE}.Helper"><h:Attachment><h:Bytes z:Id="i1">QUJD</h:Bytes>'
    '<h:ContentType i:nil="true"/><h:Name>a.pdf</h:Name></h:Attachment>'
    '<h:Attachment><h:Bytes z:Ref="i1"/></h:Attachment></Attachments>'
    "<CC>b@recipient.example</CC><Subject>Gr&#252;&#x1;</Subject><Text><![CDATA[t]]></Text>"
    "<To>Ada &lt;ada@recipient.example&gt;</To></SendMail>"
)
JSV = (
    '{To:"Ada <ada@recipient.example>",Subject:s,'
    'Attachments:[{Name:a.pdf,Bytes:QUJD},{Bytes:""}],Text:"a ""b"", c"}'
)
FORM = "&".join(
    f"{name}={quote(value)}" for name, value in (MAIL | {"Attachments": "[{Bytes:QUJD}]"}).items()
)
MULTIPART = (
    '--b\r\nContent-Disposition: form-data; name="To"\r\n\r\nada@recipient.example\r\n'
    '--b\r\nContent-Disposition: form-data; name="Text"\r\n\r\nt\r\n'
    "--b\r\nContent-Disposition: form-data; name=f; filename*=utf-8''%C3%A4.pdf\r\n"
    "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
    "--b--\r\n"
)
TOKENS = [
    *(b"\0", b"\r\n", b"\n", b"\t", b'"', b"'", b"\\", b"\\u0000", b"\\ud800", b"\\u202e", b"%"),
    *(b"%00", b"%0d%0a", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"\xff\xfe"),
    *(b"{", b"}", b"[", b"]", b"[[[[[[[[", b"{{{{", b",", b":", b";", b"<", b">", b"&", b"="),
    *(b"&#0;", b"&#xd800;", b"&#x1;", b"&amp;", b"&x;", b"<!--", b"-->", b"<![CDATA[", b"]]>"),
    *(b"<?xml version='1.0' encoding='utf-16'?>", b"<?p?>", b"<!DOCTYPE a [<!ENTITY x 'y'>]>"),
    *(b' i:nil="true"', b' i:nil="x"', b' z:Ref="i1"', b' z:Id="i1"', b' i:type="x:y"'),
    *(b"null", b"true", b"NaN", b"-1", b"1e999", b"9" * 400, b"--b", b"--b--", b"\r\n\r\n"),
    *(b"@", b"..", b"../../", b"\\..\\", b".exe", b"a@b.example", b"<a@b.example>", b"()"),
    *(b"xn--", "ü".encode(), "\u2028".encode(), "\u202e".encode(), b"A" * 3000, b"=" * 50),
    *(b"filename=", b"filename*=x'", b'name="', b"charset=utf-7", b"Bcc: eve@evil.example"),
]
TYPES = [
    *("application/json", "text/json", "application/xml", "text/xml", "application/jsv"),
    *("text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"),
    *("multipart/form-data", "text/html", "text/plain", "", "application/json; charset=x", ";"),
    *("application/xml; charset=utf-16", "text/xml; charset=iso-8859-1", "multipart/form-data;a"),
    'multipart/form-data; boundary="' + "x" * 300 + '"',
]
HEADERS = {
    "Accept": [*TYPES, "*/*", "text/html, application/xml;q=0.9", ",,,", "\u00ff"],
    "Content-Type": TYPES,
    "Content-Encoding": ["gzip", "deflate", "br", "gzip, gzip", "gzip,deflate,gzip", "identity"],
    "Idempotency-Key": ["k", "", "k" * 255, "k" * 256, "\u2028", "\ud800"],
    "X-Http-Method-Override": ["GET", "POST", "OPTIONS", "", "X" * 99],
    "Origin": ["https://evil.example", "null", "\r\n"],
    "x-api-key": ["other", "", "\ud800", "ü"],
}
PATHS = [
    *("/Mail/Send", "/mail//send/", "/Mail/Send.xml", "/Mail/Send.html", "/Mail/Send.foo"),
    *("/json/reply/SendMail", "/xml/reply/SendMail", "/jsv/reply/SendMail", "/csv/reply/SendMail"),
    *("/json/oneway/SendMail", "/xml/oneway/SendMail[]", "/json/reply/SendMail[]"),
    *("/api/SendMail", "/api/SendMail[]", "/api/GetStatus", "/json/reply/GetStatus", "/Status"),
    *(
        "/Status/01JD9ZK4M6T0V3Q8W2X5Y7B1CD",
        "/Status/%00",
        "/",
        "",
        "//",
        "/Mail/Send/..",
        "/\ud800",
    ),
]
QUERY = {
    "format": ["xml", "json", "jsv", "csv", "html", "\0", "XML"],
    "callback": ["f", "alert(1)//", "\u2028", ""],
    "jsconfig": ["eccn", "inv,edv,teai:true", ":,:", "x" * 500],
    "MessageId": ["01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "x", "\ud800", "' OR 1=1"],
    "To": ["q@recipient.example", "a\r\nb", "\ud800"],
    "Attachments": ["[{Bytes:QUJD}]", "QUJD", "[" * 500, '[{"Bytes":"QUJD"}]'],
}


MEMBERS = ("Domain", "From", "FromName", "To", "CC", "BCC", "ReceiverName", "Subject", "Reference")
VALUES = [
    *(None, True, 0, -1, 1e300, [], {}, [[]], {"a": [1]}, [None], "", " ", "\t", ".", "..", "/"),
    *("a@b.example", "<a@b.example>", "a@b.example,", '"x" <a@b.example>', "a@b.example;;c@d.de"),
    *(",".join(f"a{number}@b.example" for number in range(60)), "a@" + "ü" * 300 + ".de", "@" * 99),
    *("\r\nBcc: eve@evil.example", "\0", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800"),
    *("x" * 256, "x" * 1000, "😀" * 500, "=?utf-8?B?CgoK?=", "me@example.com", "example.com"),
    *("a.exe", "../../etc/passwd", "C:\\a.pdf", "a.exe. \t.", "\u3000", "QUJD", "QUJ", "Q" * 999),
    *("text/plain", "text/plain\r\nX: y", "a/b; c=d", ";", "/", "multipart/mixed; boundary=x"),
]
"""What a member of a mail may hold that means nothing, or too much."""


@dataclass(frozen=True)
class Sent:
    """One HTTP request, as its parts."""

    body: bytes
    path: str = "/Mail/Send"
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    as_text: bool = False


def _sent(body: str | bytes, content_type: str, path: str = "/Mail/Send") -> Sent:
    raw = body if isinstance(body, bytes) else body.encode()
    return Sent(raw, path, headers={"Content-Type": content_type, "x-api-key": "a-key"})


_JSON = json.dumps(MAIL | {"Attachments": FILES}, ensure_ascii=False)
SEEDS = [
    _sent(_JSON, "application/json"),
    _sent(json.dumps(MAIL | {"Attachments": [{"Bytes": [65, -1, 255]}]}), "application/json"),
    _sent(f"[{_JSON},{_JSON}]", "application/json", "/json/reply/SendMail[]"),
    _sent(_JSON, "application/json", "/json/oneway/SendMail"),
    _sent(XML, "application/xml"),
    _sent(XML.encode("utf-16"), "application/xml", "/xml/reply/SendMail"),
    _sent(
        f'<ArrayOfSendMail xmlns="{NAMESPACE}">{XML}{XML}</ArrayOfSendMail>',
        "application/xml",
        "/xml/reply/SendMail[]",
    ),
    _sent(JSV, "application/jsv"),
    _sent('To,Text,Attachments\r\na@b.example,"t ""q""","[{Bytes:QUJD}]"\r\n', "text/csv"),
    _sent(FORM, "application/x-www-form-urlencoded"),
    _sent(MULTIPART, "multipart/form-data; boundary=b"),
    Sent(b"", "/Status", "GET", query={"MessageId": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"}),
    _sent('{"MessageId":"01JD9ZK4M6T0V3Q8W2X5Y7B1CD"}', "application/json", "/api/GetStatus"),
]


def mutated(hand: random.Random) -> Sent:
    """Take a valid request and spoil it in one to a few ways."""
    sent = hand.choice(SEEDS)
    for _ in range(hand.choice((1, 1, 1, 2, 3, 6))):
        sent = hand.choices(_WAYS, _WEIGHTS)[0](hand, sent)
    return sent


def _flip(hand: random.Random, sent: Sent) -> Sent:
    body = bytearray(sent.body or b"\0")
    for _ in range(hand.randint(1, 4)):
        body[hand.randrange(len(body))] ^= 1 << hand.randrange(8)
    return replace(sent, body=bytes(body))


def _insert(hand: random.Random, sent: Sent) -> Sent:
    at = hand.randint(0, len(sent.body))
    token = hand.choice(TOKENS) * hand.choice((1, 1, 1, 2, 50))
    return replace(sent, body=sent.body[:at] + token + sent.body[at:])


def _cut(hand: random.Random, sent: Sent) -> Sent:
    start, end = sorted(hand.randint(0, len(sent.body)) for _ in range(2))
    return replace(sent, body=sent.body[:start] + sent.body[end:])


def _repeat(hand: random.Random, sent: Sent) -> Sent:
    start, end = sorted(hand.randint(0, len(sent.body)) for _ in range(2))
    again = sent.body[start:end] * hand.choice((1, 2, 20))
    return replace(sent, body=sent.body[:end] + again + sent.body[end:])


def _splice(hand: random.Random, sent: Sent) -> Sent:
    other = hand.choice(SEEDS).body
    head, tail = hand.randint(0, len(sent.body)), hand.randint(0, len(other))
    return replace(sent, body=sent.body[:head] + other[tail:])


def _compress(hand: random.Random, sent: Sent) -> Sent:
    name, packed = hand.choice(
        [("gzip", gzip.compress(sent.body, 1)), ("deflate", zlib.compress(sent.body, 1))]
    )
    return replace(sent, body=packed, headers=sent.headers | {"Content-Encoding": name})


def _revalue(hand: random.Random, sent: Sent) -> Sent:
    """Write a whole mail anew, with values that are well-formed JSON and make no sense."""
    files = [dict(file) for file in FILES]
    mail = MAIL | {"Attachments": files}
    for _ in range(hand.randint(1, 3)):
        owner = hand.choice((mail, mail, *files))
        owner[hand.choice([*MEMBERS, *owner])] = hand.choice(VALUES)
    return _sent(json.dumps(mail), "application/json", sent.path)


def _retype(hand: random.Random, sent: Sent) -> Sent:
    name = hand.choice(list(HEADERS))
    return replace(sent, headers=sent.headers | {name: hand.choice(HEADERS[name])})


def _reroute(hand: random.Random, sent: Sent) -> Sent:
    method = hand.choice(("POST", "POST", "POST", "GET", "PUT", "OPTIONS", "HEAD"))
    return replace(sent, path=hand.choice(PATHS), method=method)


def _ask(hand: random.Random, sent: Sent) -> Sent:
    name = hand.choice(list(QUERY))
    return replace(sent, query=sent.query | {name: hand.choice(QUERY[name])})


def _hand_over_as_text(_: random.Random, sent: Sent) -> Sent:
    return replace(sent, as_text=True)


type Way = Callable[[random.Random, Sent], Sent]
_WAYS: list[Way] = [
    *(_flip, _insert, _cut, _repeat, _splice),
    *(_revalue, _compress, _retype, _reroute, _ask, _hand_over_as_text),
]
_WEIGHTS = [4, 6, 3, 2, 2, 5, 1, 2, 1, 1, 2]
