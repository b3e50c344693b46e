"""The requests that cost most: within every limit on bytes, and made to keep a function busy.

`tests/hostile/test_worst_requests.py` sends each of them too, and bounds what it may cost.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAMESPACE = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
_SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
_TO = "<To>ada@recipient.example</To>"
_CROWD = ",".join(f"ada-{number}@recipient.example" for number in range(50))


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


def _filled(before: bytes, unit: bytes, after: bytes = b"") -> Callable[[int], bytes]:
    """Return what makes a body: `before`, then `unit` as often as there is room, then `after`."""
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def _json() -> Iterator[WorstRequest]:
    mail = b'{"To":"ada@recipient.example",'
    file = mail + b'"Attachments":[{"Bytes":'
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
        yield WorstRequest(f"JSON: {name}", "application/json", _filled(*parts))
    yield WorstRequest("JSON: bytes of JavaScript", "application/json", _typed_array)
    yield WorstRequest(
        "JSON: many files", "application/json", lambda size: _json_mail(500, size - 1_000)
    )
    yield WorstRequest(
        "JSON: many mails", "application/json", _json_batch, "/json/reply/SendMail[]"
    )
    yield WorstRequest(
        "JSON: one recipient many times", "application/json", _repeated, "/json/reply/SendMail[]"
    )


def _typed_array(size: int) -> bytes:
    """Return a mail with a file as a `Uint8Array` of JavaScript is written."""
    numbers = ",".join(f'"{number}":65' for number in range((size - 100) // 12))
    return f'{{"To":"ada@recipient.example","Attachments":[{{"Bytes":{{{numbers}}}}}]}}'.encode()


def _json_mail(files: int, size: int, to: str = _CROWD) -> bytes:
    """Return a mail with so many files of equal size."""
    file = {"Bytes": "QUJD" * max(1, (size // max(1, files) - 30) // 4)}
    mail = {"To": to, "Text": "t", "Attachments": [file] * files}
    return json.dumps(mail, ensure_ascii=False).encode()


def _json_batch(size: int) -> bytes:
    """Return as many mails as an array may have, with as much in each as all may have in common.

    Names and domains are in the letters that take longest, as many as there may be.
    """
    to = _long_list()
    return b"[" + b",".join([_json_mail(5, size // 100 - len(to.encode()) - 90, to)] * 100) + b"]"


def _long_list() -> str:
    name = "😀" * 16
    return ",".join(f"{name} <a@{'ä' * 24}{number}.example>" for number in range(50))


def _repeated(size: int) -> bytes:
    """Return mails whose lists are as long as they may be, and name one recipient."""
    to = "ada@ä.example," * (min(25_600, size // 300 - 20) // 15)
    mail = json.dumps({"To": to, "CC": to, "BCC": to, "Text": "t"}, ensure_ascii=False).encode()
    return b"[" + b",".join([mail] * 100) + b" " * (size - 102 - 101 * len(mail)) + b"]"


def _xml() -> Iterator[WorstRequest]:
    start = (
        f'<SendMail xmlns="{_NAMESPACE}" xmlns:h="{_NAMESPACE}.Helper" xmlns:z="{_SERIALIZATION}" '
    ).encode()
    end = b"</SendMail>"
    mail, odd = start + b">" + _TO.encode(), start + b"><Subject>&#1;</Subject>"
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
        yield WorstRequest(f"XML: {name}", "application/xml", _filled(*parts))
    for name, attribute in {
        "attributes": 'a{}="" ',
        "attributes with a prefix": 'z:a{}="" ',
        "namespaces": 'xmlns:a{}="a{}" ',
    }.items():
        yield WorstRequest(
            f"XML: {name}",
            "application/xml",
            lambda size, attribute=attribute: (  # type: ignore[misc]
                start + _attributes(attribute, size - len(start) - 100) + b">" + end
            ),
        )
    yield WorstRequest("XML: texts that refer", "application/xml", _xml_references)
    yield WorstRequest("XML: a text that is two", "text/xml; charset=iso-8859-1", _xml_twice)
    yield WorstRequest("XML: names that refer", "application/xml", _xml_names)
    yield WorstRequest("XML: many mails", "application/xml", _xml_full, "/xml/reply/SendMail[]")
    yield WorstRequest(
        "XML: mails that refer", "application/xml", _xml_batch, "/xml/reply/SendMail[]"
    )


def _attributes(attribute: str, size: int) -> bytes:
    return "".join(
        attribute.format(number, number) for number in range(size // (len(attribute) + 9))
    ).encode()


def _xml_mail(*members: str, root: str = "SendMail") -> bytes:
    return (
        f'<{root} xmlns="{_NAMESPACE}" xmlns:h="{_NAMESPACE}.Helper" '
        f'xmlns:z="{_SERIALIZATION}">{"".join(members)}</{root}>'
    ).encode()


def _xml_references(size: int) -> bytes:
    """Return a mail whose every member is one and the same large text."""
    names = ("To", "CC", "BCC", "Domain", "From", "FromName", "HTML", "ReceiverName", "Subject")
    references = "".join(f'<{name} z:Ref="i1"/>' for name in names)
    return _xml_mail(f'<Text z:Id="i1">{"é," * ((size - 1_000) // 3)}</Text>', references)


def _xml_twice(size: int) -> bytes:
    """Return a mail of letters of a byte each, which take six in JSON, for two texts."""
    text = "\xff" * (min(size, 9_999_000) // 2)
    mail = _xml_mail(_TO, f'<Text z:Id="i1">{text}</Text><HTML z:Ref="i1"/>').decode()
    return (mail + " " * (size - len(mail))).encode("latin-1")


def _xml_names(size: int) -> bytes:
    """Return a mail of many files that have one and the same large name and type."""
    text = ". " * ((size - 60_000) // 2)
    file = (
        '<h:Attachment><h:Bytes>QQ==</h:Bytes><h:ContentType z:Ref="i1"/><h:Name z:Ref="i1"/>'
        "</h:Attachment>"
    )
    return _xml_mail(
        _TO, f'<Text z:Id="i1">{text}</Text>', f"<Attachments>{file * 490}</Attachments>"
    )


def _xml_full(size: int) -> bytes:
    """Return what `_json_batch` does, in XML."""
    to = _long_list().replace("<", "&lt;")
    content = "QUJD" * ((size // 100 - len(to.encode()) - 400) // 20)
    file = f"<h:Attachment><h:Bytes>{content}</h:Bytes></h:Attachment>"
    mail = f"<SendMail><To>{to}</To><Attachments>{file * 5}</Attachments></SendMail>"
    return _xml_mail(mail * 100, root="ArrayOfSendMail")


def _xml_batch(size: int) -> bytes:
    """Return mails that all refer to the files and the recipients of the first."""
    content = "QUJD" * ((size - 20_000) // 4)
    first = (
        f'<SendMail><To z:Id="i2">{_CROWD}</To><Attachments z:Id="i1"><h:Attachment>'
        f"<h:Bytes>{content}</h:Bytes></h:Attachment></Attachments></SendMail>"
    )
    other = '<SendMail><To z:Ref="i2"/><Attachments z:Ref="i1"/></SendMail>'
    return _xml_mail(first, other * 99, root="ArrayOfSendMail")


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
        yield WorstRequest(f"JSV: {name}", "application/jsv", _filled(*parts))


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
        yield WorstRequest(f"CSV: {name}", "text/csv", _filled(*parts))


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
        yield WorstRequest(f"form: {name}", "application/x-www-form-urlencoded", _filled(*parts))


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
        "headers": (to, _part(b"X: y\r\n"), b"--b--\r\n"),
        "parameters": (to, _part(b"X: y\r\n", b";a=b"), b"--b--\r\n"),
        "folded headers": (to, _part(b" \r\n"), b"--b--\r\n"),
    }
    for name, parts in bodies.items():
        yield WorstRequest(f"multipart: {name}", "multipart/form-data; boundary=b", _filled(*parts))


def _part(header: bytes, parameter: bytes = b"") -> bytes:
    """Return one part of a form, with 8 KB of headers and about 11 KB of content."""
    disposition = b"--b\r\nContent-Disposition: form-data; name=x"
    parameters = parameter * (8_000 // max(1, len(parameter)))
    headers = b"" if parameter else header * (8_000 // len(header))
    return disposition + parameters + b"\r\n" + headers + b"\r\n" + b"x" * 11_600 + b"\r\n"


WORST = (*_json(), *_xml(), *_jsv(), *_csv(), *_form(), *_multipart())
"""Every such request that is known, by format."""
