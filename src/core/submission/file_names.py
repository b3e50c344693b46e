"""The names that attachments go out with: no paths, never without an extension."""

import re

from core.contract.limits import MAX_FILE_NAME_LENGTH
from core.message.margins import SPACES, unquoted

_LOOKED_AT = 4_096
"""Characters at the end of a path: no name is that long, with all that is stripped from it."""
_PATH = re.compile(
    r"[/\\]|~/|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]{0,30}+://|\.++(?:/|\Z)"  # How one begins.
)
_STEP = re.compile(r"/\.++(?:/|\Z)")
"""A component of a path that stands for this folder, or for one above."""
_QUOTES = ("'", '"')
_WEB = ("http://", "https://")
_DOTS = re.compile(r"\.\.++")
_EXTENSION = re.compile(r"(?=[0-9]*+[A-Za-z])[A-Za-z0-9]{1,16}+\Z")
"""What is an extension, and no part of a date or a number: `Rechnung 1.9.2026` has none."""
_END = f".{SPACES}\x1c\x1d\x1e\x1f"
"""What a name does not end with: dots, and all that `str.isspace` calls white space."""
_IGNORABLE = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What shows nothing besides the format characters (Unicode, Default_Ignorable_Code_Point)."""


def of_path(text: str) -> str:
    """Return the file name in what a caller wrote, without a slash, a backslash or `..`.

    Of what is plainly a path the last component counts: it begins with a slash, a drive, `~/` or a
    scheme such as `file://`, it has a component of dots alone, or it has a backslash. In any other
    name slashes stand for themselves, as in document numbers, and become `_`: `Rechnung 12/2026`.
    Of an address of the web its query is no part of the name, nor are quotes around a whole name.

    Dots and white space at the end go, as Windows ignores them: a file that is called `x.exe.`
    would be run as a program. A name that is far too long stays as it is, to be refused: work on it
    would be for nothing.
    """
    if text[:1] in _QUOTES and len(text) <= _LOOKED_AT:
        text = unquoted(text)
    if "/" in text or "\\" in text:
        text = _last(text) if _is_path(text) else _joined(text)
    if len(text) > _LOOKED_AT:
        return text
    return _DOTS.sub(".", text.strip().rstrip(_END))


def _is_path(text: str) -> bool:
    return "\\" in text or _PATH.match(text.lstrip()) is not None or _STEP.search(text) is not None


def _last(path: str) -> str:
    """Return the last component; all that is looked at if a name that long has none."""
    if path.lstrip()[:8].lower().startswith(_WEB):
        path = path.partition("?")[0].partition("#")[0]
    end = path[-_LOOKED_AT:]
    start = max(end.rfind("/"), end.rfind("\\")) + 1
    return end[start:] if start or len(path) == len(end) else path


def _joined(text: str) -> str:
    return text if len(text) > _LOOKED_AT else text.strip().rstrip("/").replace("/", "_")


def extension(name: str) -> str:
    """Return the extension of a name in lower case, without its dot; "" if it has none."""
    _, dot, end = name.rpartition(".")
    return end.lower() if dot and _EXTENSION.match(end) else ""


def completed(name: str, usual: str, number: int) -> str:
    """Return a name with an extension, as SES wants one (its developer guide, attachments).

    `usual` is the extension of the file's type, "" for a type that nobody knows. A name that is
    empty, or an extension alone (`.pdf`), is made up with the attachment's `number`, from 1.
    """
    stem, _, end = name.rpartition(".")
    if extension(name):
        return name if stem else f"attachment-{number}{name}"
    if not usual and stem and end.isdecimal():
        return name  # The parts of an archive are numbered so: `x.7z.001`.
    end = f".{usual or 'bin'}"
    return f"{(name or f'attachment-{number}')[: MAX_FILE_NAME_LENGTH - len(end)]}{end}"


def extensions(name: str) -> set[str]:
    """Return the extensions that a file may be taken to have, in lower case.

    Programs differ in what they see: some replace characters by those that look or mean the same
    (NFKC), such as wide letters, or drop those that show nothing. Windows takes what follows a
    colon for the name of a stream within the file: `x.exe::$DATA` is `x.exe`.
    """
    if not name.isascii():
        import unicodedata  # noqa: PLC0415 - most names are in ASCII

        shown = re.sub(_IGNORABLE, "", unicodedata.normalize("NFKC", name))
        name = "".join(c for c in shown if unicodedata.category(c) != "Cf")
    parts = (part.rstrip(_END) for part in name.split(":"))
    return {part.rpartition(".")[2].lower() for part in parts if "." in part}
