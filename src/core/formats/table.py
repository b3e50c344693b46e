"""The table of formats: how each is recognised, and which functions read and write it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from core.contract.members import Contract
from core.formats import json as json_format
from core.formats import jsv
from core.formats.body import Body
from core.formats.json import Style
from core.lazily import lazily

if TYPE_CHECKING:
    from core.formats import csv as csv_format
    from core.formats import form, multipart
    from core.formats import html as html_format
    from core.formats import xml as xml_format
else:  # A caller speaks one format, and most speak JSON.
    csv_format = lazily("core.formats.csv")
    form = lazily("core.formats.form")
    html_format = lazily("core.formats.html")
    multipart = lazily("core.formats.multipart")
    xml_format = lazily("core.formats.xml")

type Reader = Callable[[Body, type[Contract]], Contract]
type ArrayReader = Callable[[Body, type[Contract]], Sequence[Contract]]
type Writer = Callable[[Contract, Style], str]
type ArrayWriter = Callable[[Sequence[Contract], type[Contract], Style], str]


class Format(NamedTuple):
    """How one format is recognised, read and written; what is only read is answered in JSON."""

    media_types: tuple[str, ...]
    """What a Content-Type or an Accept header calls it."""
    name: str = ""
    """Its suffix (`/Mail/Send.xml`) and its value in `?format=`; "" if it is only read."""
    answer_type: str = ""
    """The Content-Type of an answer (docs/contract.md A3.1)."""
    read: Reader | None = None
    """None for what is only written."""
    read_array: ArrayReader | None = None
    """For batches, such as `SendMail[]`; None if it has no arrays of requests."""
    write: Writer = json_format.write
    write_array: ArrayWriter = json_format.write_array
    """Given also the type of the answers: an empty array has none to take it from."""
    is_download: bool = False
    """Whether a browser should keep an answer as a file."""


HTML = Format(
    name="html",
    media_types=("text/html",),
    answer_type="text/html",
    write=lambda answer, _style: html_format.write([answer]),
    write_array=lambda answers, _contract, _style: html_format.write(answers),
)
JSON = Format(
    name="json",
    media_types=("application/json", "text/json"),
    answer_type="application/json; charset=utf-8",
    read=json_format.read,
    read_array=json_format.read_array,
)
XML = Format(
    name="xml",
    media_types=("application/xml", "text/xml"),
    answer_type="application/xml",
    read=lambda body, contract: xml_format.read(body, contract),
    read_array=lambda body, contract: xml_format.read_array(body, contract),
    write=lambda answer, _style: xml_format.write(answer),
    write_array=lambda answers, contract, _style: xml_format.write_array(answers, contract),
)
JSV = Format(
    name="jsv",
    media_types=("application/jsv", "text/jsv"),
    answer_type="application/jsv",
    read=jsv.read,
    write=lambda answer, _style: jsv.write(answer),
    write_array=lambda answers, _contract, _style: jsv.write_array(answers),
)
CSV = Format(
    name="csv",
    media_types=("text/csv",),
    answer_type="text/csv",
    read=lambda body, contract: csv_format.read(body, contract),
    write=lambda answer, _style: csv_format.write(answer),
    write_array=lambda answers, _contract, _style: csv_format.write_array(answers),
    is_download=True,
)
FORM = Format(
    media_types=("application/x-www-form-urlencoded",),
    read=lambda body, contract: form.read(body, contract),
)
MULTIPART = Format(
    media_types=("multipart/form-data",),
    read=lambda body, contract: multipart.read(body, contract),
)

FORMATS = (HTML, JSON, XML, JSV, CSV, FORM, MULTIPART)
"""In the order in which the original prefers them when an Accept header lists several."""

FORMATS_BY_NAME = {format_.name: format_ for format_ in FORMATS if format_.name}


def of_body(body: Body) -> Format | None:
    """Return the format of a body: what its Content-Type says, else what it looks like.

    The original ignores a body whose Content-Type it does not know, and sends an empty mail; we
    look at it (`looked_at`, docs/contract.md B5 B).
    """
    for format_ in FORMATS:
        if format_.read and body.media_type in format_.media_types:
            return format_
    return looked_at(body)


def looked_at(body: Body) -> Format | None:
    """Return the format that a body is in by its first character: JSON, XML, or None."""
    start = body.start.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    return {b"{": JSON, b"[": JSON, b"<": XML}.get(start)
