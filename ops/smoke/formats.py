"""One mail in every form that it may come in."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ops.smoke.bodies import attached, in_xml
from ops.smoke.steps import Step, expect, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.smoke.target import Target

_JSON, _XML = "application/json", "application/xml"
_NAMES = "f6-attachments-of-every-name"
_NAMING = ("src/core/submission/attachments.py: read", "docs/api.md: Attachments")
_PACKED = "f11-compressed-requests"
_UNPACKING = ("template.yaml: MinimumCompressionSize", "docs/api.md: Headers")


def _sending(
    title: str, section: str, change: tuple[str, ...], send: Callable[[Target], Any]
) -> Step:
    def run(target: Target) -> None:
        send(target)

    return Step(title, section, change, run)


def _with(*attachments: dict[str, str]) -> Callable[[Target], Any]:
    return lambda target: target.send(target.mail(Attachments=[*attachments]))


def _packed(
    pack: Callable[[bytes], bytes], coding: str, kind: str = _JSON, text: str = "It works."
) -> Callable[[Target], Any]:
    def send(target: Target) -> Any:
        mail = target.mail(Text=text)
        content = json.dumps(mail) if kind == _JSON else in_xml(mail)
        return target.send(
            pack(content.encode()), headers={"Content-Type": kind, "Content-Encoding": coding}
        )

    return send


@step(
    "Raw deflate is refused: API Gateway takes zlib's format",
    section=_PACKED,
    change=("docs/api.md: Headers", "local/api_gateway.py: _decoded"),
)
def _raw_deflate(target: Target) -> None:
    content = zlib.compress(json.dumps(target.mail()).encode(), wbits=-15)
    reply = target.ask(
        "POST",
        "/Mail/Send",
        content,
        headers={"Content-Type": _JSON, "Content-Encoding": "deflate"},
    )
    expect(reply.status == 415, "415", reply)


@step(
    "The answer is in the format of the request, with the same members",
    section="f16-repeats-batches-formats",
    change=("src/core/http/negotiation.py: negotiate",),
)
def _parity(target: Target) -> None:
    target.require_sending()
    target.make_room()
    in_json = target.ask("POST", "/Mail/Send", target.mail(), headers={"Accept": "*/*"})
    target.make_room()
    reply = target.ask(
        "POST", "/Mail/Send", in_xml(target.mail()), headers={"Content-Type": _XML, "Accept": "*/*"}
    )
    expect(in_json.kind == _JSON and bool(in_json.members), "JSON to JSON", in_json)
    expect(reply.kind == _XML and reply.status == 200, "XML to XML", reply)
    for name in in_json.members.keys() - {"ErrorMessage"}:
        expect(f"<{name}" in reply.body, f"a member {name} in XML as in JSON", reply)


def _form(target: Target) -> Any:
    kind = "application/x-www-form-urlencoded"
    return target.send(urlencode(target.mail()), headers={"Content-Type": kind})


STEPS: tuple[Step, ...] = (
    _parity,
    _sending("A form is taken", "f16-repeats-batches-formats", ("docs/api.md: Formats",), _form),
    _sending(
        "An attachment without an extension is taken", _NAMES, _NAMING, _with(attached("invoice"))
    ),
    _sending(
        "One with letters beyond ASCII is taken",
        _NAMES,
        _NAMING,
        _with(attached("Rechnung März.pdf")),
    ),
    _sending(
        "A content type with parameters is taken",
        _NAMES,
        _NAMING,
        _with(attached("a.txt", ContentType='text/plain; charset="utf-8"; format=flowed')),
    ),
    _sending(
        "A mail with neither subject nor body is taken",
        _NAMES,
        ("src/core/aws/ses.py: SendEmail",),
        lambda target: target.send(
            target.mail(Subject="", Text="", Attachments=[attached("a.pdf")])
        ),
    ),
    _sending(
        "A small JSON mail in gzip is taken", _PACKED, _UNPACKING, _packed(gzip.compress, "gzip")
    ),
    _sending(
        "A large one in gzip is taken",
        _PACKED,
        _UNPACKING,
        _packed(gzip.compress, "gzip", text="It works. " * 10_000),
    ),
    _sending(
        "XML in gzip is taken", _PACKED, _UNPACKING, _packed(gzip.compress, "gzip", kind=_XML)
    ),
    _sending("Deflate is taken", _PACKED, _UNPACKING, _packed(zlib.compress, "deflate")),
    _raw_deflate,
)
