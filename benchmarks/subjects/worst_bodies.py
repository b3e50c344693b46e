"""The bodies of the requests that cost most: each function makes one of a given size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
TO = "<To>ada@recipient.example</To>"
CROWD = ",".join(f"ada-{number}@recipient.example" for number in range(50))


def filled(before: bytes, unit: bytes, after: bytes = b"") -> Callable[[int], bytes]:
    """Return what makes a body: `before`, then `unit` as often as there is room, then `after`."""
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def typed_array(size: int) -> bytes:
    """Return a mail with a file as a `Uint8Array` of JavaScript is written."""
    numbers = ",".join(f'"{number}":65' for number in range((size - 100) // 12))
    return f'{{"To":"ada@recipient.example","Attachments":[{{"Bytes":{{{numbers}}}}}]}}'.encode()


def json_mail(files: int, size: int, to: str = CROWD) -> bytes:
    """Return a mail with so many files of equal size."""
    file = {"Bytes": "QUJD" * max(1, (size // max(1, files) - 30) // 4)}
    mail = {"To": to, "Text": "t", "Attachments": [file] * files}
    return json.dumps(mail, ensure_ascii=False).encode()


def json_batch(size: int) -> bytes:
    """Return as many mails as an array may have, with as much in each as all may have in common.

    Names and domains are in the letters that take longest, as many as there may be.
    """
    to = long_list()
    return b"[" + b",".join([json_mail(5, size // 100 - len(to.encode()) - 90, to)] * 100) + b"]"


def long_list() -> str:
    name = "😀" * 16
    return ",".join(f"{name} <a@{'ä' * 24}{number}.example>" for number in range(50))


def repeated(size: int) -> bytes:
    """Return mails whose lists are as long as they may be, and name one recipient."""
    to = "ada@ä.example," * (min(25_600, size // 300 - 20) // 15)
    mail = json.dumps({"To": to, "CC": to, "BCC": to, "Text": "t"}, ensure_ascii=False).encode()
    return b"[" + b",".join([mail] * 100) + b" " * (size - 102 - 101 * len(mail)) + b"]"


def attributes(attribute: str, size: int) -> bytes:
    return "".join(
        attribute.format(number, number) for number in range(size // (len(attribute) + 9))
    ).encode()


def xml_mail(*members: str, root: str = "SendMail") -> bytes:
    return (
        f'<{root} xmlns="{NAMESPACE}" xmlns:h="{NAMESPACE}.Helper" '
        f'xmlns:z="{SERIALIZATION}">{"".join(members)}</{root}>'
    ).encode()


def xml_references(size: int) -> bytes:
    """Return a mail whose every member is one and the same large text."""
    names = ("To", "CC", "BCC", "Domain", "From", "FromName", "HTML", "ReceiverName", "Subject")
    references = "".join(f'<{name} z:Ref="i1"/>' for name in names)
    return xml_mail(f'<Text z:Id="i1">{"é," * ((size - 1_000) // 3)}</Text>', references)


def xml_twice(size: int) -> bytes:
    """Return a mail of letters of a byte each, which take six in JSON, for two texts."""
    text = "\xff" * (min(size, 9_999_000) // 2)
    mail = xml_mail(TO, f'<Text z:Id="i1">{text}</Text><HTML z:Ref="i1"/>').decode()
    return (mail + " " * (size - len(mail))).encode("latin-1")


def xml_names(size: int) -> bytes:
    """Return a mail of many files that have one and the same large name and type."""
    text = ". " * ((size - 60_000) // 2)
    file = (
        '<h:Attachment><h:Bytes>QQ==</h:Bytes><h:ContentType z:Ref="i1"/><h:Name z:Ref="i1"/>'
        "</h:Attachment>"
    )
    return xml_mail(
        TO, f'<Text z:Id="i1">{text}</Text>', f"<Attachments>{file * 490}</Attachments>"
    )


def xml_full(size: int) -> bytes:
    """Return what `json_batch` does, in XML."""
    to = long_list().replace("<", "&lt;")
    content = "QUJD" * ((size // 100 - len(to.encode()) - 400) // 20)
    file = f"<h:Attachment><h:Bytes>{content}</h:Bytes></h:Attachment>"
    mail = f"<SendMail><To>{to}</To><Attachments>{file * 5}</Attachments></SendMail>"
    return xml_mail(mail * 100, root="ArrayOfSendMail")


def xml_batch(size: int) -> bytes:
    """Return mails that all refer to the files and the recipients of the first."""
    content = "QUJD" * ((size - 20_000) // 4)
    first = (
        f'<SendMail><To z:Id="i2">{CROWD}</To><Attachments z:Id="i1"><h:Attachment>'
        f"<h:Bytes>{content}</h:Bytes></h:Attachment></Attachments></SendMail>"
    )
    other = '<SendMail><To z:Ref="i2"/><Attachments z:Ref="i1"/></SendMail>'
    return xml_mail(first, other * 99, root="ArrayOfSendMail")


def part(header: bytes, parameter: bytes = b"") -> bytes:
    """Return one part of a form, with 8 KB of headers and about 11 KB of content."""
    disposition = b"--b\r\nContent-Disposition: form-data; name=x"
    parameters = parameter * (8_000 // max(1, len(parameter)))
    headers = b"" if parameter else header * (8_000 // len(header))
    return disposition + parameters + b"\r\n" + headers + b"\r\n" + b"x" * 11_600 + b"\r\n"
