"""Every regular expression that sees what a caller wrote is linear in it, used as it is used.

Each is pumped: given long texts of one short unit, repeated, that are built of its own characters,
after each of its own words and before what it does not match. `re` counts no steps, so the test
bounds them from far away. A text of 128,000 characters takes a linear search about a millisecond,
and one that looks at every pair of characters eight thousand million steps: half a minute at the
least. Between them lies the bound on the processor, which decides nothing but which of both it is.

Expressions are found in the source. A new one fails the first test until it is listed with its use.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import product
from re import _constants as op
from re import _parser as parser
from typing import NamedTuple

import pytest
from support.paths import ROOT
from support.samples import some
from support.work import never_endless

from core.contract.limits import MAX_CONTENT_TYPE_LENGTH
from core.formats import json_document, json_mistakes
from core.message import bounce, diagnostic
from core.submission import attachments, file_names

LENGTH = 128_000
BOUND = 4  # Seconds of the processor for one text.
SOURCE = ROOT / "src"
USES = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split")


class Use(NamedTuple):
    """How a regular expression is used on what a caller wrote."""

    how: tuple[str, ...]
    longest: int = LENGTH
    """The most characters that it is ever given, where something before it sees to that."""
    examples: tuple[re.Pattern, ...] = ()
    """Those that are made while they are used, in a function, or one like them."""


def use(*how, **more):
    return Use(how, **more)


LISTED = {
    "core.contract.binary:_WHITESPACE": use("sub"),
    "core.contract.binary:_PADDED": use("finditer"),
    "core.formats.csv:_SPECIAL": use("search"),
    "core.formats.form:_LONE_PERCENT": use("subn"),
    "core.formats.json_document:_check": use(
        "finditer",
        examples=(
            re.compile(json_document._VALUES, re.DOTALL),
            re.compile(json_document._VALUES_OR_BYTES, re.DOTALL),
        ),
    ),
    "core.formats.json_document:_OTHER_CONTROLS": use("search"),
    "core.formats.json_mistakes:hint": use(
        "match",
        examples=tuple(re.compile(pattern) for pattern, _ in json_mistakes._HINTS),
        longest=json_mistakes._LOOKED_AT,
    ),
    "core.formats.jsv:_SPECIAL": use("search"),
    "core.formats.jsv:_QUOTED": use("match"),
    "core.formats.jsv:_NAME": use("match"),
    "core.formats.jsv:_OPENING": use("match"),
    "core.formats.jsv:_NEXT": use("match"),
    "core.formats.jsv:_PLAIN": use("match"),
    "core.formats.jsv:_STRUCTURE": use("finditer"),
    "core.formats.jsv:_END": use("match"),
    "core.formats.jsv:_LAID_OUT": use("match"),
    "core.formats.jsv:_JSON": use("match"),
    "core.formats.multipart:_HEADERS": use("match"),
    "core.formats.multipart:_FOLD": use("sub", longest=8_192),
    "core.formats.multipart:_PARAMETER": use("findall", longest=10_240),  # API Gateway's headers.
    "core.formats.multipart:_ESCAPED": use("sub"),
    "core.formats.multipart:_parts": use(
        "finditer",
        examples=(re.compile(rb"\r?\n--" + rb"\-a" * 66 + rb"(--)?[ \t]*+(?=\r?\n|\Z)"),),
    ),
    "core.formats.xml_document:_DECLARED": use("match"),
    "core.formats.xml_document:ILLEGAL": use("match", "sub"),
    "core.formats.xml_document:_PASSED_OVER_OR_REFERENCE": use("sub"),
    "core.formats.xml_document:_CROWDED_TAG": use("search"),
    "core.formats.xml_document:_OF_PRIVATE_USE": use("search"),
    "core.http.negotiation:_NO_NAME": use("sub"),
    "core.http.negotiation:_FIRST_NAME": use("match", longest=2_000),  # The start of a body.
    "core.http.negotiation:_FIRST_JSON_NAME": use("match", longest=2_000),
    "core.http.routing:_PREDEFINED": use("fullmatch"),
    "core.http.routing:_API": use("fullmatch"),
    "core.http.traceparent:_FORM": use("fullmatch"),
    "core.submission.searches:_TIME": use("fullmatch"),
    "core.message.address:_LOCAL": use("match"),
    "core.message.address:_LABEL": use("match"),
    "core.message.bounce:_STATUS": use("match"),
    "core.message.bounce:_SAID": use("match", longest=bounce._MOST_SEARCHED),
    "core.message.bounce:_SAID_LATER": use("search", longest=bounce._MOST_SEARCHED),
    "core.message.diagnostic:_PROTOCOL": use("match"),
    "core.message.diagnostic:_AROUND_AT": use("sub"),
    "core.message.diagnostic:_QUOTED_LOCAL": use("sub", longest=diagnostic._MOST_READ),
    "core.message.diagnostic:_SPELLED_OUT": use("sub", longest=diagnostic._MOST_READ),
    "core.message.diagnostic:_SHOUTED": use("sub", longest=diagnostic._MOST_READ),
    "core.message.diagnostic:_LINK": use("split"),
    "core.message.diagnostic:_PIECE": use("sub"),
    "core.message.diagnostic:_QUERY": use("search"),
    "core.message.diagnostic:_ADDRESS_IN_LINK": use("search"),
    "core.message.diagnostic:_ENCODED_WORD": use("search", longest=diagnostic._MOST_READ),
    "core.message.diagnostic:_TOKEN": use("sub"),
    "core.message.diagnostic:_ENCODED_OCTET": use("sub"),
    "core.message.diagnostic:_local_parts": use(
        "sub",
        "search",
        examples=(
            diagnostic._local_parts([f"{'a.' * 31}a@b.example", "abc+d@d.example"]),
            diagnostic._local_parts(["no@b.example"]),
        ),
    ),
    "core.message.event:_TYPE": use("match"),
    "core.message.ids:_FORM": use("match"),
    "core.message.ses_event:_HOST": use("fullmatch"),
    "core.message.ses_event:_WORD": use("fullmatch"),
    "core.message.pasted:_QUOTED": use("fullmatch", "sub"),
    "core.message.pasted:_ESCAPED": use("sub"),
    "core.message.pasted:_LINE_BREAK": use("sub"),
    "core.message.pasted:_TOKEN": use("finditer"),
    "core.message.pasted:_WORDS": use("fullmatch"),
    "core.message.pasted:_SCHEME": use("match"),
    "core.submission.attachments:_MEDIA_TYPE": use("match"),
    "core.submission.attachments:_kept": use(
        "finditer",
        examples=(re.compile(attachments._PARAMETER, re.ASCII | re.IGNORECASE),),
        longest=MAX_CONTENT_TYPE_LENGTH,
    ),
    "core.submission.content_ids:_ALLOWED": use("match"),
    "core.submission.content_ids:_REFERENCE": use("finditer", "sub"),
    "core.submission.content_ids:_CANDIDATE": use("finditer", "sub"),
    "core.submission.file_names:_PATH": use("match"),
    "core.submission.file_names:_STEP": use("search"),
    "core.submission.file_names:_DOTS": use("sub"),
    "core.submission.file_names:_EXTENSION": use("match"),
    "core.submission.file_names:extensions": use(
        "sub", examples=(re.compile(file_names._IGNORABLE),)
    ),
    "core.submission.characters:_AT_SIGNS": use("search", "split"),
    "core.submission.characters:_UNPRINTABLE": use("search"),
    "core.submission.characters:_SURROGATE": use("search"),
    "core.submission.encoded_words:_WORD": use("match"),
    "handlers.metadata:_HOST": use("fullmatch"),
}
OURS_ALONE = {
    "core.metadata.page:_PLACE": "our own page, with places for what is generated",
    "core.metadata.samples:_ELEMENT": "our own samples",
    "core.metadata.sources.python:_class": "the names of our own members",
}


def found():
    """Return where `re` is used in the source: the module, and the name or function there."""
    return {
        f"{module}:{name}"
        for path in sorted(SOURCE.rglob("*.py"))
        if (module := ".".join(path.relative_to(SOURCE).with_suffix("").parts))
        for name in _names(ast.parse(path.read_text()))
    }


def _names(tree: ast.Module) -> Iterator[str]:
    """Give the name that an expression has, or the function that uses it, with 2 for a second."""
    for statement in tree.body:
        calls = [node for node in ast.walk(statement) if _is_call_of_re(node)]
        if calls and isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = getattr(statement, "targets", None) or [statement.target]
            yield targets[0].id
        elif calls:
            numbers = ["", *(f" {number}" for number in range(2, len(calls) + 1))]
            yield from (f"{statement.name}{number}" for number in numbers)


def _is_call_of_re(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr != "escape"
    )


def test_every_regular_expression_is_listed():
    assert found() == LISTED.keys() | OURS_ALONE.keys()


def test_expressions_are_made_by_re_alone_under_its_own_name():
    nodes = [
        node for path in SOURCE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
    ]
    taken = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    imported = [name for node in nodes if isinstance(node, ast.Import) for name in node.names]

    assert not {"re", "fnmatch", "glob"} & {
        *taken,
        *(name.name for name in imported if name.asname),
    }
    assert "fnmatch" not in {name.name for name in imported}


@pytest.mark.parametrize("name", LISTED)
def test_every_use_of_a_listed_expression_is_listed(name):
    module, _, target = name.partition(":")
    text = (SOURCE / f"{module.replace('.', '/')}.py").read_text()
    used = {how for how in USES if re.search(rf"\b{target}(?:\[\w+\])?\.{how}\(", text)}

    assert used <= set(LISTED[name].how)


def patterns(name):
    module, _, target = name.partition(":")
    if LISTED[name].examples:
        return LISTED[name].examples
    value = getattr(importlib.import_module(module), target)
    return list(value.values()) if isinstance(value, dict) else [value]


def _literals(tree, run="") -> Iterator[str]:
    """Give the words and single characters of a parsed expression, and one of each class."""
    for code, argument in tree:
        if code is op.LITERAL:
            run += chr(argument)
            yield chr(argument)
            continue
        if run:
            yield run
        run = ""
        if code is op.RANGE:
            yield from map(chr, argument)
        elif code is op.CATEGORY:
            yield {op.CATEGORY_SPACE: " ", op.CATEGORY_DIGIT: "0"}.get(argument, "a")
        elif code is op.NOT_LITERAL:
            yield chr(argument)
        elif code is op.ANY:
            yield "a"
        elif isinstance(argument, tuple | list | parser.SubPattern):
            yield from _inner(argument)
    if run:
        yield run


def _inner(argument) -> Iterator[str]:
    if isinstance(argument, parser.SubPattern):
        yield from _literals(argument)
    elif isinstance(argument, list | tuple):
        if argument and all(isinstance(part, tuple) and len(part) == 2 for part in argument):
            yield from _literals(argument)
        else:
            for part in argument:
                yield from _inner(part)


def texts_for(pattern, longest):
    """Return what to pump a pattern with."""
    binary = isinstance(pattern.pattern, bytes)
    source = pattern.pattern.decode("latin-1") if binary else pattern.pattern
    words = list(dict.fromkeys(_literals(parser.parse(source, pattern.flags & ~re.UNICODE))))
    characters = [word for word in words if len(word) == 1][:10]
    runs = [word for word in words if len(word) > 1][:4]
    units = {*characters, *runs, *map("".join, product([*characters, "a", "\\"], repeat=2))}
    for prefix, unit in product(("", *characters[:3], *runs[:2]), sorted(units)):
        text = (prefix + unit * (longest // len(unit)))[: longest - 1] + "\0"
        yield text.encode("latin-1", "replace") if binary else text


@pytest.mark.parametrize("name", some(list(LISTED)))
def test_a_pumped_expression_ends(name, figures):
    how, longest, _ = LISTED[name]
    for pattern in patterns(name):
        for text, method in product(texts_for(pattern, longest), how):
            with never_endless(BOUND):
                pump(pattern, method, text)
            figures("regular expressions")["texts"] += 1
    figures("regular expressions")["pumped"] += 1


def pump(pattern, method, text):
    arguments = (text[:0], text) if method in ("sub", "subn") else (text,)
    result = getattr(pattern, method)(*arguments)
    if method == "finditer":
        for _ in result:
            pass
