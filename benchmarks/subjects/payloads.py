"""The events that functions are measured with: the examples of `events/`, with other mails."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NAMESPACE = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
_SEED = 20261120
EXAMPLE_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
"""The message that the events of `events/` are about."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a request is called in the results, and its event."""

    name: str
    event: bytes


def example(name: str) -> Any:
    """Return an event of `events/`, about a real recipient instead of one of SES's simulator.

    The simulator's count in no rate of bounces and are never suppressed, which is less work.
    """
    text = (ROOT / "events" / f"{name}.json").read_text()
    return json.loads(text.replace("success+ada@simulator.amazonses.com", "ada@recipient.example"))


def event(name: str) -> bytes:
    """Return an event of `events/`, as `example` does, in bytes."""
    return json.dumps(example(name)).encode()


def mail(*sizes: int, recipients: int = 1) -> dict[str, Any]:
    """Return a SendMail request with attachments of `sizes` bytes."""
    request: dict[str, Any] = json.loads(example("api_send_mail_json")["body"])
    if recipients > 1:
        request["To"] = ",".join(f"ada-{n}@recipient.example" for n in range(recipients))
        del request["ReceiverName"]
    noise = random.Random(_SEED)  # noqa: S311 - bytes that do not compress, not a secret
    if sizes:
        request["Attachments"] = [
            {
                "Bytes": base64.b64encode(noise.randbytes(size)).decode(),
                "Name": f"invoice-{number}.pdf",
                "ContentType": "application/pdf",
            }
            for number, size in enumerate(sizes, start=1)
        ]
    return request


def in_json(request: dict[str, Any]) -> bytes:
    """Return the event of a request in JSON: API Gateway hands that over as text."""
    event = example("api_send_mail_json")
    event["body"] = json.dumps(request, ensure_ascii=False)
    return json.dumps(event).encode()


def in_xml(request: dict[str, Any]) -> bytes:
    """Return the event of a request in XML: API Gateway hands that over in base64."""
    event = example("api_send_mail_xml")
    event["body"] = base64.b64encode(_xml(request)).decode()
    return json.dumps(event).encode()


def batch(count: int) -> bytes:
    """Return the event of a batch of as many small mails, in JSON."""
    event = example("api_send_mail_json")
    event["path"] = "/json/reply/SendMail[]"
    event["body"] = json.dumps([mail()] * count, ensure_ascii=False)
    return json.dumps(event).encode()


def _xml(request: dict[str, Any]) -> bytes:
    """Write a request as DataContractSerializer does: members by name, the parts' own namespace."""
    root = ET.Element("SendMail", {"xmlns": _NAMESPACE})
    for name in sorted(request, key=str.lower):
        member = ET.SubElement(root, name)
        if name != "Attachments":
            member.text = request[name]
            continue
        member.set("xmlns:d2p1", f"{_NAMESPACE}.Helper")
        for attachment in request[name]:
            parent = ET.SubElement(member, "d2p1:Attachment")
            for part in sorted(attachment):
                ET.SubElement(parent, f"d2p1:{part}").text = attachment[part]
    written: bytes = ET.tostring(root, encoding="utf-8")
    return written


SMALL, FILES, ONE_MB, FOUR_MB = "small", "three files", "1 MB", "4 MB"
ONE_FILE, ONE_FILE_BYTES = "200 KB", 200_000
_SIZES: dict[str, Sequence[int]] = {
    SMALL: (),
    ONE_FILE: (ONE_FILE_BYTES,),
    FILES: (10_000, 10_000, 10_000),
    ONE_MB: (1_000_000,),
    FOUR_MB: (4_000_000,),
}
_FORMATS: dict[str, Callable[[dict[str, Any]], bytes]] = {"JSON": in_json, "XML": in_xml}


def payload(size: str, form: str) -> Payload:
    """Return a mail of a size and a format that have names here."""
    return Payload(f"{size} {form}", _FORMATS[form](mail(*_SIZES[size])))


def deliveries(count: int) -> bytes:
    """Return a batch of the event queue: as many deliveries, of as many messages."""
    first = example("ses_events_delivery")["Records"][0]
    (known,) = json.loads(first["body"])["mail"]["tags"]["mailapi_message_id"]
    records = [
        {
            **first,
            "messageId": f"059f36b4-0001-4ca3-8d11-{number:012d}",
            "body": json.dumps(delivery(f"{known[:-4]}{number:04d}")),
        }
        for number in range(count)
    ]
    return json.dumps({"Records": records}).encode()


def delivery(message_id: str) -> Any:
    """Return what SES says when a message has been delivered."""
    said = json.loads(example("ses_events_delivery")["Records"][0]["body"])
    said["mail"]["tags"]["mailapi_message_id"] = [message_id]
    said["mail"]["messageId"] = ses_message_id(message_id)
    return said


def ses_message_id(message_id: str) -> str:
    """Return what SES calls a message here."""
    return f"0107019aa1b2c3d4-5e6f-7081-{message_id}-000000"
