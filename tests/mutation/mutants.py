"""Mutants of a module: its text with one small mistake each, as a programmer might make it.

The mistakes are mutmut's (`mutmut.mutation.mutators`: another operator, number, constant or text,
an argument left out, ...), and statements that are left out. mutmut's own runner passes over
whatever is decorated and over constants of a module; here that is most of what AWS is asked, and
every delay. So only its list of mistakes is used.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, takewhile
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, WhitespaceInclusivePositionProvider
from mutmut.mutation import mutators

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One mistake: in `module` (relative to `src`), the lines `before` became `after`."""

    module: str
    line: int
    before: str
    after: str
    code: str
    """The whole text of the module with the mistake."""

    def __str__(self) -> str:
        return f"{self.module}:{self.line}\n    - {self.before}\n    + {self.after}"


def of_module(module: str) -> list[Mutant]:
    """Make every mutant of a module that still is Python."""
    source = (ROOT / "src" / module).read_text()
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    collector = _Collector()
    wrapper.module.visit(collector)
    positions = wrapper.resolve(WhitespaceInclusivePositionProvider)
    starts = [0, *accumulate(map(len, source.splitlines(keepends=True)))]

    def spoilt(old: cst.CSTNode, new: cst.CSTNode) -> str:
        if isinstance(old, cst.Match):  # Its lines are indented by what is around it.
            return str(wrapper.module.deep_replace(old, new).code)  # type: ignore[union-attr]
        span = positions[old]
        first, last = (starts[at.line - 1] + at.column for at in (span.start, span.end))
        return source[:first] + wrapper.module.code_for_node(new) + source[last:]

    made = {spoilt(old, new) for old, new in collector.found} - {source}
    mutants = [_mutant(module, source, code) for code in made if _is_python(code)]
    return sorted(mutants, key=lambda mutant: (mutant.line, mutant.after))


def _mutant(module: str, source: str, code: str) -> Mutant:
    before, after = source.splitlines(), code.splitlines()
    first = _same(before, after)
    same_end = _same(before[first:][::-1], after[first:][::-1])

    def differing(lines: list[str]) -> str:
        return " ".join(line.strip() for line in lines[first : len(lines) - same_end])

    return Mutant(module, first + 1, differing(before), differing(after), code)


def _same(one: list[str], other: list[str]) -> int:
    """Count the lines that two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def _without_itself(node: cst.BaseSmallStatement) -> Iterator[cst.Pass]:
    """Leave out a statement that does something: a call, an error, an early end."""
    if m.matches(node, m.Raise() | m.Return() | m.Expr(value=m.Call())):
        yield cst.Pass()


def _one_text(node: cst.BaseString) -> Iterator[cst.BaseString]:
    """Make one other text only: upper and lower case find nothing that this does not find."""
    yield from list(mutators.operator_string(node))[:1]


def _without_an_argument(node: cst.Call) -> Iterator[cst.CSTNode]:
    """Leave out an argument, or have None for the only one."""
    mutants = list(mutators.operator_arg_removal(node))[-len(node.args) :] if node.args else []
    if m.matches(node, m.Call(func=m.Name("zip"))):
        mutants.pop()  # `strict`, the last, says that this cannot differ: nothing can show it.
    yield from mutants


_REPLACED = {
    mutators.operator_string: _one_text,
    mutators.operator_arg_removal: _without_an_argument,
}
_LEFT_OUT = {mutators.operator_assignment}
"""`name = None`: any use of the name fails, so it says nothing about a test."""
_OPERATORS: list[tuple[type, Callable[..., Iterable[cst.CSTNode]]]] = [
    *(
        (kind, _REPLACED.get(operator, operator))
        for kind, operator in mutators.mutation_operators
        if operator not in _LEFT_OUT
    ),
    (cst.BaseSmallStatement, _without_itself),
]


class _Collector(cst.CSTVisitor):
    """Finds what can be spoilt: not what only a type checker or a reader reads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_passed_over(node):
            return False
        for kind, operator in _OPERATORS:
            if isinstance(node, kind):
                self.found += [(node, mutant) for mutant in operator(node)]
        return True


def _is_passed_over(node: cst.CSTNode) -> bool:
    words = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.TypeParameters)
    if isinstance(node, words):
        return True
    docstring = m.Expr(value=m.SimpleString() | m.ConcatenatedString())
    checking = m.If(test=m.Name("TYPE_CHECKING"))
    kind_of_value = m.Subscript(value=m.Name("Literal") | m.Name("tuple"))
    names = m.Name() | m.Attribute()
    union = m.BinaryOperation(operator=m.BitOr(), right=names | m.Name("None"))
    alias = m.Assign(value=kind_of_value | union | m.Call(func=m.Name("NewType")))
    cast = m.Arg(value=m.SimpleString())
    strict = m.Arg(keyword=m.Name("strict"))
    return m.matches(node, docstring | checking | alias | strict) or (
        isinstance(node, cst.Call)
        and m.matches(node, m.Call(func=m.Name("cast"), args=[cast, m.ZeroOrMore()]))
    )
