"""Reads and writes CSV as ServiceStack does: a row of names and a row of values.

The rules are in docs/contract.md A3.2, A6 and A7.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO

from core.contract.errors import Unreadable
from core.contract.limits import GATEWAY_BYTES
from core.contract.members import Contract, members, members_by_name
from core.formats import jsv
from core.formats.body import Body
from core.formats.text import encodable

_SPECIAL = re.compile(r'[",\r\n]|\A[{\[]')
"""What makes a cell be quoted: `CsvWriter.HasAnyEscapeChars`."""
_MAX_COLUMNS = 1_000
_SHAPE = "The CSV must have one line of names and one line of values."

# A cell may hold a whole mail; Python's own limit, one for the whole process, is 128 KB.
csv.field_size_limit(GATEWAY_BYTES)


def read[C: Contract](body: Body, contract: type[C]) -> C:
    """Bind the one row below the names to `contract`; what is more than a text is JSV.

    Names match in any case, unknown ones are noted, empty cells are null, rows of nothing else do
    not count. The original takes the first of several rows and drops the others in silence: that
    would lose mails, so it is refused, as is a table without any name that we know (one separated
    by semicolons, say). Raises `Unreadable`.
    """
    text = body.text.removeprefix("\ufeff")
    if text[:4].lower() == "sep=":
        raise Unreadable("The CSV begins with a line 'sep=': leave it out. Separate with commas.")
    rows = _rows(text)
    header = [name.strip() for name in next(rows, [])]
    if not members_by_name(contract).keys() & {name.lower() for name in header}:
        raise Unreadable(f"The CSV has no column of '{contract.__name__}'. Separate with commas.")
    values = next(rows, None)
    if values is None:
        raise Unreadable(f"{_SHAPE} It has no line of values.")
    if next(rows, None) is not None:
        raise Unreadable(f"{_SHAPE} It has more of them: send each mail with a request of its own.")
    if any(values[len(header) :]):
        raise Unreadable(
            f"{_SHAPE} It has more values than names: put a value with a comma in quotes."
        )
    return jsv.bind(zip(header, values, strict=False), contract)


def write(answer: Contract) -> str:
    """Write `answer` byte for byte as the original: names, values, CRLF; nulls are empty.

    Texts that a spreadsheet takes for formulas (`=1+1`) stay what they are: this is an interface,
    and its readers compare what they get.
    """
    return encodable(_line(_names(answer)) + _line(_cells(answer)))


def write_array(answers: Sequence[Contract]) -> str:
    """Write one line of names, and a line for each of `answers`, which are of one type."""
    lines = [_line(_names(answer)) for answer in answers[:1]]
    lines += [_line(_cells(answer)) for answer in answers]
    return encodable("".join(lines))


def _names(answer: Contract) -> Iterator[str]:
    return (member.name for member in members(type(answer)))


def _cells(answer: Contract) -> Iterator[str]:
    return (_cell(getattr(answer, member.field)) for member in members(type(answer)))


def _line(cells: Iterator[str]) -> str:
    return f"{','.join(cells)}\r\n"


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else jsv.text_of(value)
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if _SPECIAL.search(text) else text


def _rows(text: str) -> Iterator[list[str]]:
    """Read one row after the other, as RFC 4180 has them; those of empty cells are none."""
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        for row in rows:
            if len(row) > _MAX_COLUMNS:
                raise Unreadable(f"The CSV must not have more than {_MAX_COLUMNS} columns.")
            if any(row):  # Spreadsheets write rows of commas behind the last.
                yield row
    except csv.Error:
        raise Unreadable(f"The body is not well-formed CSV in line {rows.line_num}.") from None
