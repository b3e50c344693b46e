"""Reads a message as a mail program does: its text, its HTML, and its attachments."""

import base64
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import Any
from urllib.parse import quote


def content(source: bytes) -> dict[str, Any]:
    """Return `text` and `html` of a message; images of the HTML become data URLs in it."""
    message = _parsed(source)
    images = {
        part["Content-ID"].strip("<> "): part
        for part in message.walk()
        if part.get("Content-ID") and part.get_content_maintype() == "image"
    }
    return {"text": _text(message, "plain"), "html": _shown(_text(message, "html"), images)}


def _shown(html: str, images: dict[str, EmailMessage]) -> str:
    """Return the HTML with the images in it.

    A Content-ID is found as it is, with the escapes of HTML, or with those of a URL (RFC 2392 §2).
    """
    spellings = {
        spelling: part
        for name, part in images.items()
        for spelling in (name, escape(name), quote(name))
    }
    if not spellings:
        return html
    longest_first = sorted(spellings, key=len, reverse=True)
    names = "|".join(map(re.escape, longest_first))

    def data_url(reference: re.Match[str]) -> str:
        part = spellings[reference[1]]
        data = base64.b64encode(_bytes(part)).decode()
        return f"data:{part.get_content_type()};base64,{data}"

    return re.sub(rf"(?i:cid:)({names})(?![\w.%-])", data_url, html)


def attachment(source: bytes, number: int) -> bytes | None:
    """Return the content of an attachment, counted from 0 as `GET /messages` lists them."""
    named = [part for part in _parsed(source).walk() if part.get_filename()]
    if number >= len(named):
        return None
    return _bytes(named[number])


def _parsed(source: bytes) -> EmailMessage:
    return message_from_bytes(source, policy=default)


def _bytes(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else part.as_bytes()


def _text(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        return "(This part cannot be decoded.)"
