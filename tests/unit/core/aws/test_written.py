"""Mailboxes as they are written for SES (docs/contract.md B5 P)."""

from email.header import decode_header, make_header

import pytest

from core.aws.written import written
from core.message.address import Address, Mailbox

ADDRESS = Address("no-reply@example.com")
LONG = Address(f"{'a' * 63}@{'.'.join(['b' * 60] * 3)}.example")


def counted(text):
    """Count as SES does: the quotes around a name are not part of it."""
    return len(text) - 2 if text.startswith('"') else len(text)


def name_in(text):
    name = text.rpartition(" <")[0]
    if name.startswith('"'):
        return name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return str(make_header(decode_header(name)))


def test_a_name_that_just_fits_goes_out_whole():
    name = "n" * (320 - len(f" <{ADDRESS}>"))

    assert written(Mailbox(ADDRESS, name)) == f'"{name}" <{ADDRESS}>'
    assert name_in(written(Mailbox(ADDRESS, name + "n"))) == name[:-3] + "..."


@pytest.mark.parametrize(
    ("letters", "least"),
    [
        ("Universitätsklinikum für ", 160),
        ("Больница ", 80),
        ("হাসপাতাল ", 50),
        ("医院", 50),
        ("😀", 40),
    ],
)
@pytest.mark.parametrize("length", [998, 400, 255])
def test_a_long_name_of_any_script_is_shortened_by_no_more_than_must_be(letters, least, length):
    name = (letters * length)[:length]

    text = written(Mailbox(ADDRESS, name))

    shown = name_in(text)
    assert counted(text) <= 320
    assert shown.endswith("…")
    assert name.startswith(shown[:-1])
    assert len(shown) > least
    assert all(len(word) <= 75 for word in text.split())


@pytest.mark.parametrize("name", ['"' * 400, "\\" * 400, "=?" * 200, "=?utf-8?Q?a?=" * 50])
def test_what_is_written_of_a_name_counts_and_not_what_it_shows(name):
    text = written(Mailbox(ADDRESS, name))

    assert counted(text) <= 320
    assert name_in(text) == name[: len(name_in(text)) - 3] + "..."


def test_the_longest_address_keeps_the_start_of_a_name():
    assert len(LONG) == 254
    text = written(Mailbox(LONG, "Grüße" * 50))

    assert counted(text) <= 320
    assert name_in(text).startswith("Grüße")


def test_a_family_is_not_parted():
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"

    shown = name_in(written(Mailbox(ADDRESS, family * 40)))

    assert shown == family * ((len(shown) - 1) // len(family)) + "…"
