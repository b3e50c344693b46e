"""Finds the files of the activity page.

They are the same on the stack of a developer's machine, but for `host.js`: what is only there
(causing events, faults) is not in the package that is deployed (`local/ses/activity`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_PAGE = "index.html"
_NAMES = frozenset(file.name for file in _FOLDER.iterdir() if file.suffix in _MEDIA_TYPES)


class File(NamedTuple):
    """A file as a browser gets it."""

    media_type: str
    text: str


def find(name: str = "") -> File | None:
    """Return a file of the page by its name, without one the page itself; None if it has none."""
    if name == _PAGE:
        return None  # Its links lead from the folder above.
    name = name or _PAGE
    if name not in _NAMES:
        return None
    file = _FOLDER / name
    return File(_MEDIA_TYPES[file.suffix], file.read_text("utf-8"))


def headers() -> Mapping[str, str]:
    """Return what each file is sent with.

    The HTML of a mail is shown in a frame without an origin that can run nothing. Such a frame
    inherits this policy, so styles in the HTML and images of other places must be allowed here; the
    frame's own policy forbids these images until somebody asks for them.
    """
    found: dict[str, str] = json.loads((_FOLDER / "headers.json").read_text("utf-8"))
    return found
