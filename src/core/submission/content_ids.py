"""Which attachments stand within the HTML: those that it names in a `cid:` (RFC 2392)."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from core.message.mail import AttachmentHead

_ALLOWED = re.compile(r"[!-;=?-~]{1,78}+\Z")
"""SES takes 78 characters (SESv2 API, `Attachment`); RFC 2392 §2 has printable ASCII, and the
angle brackets are the header's (RFC 2045 §7)."""
_REFERENCE = re.compile(
    r"""("\s*+cid:)([^"<>]{1,4000}+)"""  # In quotes, with spaces in it.
    r"""|('\s*+cid:)([^'<>]{1,4000}+)"""
    r"""|((?:[=(]|&(?:quot|apos|\#0*+3[49]|\#x0*+2[27]);)\s*+cid:)"""
    r"""((?:[^\s"'<>()&]|&amp;){1,4000}+)""",
    re.IGNORECASE,
)
"""A reference in any quoting of HTML and CSS: `src="cid:a"`, `src=cid:a`, `url(cid:a)`.

What is longer than any name with all its escapes is none."""
_MOST = 10_000
"""So many references are looked at; a mail has at most 500 attachments to refer to."""


class Inline(NamedTuple):
    """What a mail's HTML shows of its attachments."""

    heads: tuple[AttachmentHead, ...]
    html: str
    """As the caller wrote it, but where no Content-ID can be what stands there."""
    is_complete: bool
    """Whether there is an attachment for each `cid:` of the HTML."""


def given(text: str) -> str:
    """Return a Content-ID as callers write it, bare: without `cid:` and without angle brackets."""
    bare = text.strip()
    if bare[:4].lower() == "cid:":
        bare = bare[4:].strip()
    return bare[1:-1].strip() if bare.startswith("<") and bare.endswith(">") else bare


def is_allowed(content_id: str) -> bool:
    """Say whether SES and mail programs take it."""
    return _ALLOWED.match(content_id) is not None


def place(heads: Sequence[AttachmentHead], names: Sequence[str], html: str) -> Inline:
    """Put those images inline that the HTML names; what has a Content-ID already keeps it.

    `names` are the attachments' names as the callers wrote them, in the order of `heads`: the HTML
    may mean them by these or by those that go out. Of two images of one name it means the first.
    The Content-ID is what stands in the HTML, as programs compare the two letter by letter. Only
    where that can be none (it is too long, or not in ASCII) the HTML gets another.
    """
    if "cid:" not in html.lower():
        return Inline(tuple(heads), html, is_complete=True)
    references = _references(html)
    carried = {head.content_id for head in heads if head.content_id}
    free: dict[str, list[str]] = {}
    for reference in references:
        if not {reference, unquote(reference)} & carried:
            free.setdefault(unquote(reference), []).append(reference)
    placed: list[AttachmentHead] = []
    renamed: dict[str, str] = {}
    for number, (head, name) in enumerate(zip(heads, names, strict=True), start=1):
        meant = _meant(head, name, free)
        if meant:
            made_up = _unused(f"image-{number}", carried | references.keys())
            content_id = next(filter(is_allowed, meant), made_up)
            carried.add(content_id)
            renamed |= {each: content_id for each in meant if each != content_id}
        placed.append(head.model_copy(update={"content_id": content_id}) if meant else head)
    carried |= renamed.keys()
    is_complete = all({each, unquote(each)} & carried for each in references)
    return Inline(tuple(placed), _rewritten(html, renamed), is_complete)


def _meant(head: AttachmentHead, name: str, free: dict[str, list[str]]) -> list[str]:
    """Take from `free` the references that mean this attachment."""
    if head.content_id or not head.content_type.lower().startswith("image/"):
        return []
    spellings = dict.fromkeys((name.strip(), unquote(name), head.name))
    return [reference for spelling in spellings for reference in free.pop(spelling, ())]


def _references(html: str) -> Mapping[str, None]:
    """Return what stands behind each `cid:`, as HTML means it; each once, in its order."""
    found: dict[str, None] = {}
    for number, match in enumerate(_REFERENCE.finditer(html)):
        if number == _MOST:
            break
        found[_reference(match)] = None
    return found


def _reference(match: re.Match[str]) -> str:
    text = match[2] or match[4] or match[6]
    if "&" in text:
        from html import unescape  # noqa: PLC0415 - few need it, and its tables cost time

        text = unescape(text)
    return text.strip()


def _rewritten(html: str, renamed: Mapping[str, str]) -> str:
    if not renamed:
        return html

    def written(match: re.Match[str]) -> str:
        opening = match[1] or match[3] or match[5]
        content_id = renamed.get(_reference(match))
        return match[0] if content_id is None else f"{opening}{content_id}"

    return _REFERENCE.sub(written, html, _MOST)


def _unused(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "-"
    return name
