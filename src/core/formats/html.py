"""Writes an answer as a page, for whoever calls the service from a browser; reads nothing."""

from collections.abc import Sequence
from html import escape
from typing import Any

from core.contract.members import Contract, Kind, members

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 46rem;
  padding: 0 1rem }}
table {{ border-collapse: collapse; margin: 1rem 0; width: 100% }}
th, td {{ border-bottom: 1px solid #8884; padding: .4rem .8rem .4rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere }}
th {{ font-weight: 600; width: 11rem }}
a {{ color: inherit }}
</style>
</head>
<body>
<h1>{title}</h1>
{tables}
<p>For programs: ask with <code>Accept: application/json</code> or <code>application/xml</code>,
append <code>.json</code> or <code>.xml</code>, or add <code>?format=json</code>.</p>
</body>
</html>
"""


def write(answers: Sequence[Contract]) -> str:
    """Write a self-contained page with a table for each of `answers`."""
    title = type(answers[0]).__name__ if answers else "Nothing"
    return _PAGE.format(title=escape(title), tables="\n".join(map(_table, answers)))


def _table(answer: Contract) -> str:
    rows = (
        f"<tr><th scope=row>{escape(member.name)}</th><td>{_cell(value, member.kind)}</td></tr>"
        for member in members(type(answer))
        if (value := getattr(answer, member.field)) is not None
    )
    return f"<table>{''.join(rows)}</table>"


def _cell(value: Any, kind: Kind) -> str:
    match kind:
        case Kind.OBJECT:
            return _table(value)
        case Kind.LIST:
            return "".join(map(_table, value))
        case Kind.TEXTS:
            return "<br>".join(map(escape, value))
        case Kind.MAP:
            return escape(", ".join(f"{key}: {text}" for key, text in value.items()))
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case _:
            return escape(str(value))
