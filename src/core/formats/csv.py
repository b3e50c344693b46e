"""CSV as ServiceStack has it: a row of names and a row of values (CONTRACT.md A3.2, A6 and A7)."""

import re
from collections.abc import Iterator

from core.contract.contract import Contract, members
from core.contract.errors import Unreadable
from core.formats import jsv

_CELL = re.compile(r'(?:"([^"]*+(?:""[^"]*+)*+)"|([^",\r\n][^,\r\n]*+)?)(,|[\r\n]++|\Z)')
_SPECIAL = re.compile(r'[",\r\n]|\A[{\[]')
"""What makes a cell be quoted: `CsvWriter.HasAnyEscapeChars`."""
_MAX_COLUMNS = 1_000


def read[C: Contract](body: bytes, contract: type[C]) -> C:
    """Bind the one row below the names to `contract`; what is more than a text is JSV.

    Names match in any case, unknown ones are passed over, empty cells are null, empty lines do not
    count. The original takes the first of several rows and drops the others in silence: that would
    lose mails, so it is refused, as is a table without any name that we know (one separated by
    semicolons, say). Always UTF-8; what is not becomes U+FFFD. Raises `Unreadable`.

    Not by Python's `csv`, whose limit for a cell can only be raised for the whole process.
    """
    rows = _rows(body.decode("utf-8", "replace").removeprefix("\ufeff").lstrip("\r\n"))
    header = [name.strip().lower() for name in next(rows, [])]
    values = next(rows, None)
    if values is None or next(rows, None) is not None or len(values) > len(header):
        raise Unreadable("The CSV must have one line of names and one line of values.")
    if not {member.name.lower() for member in members(contract)}.intersection(header):
        raise Unreadable(f"The CSV has no column of '{contract.__name__}'. Separate with commas.")
    cells = dict(zip(header, values, strict=False))
    return jsv.bind(cells, contract)


def write(answer: Contract) -> str:
    """Write `answer` byte for byte as the original: names, values, CRLF; nulls are empty.

    Texts that a spreadsheet takes for formulas (`=1+1`) stay what they are: this is an interface,
    and its readers compare what they get.
    """
    held = {member.name: getattr(answer, member.field) for member in members(type(answer))}
    row = ",".join(_cell(value) for value in held.values())
    text = f"{','.join(held)}\r\n{row}\r\n"
    return text.encode("utf-8", "replace").decode()  # A lone surrogate is no character.


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else jsv.text_of(value)
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if _SPECIAL.search(text) else text


def _rows(text: str) -> Iterator[list[str]]:
    """Read one row after the other, as RFC 4180 has them; empty lines are none."""
    row: list[str] = []
    at = 0
    while at < len(text):
        cell = _CELL.match(text, at)
        if cell is None or len(row) > _MAX_COLUMNS:
            raise Unreadable(f"The body is not well-formed CSV at position {at}.")
        at = cell.end()
        row.append(cell[2] or (cell[1] or "").replace('""', '"'))
        if cell[3] != ",":
            yield row
            row = []
    if row:
        yield [*row, ""]
