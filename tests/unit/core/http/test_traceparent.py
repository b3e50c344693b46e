"""The header `traceparent` (W3C Trace Context): a valid one is kept, and nothing else ever is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http.traceparent import read

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{PARENT}-01"
SECRET = "ada@recipient.example"


@pytest.mark.parametrize(
    "header",
    [
        VALID,
        f"00-{TRACE}-{PARENT}-00",
        f"00-{TRACE}-{PARENT}-ff",
        f"00-{'0' * 31}1-{'0' * 15}1-01",
        f"cc-{TRACE}-{PARENT}-01",
        f"fe-{TRACE}-{PARENT}-01",
    ],
)
def test_a_valid_one_is_kept_as_it_is(header: str) -> None:
    assert read(header) == header


@pytest.mark.parametrize("more", ["-", "-what-the-future-brings", f"-{SECRET}", "-\n"])
def test_of_a_later_version_the_part_is_kept_that_every_version_has(more: str) -> None:
    assert read(f"cc-{TRACE}-{PARENT}-01{more}") == f"cc-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        VALID[:-1],
        f"{VALID}0",
        f"{VALID}-",
        f"{VALID}-00",
        f"{VALID}\n",
        f" {VALID}",
        f"{VALID} ",
        f"{VALID},{VALID}",
        VALID.upper(),
        VALID.replace("-", "_"),
        f"0-{TRACE}-{PARENT}-01-",
        f"ff-{TRACE}-{PARENT}-01",
        f"ff-{TRACE}-{PARENT}-01-x",
        f"FE-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"cc-{'0' * 32}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01.more",
        f"cc-{TRACE}-{PARENT}-010",
        f"cc-{TRACE}-{PARENT}-01,{VALID}",
        f"00-{TRACE[:-1]}g-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-0g",
        f"00-{TRACE}{PARENT}--01",
        f"00-{TRACE[:-1]}\u0661-{PARENT}-01",
        f"00-{TRACE[:-1]}\uff11-{PARENT}-01",
        SECRET,
        SECRET.ljust(55, "0"),
        f"00-{SECRET.ljust(32, '0')}-{PARENT}-01",
        '{"level": "ERROR"}',
        "0" * 100_000,
        "-" * 55,
    ],
)
def test_one_that_is_not_valid_is_none(header: str) -> None:
    assert read(header) == ""


@given(st.one_of(st.text(max_size=70), st.from_regex(r"[0-9a-f-]{50,60}", fullmatch=True)))
def test_whatever_comes_nothing_is_kept_but_hexadecimal_digits_in_their_places(text: str) -> None:
    kept = read(text)

    assert not kept or (
        [len(part) for part in kept.split("-")] == [2, 32, 16, 2]
        and {*kept} <= {*"0123456789abcdef-"}
        and text.startswith(kept)
    )
