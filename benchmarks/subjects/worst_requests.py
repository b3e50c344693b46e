"""The requests that cost most: within every limit on bytes, and made to keep a function busy.

`tests/hostile/test_worst_requests.py` sends each of them too, and bounds what it may cost.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.subjects.worst_bodies import (
    NAMESPACE,
    SERIALIZATION,
    TO,
    attributes,
    filled,
    json_batch,
    json_mail,
    part,
    repeated,
    typed_array,
    xml_batch,
    xml_full,
    xml_names,
    xml_references,
    xml_twice,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class WorstRequest(NamedTuple):
    """A request that costs far more than its bytes seem to say."""

    name: str
    """Its format, and what is in it: `JSON: numbers in a text`."""
    content_type: str
    body: Callable[[int], bytes]
    """Makes a body of at most so many bytes, and hardly fewer."""
    path: str = "/Mail/Send"

    @property
    def form(self) -> str:
        """The format's name: the figures of a format are those of its worst request."""
        return self.name.partition(":")[0]

    def event(self, size: int) -> bytes:
        """Return the event of the request, its body compressed from `size` bytes.

        Lambda takes events of 6 MB: only what is compressed can be as large as API Gateway allows.
        """
        headers = {
            "Content-Type": self.content_type,
            "Content-Encoding": "gzip",
            "Accept": "application/json",
        }
        event = {
            "httpMethod": "POST",
            "path": self.path,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "requestContext": {"requestId": "worst"},
            "body": base64.b64encode(gzip.compress(self.body(size), 1)).decode(),
            "isBase64Encoded": True,
        }
        return json.dumps(event).encode()


def _json() -> Iterator[WorstRequest]:
    mail = b'{"To":"ada@recipient.example",'
    file = mail + b'"Attachments":[{"Bytes":'
    image = file + b'"QUJD","Name":"a.png"}],"HTML":"'
    bodies = {
        "numbers in a text": (mail + b'"Text":[1', b",1", b"]}"),
        "texts in a text": (mail + b'"Text":[""', b',""', b"]}"),
        "members of an object in a text": (mail + b'"Text":{"":1', b',"":1', b"}}"),
        "members that nobody knows": (mail + b'"":1', b',"":1', b"}"),
        "bytes as numbers": (file + b"[1", b",1", b"]}]}"),
        "bytes as signed numbers": (file + b"[-128", b",-128", b"]}]}"),
        "bytes as numbers in a text": (mail + b'"Text":{"Bytes":[1', b",1", b"]}}"),
        "base64 in pieces": (file + b'"', b"QQ==", b'"}]}'),
        "base64 in lines": (file + b'"', rb"Q\n", b'AAA"}]}'),
        "base64": (file + b'"', b"QUJD", b'"}]}'),
        "a file name of dots": (file + b'"QUJD","Name":"a', b". ", b'"}]}'),
        "a file name of slashes": (file + b'"QUJD","Name":"a', b"/", b'"}]}'),
        "a content type": (file + b'"QUJD","ContentType":"a/b', b";", b'"}]}'),
        "images in the HTML": (image + b"'cid:a.png'", b"'cid:a'", b'"}'),
        "images in one quoting": (image + b"'cid:", b"=cid:&amp;%20", b'"}'),
        "a content id": (file + b'"QUJD","ContentId":"', b"<", b'"}]}'),
        "addresses for answers": (mail + b'"Text":"t","ReplyTo":"', b"a,", b'"}'),
        "bytes that are no UTF-8": (mail + b'"Text":"', b"\xff", b'"}'),
        "control characters": (mail + b'"Text":"', rb"\u0001", b'"}'),
        "an emoji": (mail + b'"Text":"', "😀".encode(), b'"}'),
        "commas": (mail + b'"Text":"', b",[", b'"}'),
        "escaped quotes": (mail + b'"Text":"', rb"\"", b'"}'),
        "quotes": (mail + b'"Text":' + b"[" * 300, b'"', b""),
        "texts without commas": (mail + b'"Text":' + b"[" * 300, b'"",', b""),
        "a domain in another script": (mail + b'"Text":"t","Domain":"', "ä".encode(), b'"}'),
        "a domain of dots": (mail + b'"Text":"t","Domain":"', b".", b'"}'),
        "recipients": (b'{"Text":"t","To":"', b"a,", b'"}'),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"JSON: {name}", "application/json", filled(*parts))
    yield WorstRequest("JSON: bytes of JavaScript", "application/json", typed_array)
    yield WorstRequest(
        "JSON: many files", "application/json", lambda size: json_mail(500, size - 1_000)
    )
    yield WorstRequest("JSON: many mails", "application/json", json_batch, "/json/reply/SendMail[]")
    yield WorstRequest(
        "JSON: one recipient many times", "application/json", repeated, "/json/reply/SendMail[]"
    )


def _xml() -> Iterator[WorstRequest]:
    start = (
        f'<SendMail xmlns="{NAMESPACE}" xmlns:h="{NAMESPACE}.Helper" xmlns:z="{SERIALIZATION}" '
    ).encode()
    end = b"</SendMail>"
    mail, odd = start + b">" + TO.encode(), start + b"><Subject>&#1;</Subject>"
    file = mail + b"<Attachments><h:Attachment><h:Bytes>"
    bodies = {
        "processing instructions that never end": (odd, b"<?", b""),
        "comments that never end": (odd, b"<!--", b""),
        "sections that never end": (odd, b"<![CDATA[", b""),
        "references cut off": (odd + b"<Text>", b"&#0", b"</Text>" + end),
        "odd references": (mail + b"<Text>", b"&#1;", b"</Text>" + end),
        "references": (mail + b"<Text>", b"&lt;", b"</Text>" + end),
        "line breaks": (mail + b"<Text>", b"\r", b"</Text>" + end),
        "comments": (mail, b"<!---->", end),
        "sections": (mail + b"<Text>", b"<![CDATA[]]>", b"</Text>" + end),
        "elements": (mail, b"<a/>", end),
        "white space": (mail, b" ", end),
        "base64 in pieces": (file, b"QQ==", b"</h:Bytes></h:Attachment></Attachments>" + end),
        "base64": (file, b"QUJD", b"</h:Bytes></h:Attachment></Attachments>" + end),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"XML: {name}", "application/xml", filled(*parts))
    for name, attribute in {
        "attributes": 'a{}="" ',
        "attributes with a prefix": 'z:a{}="" ',
        "namespaces": 'xmlns:a{}="a{}" ',
    }.items():
        yield WorstRequest(
            f"XML: {name}",
            "application/xml",
            lambda size, attribute=attribute: (  # type: ignore[misc]
                start + attributes(attribute, size - len(start) - 100) + b">" + end
            ),
        )
    yield WorstRequest("XML: texts that refer", "application/xml", xml_references)
    yield WorstRequest("XML: a text that is two", "text/xml; charset=iso-8859-1", xml_twice)
    yield WorstRequest("XML: names that refer", "application/xml", xml_names)
    yield WorstRequest("XML: many mails", "application/xml", xml_full, "/xml/reply/SendMail[]")
    yield WorstRequest(
        "XML: mails that refer", "application/xml", xml_batch, "/xml/reply/SendMail[]"
    )


def _jsv() -> Iterator[WorstRequest]:
    mail = b"{To:ada@recipient.example,"
    bodies = {
        "names": (mail, b"a:,", b"b:}"),
        "brackets": (mail + b"a:[", b"[]", b"]}"),
        "quotes": (mail + b"a:[", b'"",', b"]}"),
        "items": (mail + b"Attachments:[", b",", b"]}"),
        "a quoted text": (mail + b'Text:"', b'""', b'"}'),
        "white space": (mail + b"Text:", b" \n", b"}"),
        "JSON": (b'{"To":"ada@recipient.example","Text":[1', b",1", b"]}"),
        "texts in JSON": (b'{"To":"ada@recipient.example","Text":[""', b',""', b"]}"),
        "a text in JSON": (b'{"To":"ada@recipient.example","Text":"', rb"\"", b'"}'),
        "bytes as numbers": (b'{"Attachments":[{"Bytes":[1', b",1", b"]}]}"),
        "base64 in pieces": (mail + b"Attachments:[{Bytes:", b"QQ==", b"}]}"),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"JSV: {name}", "application/jsv", filled(*parts))


def _csv() -> Iterator[WorstRequest]:
    bodies = {
        "columns": (b"To,Text\r\n", b",", b""),
        "names": (b"To", b",a", b"\r\n"),
        "quotes": (b'To,Text\r\nada@recipient.example,"', b'""', b'"\r\n'),
        "lines": (b"To,Text\r\nada@recipient.example,t\r\n", b"\n", b""),
        "a text": (b'To,Text\r\nada@recipient.example,"', b"\xff", b'"\r\n'),
        "JSON": (b'To,Attachments\r\nada@recipient.example,"[', b"{},", b']"\r\n'),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"CSV: {name}", "text/csv", filled(*parts))


def _form() -> Iterator[WorstRequest]:
    to = b"To=ada%40recipient.example&"
    bodies = {
        "percent signs": (to + b"Text=", b"%", b""),
        "escapes": (to + b"Text=", b"%41", b""),
        "escapes and letters": (to + b"Text=", b"%41a", b""),
        "plus signs": (to + b"Text=", b"+", b""),
        "percent signs in many fields": (to, b"T=" + b"%" * 9_990 + b"&", b""),
        "ampersands": (to, b"&", b""),
        "fields": (to, b"a=b&", b""),
        "JSON": (to + b"Attachments=[", b'{"":1},', b"]"),
        "base64 in pieces": (to + b"Attachments=[{Bytes:", b"QQ==", b"}]"),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"form: {name}", "application/x-www-form-urlencoded", filled(*parts))


def _multipart() -> Iterator[WorstRequest]:
    field = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
    to = field % (b"To", b"") + b"ada@recipient.example\r\n"
    text, end = to + field % (b"Text", b""), b"\r\n--b--\r\n"
    file = b'; filename="a.txt"\r\nContent-Transfer-Encoding: '
    bodies = {
        "dashes": (text, b"\r\n--", end),
        "delimiters": (text, b"\r\n--b", end),
        "delimiters that go on": (text, b"\r\n--b \t", end),
        "quoted-printable": (to + field % (b"f", file + b"quoted-printable"), b"=41", end),
        "base64 in pieces": (to + field % (b"f", file + b"base64"), b"QQ==", end),
        "JSON": (to + field % (b"Attachments", b"") + b"[", b'{"":1},', b"]" + end),
        "headers": (to, part(b"X: y\r\n"), b"--b--\r\n"),
        "parameters": (to, part(b"X: y\r\n", b";a=b"), b"--b--\r\n"),
        "folded headers": (to, part(b" \r\n"), b"--b--\r\n"),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"multipart: {name}", "multipart/form-data; boundary=b", filled(*parts))


WORST = (*_json(), *_xml(), *_jsv(), *_csv(), *_form(), *_multipart())

"""Every such request that is known, by format."""
