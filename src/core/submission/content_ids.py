"""Which attachments stand within the HTML: those that it names in a `cid:` (RFC 2392)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from core.message.mail import AttachmentHead
from core.submission import file_names, media_types

_ALLOWED = re.compile(r"[!-;=?-~]{1,78}+\Z")
"""SES takes 78 characters (SESv2 API, `Attachment`); RFC 2392 §2 has printable ASCII, and the
angle brackets are the header's (RFC 2045 §7)."""
_COLON = r"(?::|&colon;|&\#0*+58;|&\#x0*+3a;)"
_DOUBLE, _SINGLE = r"&(?:quot|\#0*+34|\#x0*+22);", r"&(?:apos|\#0*+39|\#x0*+27);"
_REFERENCE = re.compile(
    rf"""srcset\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')"""  # A list of them: see _CANDIDATE.
    rf"""|"\s*+cid{_COLON}([^"<>]{{1,4000}}+)"""  # In quotes, with spaces in it.
    rf"""|'\s*+cid{_COLON}([^'<>]{{1,4000}}+)"""
    rf"""|{_DOUBLE}\s*+cid{_COLON}((?:[^"<>&]|(?!{_DOUBLE})&){{1,4000}}+)(?={_DOUBLE})"""
    rf"""|{_SINGLE}\s*+cid{_COLON}((?:[^'<>&]|(?!{_SINGLE})&){{1,4000}}+)(?={_SINGLE})"""
    rf"""|(?:[=(]|{_DOUBLE}|{_SINGLE})\s*+cid{_COLON}((?:[^\s"'<>()&]|&amp;){{1,4000}}+)""",
    re.IGNORECASE,
)
"""A reference in any quoting of HTML and CSS: `src="cid:a"`, `src=cid:a`, `url(&quot;cid:a&quot;)`.

What is longer than any name with all its escapes is none. The last group that matched is what
stands behind the `cid:`; the first two are all that a `srcset` holds.
"""
_LISTS = (1, 2)
_CANDIDATE = re.compile(
    rf"(?:\A|,)\s*+cid{_COLON}"
    r"([^,\s]++(?:\s++(?![0-9.]++[wxh]\s*+(?:,|\Z))[^,\s]++)*+)",  # Without its `2x` or `640w`.
    re.IGNORECASE,
)
"""A reference in a `srcset` (https://html.spec.whatwg.org/multipage/images.html#srcset-attributes).

Spaces may be in it, which the standard does not allow. A comma ends it.
"""
_MOST = 10_000
"""So many references are looked at; a mail has at most 500 attachments to refer to."""
_ANY_TYPES = frozenset(
    f"{tree}/{name}"
    for tree in ("application", "binary", "image")
    for name in ("octet-stream", "binary", "force-download", "x-download", "download", "unknown")
)
"""Types that say nothing: what such a file is, its name says."""


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
    may mean them by these or by those that go out, or by nearly the same, if no image has just that
    name. Of two images of one name it means the first. The Content-ID is what stands in the HTML,
    as programs compare the two letter by letter. Only where that can be none (it is too long, or
    not in ASCII) the HTML gets another.
    """
    lowered = html.lower()
    if "cid:" not in lowered and "cid&" not in lowered:
        return Inline(tuple(heads), html, is_complete=True)
    references = _references(html)
    carried = {head.content_id for head in heads if head.content_id}
    free = [each for each in references if not {each, unquote(each)} & carried]
    meant_by = _meant(heads, names, free)
    placed: list[AttachmentHead] = []
    renamed: dict[str, str] = {}
    for number, head in enumerate(heads, start=1):
        meant = meant_by.get(number, [])
        content_id = head.content_id
        if meant and not content_id:
            made_up = _unused(f"image-{number}", carried | references.keys())
            content_id = next(filter(is_allowed, meant), made_up)
            carried.add(content_id)
            head = head.model_copy(update={"content_id": content_id})  # noqa: PLW2901
        renamed |= {each: content_id for each in meant if content_id and each != content_id}
        placed.append(head)
    carried |= renamed.keys()
    is_complete = all({each, unquote(each)} & carried for each in references)
    return Inline(tuple(placed), _rewritten(html, renamed), is_complete)


def _meant(
    heads: Sequence[AttachmentHead], names: Sequence[str], references: Sequence[str]
) -> Mapping[int, list[str]]:
    """Return which references mean which attachment, by its number, from 1.

    One that is an image's whole name means it. Else it means the one whose name, or whose given
    Content-ID, is nearly the same.
    """
    exact: dict[str, int] = {}
    near: dict[str, int] = {}
    for number, (head, name) in enumerate(zip(heads, names, strict=True), start=1):
        spellings = {name.strip(), unquote(name), head.name} if _is_free_image(head) else set()
        for spelling in spellings:
            exact.setdefault(spelling, number)
        for spelling in spellings | ({head.content_id} if head.content_id else set()):
            near.setdefault(_folded(spelling), number)
    found: dict[int, list[str]] = {}
    for reference in references if near else ():
        spelled = (near.get(_folded(each)) for each in _spellings(reference))
        number = exact.get(unquote(reference)) or next(filter(None, spelled), 0)
        found.setdefault(number, []).append(reference)
    found.pop(0, None)
    return found


def _is_free_image(head: AttachmentHead) -> bool:
    """Say whether the name alone may put it inline: it is an image, and has no Content-ID."""
    if head.content_id:
        return False
    kind = head.content_type.partition(";")[0].lower()
    if kind in _ANY_TYPES:
        kind = media_types.type_of(file_names.extension(head.name))
    return kind.startswith("image/")


def _spellings(reference: str) -> Iterator[str]:
    """Give what a reference may be meant to say, what is most likely first."""
    yield unquote(reference)
    yield unquote(reference.replace("+", " "))  # As forms escape a space.
    yield unquote(reference, "cp1252")
    name, at, _ = reference.rpartition("@")
    if at:
        yield unquote(name)  # Outlook adds a number: `image001.png@01D9A1B2.C3D4E5F0`.
    if reference.endswith("/"):
        yield unquote(reference[:-1])  # `<img src=cid:a.png/>`, where the slash is in the value.


def _folded(name: str) -> str:
    """Return what is equal for names that differ in case, or in how Unicode writes an umlaut.

    A Mac writes `ü` in a file's name as two characters (NFD).
    """
    if name.isascii():
        return name.lower()
    from unicodedata import normalize  # noqa: PLC0415 - most names are in ASCII

    return normalize("NFC", name).casefold()


def _references(html: str) -> Mapping[str, None]:
    """Return what stands behind each `cid:`, as HTML means it; each once, in its order."""
    found: dict[str, None] = {}
    for match in islice(_REFERENCE.finditer(html), _MOST):
        if match.lastindex in _LISTS:
            each = islice(_CANDIDATE.finditer(match[match.lastindex]), _MOST - len(found))
            found |= {_reference(candidate): None for candidate in each}
        else:
            found[_reference(match)] = None
    return found


def _reference(match: re.Match[str]) -> str:
    text = match[match.lastindex or 0]
    if "&" in text:
        from html import unescape  # noqa: PLC0415 - few need it, and its tables cost time

        text = unescape(text)
    return text.strip()


def _rewritten(html: str, renamed: Mapping[str, str]) -> str:
    if not renamed:
        return html

    def written(match: re.Match[str]) -> str:
        content_id = renamed.get(_reference(match))
        return match[0] if content_id is None else _replaced(match, content_id)

    def listed(match: re.Match[str]) -> str:
        if match.lastindex not in _LISTS:
            return written(match)
        return _replaced(match, _CANDIDATE.sub(written, match[match.lastindex], _MOST))

    return _REFERENCE.sub(listed, html, _MOST)


def _replaced(match: re.Match[str], text: str) -> str:
    """Return the whole match with `text` in place of its group."""
    start, end = (at - match.start() for at in match.span(match.lastindex or 0))
    return f"{match[0][:start]}{text}{match[0][end:]}"


def _unused(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "-"
    return name
