"""What ServiceStack 5.8's C# clients put on the wire, byte for byte, and one exchange of it.

The headers and bodies are recorded ones (docs/contract.md A5.1) with a mail of ours in them.
"""

import base64
import csv
import gzip
import http.client
import io
import json
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from xml.sax.saxutils import escape

Mail = Mapping[str, str | bytes]
"""Members in their declaration's order; bytes are the content of the one attachment, `ä.bin`."""

NAMESPACE = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
FILE = ("ä.bin", "application/x-test")
MEMBERS = (
    *("Domain", "From", "FromName", "To", "ReceiverName", "CC", "BCC"),
    *("Subject", "Text", "HTML", "Attachments", "Reference"),
)
_BOUNDARY = "----------------------------0f8fad5bd9cb469fa16570867728950e"


@dataclass(frozen=True)
class Call:
    """One request; `headers` are those besides what every one of the clients sends."""

    path: str
    media_type: str
    body: bytes = b""
    accept: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes
    was_continued: bool


def exchange(port: int, key: str, call: Call) -> Answer:
    """Send as HttpWebRequest does: the head, 350 ms of waiting for `100 Continue`, the body."""
    head = [
        f"{'POST' if call.body else 'GET'} {call.path} HTTP/1.1",
        f"Accept: {call.accept or call.media_type}",
        "User-Agent: ServiceStack .NET Client 5.8",
        "Accept-Encoding: gzip, deflate",
        f"x-api-key: {key}",
        *(f"{name}: {value}" for name, value in call.headers.items()),
        f"Host: 127.0.0.1:{port}",
    ]
    if call.body:
        head[3:3] = [f"Content-Type: {call.media_type}"]
        head += [f"Content-Length: {len(call.body)}", "Expect: 100-continue"]
    head += ["Connection: Keep-Alive", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=40) as connection:
        connection.sendall("\r\n".join(head).encode())
        was_continued = bool(call.body and select.select([connection], [], [], 0.35)[0])
        connection.sendall(call.body)
        response = http.client.HTTPResponse(connection)
        response.begin()
        body = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Answer(response.status, response.headers, body, was_continued)


def json_body(mail: Mail) -> bytes:
    """ServiceStack.Text: in the declaration's order, without nulls and white space."""
    return _json(_plain(mail)).encode()


def json_array(*mails: Mail) -> bytes:
    return _json([_plain(mail) for mail in mails]).encode()


def xml_body(mail: Mail) -> bytes:
    """DataContractSerializer to a stream: alphabetical, no declaration, nulls as `i:nil`."""
    return _xml(mail, ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"').encode()


def xml_array(*mails: Mail) -> bytes:
    items = "".join(_xml(mail, "", is_root=False) for mail in mails)
    instance = "http://www.w3.org/2001/XMLSchema-instance"
    head = f'<ArrayOfSendMail xmlns="{NAMESPACE}" xmlns:i="{instance}">'
    return f"{head}{items}</ArrayOfSendMail>".encode()


def jsv_body(mail: Mail) -> bytes:
    pairs = (
        f"{name}:[{_jsv_file(value)}]" if isinstance(value, bytes) else f"{name}:{_jsv(value)}"
        for name, value in mail.items()
    )
    return f"{{{','.join(pairs)}}}".encode()


def csv_body(mail: Mail) -> bytes:
    """One row under the names of all members; the attachments' cell is JSV."""
    row = (mail.get(name, "") for name in MEMBERS)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(MEMBERS)
    writer.writerow(f"[{_jsv_file(cell)}]" if isinstance(cell, bytes) else cell for cell in row)
    return written.getvalue().encode()


def file_with_request(mail: Mail, name: str, content: bytes) -> tuple[str, bytes]:
    """PostFileWithRequest: the media type, and the body with the file as its last part.

    A list loses its outer brackets. Not for texts with commas, which this client quotes.
    """
    parts = b"".join(
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data;name="{member}"\r\n'
        "Content-Type: text/plain;charset=utf-8\r\n\r\n"
        f"{_jsv_file(value) if isinstance(value, bytes) else value}\r\n".encode()
        for member, value in mail.items()
    )
    disposition = f'form-data;name="upload";filename="{name}"'
    file = (
        f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n"
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    end = f"\r\n--{_BOUNDARY}--".encode()
    return f"multipart/form-data; boundary={_BOUNDARY}", parts + file + content + end


def _plain(mail: Mail) -> dict[str, object]:
    return {
        name: [dict(zip(("Bytes", "Name", "ContentType"), _file(value), strict=True))]
        if isinstance(value, bytes)
        else value
        for name, value in mail.items()
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _file(content: bytes) -> tuple[str, str, str]:
    return base64.b64encode(content).decode(), *FILE


def _xml(mail: Mail, instance: str, *, is_root: bool = True) -> str:
    members = "".join(_xml_member(name, mail.get(name)) for name in sorted(MEMBERS))
    space = f' xmlns="{NAMESPACE}"{instance}' if is_root else ""
    return f"<SendMail{space}>{members}</SendMail>"


def _xml_member(name: str, value: str | bytes | None) -> str:
    if name == "Attachments":
        space = f' xmlns:a="{NAMESPACE}.Helper"'
        if not isinstance(value, bytes):
            return f'<Attachments i:nil="true"{space}/>'
        encoded, file_name, kind = _file(value)
        inner = f"<a:Bytes>{encoded}</a:Bytes><a:ContentType>{kind}</a:ContentType>"
        inner += f"<a:Name>{file_name}</a:Name>"
        return f"<Attachments{space}><a:Attachment>{inner}</a:Attachment></Attachments>"
    if value is None:
        return f'<{name} i:nil="true"/>'
    return f"<{name}>{escape(str(value), {'\r': '&#xD;'})}</{name}>"


def _jsv(text: str) -> str:
    if any(character in '",{}[]\r\n' for character in text):
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return text


def _jsv_file(content: bytes) -> str:
    encoded, name, kind = _file(content)
    return f"{{Bytes:{encoded},Name:{name},ContentType:{kind}}}"
