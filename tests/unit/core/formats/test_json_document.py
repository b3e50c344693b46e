"""JSON documents are bounded before they are parsed, and bytes as numbers are not counted."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.work import lines_of

from core.contract import limits
from core.contract.errors import Unreadable
from core.contract.limits import MAX_DEPTH, MAX_ELEMENTS
from core.formats import json_document
from core.formats.json_document import Number, parse


def codes(text, **how):
    with pytest.raises(Unreadable) as refusal:
        parse(text, **how)
    return [fault.code for fault in refusal.value.faults]


def values_in(document):
    """Count as the limit does: the document, and each value in it."""
    inner = document.values() if isinstance(document, dict) else document
    nested = inner if isinstance(document, dict | list) else ()
    return 1 + sum(map(values_in, nested))


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('[]{},:"\\\\ a', max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=20,
)


@given(tree=TREES)
def test_every_value_is_counted_once_whatever_stands_in_texts(tree):
    text = json.dumps([tree], ensure_ascii=False, indent=1)
    count = values_in([tree])
    with pytest.MonkeyPatch.context() as patch:
        for module in (limits, json_document):
            patch.setattr(module, "MAX_ELEMENTS", count)
        parse(text)

        patch.setattr(limits, "MAX_ELEMENTS", count - 1)
        assert codes(text) == ["TooManyElements"]


def test_numbers_stay_as_they_are_written():
    assert parse("[1, -0, 1e5, 1.50, 1]") == ["1", "-0", "1e5", "1.50", "1"]
    assert all(type(number) is Number for number in parse("[1, 1.0]"))


@pytest.mark.parametrize(
    "written",
    [
        "[65" + ",65" * 100_000 + "]",
        "[ -128" + " , -128 " * 100_000 + "]",
        '{ "type" : "Buffer" , "data" : [1' + ",255" * 100_000 + "] }",
        '{"data":[1' + ",255" * 100_000 + '],"type":"Buffer"}',
        "{" + ",".join(f'"{number}": 65' for number in range(100_000)) + "}",
    ],
)
@pytest.mark.parametrize("name", ["Bytes", "bytes"])
def test_bytes_as_numbers_may_be_many(written, name):
    text = f'{{"Attachments":[{{"{name}" : {written}, "Name":"a"}}]}}'

    held = parse(text)["Attachments"][0][name]
    numbers = held.get("data", held) if isinstance(held, dict) else held
    assert len(numbers) >= 100_000
    assert codes(text, numbers_are_bytes=False) == ["TooManyElements"]


@pytest.mark.parametrize(
    "document",
    [
        '{"Text":[1%s]}' % (",1" * MAX_ELEMENTS),
        '{"Bytes":[1000%s]}' % (",1000" * MAX_ELEMENTS),
        '{"Bytes":[1.0%s]}' % (",1" * MAX_ELEMENTS),
        '{"Bytes":[""%s]}' % (",1" * MAX_ELEMENTS),
        '{"Bytes":[[]%s]}' % (",1" * MAX_ELEMENTS),
        '{"Bytes":{"a":1%s}}' % (',"1":1' * MAX_ELEMENTS),
        '{"Bytes":{"type":"File","data":[1%s]}}' % (",1" * MAX_ELEMENTS),
        '{"Bytes":{"type":"Buffer","more":[1%s]}}' % (",1" * MAX_ELEMENTS),
        '{"x":"Bytes","y":[1%s]}' % (",1" * MAX_ELEMENTS),
        '{"xBytes":[1%s]}' % (",1" * MAX_ELEMENTS),
        '["Bytes",[1%s]]' % (",1" * MAX_ELEMENTS),
    ],
)
def test_nothing_else_may_be_many(document):
    assert codes(document) == ["TooManyElements"]


@pytest.mark.parametrize(
    "text", ["[]" * 100_000, "[1" + "]" * 100_000, "[" + "[]" * 100_000 + "]", "[" * 300 + "]" * 9]
)
def test_what_is_malformed_is_left_to_the_parser_after_few_steps(text):
    def refused():
        with pytest.raises(Unreadable):
            parse(text)

    assert lines_of(refused) < 15 * MAX_ELEMENTS


def test_an_empty_list_has_its_level_too():
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert codes("[" * MAX_DEPTH + "[ ]" + "]" * MAX_DEPTH) == ["TooDeep"]


def test_a_million_bytes_as_numbers_cost_a_place_in_a_list_each():
    text = '{"Bytes":[1' + ",-1,255" * 500_000 + "]}"
    tracemalloc.start()

    parse(text)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 8 * 1_000_000 + 1_000_000  # A growing list is up to an eighth too long.
