"""Which formats there are, and what each reads and writes: one table, one entry per format."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from core.contract.contract import Contract, SendResponse
from core.formats import json as json_format
from core.formats import jsv
from core.formats.json import Style
from core.http.gateway import Request
from core.lazily import lazily

if TYPE_CHECKING:
    from core.formats import csv as csv_format
    from core.formats import form
    from core.formats import html as html_format
    from core.formats import xml as xml_format
else:  # A caller speaks one format, and most speak JSON.
    csv_format = lazily("core.formats.csv")
    form = lazily("core.formats.form")
    html_format = lazily("core.formats.html")
    xml_format = lazily("core.formats.xml")

type Reader = Callable[[Request, type[Contract]], Contract]
type ArrayReader = Callable[[Request, type[Contract]], Sequence[Contract]]
type Writer = Callable[[Contract, Style], str]
type ArrayWriter = Callable[[Sequence[Contract], Style], str]


class Format(NamedTuple):
    """How one format is recognised, read and written; what only asks is answered in JSON."""

    media_types: tuple[str, ...]
    """What a Content-Type or an Accept header calls it."""
    name: str = ""
    """Its suffix (`/Mail/Send.xml`) and its value in `?format=`; "" if it is only read."""
    answer_type: str = ""
    """The Content-Type of an answer (CONTRACT.md A3.1)."""
    read: Reader | None = None
    """None for what is only written."""
    read_array: ArrayReader | None = None
    """For batches: `SendMail[]`."""
    write: Writer = json_format.write
    write_array: ArrayWriter = json_format.write_array
    is_download: bool = False
    """Whether a browser should keep an answer as a file."""


HTML = Format(
    name="html",
    media_types=("text/html",),
    answer_type="text/html",
    write=lambda answer, _: html_format.write([answer]),
    write_array=lambda answers, _: html_format.write(answers),
)
JSON = Format(
    name="json",
    media_types=("application/json", "text/json"),
    answer_type="application/json; charset=utf-8",
    read=lambda request, contract: json_format.read(request.content, contract),
    read_array=lambda request, contract: json_format.read_array(request.content, contract),
    write=json_format.write,
    write_array=json_format.write_array,
)
XML = Format(
    name="xml",
    media_types=("application/xml", "text/xml"),
    answer_type="application/xml",
    read=lambda request, contract: xml_format.read(request.body, contract, request.charset),
    read_array=lambda request, contract: xml_format.read_array(
        request.body, contract, request.charset
    ),
    write=lambda answer, _: xml_format.write(answer),
    write_array=lambda answers, _: xml_format.write_array(answers, SendResponse),
)
JSV = Format(
    name="jsv",
    media_types=("application/jsv", "text/jsv"),
    answer_type="application/jsv",
    read=lambda request, contract: jsv.read(request.body, contract),
    write=lambda answer, _: jsv.write(answer),
    write_array=lambda answers, _: f"[{','.join(map(jsv.write, answers))}]",
)
CSV = Format(
    name="csv",
    media_types=("text/csv",),
    answer_type="text/csv",
    read=lambda request, contract: csv_format.read(request.body, contract),
    write=lambda answer, _: csv_format.write(answer),
    write_array=lambda answers, _: _csv_rows(answers),
    is_download=True,
)
FORM = Format(
    media_types=("application/x-www-form-urlencoded",),
    read=lambda request, contract: form.read_urlencoded(request.body, contract, request.charset),
)
MULTIPART = Format(
    media_types=("multipart/form-data",),
    read=lambda request, contract: form.read_multipart(
        request.body, request.headers["content-type"], contract
    ),
)

FORMATS = (HTML, JSON, XML, JSV, CSV, FORM, MULTIPART)
"""In the order in which the original prefers them when an Accept header lists several."""

BY_NAME = {format_.name: format_ for format_ in FORMATS if format_.name}


def _csv_rows(answers: Sequence[Contract]) -> str:
    """Write one header and a row for each answer, all of one type."""
    first, *others = [csv_format.write(answer) for answer in answers] or [""]
    return first + "".join(other.partition("\r\n")[2] for other in others)


def of_body(request: Request) -> Format | None:
    """Return the format of the request's body: what its Content-Type says, else what it looks like.

    The original ignores a body whose Content-Type it does not know, and sends an empty mail; we
    look at its first character (B5 B). None: there is no body, or it looks like nothing known.
    """
    for format_ in FORMATS:
        if format_.read and request.content_type in format_.media_types:
            return format_
    start = request.start.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    return {b"{": JSON, b"[": JSON, b"<": XML}.get(start)
