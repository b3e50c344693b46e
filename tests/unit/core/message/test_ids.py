"""Message ids."""

import time

import pytest

from core.message.ids import is_id, made_at, new_id

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def milliseconds(text):
    number = 0
    for character in text[:10]:
        number = number * 32 + ALPHABET.index(character)
    return number


def test_an_id_has_the_form_of_an_id():
    assert all(is_id(new_id()) for _ in range(1000))


def test_no_two_ids_are_the_same():
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_an_id_begins_with_the_time_it_was_made():
    before = time.time_ns() // 1_000_000

    made = milliseconds(new_id())

    assert before <= made <= time.time_ns() // 1_000_000


def test_ids_sort_by_the_time_they_were_made():
    first, last = new_id(), ""

    while milliseconds(last or first) == milliseconds(first):
        last = new_id()

    assert first < last


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1C",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1CDE",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1CI",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1CU",
        "01jd9zk4m6t0v3q8w2x5y7b1cd",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1CD\n",
        "01JD9ZK4M6T0V3Q8W2X5Y7B1C\u0660",
        "MSG#01JD9ZK4M6T0V3Q8W2X5Y7",
    ],
)
def test_what_has_another_form_is_no_id(text):
    assert not is_id(text)


def test_an_id_of_ours_is_recognised():
    assert is_id("01JD9ZK4M6T0V3Q8W2X5Y7B1CD")


@pytest.mark.parametrize(
    ("text", "milliseconds_"),
    [
        ("00000000000000000000000000", 0),
        ("0000000001ZZZZZZZZZZZZZZZZ", 1),
        ("00000000100000000000000000", 32),
        ("7ZZZZZZZZZ0000000000000000", 2**48 - 1),
    ],
)
def test_an_id_tells_when_it_was_made(text, milliseconds_):
    assert made_at(text) == milliseconds_ / 1000


def test_a_new_id_was_made_just_now():
    before = time.time_ns() // 1_000_000 / 1000

    assert before <= made_at(new_id()) <= time.time()
