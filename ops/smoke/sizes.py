"""The largest mails that are taken, and the smallest that are not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ops.smoke.bodies import attached, in_xml
from ops.smoke.steps import Step, expect, step

if TYPE_CHECKING:
    from ops.smoke.target import Target

_LARGE = 4_300_000
_LARGE_XML = 3_200_000
"""How many bytes of attachments a mail may have, in JSON and in XML (docs/api.md)."""
_OF_LAMBDA = '{"message": "Request Too Long"}'
_OF_GATEWAY = "HTTP content length exceeded 10485760 bytes."
_SECTION = "f4-requests-that-are-too-large"
_WORDS = ("docs/api.md: Too large", "local/api_gateway.py: EVENT_TOO_LONG")


@step(
    "4.3 MB of attachments in JSON are taken",
    section=_SECTION,
    change=("docs/move-over.md: What to check", "local/payloads.py: MOST_EVENT_BYTES"),
)
def _large(target: Target) -> None:
    target.send(target.mail(Attachments=[attached("large.bin", _LARGE)]))


@step(
    "3.2 MB of attachments in XML are taken, as text/xml; charset=utf-8",
    section="f5-xml-with-attachments",
    change=("template.yaml: BinaryMediaTypes", "docs/move-over.md: What to check"),
)
def _large_xml(target: Target) -> None:
    body = in_xml(target.mail(), [attached("large.bin", _LARGE_XML)])
    target.send(body, headers={"Content-Type": "text/xml; charset=utf-8"})


@step("7 MB of JSON are more than Lambda takes", section=_SECTION, change=_WORDS)
def _beyond_lambda(target: Target) -> None:
    body = json.dumps(target.mail(Attachments=[attached("large.bin", 5_250_000)]))
    reply = target.ask("POST", "/Mail/Send", body, headers={"Content-Type": "application/json"})
    expect((reply.status, reply.body) == (413, _OF_LAMBDA), f"413 {_OF_LAMBDA}", reply)


@step("So are 7 MB of XML", section=_SECTION, change=_WORDS)
def _beyond_lambda_in_xml(target: Target) -> None:
    body = in_xml(target.mail(), [attached("large.bin", 5_250_000)])
    reply = target.ask("POST", "/Mail/Send", body, headers={"Content-Type": "application/xml"})
    expect((reply.status, reply.body) == (413, _OF_LAMBDA), f"413 {_OF_LAMBDA}", reply)


@step(
    "11 MB are more than API Gateway takes",
    section=_SECTION,
    change=("docs/api.md: Too large", "local/api_gateway.py: TOO_LONG"),
)
def _beyond_gateway(target: Target) -> None:
    reply = target.ask(
        "POST", "/Mail/Send", bytes(11_000_000), headers={"Content-Type": "application/json"}
    )
    expect((reply.status, reply.body) == (413, _OF_GATEWAY), f"413 {_OF_GATEWAY}", reply)


STEPS: tuple[Step, ...] = (
    _large,
    _large_xml,
    _beyond_lambda,
    _beyond_lambda_in_xml,
    _beyond_gateway,
)
