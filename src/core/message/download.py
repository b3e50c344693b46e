"""How a file of a mail is given to a browser: to be saved, and never as a page of its host."""

from urllib.parse import quote

_OCTETS = "application/octet-stream"
_HARMLESS = frozenset(
    "application/pdf image/gif image/jpeg image/png image/webp text/plain".split()  # noqa: SIM905
)
"""The types in which no browser runs a script of the host's origin. Images are among them so that a
page can show those that a mail's HTML names; SVG is not, as it may hold scripts."""


def disposition(name: str) -> str:
    """Return the header `Content-Disposition` with which a browser saves a file under its name.

    The name may hold anything: it is encoded (RFC 8187 §3.2), and so it ends neither the parameter
    nor the header. Its slashes are no folders (RFC 6266 §4.3).
    """
    return f"attachment; filename*=UTF-8''{quote(name, safe='', errors='replace')}"


def media_type(given: str) -> str:
    """Return the `Content-Type` of a download: the one of the mail if that is harmless."""
    plain = given.partition(";")[0].strip().lower()
    return plain if plain in _HARMLESS else _OCTETS
